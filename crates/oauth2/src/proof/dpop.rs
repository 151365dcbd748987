//! DPoP (RFC 9449): each request proves that its sender holds the key that the token is bound to.

use std::sync::Mutex;

use countersign_core::recent::Recent;
use countersign_core::sync::lock;
use countersign_core::target::Origin;
use countersign_core::{Context, Payload, Result, Secret, challenge};
use http::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, Request, Uri};

use crate::config::Grant;

/// The proof's header.
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The key, and the nonces that servers want in proofs.
pub(crate) struct Prover {
    #[cfg(feature = "jwt")]
    key: Option<key::Key>,
    nonces: Mutex<Recent<Origin, String>>,
}

impl Prover {
    /// More servers than this are forgotten, the oldest first.
    const MOST: usize = 64;

    /// Reads the grant's key. Without a grant, or for one that is not bound to a key, it proves nothing.
    pub(crate) fn new(grant: Option<&Grant>) -> Result<Self> {
        let dpop = grant.and_then(Grant::token_endpoint).and_then(|token| token.dpop.as_ref());
        #[cfg(not(feature = "jwt"))]
        if dpop.is_some() {
            const WHY: &str = "`dpop` needs the feature `jwt` of countersign-oauth2, which this build is without";
            return Err(countersign_core::Error::new(countersign_core::ErrorKind::UnsupportedAlgorithm, WHY));
        }
        Ok(Self {
            #[cfg(feature = "jwt")]
            key: dpop.map(key::Key::read).transpose()?,
            nonces: Mutex::new(Recent::new(Self::MOST)),
        })
    }

    /// The proof for a request, where the grant asks for one.
    #[cfg(feature = "jwt")]
    pub(crate) fn proof(
        &self,
        method: &Method,
        uri: &Uri,
        token: Option<&Secret>,
        ctx: &Context,
    ) -> Result<Option<HeaderValue>> {
        use countersign_core::{Error, ErrorKind};

        let Some(key) = &self.key else { return Ok(None) };
        let nonce = lock(&self.nonces).find(|origin| origin.holds(uri)).cloned();
        let proof = key.pair(ctx)?.proof(method, uri, token, nonce.as_deref(), ctx)?;
        let value = HeaderValue::try_from(proof)
            .map_err(|err| Error::new(ErrorKind::InvalidRequest, "the proof is not a header").with_source(err))?;
        Ok(Some(value))
    }

    #[cfg(not(feature = "jwt"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(crate) fn proof(&self, _: &Method, _: &Uri, _: Option<&Secret>, _: &Context) -> Result<Option<HeaderValue>> {
        Ok(None)
    }

    /// Adds the proof to a request for the authorization server.
    pub(crate) fn prove(&self, mut request: Request<Payload>, ctx: &Context) -> Result<Request<Payload>> {
        if let Some(proof) = self.proof(request.method(), request.uri(), None, ctx)? {
            request.headers_mut().insert(DPOP, proof);
        }
        Ok(request)
    }

    /// The key's thumbprint, to which an authorization code is bound (`dpop_jkt`, RFC 9449 section 10).
    #[cfg(feature = "jwt")]
    pub(crate) fn thumbprint(&self, ctx: &Context) -> Result<Option<String>> {
        self.key.as_ref().map(|key| Ok(key.pair(ctx)?.thumbprint())).transpose()
    }

    #[cfg(not(feature = "jwt"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(crate) fn thumbprint(&self, _: &Context) -> Result<Option<String>> {
        Ok(None)
    }

    /// Remembers the nonce that a server wants from now on (RFC 9449 section 8.2). Returns whether it sent one.
    pub(crate) fn learn(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let nonce = headers.get(DPOP_NONCE).and_then(|nonce| nonce.to_str().ok());
        let (Some(nonce), Some(origin)) = (nonce, Origin::of(uri)) else { return false };
        lock(&self.nonces).insert(origin, nonce.to_owned());
        true
    }
}

#[cfg(feature = "jwt")]
mod key {
    use std::sync::Mutex;

    use countersign_core::sync::lock;
    use countersign_core::{Context, Result};

    use crate::config::DpopKey;
    use crate::proof::jwt::KeyPair;

    /// The key pair, once it is known.
    pub(super) struct Key(Mutex<Option<KeyPair>>);

    impl Key {
        pub(super) fn read(key: &DpopKey) -> Result<Self> {
            let pair = match key {
                DpopKey::Drawn => None,
                DpopKey::Given(pem) => Some(KeyPair::read("dpop_key", pem)?),
            };
            Ok(Self(Mutex::new(pair)))
        }

        /// The pair, which is drawn now if there is none yet.
        pub(super) fn pair(&self, ctx: &Context) -> Result<KeyPair> {
            let mut pair = lock(&self.0);
            match &*pair {
                Some(pair) => Ok(pair.clone()),
                None => Ok(pair.insert(KeyPair::draw(ctx)?).clone()),
            }
        }
    }
}

/// Whether a resource server wants another nonce (RFC 9449 section 9).
pub(crate) fn wants_nonce(headers: &HeaderMap) -> bool {
    headers.contains_key(DPOP_NONCE)
        && challenge::in_headers(headers, &WWW_AUTHENTICATE)
            .filter_map(Result::ok)
            .any(|challenge| challenge.param("error").is_some_and(|error| *error == *b"use_dpop_nonce"))
}
