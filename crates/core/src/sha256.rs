//! SHA-256 and HMAC over texts that are all at hand, block by block.
//!
//! `sha2`'s ordinary interface copies every text through a buffer and keeps it in its state. A request is signed with a few short
//! texts, for which that costs a quarter of the hashing itself; here whole blocks are hashed where they lie.

use std::fmt;

use sha2::block_api::compress256;
use zeroize::Zeroizing;

type State = [u32; 8];

/// What SHA-256 begins with (FIPS 180-4, section 5.3.3).
const INITIAL: State =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The size of SHA-256's blocks, in bytes.
const BLOCK: usize = 64;

/// The SHA-256 of a text (FIPS 180-4).
///
/// ```
/// use countersign_core::encode::hex;
/// use countersign_core::sha256::sha256;
///
/// assert_eq!(hex(&sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// ```
#[must_use]
pub fn sha256(text: &[u8]) -> [u8; 32] {
    let mut state = INITIAL;
    absorb_last(&mut state, 0, text);
    digest_of(&state)
}

/// HMAC-SHA256 with its key absorbed, as RFC 2104 section 4 suggests: two hash states, wiped on drop.
///
/// ```
/// use countersign_core::encode::hex;
/// use countersign_core::sha256::Mac;
///
/// // RFC 4231, section 4.3.
/// let mac = Mac::new(b"Jefe").sign(b"what do ya want for nothing?");
/// assert_eq!(hex(&mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
/// ```
#[derive(Clone)]
pub struct Mac {
    inner: Zeroizing<State>,
    outer: Zeroizing<State>,
}

impl Mac {
    /// Takes a key of any length (RFC 2104, section 2).
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK]);
        let hashed = Zeroizing::new(if key.len() > BLOCK { sha256(key) } else { [0; 32] });
        let key = if key.len() > BLOCK { hashed.as_slice() } else { key };
        for (place, byte) in block.iter_mut().zip(key) {
            *place = *byte;
        }
        let mut absorbed = |pad: u8| {
            let mut state = Zeroizing::new(INITIAL);
            block.iter_mut().for_each(|byte| *byte ^= pad);
            compress256(&mut state, std::slice::from_ref(&*block));
            state
        };
        Self { inner: absorbed(0x36), outer: absorbed(0x36 ^ 0x5c) }
    }

    /// The MAC of a text.
    #[must_use]
    pub fn sign(&self, text: &[u8]) -> [u8; 32] {
        let mut state = self.inner.clone();
        absorb_last(&mut state, BLOCK, text);
        let inner = digest_of(&state);
        *state = *self.outer;
        absorb_last(&mut state, BLOCK, &inner);
        digest_of(&state)
    }
}

/// Shows nothing: a state is as good as its key.
impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac([redacted])")
    }
}

/// Hashes the rest of a message of which `before` bytes, whole blocks, were hashed already (FIPS 180-4, sections 5.1.1 and
/// 6.2.2).
fn absorb_last(state: &mut State, before: usize, text: &[u8]) {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    compress256(state, blocks);
    let mut last = [[0; BLOCK]; 2];
    if let Some((place, [padding, ..])) = last.as_flattened_mut().split_at_mut_checked(rest.len()) {
        place.copy_from_slice(rest);
        *padding = 0x80;
    }
    let bits = ((before + text.len()) as u64).wrapping_mul(8).to_be_bytes();
    // The one bit and the length take nine bytes.
    let used = last.get_mut(..if rest.len() + 9 <= BLOCK { 1 } else { 2 }).unwrap_or_default();
    if let Some(place) = used.as_flattened_mut().last_chunk_mut() {
        *place = bits;
    }
    compress256(state, used);
}

fn digest_of(state: &State) -> [u8; 32] {
    let mut digest = [0; 32];
    for (place, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
        *place = word.to_be_bytes();
    }
    digest
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn of_the_crates(key: &[u8], text: &[u8]) -> ([u8; 32], [u8; 32]) {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text);
        (Sha256::digest(text).into(), mac.finalize().into_bytes().into())
    }

    #[test]
    fn every_length_is_padded_as_the_crates_pad_it() {
        let text: Vec<u8> = (0..=u8::MAX).collect();
        for length in 0..=text.len() {
            let (text, key) = (&text[..length], &text[text.len() - length..]);
            assert_eq!((sha256(text), Mac::new(key).sign(text)), of_the_crates(key, text), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_text_hashes_as_with_the_crates(key in any::<Vec<u8>>(), text in proptest::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!((sha256(&text), Mac::new(&key).sign(&text)), of_the_crates(&key, &text));
        }
    }

    #[test]
    fn the_states_of_a_key_are_wiped() {
        fn wiped_on_drop(_: &impl zeroize::ZeroizeOnDrop) {}
        // Every field is named: one that is added and not wiped does not compile.
        let Mac { inner, outer } = Mac::new(b"key");
        wiped_on_drop(&inner);
        wiped_on_drop(&outer);
    }
}
