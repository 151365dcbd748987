//! Where a request goes: host, port, path and origin, each in one way for all schemes.

use std::borrow::Cow;
use std::fmt;

use http::header::HOST;
use http::request::Parts;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Uri};

use crate::{Error, ErrorKind, Result};

/// The path and query as they go out in the request line (origin form, RFC 9112 section 3.2.1): never empty, always with
/// a leading `/`. For `http://h?x=1`, where [`PathAndQuery::as_str`] is `?x=1`, it is `/?x=1`.
///
/// ```
/// use countersign_core::target::path_and_query;
///
/// assert_eq!(path_and_query(&"http://h?x=1".parse()?), "/?x=1");
/// assert_eq!(path_and_query(&"http://h/a%20b?x".parse()?), "/a%20b?x");
/// # Ok::<(), http::uri::InvalidUri>(())
/// ```
#[must_use]
pub fn path_and_query(uri: &Uri) -> Cow<'_, str> {
    match uri.path_and_query().map(PathAndQuery::as_str) {
        None | Some("") => Cow::Borrowed("/"),
        Some(text) if text.starts_with('?') => Cow::Owned(format!("/{text}")),
        Some(text) => Cow::Borrowed(text),
    }
}

/// The host that the request names, with its port if one is written: a given `Host` header, else the URI's authority
/// without user info. Letters are as given.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] when there is neither, when the `Host` header is not ASCII text, or occurs twice.
pub fn host(parts: &Parts) -> Result<&str> {
    let mut given = parts.headers.get_all(HOST).iter();
    if let Some(value) = given.next() {
        if given.next().is_some() {
            return Err(Error::new(ErrorKind::InvalidRequest, "the request has two Host headers"));
        }
        let text = value.to_str().map_err(|_| Error::new(ErrorKind::InvalidRequest, "the Host header is not ASCII"))?;
        if !text.trim().is_empty() {
            return Ok(text.trim());
        }
    }
    parts.uri.authority().map(without_user_info).filter(|host| !host.is_empty()).ok_or_else(|| {
        Error::new(ErrorKind::InvalidRequest, "the request names no host: give an absolute URI or a Host header")
    })
}

/// An authority without its user info (`user:password@`).
#[must_use]
pub fn without_user_info(authority: &Authority) -> &str {
    let text = authority.as_str();
    // Byte by byte: the search of `str`, by words, costs more than a short text does.
    let at = text.bytes().rposition(|byte| byte == b'@');
    at.and_then(|at| text.get(at + 1..)).unwrap_or(text)
}

/// Separates a host from its port; an IPv6 address keeps its brackets. A port that is not a number stays with the host.
///
/// ```
/// use countersign_core::target::split_port;
///
/// assert_eq!(split_port("[::1]:8080"), ("[::1]", Some(8080)));
/// assert_eq!(split_port("example.com"), ("example.com", None));
/// assert_eq!(split_port("example.com:"), ("example.com", None));
/// ```
#[must_use]
pub fn split_port(host: &str) -> (&str, Option<u16>) {
    // As in `without_user_info`.
    let colon = host.bytes().rposition(|byte| byte == b':');
    match colon.and_then(|colon| Some((host.get(..colon)?, host.get(colon + 1..)?))) {
        Some((name, "")) => (name, None),
        Some((name, port)) if !port.contains(']') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (host, None),
        },
        _ => (host, None),
    }
}

/// The port that a URI scheme means when none is written: 80 for `http` and `ws`, 443 for `https` and `wss`.
#[must_use]
pub fn default_port(scheme: &str) -> Option<u16> {
    if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("wss") {
        Some(443)
    } else if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("ws") {
        Some(80)
    } else {
        None
    }
}

/// The media type of `Content-Type`: trimmed, lower-cased, without parameters (RFC 9110 section 8.3.1). Empty when there is
/// none, or when it is not ASCII.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> Cow<'_, str> {
    let text = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    if essence.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(essence.to_ascii_lowercase())
    } else {
        Cow::Borrowed(essence)
    }
}

/// Shows a URI without what may be a credential: no user info, no query.
///
/// ```
/// use countersign_core::target::Shown;
///
/// assert_eq!(Shown(&"https://u:p@example.com/a?key=k".parse()?).to_string(), "https://example.com/a");
/// # Ok::<(), http::uri::InvalidUri>(())
/// ```
#[derive(Clone, Copy)]
pub struct Shown<'a>(pub &'a Uri);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.0.scheme() {
            write!(f, "{scheme}://")?;
        }
        f.write_str(self.0.authority().map_or("", without_user_info))?;
        f.write_str(self.0.path())
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Scheme, host and port of a URI (RFC 6454 section 4): what credentials, nonces and tokens never cross.
///
/// ```
/// use countersign_core::target::Origin;
///
/// let origin = |uri: &str| Origin::of(&uri.parse().unwrap());
/// assert_eq!(origin("HTTPS://Example.com/a"), origin("https://example.com:443/b"));
/// assert_ne!(origin("https://example.com/"), origin("http://example.com/"));
/// assert!(origin("/relative").is_none());
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// The origin of an absolute URI; `None` for one without scheme or host.
    #[must_use]
    pub fn of(uri: &Uri) -> Option<Self> {
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let (host, port) = split_port(without_user_info(uri.authority()?));
        let port = port.or_else(|| default_port(&scheme));
        (!host.is_empty()).then(|| Self { host: host.to_ascii_lowercase(), scheme, port })
    }

    /// The scheme, in lower case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Host and, unless it is the scheme's own, port, as a `Host` header names them.
    #[must_use]
    pub fn authority(&self) -> String {
        match self.explicit_port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// The host, in lower case; an IPv6 address has its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; none where neither the URI nor its scheme names one.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    fn explicit_port(&self) -> Option<u16> {
        self.port.filter(|port| default_port(&self.scheme) != Some(*port))
    }

    /// Whether a URI is of this origin; allocates nothing.
    #[must_use]
    pub fn holds(&self, uri: &Uri) -> bool {
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
        let (host, port) = split_port(without_user_info(authority));
        self.scheme.eq_ignore_ascii_case(scheme)
            && self.host.eq_ignore_ascii_case(host)
            && self.port == port.or_else(|| default_port(scheme))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.explicit_port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(request: http::request::Builder) -> Parts {
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_given_host_wins_and_user_info_goes() {
        assert_eq!(host(&parts(Request::get("http://u:p@h:81/"))).unwrap(), "h:81");
        assert_eq!(host(&parts(Request::get("http://h/").header("host", " Other:1 "))).unwrap(), "Other:1");
        assert_eq!(host(&parts(Request::get("/").header("host", "only"))).unwrap(), "only");
        for request in [
            Request::get("/"),
            Request::get("/").header("host", "a").header("host", "b"),
            Request::get("/").header("host", "ü"),
        ] {
            assert_eq!(host(&parts(request)).unwrap_err().kind(), ErrorKind::InvalidRequest);
        }
    }

    #[test]
    fn origins_hold_what_they_are_of() {
        let uri: Uri = "http://Example.com:80/x".parse().unwrap();
        let origin = Origin::of(&uri).unwrap();
        assert!(origin.holds(&uri) && origin.holds(&"http://example.com".parse().unwrap()));
        assert!(!origin.holds(&"http://example.com:81".parse().unwrap()));
        assert_eq!(origin.to_string(), "http://example.com");
        assert_eq!(Origin::of(&"http://[::1]:8080".parse().unwrap()).unwrap().to_string(), "http://[::1]:8080");
    }

    #[test]
    fn media_types_lose_case_and_parameters() {
        let request = parts(Request::get("/").header("content-type", " Text/HTML ; charset=UTF-8"));
        assert_eq!(media_type(&request.headers), "text/html");
        assert_eq!(media_type(&HeaderMap::new()), "");
    }
}
