//! An API key, in a header or in the query.
//!
//! ```
//! use countersign::{AuthConfig, Authenticator, Context, api_key};
//! use http::Request;
//!
//! let mut config = api_key::Config::new("api_key", "s3cr3t/");
//! config.add_to = api_key::AddTo::Query;
//!
//! let auth = Authenticator::new(&AuthConfig::ApiKey(config))?;
//! let request = Request::get("https://api.example.com/items?page=2").body(())?;
//! let request = auth.sign_request(request, &Context::now())?;
//! assert_eq!(request.uri(), "https://api.example.com/items?page=2&api_key=s3cr3t%2F");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A key in the query ends up in access logs and browser histories: prefer the header where the server takes both.

use std::sync::Arc;

use countersign_core::{Context, Dialogue, Error, ErrorKind, Once, Payload, Result, Scheme, Secret, Signed, query};
use http::Request;
use http::request::Parts;
use http::{HeaderName, HeaderValue};

/// Which key, and where to. As JSON: `{ "key": "X-API-Key", "value": "…", "add_to": "header" }`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The name of the header or query parameter; may not be empty.
    pub key: String,
    /// The key itself; may not be empty. In a header, without control characters.
    pub value: Secret,
    /// Where it goes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub add_to: AddTo,
}

/// Where an API key goes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum AddTo {
    /// A header, in place of all of that name, whatever their case.
    #[default]
    Header,
    /// The end of the query, in place of all parameters of that name.
    Query,
}

impl Config {
    /// A key in a header.
    #[must_use]
    pub fn new(key: impl Into<String>, value: impl Into<Secret>) -> Self {
        Self { key: key.into(), value: value.into(), add_to: AddTo::Header }
    }
}

/// Adds one API key to every request.
#[derive(Debug)]
pub struct Signer(Place);

#[derive(Debug)]
enum Place {
    Header(HeaderName, HeaderValue),
    Query(String, Secret),
}

impl Signer {
    /// Reads the config.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when name or value is empty, or cannot stand in a header.
    pub fn new(config: &Config) -> Result<Self> {
        let invalid = |message: &'static str| Error::new(ErrorKind::InvalidConfig, message);
        if config.key.is_empty() {
            return Err(invalid("the API key's `key`, the name it is sent by, is empty"));
        }
        if config.value.is_empty() {
            return Err(invalid("the API key's `value` is empty"));
        }
        Ok(Self(match config.add_to {
            AddTo::Query => Place::Query(config.key.clone(), config.value.clone()),
            AddTo::Header => {
                let name = HeaderName::from_bytes(config.key.as_bytes())
                    .map_err(|err| invalid("the API key's `key` is no header name").with_source(err))?;
                let mut value = HeaderValue::from_bytes(config.value.expose().as_bytes())
                    .map_err(|_| invalid("the API key's `value` holds control characters, which no header can"))?;
                value.set_sensitive(true);
                Place::Header(name, value)
            }
        }))
    }
}

impl Scheme for Signer {
    fn compute(&self, parts: &Parts, _: &Payload, _: &Context) -> Result<Signed> {
        match &self.0 {
            Place::Header(name, value) => Ok(Signed::default().with_header(name.clone(), value.clone())),
            Place::Query(name, value) => {
                let uri = query::replace(&parts.uri, |other| other == name.as_bytes(), &[(name, value.expose())])?;
                Ok(Signed::default().with_uri(uri))
            }
        }
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Once::boxed(self, request)
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn sign(add_to: AddTo, key: &str, value: &str, uri: &str) -> Result<Request<()>> {
        let config = Config { key: key.into(), value: value.into(), add_to };
        let request = Request::get(uri).header("X-Key", "a").header("x-key", "b").body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        Signer::new(&config)?.sign(&mut parts, &mut Payload::Streaming, &Context::at(0))?;
        Ok(Request::from_parts(parts, ()))
    }

    #[test]
    fn a_header_replaces_without_case() {
        let request = sign(AddTo::Header, "X-KEY", "v\u{fc}", "http://h/").unwrap();
        let values: Vec<_> = request.headers().get_all("x-key").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(values, ["v\u{fc}".as_bytes()]);
    }

    #[test]
    fn a_parameter_goes_last_and_only_once() {
        let request = sign(AddTo::Query, "k 1", "a&b=ü", "http://h/p?k+1=old&z&a=%20&k%201").unwrap();
        assert_eq!(request.uri(), "http://h/p?z&a=%20&k%201=a%26b%3D%C3%BC");
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for (key, value) in [("", "v"), ("k", ""), ("k k", "v"), ("k", "v\r\nx: y")] {
            let error = sign(AddTo::Header, key, value, "/").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            assert!(!error.to_string().contains("x: y"));
        }
    }

    #[test]
    fn debug_shows_no_key() {
        for add_to in [AddTo::Header, AddTo::Query] {
            let config = Config { add_to, ..Config::new("name", "hunter2") };
            let shown = format!("{config:?} {:?}", Signer::new(&config).unwrap());
            assert!(shown.contains("name") && !shown.contains("hunter2"), "{shown}");
        }
    }
}
