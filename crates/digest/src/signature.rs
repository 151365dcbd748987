use std::fmt;

use countersign_core::{Error, ErrorKind, Result, Secret, encode};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::digest::FixedOutputReset;
use md5::{Digest, Md5};
use sha2::{Sha256, Sha512_256};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, Zeroizing};

use crate::algorithm::{Function, Suite};

/// A hash on the way, wiped on drop. A clone goes on from where it stands.
#[derive(Clone)]
pub(crate) enum Hash {
    Md5(Md5),
    Sha256(Sha256),
    Sha512Trunc256(Sha512_256),
}

/// A hash in lower-case hex, as Digest writes them all.
#[derive(Clone)]
pub(crate) struct Hex {
    text: [u8; 64],
    len: usize,
}

impl Hash {
    /// The hash that begins with H(A1) and the nonce, each before a colon: what stays the same under one nonce.
    pub(crate) fn of_key_and_nonce(function: Function, ha1: &Hex, nonce: &[u8]) -> Self {
        let mut hash = match function {
            Function::Md5 => Self::Md5(Md5::new()),
            Function::Sha256 => Self::Sha256(Sha256::new()),
            Function::Sha512Trunc256 => Self::Sha512Trunc256(Sha512_256::new()),
        };
        for part in [ha1.as_bytes(), b":", nonce, b":"] {
            match &mut hash {
                Self::Md5(hash) => hash.update(part),
                Self::Sha256(hash) => hash.update(part),
                Self::Sha512Trunc256(hash) => hash.update(part),
            }
        }
        hash
    }

    /// The hash of what went in so far and these parts.
    pub(crate) fn with(&self, parts: &[&[u8]]) -> Hex {
        match self {
            Self::Md5(hash) => finish(&mut hash.clone(), parts),
            Self::Sha256(hash) => finish(&mut hash.clone(), parts),
            Self::Sha512Trunc256(hash) => finish(&mut hash.clone(), parts),
        }
    }

    /// The hash of these parts, none of them a secret.
    pub(crate) fn of(function: Function, parts: &[&[u8]]) -> Hex {
        match function {
            Function::Md5 => finish(&mut Md5::new(), parts),
            Function::Sha256 => finish(&mut Sha256::new(), parts),
            Function::Sha512Trunc256 => finish(&mut Sha512_256::new(), parts),
        }
    }

    /// The hash of these parts, which are copied nowhere but into the hash's own block.
    fn of_secret(function: Function, parts: &[&[u8]]) -> Zeroizing<Hex> {
        Zeroizing::new(match function {
            Function::Md5 => finish_secret(&mut Md5::new(), parts),
            Function::Sha256 => finish_secret(&mut Sha256::new(), parts),
            Function::Sha512Trunc256 => finish_secret(&mut Sha512_256::new(), parts),
        })
    }

    /// H(user:realm:password), which a password file may keep in place of the password (RFC 7616 section 3.4.2).
    pub(crate) fn of_password(function: Function, username: &[u8], realm: &[u8], password: &Secret) -> Zeroizing<Hex> {
        Self::of_secret(function, &[username, b":", realm, b":", password.expose().as_bytes()])
    }

    /// H(A1): of the password's hash, with a -sess algorithm together with both nonces (RFC 7616 section 3.4.2).
    pub(crate) fn a1(suite: Suite, password: Zeroizing<Hex>, nonce: &[u8], cnonce: &[u8]) -> Zeroizing<Hex> {
        if suite.is_session {
            Self::of_secret(suite.function, &[password.as_bytes(), b":", nonce, b":", cnonce])
        } else {
            password
        }
    }
}

/// Lays short parts side by side first: one update costs less than five.
fn finish<H: Digest + FixedOutputReset>(hash: &mut H, parts: &[&[u8]]) -> Hex {
    let mut buf = [0; 192];
    match beside(parts, &mut buf) {
        Some(text) => {
            Digest::update(hash, text);
            Hex::of(&hash.finalize_reset())
        }
        None => finish_secret(hash, parts),
    }
}

/// In place: a hash that is moved leaves a copy behind, which nothing wipes.
fn finish_secret<H: Digest + FixedOutputReset>(hash: &mut H, parts: &[&[u8]]) -> Hex {
    for part in parts {
        Digest::update(hash, part);
    }
    Hex::of(&hash.finalize_reset())
}

fn beside<'a>(parts: &[&[u8]], buf: &'a mut [u8]) -> Option<&'a [u8]> {
    let mut end = 0;
    for part in parts {
        buf.get_mut(end..)?.get_mut(..part.len())?.copy_from_slice(part);
        end += part.len();
    }
    buf.get(..end)
}

impl Hex {
    fn of(bytes: &[u8]) -> Self {
        let mut text = [0; 64];
        let len = encode::hex_in(bytes, &mut text).len();
        Self { text, len }
    }

    /// Reads a hash of this function, in hex of either case.
    pub(crate) fn read(function: Function, hex: &str) -> Option<Self> {
        let len = match function {
            Function::Md5 => 32,
            Function::Sha256 | Function::Sha512Trunc256 => 64,
        };
        let mut text = [0; 64];
        let is_hex = hex.len() == len && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        text.get_mut(..len).filter(|_| is_hex)?.copy_from_slice(hex.as_bytes());
        text.make_ascii_lowercase();
        Some(Self { text, len })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }

    /// Compares in constant time; the other text may have either case.
    pub(crate) fn is(&self, other: &[u8]) -> bool {
        let mut lower = [0; 64];
        let Some(lower) = lower.get_mut(..other.len()) else { return false };
        lower.copy_from_slice(other);
        lower.make_ascii_lowercase();
        self.as_bytes().ct_eq(lower).into()
    }
}

impl Zeroize for Hex {
    fn zeroize(&mut self) {
        self.text.zeroize();
    }
}

/// Hashes here are keys or their derivatives.
impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Debug for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The MAC in a server's nonces.
#[derive(Clone)]
pub(crate) struct NonceMac(Hmac<Sha256>);

impl NonceMac {
    /// # Errors
    /// None: HMAC takes keys of any length (RFC 2104 section 2).
    pub(crate) fn new(key: &[u8; 32]) -> Result<Self> {
        let mac = Hmac::new_from_slice(key);
        mac.map(Self)
            .map_err(|err| Error::new(ErrorKind::InvalidKey, "the key cannot be used as an HMAC key").with_source(err))
    }

    /// The first half of HMAC-SHA-256 of parts of fixed lengths, the last one of any.
    pub(crate) fn of(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        let mut half = [0; 16];
        half.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
        half
    }

    pub(crate) fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.of(parts).ct_eq(tag).into()
    }
}

impl fmt::Debug for NonceMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_parts_hash_as_short_ones_do() {
        let text = [b'a'; 1000];
        for function in [Function::Md5, Function::Sha256, Function::Sha512Trunc256] {
            for length in [0, 1, 191, 192, 193, 1000] {
                let (front, back) = text[..length].split_at(length / 3);
                let hash = Hash::of(function, &[front, back]);
                assert_eq!(hash.as_bytes(), Hash::of_secret(function, &[&text[..length]]).as_bytes(), "{length}");
            }
        }
    }

    #[test]
    fn hashes_are_read_in_either_case() {
        let hash = Hash::of(Function::Md5, &[b"a"]);
        let text = String::from_utf8(hash.as_bytes().to_ascii_uppercase()).unwrap();
        assert!(hash.is(text.as_bytes()) && Hex::read(Function::Md5, &text).unwrap().is(hash.as_bytes()));
        assert!(!hash.is(b"") && !hash.is(&[b'0'; 65]) && !hash.is(&[b'0'; 32]));
        assert!(Hex::read(Function::Sha256, &text).is_none() && Hex::read(Function::Md5, &"g".repeat(32)).is_none());
    }
}
