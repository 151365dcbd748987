//! An API key, in a header, in the query or in a cookie.
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
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request};

/// Which key, and where to. As JSON: `{ "key": "X-API-Key", "value": "…", "add_to": "header" }`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The name of the header, query parameter or cookie; may not be empty.
    pub key: String,
    /// The key itself; may not be empty. In a header, without control characters; in a cookie, only what RFC 6265 section
    /// 4.1.1 lets stand there.
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
    /// The `Cookie` header, in place of the cookies of that name, in exactly that case; the others stay byte for byte.
    Cookie,
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
    Cookie(String, Secret),
}

impl Signer {
    /// Checks the config, and that the key and value can stand where they go.
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
            AddTo::Cookie if HeaderName::from_bytes(config.key.as_bytes()).is_err() => {
                return Err(invalid("the API key's `key` is not a cookie's name"));
            }
            AddTo::Cookie if !is_cookie_value(config.value.expose()) => {
                return Err(invalid(
                    "the API key's `value` holds what no cookie can: a space, comma, semicolon, backslash, quote, control or \
                     non-ASCII character",
                ));
            }
            AddTo::Cookie => Place::Cookie(config.key.clone(), config.value.clone()),
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
            Place::Cookie(name, value) => {
                let value = HeaderValue::from_bytes(&cookies(&parts.headers, name, value.expose())).map_err(|err| {
                    Error::new(ErrorKind::InvalidConfig, "the API key's cookie cannot be sent").with_source(err)
                })?;
                Ok(Signed::default().with_header(COOKIE, value))
            }
        }
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Once::boxed(self, request)
    }
}

/// `cookie-value` of RFC 6265 section 4.1.1: `cookie-octet`s, in double quotes or not.
fn is_cookie_value(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    inner.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e))
}

/// The value of the `Cookie` header (RFC 6265 section 4.2.1): the cookie in the place of the first of its name, else at the
/// end. Several headers of cookies are one list.
fn cookies(headers: &HeaderMap, name: &str, value: &str) -> Vec<u8> {
    let given = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b"; "[..]);
    let mut out = Vec::with_capacity(given.len() + name.len() + value.len() + 3);
    let mut is_in = false;
    for (index, cookie) in given.split(|&byte| byte == b';').enumerate() {
        let is_own =
            cookie.split(|&byte| byte == b'=').next().is_some_and(|other| other.trim_ascii() == name.as_bytes());
        if is_own && is_in {
            continue;
        }
        if index > 0 {
            out.push(b';');
        }
        if is_own {
            let space = cookie.len() - cookie.trim_ascii_start().len();
            out.extend_from_slice(cookie.get(..space).unwrap_or_default());
            push_pair(&mut out, name, value);
            is_in = true;
        } else {
            out.extend_from_slice(cookie);
        }
    }
    if !is_in {
        match out.trim_ascii_end().last() {
            None => out.clear(),
            Some(b';') => out.push(b' '),
            Some(_) => out.extend_from_slice(b"; "),
        }
        push_pair(&mut out, name, value);
    }
    out
}

fn push_pair(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.push(b'=');
    out.extend_from_slice(value.as_bytes());
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
    fn a_cookie_replaces_its_own_and_no_other() {
        for (before, after) in [
            (&[][..], "k=v"),
            (&["a=1"], "a=1; k=v"),
            (&["a=1;b=2 ;c"], "a=1;b=2 ;c; k=v"),
            (&["a=1; k=old;b=2"], "a=1; k=v;b=2"),
            (&["k = old; a=\"x\"; k=older; K=1; kk=2"], "k=v; a=\"x\"; K=1; kk=2"),
            (&["a=1", "k=old; b=2"], "a=1; k=v; b=2"),
            (&["a=1;"], "a=1; k=v"),
            (&["k"], "k=v"),
        ] {
            let config = Config { add_to: AddTo::Cookie, ..Config::new("k", "v") };
            let mut request = Request::get("http://h/").body(()).unwrap();
            for cookies in before {
                request.headers_mut().append(COOKIE, HeaderValue::from_static(cookies));
            }
            let (mut parts, ()) = request.into_parts();
            let signer = Signer::new(&config).unwrap();
            // Signing twice is signing once.
            for _ in 0..2 {
                signer.sign(&mut parts, &mut Payload::Streaming, &Context::at(0)).unwrap();
                let values: Vec<_> =
                    parts.headers.get_all(COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
                assert_eq!(values, [after], "{before:?}");
            }
            assert!(parts.headers[COOKIE].is_sensitive());
        }
    }

    #[test]
    fn what_no_cookie_can_hold_is_refused() {
        for (key, value) in [
            ("k k", "v"),
            ("k=", "v"),
            ("k", "a b"),
            ("k", "a;b"),
            ("k", "a,b"),
            ("k", "\"a"),
            ("k", "\u{fc}"),
            ("k", "a\\b"),
        ] {
            let error = Signer::new(&Config { add_to: AddTo::Cookie, ..Config::new(key, value) }).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{key} {value}");
        }
        assert!(Signer::new(&Config { add_to: AddTo::Cookie, ..Config::new("k", "\"a=b\"") }).is_ok());
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
        for add_to in [AddTo::Header, AddTo::Query, AddTo::Cookie] {
            let config = Config { add_to, ..Config::new("name", "hunter2") };
            let shown = format!("{config:?} {:?}", Signer::new(&config).unwrap());
            assert!(shown.contains("name") && !shown.contains("hunter2"), "{shown}");
        }
    }
}
