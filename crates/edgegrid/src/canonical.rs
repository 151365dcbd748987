//! Request to the text that is signed: method, scheme, host, path and query, headers, content hash and the unsigned header,
//! separated by tabs. Source: "Authentication with EdgeGrid", Akamai TechDocs.

use countersign_core::{Error, ErrorKind, Payload, Result};
use http::request::Parts;
use http::{HeaderMap, HeaderName};

use crate::signature::push_content_hash;

/// Where a request goes, as it is signed.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) host: &'a str,
    pub(crate) path_and_query: &'a str,
}

/// Whether the body is signed. Methods are compared as they are signed, in upper case.
pub(crate) fn signs_body(parts: &Parts) -> bool {
    parts.method.as_str().eq_ignore_ascii_case("POST")
}

/// The part of a request's body that is signed; empty where none is.
pub(crate) fn content<'a>(parts: &Parts, payload: &'a Payload, max_body: u64) -> Result<&'a [u8]> {
    if !signs_body(parts) {
        return Ok(&[]);
    }
    let Some(bytes) = payload.bytes() else {
        return Err(Error::new(ErrorKind::PayloadRequired, "the body of a POST is signed, and this one is streamed"));
    };
    Ok(usize::try_from(max_body).ok().and_then(|most| bytes.get(..most)).unwrap_or(bytes))
}

/// Appends the text as far as the unsigned header, which ends it.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] for a host with white space, and for a header to sign that occurs twice or is not UTF-8.
pub(crate) fn push_request(
    out: &mut String,
    parts: &Parts,
    target: Target<'_>,
    headers_to_sign: &[HeaderName],
    content: &[u8],
) -> Result<()> {
    let method = parts.method.as_str();
    if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
        out.push_str(&method.to_ascii_uppercase());
    } else {
        out.push_str(method);
    }
    // A tab in the Host header would read as the end of the host.
    if target.host.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return Err(Error::new(ErrorKind::InvalidRequest, "the Host header holds white space"));
    }
    for part in [target.scheme, target.host, target.path_and_query] {
        out.push('\t');
        out.push_str(part);
    }
    out.push('\t');
    push_headers(out, &parts.headers, headers_to_sign)?;
    out.push('\t');
    if !content.is_empty() {
        push_content_hash(out, content);
    }
    out.push('\t');
    Ok(())
}

/// `name:value`, separated by tabs: values trimmed, white space within folded to one space.
fn push_headers(out: &mut String, headers: &HeaderMap, headers_to_sign: &[HeaderName]) -> Result<()> {
    let mut is_first = true;
    for name in headers_to_sign {
        let mut values = headers.get_all(name).iter();
        let Some(value) = values.next() else { continue };
        let invalid = |why: &str| {
            Error::new(ErrorKind::InvalidRequest, format!("the header `{name}` is to be signed, and {why}"))
        };
        if values.next().is_some() {
            return Err(invalid("occurs twice"));
        }
        let value = str::from_utf8(value.as_bytes()).map_err(|_| invalid("is not UTF-8"))?;
        let mut words = value.split_ascii_whitespace();
        let Some(first) = words.next() else { continue };
        if !is_first {
            out.push('\t');
        }
        is_first = false;
        out.push_str(name.as_str());
        out.push(':');
        out.push_str(first);
        for word in words {
            out.push(' ');
            out.push_str(word);
        }
    }
    Ok(())
}
