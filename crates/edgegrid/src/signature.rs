use countersign_core::encode::base64_in;
use countersign_core::{Error, ErrorKind, Result, Secret};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

/// 32 bytes in base64.
pub(crate) const LENGTH: usize = 44;

/// A client secret with its MAC begun, wiped on drop.
#[derive(Clone)]
pub(crate) struct Key(Hmac<Sha256>);

impl Key {
    pub(crate) fn new(client_secret: &Secret) -> Result<Self> {
        begin(client_secret.expose().as_bytes()).map(Self)
    }

    /// A key that is made with the same work as any other. What fits it is refused all the same.
    pub(crate) fn stand_in() -> Self {
        Self(Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()))
    }

    /// The signature of a text at a time: the signing key is the time's MAC, in base64, and the signature is the text's MAC under
    /// that key, in base64. Source: "Authentication with EdgeGrid", Akamai TechDocs.
    pub(crate) fn signature_in<'a>(
        &self,
        timestamp: &str,
        data_to_sign: &str,
        buf: &'a mut [u8; LENGTH],
    ) -> Result<&'a str> {
        let mut signing_key = [0; LENGTH];
        let mut mac = self.0.clone();
        mac.update(timestamp.as_bytes());
        let begun = begin(base64_in(&mac.finalize().into_bytes(), &mut signing_key).as_bytes());
        signing_key.zeroize();
        let mut mac = begun?;
        mac.update(data_to_sign.as_bytes());
        Ok(base64_in(&mac.finalize().into_bytes(), buf))
    }

    /// Whether this is the signature of a text at a time; in constant time.
    pub(crate) fn is_signature(&self, timestamp: &str, data_to_sign: &str, signature: &str) -> Result<bool> {
        let mut expected = [0; LENGTH];
        let expected = self.signature_in(timestamp, data_to_sign, &mut expected)?;
        Ok(expected.as_bytes().ct_eq(signature.as_bytes()).into())
    }
}

/// HMAC takes keys of any length; its constructor returns a `Result` all the same.
fn begin(key: &[u8]) -> Result<Hmac<Sha256>> {
    Hmac::new_from_slice(key)
        .map_err(|_| Error::new(ErrorKind::InvalidKey, "`client_secret` cannot be used as an HMAC key"))
}

/// Appends the hash of a body, in base64.
pub(crate) fn push_content_hash(out: &mut String, body: &[u8]) {
    out.push_str(base64_in(&Sha256::digest(body), &mut [0; LENGTH]));
}
