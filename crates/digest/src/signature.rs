use std::fmt;

use countersign_core::{Secret, encode};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use sha2::{Sha256, Sha512_256};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, Zeroizing};

use crate::Algorithm;

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
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 | Algorithm::Md5Sess => Self::Md5(Md5::new()),
            Algorithm::Sha256 | Algorithm::Sha256Sess => Self::Sha256(Sha256::new()),
            Algorithm::Sha512Trunc256 | Algorithm::Sha512Trunc256Sess => Self::Sha512Trunc256(Sha512_256::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hash) => hash.update(bytes),
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512Trunc256(hash) => hash.update(bytes),
        }
    }

    /// The hash of what went in so far and these parts.
    pub(crate) fn with(&self, parts: &[&[u8]]) -> Hex {
        match self {
            Self::Md5(hash) => finish(hash.clone(), parts),
            Self::Sha256(hash) => finish(hash.clone(), parts),
            Self::Sha512Trunc256(hash) => finish(hash.clone(), parts),
        }
    }

    /// The hash of these parts.
    pub(crate) fn of(algorithm: Algorithm, parts: &[&[u8]]) -> Hex {
        match algorithm {
            Algorithm::Md5 | Algorithm::Md5Sess => finish(Md5::new(), parts),
            Algorithm::Sha256 | Algorithm::Sha256Sess => finish(Sha256::new(), parts),
            Algorithm::Sha512Trunc256 | Algorithm::Sha512Trunc256Sess => finish(Sha512_256::new(), parts),
        }
    }

    /// H(user:realm:password), which a password file may keep in place of the password (RFC 7616 section 3.4.2).
    pub(crate) fn of_password(algorithm: Algorithm, username: &str, realm: &[u8], password: &Secret) -> Zeroizing<Hex> {
        let parts = [username.as_bytes(), b":", realm, b":", password.expose().as_bytes()];
        Zeroizing::new(Self::of(algorithm, &parts))
    }
}

fn finish<H: md5::Digest>(mut hash: H, parts: &[&[u8]]) -> Hex {
    parts.iter().for_each(|part| hash.update(part));
    Hex::of(&hash.finalize())
}

impl Hex {
    fn of(bytes: &[u8]) -> Self {
        let mut text = [0; 64];
        let len = encode::hex_in(bytes, &mut text).len();
        Self { text, len }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }

    /// Compares in constant time; the other text may have either case.
    pub(crate) fn is(&self, other: &[u8]) -> bool {
        self.as_bytes().ct_eq(&other.to_ascii_lowercase()).into()
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
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        // A key shorter than the block is filled up with zeros (RFC 2104 section 2).
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        Self(Hmac::new((&*block).into()))
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
