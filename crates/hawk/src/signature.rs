use countersign_core::encode::{base64, base64_in};
use countersign_core::sha256;
use countersign_core::{Error, ErrorKind, Quoted, Result};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::Algorithm;

/// The longest MAC, in base64.
pub(crate) const MAC: usize = 44;

/// A key with its MAC begun, wiped on drop.
#[derive(Clone)]
pub(crate) enum Key {
    Sha256(sha256::Mac),
    Sha1(Hmac<Sha1>),
}

impl Key {
    /// # Errors
    /// [`ErrorKind::UnsupportedAlgorithm`].
    pub(crate) fn new(algorithm: &Algorithm, key: &str) -> Result<Self> {
        match algorithm {
            Algorithm::Sha256 => Ok(Self::Sha256(sha256::Mac::new(key.as_bytes()))),
            Algorithm::Sha1 => Hmac::new_from_slice(key.as_bytes()).map(Self::Sha1).map_err(|_| {
                // HMAC takes keys of any length; its constructor returns a `Result` all the same.
                Error::new(ErrorKind::InvalidKey, "`key` cannot be used as an HMAC key")
            }),
            Algorithm::Other(name) => {
                let name = Quoted(name.as_bytes());
                let message = format!("`algorithm` {name} is not one of Hawk's: `sha256` and `sha1` are");
                Err(Error::new(ErrorKind::UnsupportedAlgorithm, message))
            }
        }
    }

    /// A key that is made with the same work as any other of SHA-256. What fits it is refused all the same.
    pub(crate) fn stand_in() -> Self {
        Self::Sha256(sha256::Mac::new(b"nobody's key, for ids that nobody has"))
    }

    /// The MAC of a text, in base64.
    pub(crate) fn mac_in<'a>(&self, text: &str, buf: &'a mut [u8; MAC]) -> &'a str {
        match self {
            Self::Sha256(mac) => base64_in(&mac.sign(text.as_bytes()), buf),
            Self::Sha1(mac) => base64_in(&mac.clone().chain_update(text).finalize().into_bytes(), buf),
        }
    }

    /// As [`Key::mac_in`].
    pub(crate) fn mac(&self, text: &str) -> String {
        self.mac_in(text, &mut [0; MAC]).to_owned()
    }

    /// Whether this is the MAC of a text, in base64; in constant time.
    pub(crate) fn is_mac(&self, text: &str, mac: &str) -> bool {
        is_same(self.mac_in(text, &mut [0; MAC]), mac)
    }

    /// `tsm`: by which a server proves that its clock says `ts`.
    pub(crate) fn timestamp_mac(&self, ts: &str) -> String {
        self.mac(&format!("hawk.1.ts\n{ts}\n"))
    }

    /// The payload hash: media type (lower case, without parameters) and body, framed. Source: "Payload Validation" of the Hawk
    /// specification.
    pub(crate) fn payload_hash(&self, media_type: &str, body: &[u8]) -> String {
        const FRAME: &str = "hawk.1.payload\n";
        match self {
            Self::Sha256(_) => {
                let hash = Sha256::new_with_prefix(FRAME).chain_update(media_type).chain_update("\n");
                base64(&hash.chain_update(body).chain_update("\n").finalize())
            }
            Self::Sha1(_) => {
                let hash = Sha1::new_with_prefix(FRAME).chain_update(media_type).chain_update("\n");
                base64(&hash.chain_update(body).chain_update("\n").finalize())
            }
        }
    }
}

/// In constant time for texts of equal length.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
