//! MD5 and SHA-256 by whole blocks.
//!
//! The ordinary interface of the hash crates takes each part through a buffer of its own, which for the short texts of an answer costs
//! a third of the hashing itself. Here the parts are laid side by side, with the padding, and hashed where they lie.

use md5::block_api::compress as compress_md5;
use sha2::block_api::compress256;
use zeroize::{Zeroize, Zeroizing};

use super::Hex;

const BLOCK: usize = 64;

/// How many blocks are hashed at once: the texts of an answer fit into them.
const ROOM: usize = 4;

/// A hash function whose blocks have 64 bytes.
pub(crate) trait Function {
    type State: Copy + Zeroize;
    const INITIAL: Self::State;

    fn compress(state: &mut Self::State, blocks: &[[u8; BLOCK]]);

    /// The length of a message, in bits, as its last block ends with.
    fn length(bits: u64) -> [u8; 8];

    fn hex(state: &Self::State) -> Hex;
}

/// RFC 1321.
#[derive(Clone)]
pub(crate) enum Md5 {}

impl Function for Md5 {
    type State = [u32; 4];
    /// Section 3.3.
    const INITIAL: Self::State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

    fn compress(state: &mut Self::State, blocks: &[[u8; BLOCK]]) {
        compress_md5(state, blocks);
    }

    fn length(bits: u64) -> [u8; 8] {
        bits.to_le_bytes()
    }

    fn hex(state: &Self::State) -> Hex {
        Hex::of(state.map(u32::to_le_bytes).as_flattened())
    }
}

/// FIPS 180-4.
#[derive(Clone)]
pub(crate) enum Sha256 {}

impl Function for Sha256 {
    type State = [u32; 8];
    /// Section 5.3.3.
    const INITIAL: Self::State =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

    fn compress(state: &mut Self::State, blocks: &[[u8; BLOCK]]) {
        compress256(state, blocks);
    }

    fn length(bits: u64) -> [u8; 8] {
        bits.to_be_bytes()
    }

    fn hex(state: &Self::State) -> Hex {
        Hex::of(state.map(u32::to_be_bytes).as_flattened())
    }
}

/// The hash of these parts, none of them a secret.
pub(super) fn of<F: Function>(parts: &[&[u8]]) -> Hex {
    let mut message = Message::<F>::new();
    message.push_all(parts);
    message.finish()
}

/// The hash of these parts, of which nothing stays behind.
pub(super) fn of_secret<F: Function>(parts: &[&[u8]]) -> Hex {
    let mut message = Message::<F>::new();
    message.push_all(parts);
    let length = message.length();
    let hex = message.finish();
    message.wipe(length);
    hex
}

/// The hash of what every message begins with; wiped on drop.
#[derive(Clone)]
pub(crate) struct Begun<F: Function> {
    state: Zeroizing<F::State>,
    /// What does not fill a block yet.
    rest: Zeroizing<[u8; BLOCK]>,
    length: usize,
}

impl<F: Function> Begun<F> {
    pub(super) fn of(parts: &[&[u8]]) -> Self {
        let mut message = Message::<F>::new();
        message.push_all(parts);
        let length = message.length();
        let (whole, rest) = message.room.split_at_checked(message.filled / BLOCK).unwrap_or_default();
        F::compress(&mut message.state, whole);
        let begun = Self {
            state: Zeroizing::new(message.state),
            rest: Zeroizing::new(rest.first().copied().unwrap_or([0; BLOCK])),
            length,
        };
        message.wipe(length);
        begun
    }

    /// The hash of the beginning and these parts.
    pub(super) fn with(&self, parts: &[&[u8]]) -> Hex {
        let rest = self.length % BLOCK;
        let mut message = Message::<F> { state: *self.state, before: self.length - rest, ..Message::new() };
        message.push(self.rest.get(..rest).unwrap_or_default());
        message.push_all(parts);
        let hex = message.finish();
        message.wipe(rest);
        hex
    }
}

/// A message on its way. What may be secret in it is to be wiped.
struct Message<F: Function> {
    state: F::State,
    room: [[u8; BLOCK]; ROOM],
    filled: usize,
    /// How many bytes went before those in the room.
    before: usize,
}

impl<F: Function> Message<F> {
    const fn new() -> Self {
        Self { state: F::INITIAL, room: [[0; BLOCK]; ROOM], filled: 0, before: 0 }
    }

    const fn length(&self) -> usize {
        self.before + self.filled
    }

    fn push_all(&mut self, parts: &[&[u8]]) {
        parts.iter().for_each(|part| self.push(part));
    }

    fn push(&mut self, mut part: &[u8]) {
        loop {
            let free = self.room.as_flattened_mut().get_mut(self.filled..).unwrap_or_default();
            if let Some(place) = free.get_mut(..part.len()) {
                place.copy_from_slice(part);
                self.filled += part.len();
                return;
            }
            let (now, later) = part.split_at_checked(free.len()).unwrap_or_default();
            free.copy_from_slice(now);
            F::compress(&mut self.state, &self.room);
            self.before += ROOM * BLOCK;
            self.filled = 0;
            part = later;
        }
    }

    /// A one bit, zeros, and the length at the end of a block.
    fn finish(&mut self) -> Hex {
        const PADDING: [u8; BLOCK] = {
            let mut padding = [0; BLOCK];
            padding[0] = 0x80;
            padding
        };
        let length = F::length((self.length() as u64).wrapping_mul(8));
        // Up to eight bytes before the end of this block, or of the next.
        let padding = 1 + (2 * BLOCK - 1 - length.len() - self.filled % BLOCK) % BLOCK;
        self.push(PADDING.get(..padding).unwrap_or_default());
        self.push(&length);
        F::compress(&mut self.state, self.room.get(..self.filled / BLOCK).unwrap_or_default());
        F::hex(&self.state)
    }

    /// Wipes the state, and as much of the room as this many bytes of the message took.
    fn wipe(&mut self, bytes: usize) {
        self.state.zeroize();
        self.room.as_flattened_mut().iter_mut().take(bytes).for_each(Zeroize::zeroize);
    }
}

#[cfg(test)]
mod tests {
    use countersign_core::encode;
    use proptest::prelude::*;

    use super::*;

    fn as_the_crates_do<F: Function, D: md5::Digest>(text: &[u8]) {
        let expected = encode::hex(&D::digest(text));
        for cut in [0, text.len() / 3, text.len()] {
            let (front, back) = text.split_at(cut);
            let hashes =
                [of::<F>(&[front, back]), of_secret::<F>(&[front, back]), Begun::<F>::of(&[front]).with(&[back])];
            assert!(hashes.iter().all(|hash| hash.as_bytes() == expected.as_bytes()), "{} {cut}", text.len());
        }
    }

    #[test]
    fn every_length_is_padded_as_the_crates_pad_it() {
        let text = [b'a'; 1100];
        for length in (0..700).chain([1023, 1024, 1025, 1100]) {
            as_the_crates_do::<Md5, md5::Md5>(&text[..length]);
            as_the_crates_do::<Sha256, sha2::Sha256>(&text[..length]);
        }
    }

    proptest! {
        #[test]
        fn any_text_hashes_as_with_the_crates(text in proptest::collection::vec(any::<u8>(), 0..600)) {
            as_the_crates_do::<Md5, md5::Md5>(&text);
            as_the_crates_do::<Sha256, sha2::Sha256>(&text);
        }
    }
}
