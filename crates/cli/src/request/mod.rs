//! The request to sign, in one of its two written forms.

mod json;
mod raw;

use std::path::Path;

use countersign::Payload;
use countersign::scheme::Quoted;
use countersign::scheme::target;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use serde_json::Value;

use crate::asked::UriScheme;
use crate::failure::Failure;

/// What a file says: the request, and how it is authenticated if it says that.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) request: Request<Payload>,
    pub(crate) auth: Option<Value>,
}

/// Reads a request: JSON if it begins with a brace, else HTTP. `dir` is where a `body_file` is looked for.
pub(crate) fn read(text: &[u8], dir: &Path, scheme: UriScheme) -> Result<Written, Failure> {
    let is_json = text.trim_ascii_start().starts_with(b"{");
    let mut written = if is_json { json::read(text, dir) } else { raw::read(text) }?;
    if let Some(uri) = absolute(&written.request, scheme)? {
        *written.request.uri_mut() = uri;
    }
    Ok(written)
}

/// The URI with scheme and host, if it has none yet.
fn absolute(request: &Request<Payload>, scheme: UriScheme) -> Result<Option<Uri>, Failure> {
    let uri = request.uri();
    if uri.authority().is_some() {
        return Ok(None);
    }
    let host = request.headers().get(http::header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host: Authority = host.trim().parse().map_err(|_| {
        input("the request names no host: write an absolute URL (https://example.com/path), or a Host header")
    })?;
    let target = target::path_and_query(uri);
    if !target.starts_with('/') {
        return Err(input(format!("{} is no URL and no path that begins with a /", Quoted(target.as_bytes()))));
    }
    let mut parts = uri.clone().into_parts();
    parts.scheme = Some(match scheme {
        UriScheme::Https => Scheme::HTTPS,
        UriScheme::Http => Scheme::HTTP,
    });
    parts.authority = Some(host);
    parts.path_and_query = PathAndQuery::try_from(&*target).ok();
    Uri::from_parts(parts).map(Some).map_err(|why| input(format!("the request's URL: {why}")))
}

fn input(message: impl Into<String>) -> Failure {
    Failure::Input(message.into())
}

fn method(text: &str) -> Result<Method, Failure> {
    Method::from_bytes(text.as_bytes()).map_err(|_| input(format!("{} is no HTTP method", Quoted(text.as_bytes()))))
}

fn uri(text: &str) -> Result<Uri, Failure> {
    text.parse().map_err(|why| {
        let hint = if text.contains(' ') { "; write a space as %20" } else { "" };
        input(format!("the URL {} cannot be read: {why}{hint}", Quoted(text.as_bytes())))
    })
}

/// Appends a header. Its value stays out of errors: it may be a credential.
fn append(headers: &mut HeaderMap, name: &str, value: &[u8]) -> Result<(), Failure> {
    let quoted = Quoted(name.as_bytes());
    headers.append(
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| input(format!("{quoted} is no header name")))?,
        HeaderValue::from_bytes(value)
            .map_err(|_| input(format!("the header {quoted} holds control characters, which cannot be sent")))?,
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Written, String> {
        read(text.as_bytes(), Path::new("."), UriScheme::Https).map_err(|why| why.to_string())
    }

    #[test]
    fn both_forms_give_the_same_request() {
        let json =
            r#" { "method": "PUT", "url": "https://h:81/a?b", "headers": { "Host": "h:81", "X": "y" }, "body": "z" }"#;
        let raw = "PUT /a?b HTTP/1.1\r\nHost: h:81\r\nx:  y \r\n\r\nz";
        let (json, raw) = (read_text(json).unwrap().request, read_text(raw).unwrap().request);
        assert_eq!((json.method(), json.uri(), json.headers()), (raw.method(), raw.uri(), raw.headers()));
        assert_eq!(json.body().bytes(), raw.body().bytes());
    }

    #[test]
    fn a_path_gets_the_host_headers_host() {
        assert_eq!(read_text(r#"{ "url": "/a", "headers": [["host", "h"]] }"#).unwrap().request.uri(), "https://h/a");
        assert!(read_text("OPTIONS * HTTP/1.1\nhost: h\n\n").unwrap_err().contains("begins with a /"));
        for text in [r#"{ "url": "/a" }"#, "GET /a HTTP/1.1\n\n", r#"{ "url": "/a", "headers": [["host", " "]] }"#] {
            assert!(read_text(text).unwrap_err().contains("names no host"), "{text}");
        }
    }

    #[test]
    fn errors_say_what_to_write_and_show_no_value() {
        for (text, message) in [
            (r#"{ "url": "https://h/a b" }"#, "write a space as %20"),
            (r#"{ "url": "https://h/", "method": "G T" }"#, r#""G T" is no HTTP method"#),
            (r#"{ "url": "https://h/", "headers": { "x": "hunter2\n" } }"#, r#"the header "x" holds control"#),
            (r#"{ "url": "https://h/", "headers": { "x y": "hunter2" } }"#, r#""x y" is no header name"#),
            ("GET https://h/ HTTP/1.1\nno colon, hunter2\n\n", "line 2"),
            ("GET https://h/\n", "GET /path HTTP/1.1"),
            ("", "GET /path HTTP/1.1"),
        ] {
            let error = read_text(text).unwrap_err();
            assert!(error.contains(message) && !error.contains("hunter2"), "{text} gives {error}");
        }
    }
}
