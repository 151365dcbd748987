use std::fmt;

#[cfg(feature = "rsa")]
use countersign_core::Result;
use countersign_core::Secret;

use crate::SignatureMethod;
#[cfg(feature = "rsa")]
use crate::signature::PublicKey;

/// What a server knows of a consumer and its token: their secrets or public key, and by which methods they may sign.
///
/// The methods are the server's word, never the request's: a consumer that was registered with a public key only is never verified
/// by HMAC, whose key everybody would know.
#[derive(Clone)]
pub struct Keys {
    pub(crate) consumer_secret: Secret,
    pub(crate) token_secret: Option<Secret>,
    #[cfg(feature = "rsa")]
    pub(crate) public_key: Option<PublicKey>,
    methods: Vec<SignatureMethod>,
}

impl Keys {
    /// A consumer that signs by HMAC with this secret, by SHA-1, SHA-256 or SHA-512. An empty secret verifies nothing.
    #[must_use]
    pub fn new(consumer_secret: impl Into<Secret>) -> Self {
        let methods = [SignatureMethod::HmacSha1, SignatureMethod::HmacSha256, SignatureMethod::HmacSha512];
        Self {
            consumer_secret: consumer_secret.into(),
            token_secret: None,
            #[cfg(feature = "rsa")]
            public_key: None,
            methods: methods.into(),
        }
    }

    /// A consumer that signs by RSA, with SHA-1, SHA-256 or SHA-512. `pem` is its public key: `BEGIN PUBLIC KEY` or
    /// `BEGIN RSA PUBLIC KEY`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidKey`](countersign_core::ErrorKind::InvalidKey) when the key cannot be read.
    #[cfg(feature = "rsa")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rsa")))]
    pub fn from_public_key(pem: &str) -> Result<Self> {
        let methods = [SignatureMethod::RsaSha1, SignatureMethod::RsaSha256, SignatureMethod::RsaSha512];
        Ok(Self { public_key: Some(PublicKey::new(pem)?), methods: methods.into(), ..Self::new("") })
    }

    /// The same for a request with a token that the server knows, whose secret this is; the RSA methods do not use it. Without it, a
    /// request with a token is refused: its token is unknown.
    #[must_use]
    pub fn with_token_secret(mut self, token_secret: impl Into<Secret>) -> Self {
        self.token_secret = Some(token_secret.into());
        self
    }

    /// Takes these methods, and no others. PLAINTEXT is taken only if it is among them, and over TLS unless
    /// [`Verifier::with_plaintext_off_tls`](crate::verify::Verifier::with_plaintext_off_tls) says otherwise.
    #[must_use]
    pub fn with_methods(mut self, methods: impl IntoIterator<Item = SignatureMethod>) -> Self {
        self.methods = methods.into_iter().collect();
        self
    }

    /// Keys that are nobody's, to do the work of a refusal with.
    pub(super) fn stand_in() -> Self {
        Self {
            #[cfg(feature = "rsa")]
            public_key: PublicKey::stand_in(),
            ..Self::new("a secret of nobody's").with_token_secret("")
        }
    }

    /// Whether these keys can verify a request by this method, with a token or without.
    pub(super) fn can_verify(&self, method: &SignatureMethod, has_token: bool) -> bool {
        let has_key = match method {
            SignatureMethod::RsaSha1 | SignatureMethod::RsaSha256 | SignatureMethod::RsaSha512 => self.has_public_key(),
            _ => !self.consumer_secret.is_empty(),
        };
        has_key && self.methods.contains(method) && (!has_token || self.token_secret.is_some())
    }

    #[cfg(feature = "rsa")]
    const fn has_public_key(&self) -> bool {
        self.public_key.is_some()
    }

    #[cfg(not(feature = "rsa"))]
    #[expect(clippy::unused_self, reason = "as with the feature")]
    const fn has_public_key(&self) -> bool {
        false
    }
}

/// Shows the methods, never a secret.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("methods", &self.methods).finish_non_exhaustive()
    }
}
