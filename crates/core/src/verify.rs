//! What the verifiers of all schemes share: one form of refusal, and one way to read the headers that they trust.
//!
//! A verifier works in two stages, so that looking up a key may be async and is the caller's own:
//!
//! 1. `read(&parts)` returns a claim: who says that they sent this. Nothing is believed yet.
//! 2. `verify(claim, key, &payload, &ctx)` checks the signature with the key of that name, or refuses.
//!
//! What was verified has a [`ReplayKey`](crate::replay::ReplayKey), which a [`NonceStore`](crate::replay::NonceStore) remembers, so
//! that no request counts twice.
//!
//! The checks stand in one order in every scheme: form, signature, time, body, nonce. An unknown name, a wrong signature and
//! an empty or unusable secret are refused with the same kind, the same text and the same work.

use std::borrow::Cow;

use http::HeaderValue;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::request::Parts;

use crate::challenge::{Challenge, challenges};
use crate::target::{self, Origin, default_port, split_port, without_user_info};
use crate::{Error, ErrorKind, Result};

/// Why a request was refused, and what to answer: a 401 with these challenges.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
#[non_exhaustive]
pub struct Refusal {
    /// What was wrong. [`ErrorKind::NoCredentials`] when the request has no `Authorization` of the scheme,
    /// [`ErrorKind::InvalidRequest`] when it cannot be read, [`ErrorKind::PayloadRequired`] when the signature covers the body and
    /// its bytes were not given, else [`ErrorKind::Rejected`].
    pub error: Error,
    /// The values of the reply's `WWW-Authenticate` headers, in order; empty where the scheme has none.
    pub challenges: Vec<HeaderValue>,
}

impl Refusal {
    /// A refusal without challenges.
    #[must_use]
    pub const fn new(error: Error) -> Self {
        Self { error, challenges: Vec::new() }
    }

    /// The same refusal with these challenges.
    #[must_use]
    pub fn with_challenges(mut self, challenges: impl IntoIterator<Item = HeaderValue>) -> Self {
        self.challenges = challenges.into_iter().collect();
        self
    }

    /// What was wrong, as programs may ask.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.error.kind()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::new(error)
    }
}

/// The one refusal for an unknown name, a wrong signature and a secret that cannot be used: nobody learns which it was.
#[must_use]
pub fn rejected() -> Error {
    Error::new(ErrorKind::Rejected, "the credentials are refused: unknown, or the signature does not fit the request")
}

/// A refusal of what was read, for another reason than [`rejected`]'s.
#[must_use]
pub fn refused(why: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Rejected, why)
}

/// An `Authorization` that cannot be read.
#[must_use]
pub fn unreadable(why: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidRequest, why)
}

/// The credentials of a request's one `Authorization` header, which must be of this scheme (compared without case).
///
/// # Errors
/// [`ErrorKind::NoCredentials`] when there is no such header, or it is of another scheme; [`ErrorKind::InvalidRequest`] when there are
/// several headers or several credentials in it, or when it cannot be read.
pub fn credentials<'a>(parts: &'a Parts, scheme: &str) -> Result<Challenge<'a>> {
    let mut read = challenges(authorization(parts, scheme)?.as_bytes());
    match (read.next(), read.next()) {
        (Some(Ok(credentials)), None) => Ok(credentials),
        (Some(Ok(_)), Some(_)) => Err(unreadable("the Authorization header holds several credentials")),
        _ => Err(unreadable("the Authorization header cannot be read")),
    }
}

/// The value of a request's one `Authorization` header, which must begin with this scheme (compared without case).
///
/// # Errors
/// As [`credentials`], but for what is only seen in reading on.
pub fn authorization<'a>(parts: &'a Parts, scheme: &str) -> Result<&'a HeaderValue> {
    let none = || Error::new(ErrorKind::NoCredentials, format!("the request has no {scheme} credentials"));
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or_else(none)?;
    if values.next().is_some() {
        return Err(unreadable("the request has two Authorization headers"));
    }
    let (name, rest) = value.as_bytes().split_at_checked(scheme.len()).ok_or_else(none)?;
    let is_whole = rest.first().is_none_or(|next| matches!(next, b' ' | b'\t' | b','));
    if !name.eq_ignore_ascii_case(scheme.as_bytes()) || !is_whole { Err(none()) } else { Ok(value) }
}

/// The host that a request is addressed to, with its port if one is written. Where the verifier stands for a given origin, that
/// origin's; else what the `Host` header and the URI's authority (`:authority` in HTTP/2) agree on.
///
/// ```
/// use countersign_core::verify::host;
/// use http::Request;
///
/// let parts = |uri: &str| Request::get(uri).header("host", "Example.com").body(()).unwrap().into_parts().0;
/// assert_eq!(host(&parts("/a"), None)?, "Example.com");
/// assert_eq!(host(&parts("https://example.com:443/a"), None)?, "Example.com");
/// assert!(host(&parts("https://admin.example/a"), None).is_err());
/// # Ok::<(), countersign_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] when there is none, when there are two `Host` headers, or when the two differ (RFC 9112 section
/// 3.2.2, RFC 9113 section 8.3.1): a signature for one host must not count at another.
pub fn host<'a>(parts: &'a Parts, origin: Option<&Origin>) -> Result<Cow<'a, str>> {
    if let Some(origin) = origin {
        return Ok(Cow::Owned(origin.authority()));
    }
    let host = target::host(parts)?;
    if let Some(authority) = parts.uri.authority() {
        let default = parts.uri.scheme_str().and_then(default_port);
        let of = |text| {
            let (name, port) = split_port(text);
            (name, port.or(default))
        };
        let ((name, port), (other, other_port)) = (of(host), of(without_user_info(authority)));
        if !name.eq_ignore_ascii_case(other) || port != other_port {
            return Err(unreadable("the Host header and the URI name different hosts"));
        }
    }
    Ok(Cow::Borrowed(host))
}

/// Refuses what a server could read in two ways: a second `Host` or `Content-Type` header.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] that names the header.
pub fn no_doubles(parts: &Parts) -> Result<()> {
    for name in [HOST, CONTENT_TYPE] {
        if parts.headers.get_all(&name).iter().count() > 1 {
            return Err(unreadable(format!("the request has two {name} headers")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let request = headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn one_header_with_one_credential_is_read() {
        let kind = |values: &[&str]| {
            let headers: Vec<_> = values.iter().map(|value| ("authorization", *value)).collect();
            credentials(&parts("/", &headers), "Hawk").map(|read| read.scheme().to_owned()).map_err(|err| err.kind())
        };
        assert_eq!(kind(&["hawk id=\"a\""]), Ok("hawk".to_owned()));
        assert_eq!(kind(&[]), Err(ErrorKind::NoCredentials));
        assert_eq!(kind(&["Hawking id=\"a\""]), Err(ErrorKind::NoCredentials));
        assert_eq!(kind(&["Basic YQ=="]), Err(ErrorKind::NoCredentials));
        assert_eq!(kind(&["Hawk id=\"a\"", "Hawk id=\"a\""]), Err(ErrorKind::InvalidRequest));
        assert_eq!(kind(&["Hawk id=\"a\", Hawk id=\"b\""]), Err(ErrorKind::InvalidRequest));
        assert_eq!(kind(&["Hawk id=\"a"]), Err(ErrorKind::InvalidRequest));
    }

    #[test]
    fn hosts_must_agree() {
        let host = |uri: &str, headers: &[(&str, &str)]| {
            host(&parts(uri, headers), None).map(Cow::into_owned).map_err(|err| err.kind())
        };
        assert_eq!(host("/", &[("host", "a:80")]), Ok("a:80".to_owned()));
        assert_eq!(host("http://a/", &[("host", "A:80")]), Ok("A:80".to_owned()));
        assert_eq!(host("http://a/", &[]), Ok("a".to_owned()));
        for (uri, headers) in [
            ("http://a/", &[("host", "b")][..]),
            ("http://a/", &[("host", "a:81")]),
            ("/", &[("host", "a"), ("host", "a")]),
            ("/", &[]),
        ] {
            assert_eq!(host(uri, headers), Err(ErrorKind::InvalidRequest), "{uri}");
        }
        let origin = Origin::of(&"https://public.example:8443".parse().unwrap()).unwrap();
        let behind_proxy = parts("/", &[("host", "10.0.0.1")]);
        assert_eq!(super::host(&behind_proxy, Some(&origin)).unwrap(), "public.example:8443");
    }

    #[test]
    fn headers_that_count_once_are_not_taken_twice() {
        assert!(no_doubles(&parts("/", &[("host", "a"), ("content-type", "b")])).is_ok());
        for name in ["host", "content-type"] {
            let error = no_doubles(&parts("/", &[(name, "a"), (name, "b")])).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
