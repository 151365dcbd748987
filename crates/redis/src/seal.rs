use std::fmt;

use aes_gcm::aead::{Aead as _, Generate as _, KeyInit as _, Nonce, Payload};
use aes_gcm::{Aes256Gcm, Key};
use countersign_core::encode::base64_decode;
use countersign_core::{Error, ErrorKind, Result};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::redis::failed;

/// The first byte of what is sealed: the form that the rest has.
const VERSION: u8 = 1;
/// How many bytes of a key's hash say which key it was.
const KEY_ID: usize = 4;
const NONCE: usize = 12;

/// A key that values are sealed with, by AES-256-GCM: 32 random bytes that every process of a service has, and the database has not.
///
/// Each value has a random nonce of 96 bits; so one key seals up to 2³² values (NIST SP 800-38D section 8.3).
///
/// ```
/// use countersign_redis::SealingKey;
///
/// // `openssl rand -base64 32`
/// let key = SealingKey::from_base64("3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+796tvu8=")?;
/// assert!(SealingKey::from_base64("c2hvcnQ=").is_err());
/// # Ok::<(), countersign_core::Error>(())
/// ```
#[derive(Clone)]
pub struct SealingKey {
    cipher: Aes256Gcm,
    id: [u8; KEY_ID],
}

impl SealingKey {
    /// A key of 32 random bytes.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let hash: [u8; 32] =
            Sha256::new_with_prefix(b"countersign-redis sealing key").chain_update(key).finalize().into();
        let [a, b, c, d, ..] = hash;
        Self { cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key)), id: [a, b, c, d] }
    }

    /// A key in Base64, with padding: 44 characters.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidKey`] when the text is not 32 bytes in Base64.
    pub fn from_base64(text: &str) -> Result<Self> {
        let bytes = base64_decode(text.trim().as_bytes()).map(Zeroizing::new);
        let key = bytes.as_ref().and_then(|bytes| <&[u8; 32]>::try_from(bytes.as_slice()).ok());
        let invalid = || Error::new(ErrorKind::InvalidKey, "a sealing key is 32 bytes in Base64: 44 characters");
        key.map(Self::new).ok_or_else(invalid)
    }

    /// Seals a value that is kept under this name.
    pub(crate) fn seal(&self, name: &str, text: &[u8]) -> Result<Vec<u8>> {
        let nonce = Nonce::<Aes256Gcm>::try_generate().map_err(|why| {
            Error::new(ErrorKind::Randomness, "the system has no randomness for a nonce").with_source(why)
        })?;
        let payload = Payload { msg: text, aad: name.as_bytes() };
        let sealed = self.cipher.encrypt(&nonce, payload).map_err(|_| failed("the value is too long to be sealed"))?;
        let mut value = Vec::with_capacity(1 + KEY_ID + NONCE + sealed.len());
        value.push(VERSION);
        value.extend_from_slice(&self.id);
        value.extend_from_slice(&nonce);
        value.extend_from_slice(&sealed);
        Ok(value)
    }

    /// Opens what one of these keys has sealed under this name.
    pub(crate) fn open(keys: &[Self], name: &str, value: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (id, nonce, sealed) =
            split(value).ok_or_else(|| failed("a value in Redis is not one that this store has sealed"))?;
        let key = keys.iter().find(|key| key.id == id);
        let key = key.ok_or_else(|| failed("a value in Redis is sealed with another key: give the old one too"))?;
        let payload = Payload { msg: sealed, aad: name.as_bytes() };
        let text = key.cipher.decrypt(&Nonce::<Aes256Gcm>::from(nonce), payload);
        text.map(Zeroizing::new).map_err(|_| failed("a value in Redis was changed: it does not open"))
    }
}

fn split(value: &[u8]) -> Option<([u8; KEY_ID], [u8; NONCE], &[u8])> {
    let (&VERSION, rest) = value.split_first()? else { return None };
    let (id, rest) = rest.split_first_chunk()?;
    let (nonce, sealed) = rest.split_first_chunk()?;
    Some((*id, *nonce, sealed))
}

/// Without the key.
impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_name_and_key_only() {
        let (one, two) = (SealingKey::new(&[1; 32]), SealingKey::new(&[2; 32]));
        let sealed = one.seal("alice", b"token").unwrap();
        assert!(!sealed.windows(5).any(|window| window == b"token"));
        assert_ne!(sealed, one.seal("alice", b"token").unwrap(), "each has a nonce of its own");
        let open = |keys: &[SealingKey], name, value: &[u8]| {
            SealingKey::open(keys, name, value).map(|text| text.to_vec()).map_err(|why| why.to_string())
        };
        assert_eq!(open(&[two.clone(), one.clone()], "alice", &sealed), Ok(b"token".to_vec()));
        assert!(open(from_ref(&one), "bob", &sealed).unwrap_err().contains("changed"));
        assert!(open(&[two], "alice", &sealed).unwrap_err().contains("another key"));
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(open(from_ref(&one), "alice", &changed).is_err(), "{index}");
            assert!(open(from_ref(&one), "alice", &sealed[..index]).is_err(), "{index}");
        }
    }

    /// Made with Python's `cryptography`: `AESGCM(bytes(range(32))).encrypt(bytes(range(12)), b"token", b"name")`.
    #[test]
    fn an_independent_program_seals_alike() {
        let key = SealingKey::new(&std::array::from_fn(|index| index as u8));
        let mut value = vec![VERSION];
        value.extend(key.id);
        value.extend(0..12);
        value.extend(countersign_core::encode::hex_decode(VECTOR).unwrap());
        assert_eq!(SealingKey::open(&[key], "name", &value).unwrap().as_slice(), b"token");
    }

    const VECTOR: &str = "336dbd7eab512570670032e7fe9f624b95ddb09dea";

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", SealingKey::new(&[7; 32])), "SealingKey { .. }");
    }
}
