//! The token where it goes, and nowhere else (RFC 6750 section 2: one method per request).

use std::sync::Arc;

use countersign_core::sync::lock;
use countersign_core::{Context, Error, ErrorKind, Result, Signed, query};
use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Parts;

use super::Session;
use crate::config::{AddTo, Config};
use crate::proof::DPOP;
use crate::server::Token;

/// The header that a token stands in.
pub(super) fn header(config: &Config, token: &Token) -> Result<HeaderValue> {
    let invalid = |message: &'static str| Error::new(ErrorKind::InvalidConfig, message);
    let text = token.access_token.expose();
    if [text, &config.header_prefix].iter().any(|text| text.chars().any(char::is_control)) {
        return Err(invalid("token or `header_prefix` hold control characters, which no header can hold"));
    }
    let text = match config.header_prefix.trim() {
        _ if token.is_dpop() => ["DPoP", text].join(" "),
        "" => text.to_owned(),
        prefix => [prefix, text].join(" "),
    };
    let value = HeaderValue::from_maybe_shared(text.into_bytes());
    let mut value = value.map_err(|_| invalid("the token cannot stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

impl Session {
    /// Whether a token can be used as the config says.
    pub(super) fn check_token(&self, token: &Token) -> Result<()> {
        let failed = |why: &'static str| Err(Error::new(ErrorKind::TokenRequestFailed, why));
        let dpop = self.grant().and_then(|grant| grant.token_endpoint()).and_then(|endpoint| endpoint.dpop.as_ref());
        match (dpop.is_some(), token.is_dpop()) {
            (true, false) => {
                return failed(
                    "a token bound to our key (`dpop`) was asked for, and another came (RFC 9449 section 5)",
                );
            }
            (false, true) => return failed("the token is bound to a key (DPoP), and the config has no `dpop`"),
            _ => {}
        }
        header(&self.config, token).map(|_| ())
    }

    pub(super) fn place(&self, parts: &Parts, token: &Arc<Token>, ctx: &Context) -> Result<Signed> {
        let signed = self.place_token(parts, token)?;
        if !token.is_dpop() {
            return Ok(signed);
        }
        let proof = self.prover.proof(&parts.method, &parts.uri, Some(&token.access_token), ctx)?;
        Ok(match proof {
            Some(proof) => signed.with_header(DPOP, proof),
            None => signed,
        })
    }

    fn place_token(&self, parts: &Parts, token: &Arc<Token>) -> Result<Signed> {
        let is_token = |name: &[u8]| name == b"access_token";
        match self.config.add_to {
            AddTo::Header => {
                let signed = Signed::default().with_header(AUTHORIZATION, self.cached_header(token)?);
                let has_stale = parts.uri.query().is_some_and(|query| query.contains("access_token"));
                if has_stale { Ok(signed.with_uri(query::replace(&parts.uri, is_token, &[])?)) } else { Ok(signed) }
            }
            AddTo::Query => {
                let uri = query::replace(&parts.uri, is_token, &[("access_token", token.access_token.expose())])?;
                Ok(Signed::default().with_uri(uri).without_header(AUTHORIZATION))
            }
        }
    }

    fn cached_header(&self, token: &Arc<Token>) -> Result<HeaderValue> {
        let mut cached = lock(&self.header);
        if let Some((_, header)) = cached.as_ref().filter(|(known, _)| Arc::ptr_eq(known, token)) {
            return Ok(header.clone());
        }
        let header = header(&self.config, token)?;
        *cached = Some((Arc::clone(token), header.clone()));
        Ok(header)
    }
}
