//! DPoP (RFC 9449): each request proves that its sender holds the key that the token is bound to.

use std::sync::Mutex;

use countersign_core::target::Origin;
use countersign_core::{Context, ErrorKind, Payload, Result, Secret, challenge};
use http::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, Request, Uri};

use crate::config::Grant;
use crate::token::ServerError;
use countersign_core::sync::lock;

/// The proof's header.
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The key, and the nonces that servers want in proofs.
#[derive(Default)]
pub(crate) struct Prover(Mutex<State>);

#[derive(Default)]
struct State {
    #[cfg(feature = "jwt")]
    key: Option<crate::jwt::KeyPair>,
    nonces: Vec<(Origin, String)>,
}

impl Prover {
    /// The proof for a request, where the grant asks for one.
    #[cfg(feature = "jwt")]
    pub(crate) fn proof(
        &self,
        grant: Option<&Grant>,
        method: &Method,
        uri: &Uri,
        token: Option<&Secret>,
        ctx: &Context,
    ) -> Result<Option<HeaderValue>> {
        use crate::jwt::KeyPair;

        let Some(grant) = grant.filter(|grant| grant.dpop) else { return Ok(None) };
        let (key, nonce) = {
            let mut state = lock(&self.0);
            let key = match (&state.key, grant.dpop_key.as_ref().filter(|pem| !pem.is_empty())) {
                (Some(key), _) => key.clone(),
                (None, Some(pem)) => KeyPair::read("dpop_key", pem)?,
                (None, None) => KeyPair::draw(ctx)?,
            };
            state.key = Some(key.clone());
            let nonce = state.nonces.iter().find(|(origin, _)| origin.holds(uri)).map(|(_, nonce)| nonce.clone());
            (key, nonce)
        };
        let proof = key.proof(method, uri, token, nonce.as_deref(), ctx)?;
        let value = HeaderValue::try_from(proof).map_err(|err| {
            countersign_core::Error::new(ErrorKind::InvalidRequest, "the proof is no header").with_source(err)
        })?;
        Ok(Some(value))
    }

    #[cfg(not(feature = "jwt"))]
    pub(crate) fn proof(
        &self,
        grant: Option<&Grant>,
        _: &Method,
        _: &Uri,
        _: Option<&Secret>,
        _: &Context,
    ) -> Result<Option<HeaderValue>> {
        match grant.filter(|grant| grant.dpop) {
            None => Ok(None),
            Some(_) => {
                const WHY: &str = "`dpop` needs the feature `jwt` of countersign-oauth2, which this build is without";
                Err(countersign_core::Error::new(ErrorKind::UnsupportedAlgorithm, WHY))
            }
        }
    }

    /// Adds the proof to a token request.
    pub(crate) fn prove(&self, grant: &Grant, request: &mut Request<Payload>, ctx: &Context) -> Result<()> {
        if let Some(proof) = self.proof(Some(grant), request.method(), request.uri(), None, ctx)? {
            request.headers_mut().insert(DPOP, proof);
        }
        Ok(())
    }

    /// Remembers the nonce that a server wants from now on (RFC 9449 section 8.2).
    pub(crate) fn learn(&self, uri: &Uri, headers: &HeaderMap) {
        /// More servers than this are forgotten, the oldest first.
        const MOST: usize = 64;
        let nonce = headers.get(DPOP_NONCE).and_then(|nonce| nonce.to_str().ok());
        let (Some(nonce), Some(origin)) = (nonce, Origin::of(uri)) else { return };
        let mut state = lock(&self.0);
        state.nonces.retain(|(known, _)| *known != origin);
        if state.nonces.len() >= MOST {
            state.nonces.remove(0);
        }
        state.nonces.push((origin, nonce.to_owned()));
    }
}

/// Whether a token endpoint wants another nonce.
pub(crate) fn is_nonce_error(error: &countersign_core::Error, headers: &HeaderMap) -> bool {
    headers.contains_key(DPOP_NONCE)
        && ServerError::cause_of(error).is_some_and(|cause| cause.error == "use_dpop_nonce")
}

/// Whether a resource server wants another nonce (RFC 9449 section 9).
pub(crate) fn wants_nonce(headers: &HeaderMap) -> bool {
    headers.contains_key(DPOP_NONCE)
        && challenge::in_headers(headers, &WWW_AUTHENTICATE)
            .filter_map(Result::ok)
            .any(|challenge| challenge.param("error").is_some_and(|error| *error == *b"use_dpop_nonce"))
}
