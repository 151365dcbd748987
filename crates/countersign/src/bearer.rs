//! A bearer token in the `Authorization` header ([RFC 6750] section 2.1), for tokens that you already have. To fetch and
//! renew them, use the `oauth2` scheme.
//!
//! ```
//! use countersign::{AuthConfig, Authenticator, Context, bearer};
//! use http::Request;
//!
//! // GitHub's older tokens: a prefix of their own
//! let mut config = bearer::Config::new("ghp_x");
//! config.header_prefix = "token".into();
//!
//! let auth = Authenticator::new(&AuthConfig::Bearer(config))?;
//! let request = auth.sign_request(Request::get("https://api.example.com/").body(())?, &Context::now())?;
//! assert_eq!(request.headers()["authorization"], "token ghp_x");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750

use std::sync::Arc;

use countersign_core::sync::Copies;
use countersign_core::{Context, Dialogue, Error, ErrorKind, Once, Payload, Result, Scheme, Secret, Signed, config};
use http::HeaderValue;
use http::Request;
use http::header::AUTHORIZATION;
use http::request::Parts;

/// Which token. As JSON: `{ "token": "…" }`, with `header_prefix` where it is not `Bearer`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The token; may not be empty or hold control characters.
    pub token: Secret,
    /// What stands before the token, trimmed; when blank the token stands alone. `Bearer` unless set.
    #[cfg_attr(feature = "serde", serde(default = "config::bearer", skip_serializing_if = "config::is_bearer"))]
    pub header_prefix: String,
}

impl Config {
    /// A token after the prefix `Bearer`.
    #[must_use]
    pub fn new(token: impl Into<Secret>) -> Self {
        Self { token: token.into(), header_prefix: config::bearer() }
    }
}

/// Sends one token with every request. The header's value is built once.
#[derive(Debug)]
pub struct Signer {
    authorization: Copies<HeaderValue>,
}

impl Signer {
    /// Checks the config and builds the header.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the token is empty, or token or prefix hold control characters.
    pub fn new(config: &Config) -> Result<Self> {
        let invalid = |message: &'static str| Error::new(ErrorKind::InvalidConfig, message);
        let token = config.token.expose();
        if token.trim().is_empty() {
            return Err(invalid("the bearer `token` is empty"));
        }
        if [token, &config.header_prefix].iter().any(|text| text.chars().any(char::is_control)) {
            return Err(invalid("the bearer `token` and `header_prefix` may not hold control characters"));
        }
        let text = match config.header_prefix.trim() {
            "" => token.to_owned(),
            prefix => format!("{prefix} {token}"),
        };
        let authorization = Copies::new(|| {
            let mut value = HeaderValue::from_bytes(text.as_bytes())
                .map_err(|_| invalid("the bearer `token` cannot stand in a header"))?;
            value.set_sensitive(true);
            Ok::<_, Error>(value)
        })?;
        Ok(Self { authorization })
    }
}

impl Scheme for Signer {
    fn compute(&self, _: &Parts, _: &Payload, _: &Context) -> Result<Signed> {
        Ok(Signed::default().with_header(AUTHORIZATION, self.authorization.here().clone()))
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Once::boxed(self, request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(prefix: &str, token: &str) -> Result<String> {
        let signer = Signer::new(&Config { token: token.into(), header_prefix: prefix.into() })?;
        let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
        let signed = signer.compute(&parts, &Payload::empty(), &Context::at(0))?;
        Ok(signed.headers()[0].1.to_str().unwrap().to_owned())
    }

    #[test]
    fn prefixes_are_trimmed_and_may_be_blank() {
        assert_eq!(header("Bearer", "t").unwrap(), "Bearer t");
        assert_eq!(header(" MAC ", "t").unwrap(), "MAC t");
        assert_eq!(header("  ", "t").unwrap(), "t");
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for (prefix, token) in [("Bearer", ""), ("Bearer", " "), ("Bearer", "a\r\nb"), ("a\nb", "t"), ("", "t\t")] {
            assert_eq!(header(prefix, token).unwrap_err().kind(), ErrorKind::InvalidConfig);
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let config = Config::new("hunter2");
        let shown = format!("{config:?} {:?}", Signer::new(&config).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
