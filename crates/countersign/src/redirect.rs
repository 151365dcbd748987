//! Where a redirect leads, for adapters that follow redirects themselves: a client that follows them on its own would send a stale
//! signature, or hand credentials on.
//!
//! ```
//! use countersign::{Payload, redirect};
//! use http::{HeaderMap, Request, StatusCode};
//!
//! let sent = Request::get("https://example.com/a/b").header("cookie", "c").body(Payload::empty())?;
//! let headers = HeaderMap::from_iter([(http::header::LOCATION, "../c".parse()?)]);
//! let next = redirect::follow(&sent, StatusCode::FOUND, &headers)?.expect("a redirect");
//! assert_eq!(next.uri(), "https://example.com/c");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Credentials are for the origin that the caller asked. A redirect from there to another origin is followed without them; one that
//! leads back is signed again, as curl does it: whoever is asked for a URL may choose which URL of the first origin is asked next, as
//! with any link. To allow no such thing, follow no redirects.

use countersign_core::target::Origin;
use countersign_core::{Error, ErrorKind, Payload, Result};
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};
use http::{HeaderMap, Method, Request, StatusCode, Uri};

/// How many redirects a request is followed at most.
pub const MOST: usize = 10;

/// The request that a reply asks for instead of `sent`, as the caller gave it, unsigned (RFC 9110 section 15.4); none when it asks
/// for none. After 303, and after 301 and 302 of a POST, it is a GET without a body. What goes to another origin is without `Cookie`
/// and `Authorization`; the caller signs it only where credentials may go. User info in `Location` is dropped: clients would send it
/// as Basic credentials. Raw bytes beyond ASCII in `Location` are percent-encoded, as browsers do.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] when `Location` is no URL of `http` or `https`; [`ErrorKind::PayloadRequired`] when the body would
/// have to be sent again and is streamed.
pub fn follow(sent: &Request<Payload>, status: StatusCode, headers: &HeaderMap) -> Result<Option<Request<Payload>>> {
    let keeps_method = match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => sent.method() != Method::POST,
        StatusCode::SEE_OTHER => sent.method() == Method::HEAD,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        _ => return Ok(None),
    };
    let Some(location) = headers.get(LOCATION) else { return Ok(None) };
    let uri = resolve(sent.uri(), location.as_bytes())?;
    let (mut parts, mut payload) = sent.clone().into_parts();
    parts.headers.remove(HOST);
    if !Origin::of(sent.uri()).is_some_and(|origin| origin.holds(&uri)) {
        for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
            parts.headers.remove(name);
        }
    }
    if keeps_method {
        if payload.bytes().is_none() {
            return Err(Error::new(
                ErrorKind::PayloadRequired,
                "a redirect asks for the body again, and it is streamed",
            ));
        }
    } else {
        parts.method = Method::GET;
        payload = Payload::empty();
        for name in [CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING] {
            parts.headers.remove(name);
        }
    }
    parts.uri = uri;
    Ok(Some(Request::from_parts(parts, payload)))
}

/// The same URI without user info, which clients would turn into a Basic `Authorization` of their own.
///
/// ```
/// use countersign::redirect::without_user_info;
///
/// assert_eq!(without_user_info("http://eve:other@host:81/a?b".parse()?), "http://host:81/a?b");
/// # Ok::<(), http::uri::InvalidUri>(())
/// ```
#[must_use]
pub fn without_user_info(uri: Uri) -> Uri {
    let stripped = |uri: &Uri| {
        let (_, host) = uri.authority()?.as_str().rsplit_once('@')?;
        let mut parts = uri.clone().into_parts();
        parts.authority = Some(host.parse().ok()?);
        Uri::from_parts(parts).ok()
    };
    stripped(&uri).unwrap_or(uri)
}

fn resolve(base: &Uri, location: &[u8]) -> Result<Uri> {
    let invalid =
        || Error::new(ErrorKind::InvalidRequest, "the redirect's `Location` leads to no URL of http or https");
    let base = url::Url::parse(&base.to_string()).map_err(|err| invalid().with_source(err))?;
    let mut url = base.join(&ascii(location)).map_err(|err| invalid().with_source(err))?;
    if location.is_empty() || !["http", "https"].contains(&url.scheme()) {
        return Err(invalid());
    }
    url.set_fragment(None);
    // A URL of http has a host, so neither can fail.
    if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
        return Err(invalid());
    }
    url.as_str().parse().map_err(|err: http::uri::InvalidUri| invalid().with_source(err))
}

/// Bytes beyond ASCII percent-encoded one by one: for UTF-8 this is what a URL parser makes of them, in the host too.
fn ascii(location: &[u8]) -> String {
    location.iter().fold(String::with_capacity(location.len()), |mut text, &byte| {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn sent(method: &str) -> Request<Payload> {
        let request =
            Request::builder().method(method).uri("https://h/a/b?c").header("cookie", "c").header("host", "h");
        request.header("authorization", "x").header("content-type", "text/plain").body(Payload::from("body")).unwrap()
    }

    fn followed(method: &str, status: u16, location: &str) -> Result<Option<Request<Payload>>> {
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_bytes(location.as_bytes()).unwrap())]);
        follow(&sent(method), StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn methods_change_as_the_rfc_has_it() {
        for (method, status, expected) in [
            ("POST", 301, "GET"),
            ("POST", 302, "GET"),
            ("PUT", 302, "PUT"),
            ("PUT", 303, "GET"),
            ("HEAD", 303, "HEAD"),
            ("POST", 307, "POST"),
            ("POST", 308, "POST"),
        ] {
            let next = followed(method, status, "/d").unwrap().unwrap();
            assert_eq!(
                (next.method().as_str(), next.uri().to_string().as_str()),
                (expected, "https://h/d"),
                "{method} {status}"
            );
            let is_kept = expected == method;
            assert_eq!(next.body().bytes().unwrap().is_empty(), !is_kept);
            assert_eq!(next.headers().contains_key("content-type"), is_kept);
            assert!(next.headers().contains_key("cookie") && !next.headers().contains_key("host"));
        }
        assert!(followed("GET", 200, "/d").unwrap().is_none() && followed("GET", 304, "/d").unwrap().is_none());
        assert!(follow(&sent("GET"), StatusCode::FOUND, &HeaderMap::new()).unwrap().is_none());
    }

    #[test]
    fn credentials_stay_behind_at_another_origin() {
        for location in ["https://other/", "http://h/", "https://h:444/", "//other/x"] {
            let next = followed("GET", 302, location).unwrap().unwrap();
            assert!(
                !next.headers().contains_key("authorization") && !next.headers().contains_key("cookie"),
                "{location}"
            );
        }
        let same = followed("GET", 302, "HTTPS://H:443/x#frag").unwrap().unwrap();
        assert!(same.headers().contains_key("authorization") && same.uri() == "https://h/x");
    }

    #[test]
    fn user_info_goes_and_raw_utf8_is_encoded() {
        for (location, expected) in [
            ("https://eve:other@h/x", "https://h/x"),
            ("https://eve@other/x", "https://other/x"),
            ("//eve:@h:81/x", "https://h:81/x"),
            ("/caf\u{e9}?q=\u{fc}#\u{e9}", "https://h/caf%C3%A9?q=%C3%BC"),
            ("https://b\u{fc}cher.example/", "https://xn--bcher-kva.example/"),
        ] {
            let next = followed("GET", 302, location).unwrap().unwrap();
            assert_eq!(next.uri().to_string(), expected, "{location}");
        }
        for (uri, expected) in
            [("http://u:p@[::1]:8/", "http://[::1]:8/"), ("/a@b", "/a@b"), ("http://h/@", "http://h/@")]
        {
            assert_eq!(without_user_info(uri.parse().unwrap()), expected);
        }
    }

    #[test]
    fn what_cannot_be_followed_is_an_error() {
        for location in ["", "ftp://h/", "https://", "mailto:a@b"] {
            assert_eq!(followed("GET", 302, location).unwrap_err().kind(), ErrorKind::InvalidRequest, "{location}");
        }
        let streaming = sent("PUT").map(|_| Payload::Streaming);
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static("/d"))]);
        let error = follow(&streaming, StatusCode::TEMPORARY_REDIRECT, &headers).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PayloadRequired);
        assert!(follow(&streaming, StatusCode::SEE_OTHER, &headers).unwrap().is_some());
    }
}
