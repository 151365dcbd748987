//! RSASSA-PKCS1-v1_5 (RFC 5849 section 3.4.3).

use std::sync::Arc;

use countersign_core::encode::{base64, base64_decode};
use countersign_core::{Error, ErrorKind, Result, Secret};
use rsa::pkcs1::{DecodeRsaPrivateKey as _, DecodeRsaPublicKey as _};
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::SignatureMethod;

/// A private key, and what it signs a hash of.
pub(crate) struct PrivateKey {
    key: Box<rsa::PrivateKey>,
    method: SignatureMethod,
}

impl PrivateKey {
    pub(crate) fn new(method: &SignatureMethod, pem: Option<&Secret>) -> Result<Self> {
        const EXPECTED: &str =
            "a PEM key is expected, PKCS#1 (`BEGIN RSA PRIVATE KEY`) or PKCS#8 (`BEGIN PRIVATE KEY`)";
        let invalid = |what: &str| Error::new(ErrorKind::InvalidKey, format!("`private_key` {what}: {EXPECTED}"));
        let pem = pem.map_or("", |pem| pem.expose().trim());
        let read = match pem.lines().next().map(str::trim_end) {
            None => return Err(invalid("is missing, and the method signs with RSA")),
            Some("-----BEGIN RSA PRIVATE KEY-----") if pem.contains("Proc-Type: 4,ENCRYPTED") => {
                return Err(invalid("is encrypted, decrypt it first"));
            }
            Some("-----BEGIN ENCRYPTED PRIVATE KEY-----") => return Err(invalid("is encrypted, decrypt it first")),
            Some("-----BEGIN RSA PRIVATE KEY-----") => {
                rsa::PrivateKey::from_pkcs1_pem(pem).map_err(|err| err.to_string())
            }
            Some("-----BEGIN PRIVATE KEY-----") => rsa::PrivateKey::from_pkcs8_pem(pem).map_err(|err| err.to_string()),
            Some(_) => return Err(invalid("is of another format")),
        };
        let key = read.map_err(|why| invalid("cannot be read").with_source(why))?;
        Ok(Self { key: Box::new(key), method: method.clone() })
    }

    /// The signature in base64. Blinded: the blinding factor is the system's, and does not reach the result, which is the same for
    /// the same text and key.
    pub(crate) fn sign(&self, base_string: &[u8]) -> Result<String> {
        let signature = match self.method {
            SignatureMethod::RsaSha1 => self.key.pkcs1v15_sign::<Sha1>(base_string),
            SignatureMethod::RsaSha256 => self.key.pkcs1v15_sign::<Sha256>(base_string),
            _ => self.key.pkcs1v15_sign::<Sha512>(base_string),
        };
        let cannot = |err: rsa::Error| {
            Error::new(ErrorKind::InvalidKey, "`private_key` cannot sign").with_source(err.to_string())
        };
        Ok(base64(&signature.map_err(cannot)?))
    }
}

/// A consumer's public key.
#[derive(Clone)]
pub(crate) struct PublicKey(Arc<rsa::PublicKey>);

impl PublicKey {
    pub(crate) fn new(pem: &str) -> Result<Self> {
        let invalid = |why: String| {
            const WHAT: &str =
                "the public key cannot be read: PEM is expected, `BEGIN PUBLIC KEY` or `BEGIN RSA PUBLIC KEY`";
            Error::new(ErrorKind::InvalidKey, WHAT).with_source(why)
        };
        let pem = pem.trim();
        let key = if pem.starts_with("-----BEGIN RSA PUBLIC KEY-----") {
            rsa::PublicKey::from_pkcs1_pem(pem).map_err(|err| invalid(err.to_string()))
        } else {
            rsa::PublicKey::from_public_key_pem(pem).map_err(|err| invalid(err.to_string()))
        };
        Ok(Self(Arc::new(key?)))
    }

    /// A key of which nobody has the other half: it was thrown away. For consumers that have none.
    pub(crate) fn stand_in() -> Option<Self> {
        Self::new(include_str!("stand_in.pem")).ok()
    }

    /// Whether a signature, in base64, is of this base string.
    pub(crate) fn verifies(&self, method: &SignatureMethod, base_string: &[u8], signature: &[u8]) -> bool {
        let Some(signature) = base64_decode(signature) else { return false };
        let verified = match method {
            SignatureMethod::RsaSha1 => self.0.pkcs1v15_verify::<Sha1>(base_string, &signature),
            SignatureMethod::RsaSha256 => self.0.pkcs1v15_verify::<Sha256>(base_string, &signature),
            _ => self.0.pkcs1v15_verify::<Sha512>(base_string, &signature),
        };
        verified.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_can_be_read() {
        assert!(PublicKey::stand_in().is_some());
        assert_eq!(PublicKey::new("x").err().map(|err| err.kind()), Some(ErrorKind::InvalidKey));
    }
}
