use std::fmt;
use std::str::FromStr;

use countersign_core::encode::{base64, push_base64, push_percent};
use countersign_core::{Error, ErrorKind, Quoted, Result, Secret};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::Config;

/// How requests are signed (RFC 5849 section 3.4). The methods with SHA-2 are not in the RFC, but many providers have them.
///
/// ```
/// use countersign_oauth1::SignatureMethod;
///
/// assert_eq!(SignatureMethod::HmacSha256.as_str(), "HMAC-SHA256");
/// assert_eq!("RSA-SHA1".parse::<SignatureMethod>()?, SignatureMethod::RsaSha1);
/// # Ok::<(), countersign_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SignatureMethod {
    /// `HMAC-SHA1`, what nearly every provider takes.
    #[default]
    HmacSha1,
    /// `HMAC-SHA256`.
    HmacSha256,
    /// `HMAC-SHA512`.
    HmacSha512,
    /// `RSA-SHA1` (PKCS#1 v1.5); needs the feature `rsa`.
    RsaSha1,
    /// `RSA-SHA256`; needs the feature `rsa`.
    RsaSha256,
    /// `RSA-SHA512`; needs the feature `rsa`.
    RsaSha512,
    /// `PLAINTEXT`: both secrets as they are. Over TLS only.
    Plaintext,
}

impl SignatureMethod {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::HmacSha1,
        Self::HmacSha256,
        Self::HmacSha512,
        Self::RsaSha1,
        Self::RsaSha256,
        Self::RsaSha512,
        Self::Plaintext,
    ];

    /// The name, as `oauth_signature_method` has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::HmacSha512 => "HMAC-SHA512",
            Self::RsaSha1 => "RSA-SHA1",
            Self::RsaSha256 => "RSA-SHA256",
            Self::RsaSha512 => "RSA-SHA512",
            Self::Plaintext => "PLAINTEXT",
        }
    }

    /// `oauth_body_hash` of a body: base64 of the method's own hash, none for PLAINTEXT.
    pub(crate) fn body_hash(self, body: &[u8]) -> Option<String> {
        match self {
            Self::HmacSha1 | Self::RsaSha1 => Some(base64(&Sha1::digest(body))),
            Self::HmacSha256 | Self::RsaSha256 => Some(base64(&Sha256::digest(body))),
            Self::HmacSha512 | Self::RsaSha512 => Some(base64(&Sha512::digest(body))),
            Self::Plaintext => None,
        }
    }
}

/// # Errors
/// [`ErrorKind::UnsupportedAlgorithm`] for any other name; names are exact (RFC 5849 section 3.4: case matters).
impl FromStr for SignatureMethod {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            let message = format!("{} is no signature method: they are {names}", Quoted(name.as_bytes()));
            Error::new(ErrorKind::UnsupportedAlgorithm, message)
        })
    }
}

impl fmt::Display for SignatureMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<SignatureMethod> for String {
    fn from(method: SignatureMethod) -> Self {
        method.as_str().to_owned()
    }
}

/// A method with its key, begun or parsed once.
pub(crate) enum Key {
    HmacSha1(Hmac<Sha1>),
    HmacSha256(Hmac<Sha256>),
    HmacSha512(Hmac<Sha512>),
    #[cfg(feature = "rsa")]
    Rsa(Box<rsa::PrivateKey>, Hash),
    Plaintext(Secret),
}

/// What RSA signs a hash of.
#[cfg(feature = "rsa")]
#[derive(Clone, Copy)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Key {
    pub(crate) fn new(method: SignatureMethod, config: &Config) -> Result<Self> {
        let token_secret = config.token_secret.as_ref().map_or("", Secret::expose);
        let mac_key = || mac_key(config.consumer_secret.expose(), token_secret);
        Ok(match method {
            SignatureMethod::HmacSha1 => Self::HmacSha1(Hmac::new_from_slice(mac_key().as_bytes()).map_err(no_length)?),
            SignatureMethod::HmacSha256 => {
                Self::HmacSha256(Hmac::new_from_slice(mac_key().as_bytes()).map_err(no_length)?)
            }
            SignatureMethod::HmacSha512 => {
                Self::HmacSha512(Hmac::new_from_slice(mac_key().as_bytes()).map_err(no_length)?)
            }
            SignatureMethod::Plaintext => Self::Plaintext(Secret::from(mac_key().as_str())),
            #[cfg(feature = "rsa")]
            SignatureMethod::RsaSha1 => Self::Rsa(private_key(config)?, Hash::Sha1),
            #[cfg(feature = "rsa")]
            SignatureMethod::RsaSha256 => Self::Rsa(private_key(config)?, Hash::Sha256),
            #[cfg(feature = "rsa")]
            SignatureMethod::RsaSha512 => Self::Rsa(private_key(config)?, Hash::Sha512),
            #[cfg(not(feature = "rsa"))]
            _ => {
                let message =
                    format!("{method} needs the feature `rsa` of countersign-oauth1, which this build is without");
                return Err(Error::new(ErrorKind::UnsupportedAlgorithm, message));
            }
        })
    }

    /// Appends `oauth_signature` of a base string, not yet percent-encoded.
    pub(crate) fn sign(&self, base_string: &[u8], out: &mut String) -> Result<()> {
        match self {
            Self::HmacSha1(mac) => push_base64(out, &mac.clone().chain_update(base_string).finalize().into_bytes()),
            Self::HmacSha256(mac) => push_base64(out, &mac.clone().chain_update(base_string).finalize().into_bytes()),
            Self::HmacSha512(mac) => push_base64(out, &mac.clone().chain_update(base_string).finalize().into_bytes()),
            Self::Plaintext(text) => out.push_str(text.expose()),
            // Blinded: the blinding factor is the system's, and does not reach the result, which is one for each text and key.
            #[cfg(feature = "rsa")]
            Self::Rsa(key, hash) => {
                let signature = match hash {
                    Hash::Sha1 => key.pkcs1v15_sign::<Sha1>(base_string),
                    Hash::Sha256 => key.pkcs1v15_sign::<Sha256>(base_string),
                    Hash::Sha512 => key.pkcs1v15_sign::<Sha512>(base_string),
                };
                let signature = signature.map_err(|err| {
                    Error::new(ErrorKind::InvalidKey, "`private_key` cannot sign").with_source(err.to_string())
                })?;
                push_base64(out, &signature);
            }
        }
        Ok(())
    }
}

/// Both secrets, percent-encoded and joined: the key of the HMAC methods, and PLAINTEXT's signature (RFC 5849 sections 3.4.2
/// and 3.4.4).
fn mac_key(consumer_secret: &str, token_secret: &str) -> Zeroizing<String> {
    // Room for all, so that no copy is left behind by growing.
    let mut key = Zeroizing::new(String::with_capacity(3 * (consumer_secret.len() + token_secret.len()) + 1));
    push_percent(&mut key, consumer_secret);
    key.push('&');
    push_percent(&mut key, token_secret);
    key
}

/// HMAC takes keys of any length; its constructor returns a `Result` all the same.
fn no_length(_: hmac::digest::InvalidLength) -> Error {
    Error::new(ErrorKind::InvalidKey, "the secrets make no HMAC key")
}

#[cfg(feature = "rsa")]
fn private_key(config: &Config) -> Result<Box<rsa::PrivateKey>> {
    use rsa::pkcs1::DecodeRsaPrivateKey as _;
    use rsa::pkcs8::DecodePrivateKey as _;

    const EXPECTED: &str = "a PEM key is expected, PKCS#1 (`BEGIN RSA PRIVATE KEY`) or PKCS#8 (`BEGIN PRIVATE KEY`)";
    let invalid = |what: &str| Error::new(ErrorKind::InvalidKey, format!("`private_key` {what}: {EXPECTED}"));
    let pem = config.private_key.as_ref().map_or("", |key| key.expose().trim());
    let read = match pem.lines().next().map(str::trim_end) {
        None => return Err(invalid("is missing, and the method signs with RSA")),
        Some("-----BEGIN RSA PRIVATE KEY-----") if pem.contains("Proc-Type: 4,ENCRYPTED") => {
            return Err(invalid("is encrypted, decrypt it first"));
        }
        Some("-----BEGIN ENCRYPTED PRIVATE KEY-----") => return Err(invalid("is encrypted, decrypt it first")),
        Some("-----BEGIN RSA PRIVATE KEY-----") => rsa::PrivateKey::from_pkcs1_pem(pem).map_err(|err| err.to_string()),
        Some("-----BEGIN PRIVATE KEY-----") => rsa::PrivateKey::from_pkcs8_pem(pem).map_err(|err| err.to_string()),
        Some(_) => return Err(invalid("is of another format")),
    };
    read.map(Box::new).map_err(|why| invalid("cannot be read").with_source(why))
}

/// The server's side: whether a signature is of this base string. `public_key` counts for the RSA methods alone, the secrets for
/// the others.
pub(crate) fn is_signature(
    method: SignatureMethod,
    secrets: (&Secret, &Secret),
    public_key: Option<&str>,
    base_string: &[u8],
    signature: &[u8],
) -> Result<bool> {
    let (consumer_secret, token_secret) = secrets;
    let mut config = Config::new("verifier", consumer_secret.clone());
    config.token_secret = Some(token_secret.clone());
    #[cfg(not(feature = "rsa"))]
    let _ = public_key;
    match method {
        #[cfg(feature = "rsa")]
        SignatureMethod::RsaSha1 | SignatureMethod::RsaSha256 | SignatureMethod::RsaSha512 => {
            let key = read_public_key(public_key)?;
            let Some(signature) = countersign_core::encode::base64_decode(signature) else { return Ok(false) };
            Ok(match method {
                SignatureMethod::RsaSha1 => key.pkcs1v15_verify::<Sha1>(base_string, &signature),
                SignatureMethod::RsaSha256 => key.pkcs1v15_verify::<Sha256>(base_string, &signature),
                _ => key.pkcs1v15_verify::<Sha512>(base_string, &signature),
            }
            .is_ok())
        }
        _ => {
            let mut expected = Zeroizing::new(String::new());
            Key::new(method, &config)?.sign(base_string, &mut expected)?;
            Ok(expected.as_bytes().ct_eq(signature).into())
        }
    }
}

#[cfg(feature = "rsa")]
fn read_public_key(pem: Option<&str>) -> Result<rsa::PublicKey> {
    use rsa::pkcs1::DecodeRsaPublicKey as _;
    use rsa::pkcs8::DecodePublicKey as _;

    let invalid = |why: String| {
        const WHAT: &str =
            "the consumer has no readable public key: PEM is expected, `BEGIN PUBLIC KEY` or `BEGIN RSA PUBLIC KEY`";
        Error::new(ErrorKind::InvalidKey, WHAT).with_source(why)
    };
    let pem = pem.unwrap_or_default().trim();
    if pem.starts_with("-----BEGIN RSA PUBLIC KEY-----") {
        rsa::PublicKey::from_pkcs1_pem(pem).map_err(|err| invalid(err.to_string()))
    } else {
        rsa::PublicKey::from_public_key_pem(pem).map_err(|err| invalid(err.to_string()))
    }
}
