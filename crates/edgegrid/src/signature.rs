//! Text to signature: the only room that hashes.

use countersign_core::Secret;
use countersign_core::encode::base64_in;
use countersign_core::sha256::{Mac, sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// 32 bytes in base64.
pub(crate) const LENGTH: usize = 44;

/// A client secret with its MAC begun, wiped on drop.
#[derive(Clone)]
pub(crate) struct Key(Mac);

impl Key {
    pub(crate) fn new(client_secret: &Secret) -> Self {
        Self(Mac::new(client_secret.expose().as_bytes()))
    }

    /// A key that is made with the same work as any other. What fits it is refused all the same.
    pub(crate) fn stand_in() -> Self {
        Self(Mac::new(b"nobody's secret, for tokens that nobody has"))
    }

    /// The signature of a text at a time: the signing key is the time's MAC, in base64, and the signature is the text's MAC under
    /// that key, in base64. Source: "Authentication with EdgeGrid", Akamai TechDocs.
    pub(crate) fn signature_in<'a>(&self, timestamp: &str, data_to_sign: &str, buf: &'a mut [u8; LENGTH]) -> &'a str {
        let raw = Zeroizing::new(self.0.sign(timestamp.as_bytes()));
        let mut signing_key = Zeroizing::new([0; LENGTH]);
        let mac = Mac::new(base64_in(raw.as_slice(), signing_key.as_mut_slice()).as_bytes());
        base64_in(&mac.sign(data_to_sign.as_bytes()), buf)
    }

    /// Whether this is the signature of a text at a time; in constant time.
    pub(crate) fn is_signature(&self, timestamp: &str, data_to_sign: &str, signature: &str) -> bool {
        let mut expected = [0; LENGTH];
        self.signature_in(timestamp, data_to_sign, &mut expected).as_bytes().ct_eq(signature.as_bytes()).into()
    }
}

/// Appends the hash of a body, in base64.
pub(crate) fn push_content_hash(out: &mut String, body: &[u8]) {
    out.push_str(base64_in(&sha256(body), &mut [0; LENGTH]));
}
