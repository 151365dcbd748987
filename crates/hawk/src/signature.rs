use std::fmt;
use std::str::FromStr;

use countersign_core::encode::{base64, push_base64};
use countersign_core::{Error, ErrorKind, Quoted, Result};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// What MACs and payload hashes are made with.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Algorithm {
    /// `sha256`.
    #[default]
    Sha256,
    /// `sha1`.
    Sha1,
}

impl Algorithm {
    /// The name, as configs have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha1 => "sha1",
        }
    }

    /// The payload hash: media type (lower case, without parameters) and body, framed. Source: "Payload Validation" of the Hawk
    /// specification.
    pub(crate) fn payload_hash(self, media_type: &str, body: &[u8]) -> String {
        const FRAME: &str = "hawk.1.payload\n";
        match self {
            Self::Sha256 => {
                let hash = Sha256::new_with_prefix(FRAME).chain_update(media_type).chain_update("\n");
                base64(&hash.chain_update(body).chain_update("\n").finalize())
            }
            Self::Sha1 => {
                let hash = Sha1::new_with_prefix(FRAME).chain_update(media_type).chain_update("\n");
                base64(&hash.chain_update(body).chain_update("\n").finalize())
            }
        }
    }
}

/// # Errors
/// [`ErrorKind::UnsupportedAlgorithm`] for any other name.
impl FromStr for Algorithm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "sha256" => Ok(Self::Sha256),
            "sha1" => Ok(Self::Sha1),
            _ => {
                let message = format!("{} is no algorithm of Hawk: they are sha256 and sha1", Quoted(name.as_bytes()));
                Err(Error::new(ErrorKind::UnsupportedAlgorithm, message))
            }
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Algorithm> for String {
    fn from(algorithm: Algorithm) -> Self {
        algorithm.as_str().to_owned()
    }
}

/// A key with its MAC begun, wiped on drop.
#[derive(Clone)]
pub(crate) enum Key {
    Sha256(Hmac<Sha256>),
    Sha1(Hmac<Sha1>),
}

impl Key {
    pub(crate) fn new(algorithm: Algorithm, key: &str) -> Result<Self> {
        // HMAC takes keys of any length; its constructor returns a `Result` all the same.
        let no_length = |_| Error::new(ErrorKind::InvalidKey, "`key` makes no HMAC key");
        Ok(match algorithm {
            Algorithm::Sha256 => Self::Sha256(Hmac::new_from_slice(key.as_bytes()).map_err(no_length)?),
            Algorithm::Sha1 => Self::Sha1(Hmac::new_from_slice(key.as_bytes()).map_err(no_length)?),
        })
    }

    pub(crate) const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sha256(_) => Algorithm::Sha256,
            Self::Sha1(_) => Algorithm::Sha1,
        }
    }

    /// Appends the MAC of a text, in base64.
    pub(crate) fn push_mac(&self, out: &mut String, text: &str) {
        match self {
            Self::Sha256(mac) => push_base64(out, &mac.clone().chain_update(text).finalize().into_bytes()),
            Self::Sha1(mac) => push_base64(out, &mac.clone().chain_update(text).finalize().into_bytes()),
        }
    }

    /// The MAC of a text, in base64.
    pub(crate) fn mac(&self, text: &str) -> String {
        let mut out = String::with_capacity(44);
        self.push_mac(&mut out, text);
        out
    }

    /// `tsm`: by which a server proves that its clock says `ts`.
    pub(crate) fn timestamp_mac(&self, ts: &str) -> String {
        self.mac(&format!("hawk.1.ts\n{ts}\n"))
    }
}
