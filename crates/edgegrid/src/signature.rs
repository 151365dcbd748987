use countersign_core::encode::{base64_in, push_base64};
use countersign_core::{Error, ErrorKind, Result, Secret};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize as _;

/// A client secret with its MAC begun, wiped on drop.
#[derive(Clone)]
pub(crate) struct Key(Hmac<Sha256>);

impl Key {
    pub(crate) fn new(client_secret: &Secret) -> Result<Self> {
        begin(client_secret.expose().as_bytes()).map(Self)
    }

    /// Appends the signature of a text at a time: the signing key is the time's MAC, in base64, and the signature the text's under
    /// that key, in base64. Source: "Authentication with EdgeGrid", Akamai TechDocs.
    pub(crate) fn push_signature(&self, out: &mut String, timestamp: &str, data_to_sign: &str) -> Result<()> {
        let mut signing_key = [0; 44];
        let mac = self.0.clone().chain_update(timestamp).finalize().into_bytes();
        let begun = begin(base64_in(&mac, &mut signing_key).as_bytes());
        signing_key.zeroize();
        push_base64(out, &begun?.chain_update(data_to_sign).finalize().into_bytes());
        Ok(())
    }
}

/// HMAC takes keys of any length; its constructor returns a `Result` all the same.
fn begin(key: &[u8]) -> Result<Hmac<Sha256>> {
    Hmac::new_from_slice(key).map_err(|_| Error::new(ErrorKind::InvalidKey, "`client_secret` makes no HMAC key"))
}

/// Appends the hash of a body, in base64.
pub(crate) fn push_content_hash(out: &mut String, body: &[u8]) {
    push_base64(out, &Sha256::digest(body));
}
