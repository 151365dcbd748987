//! Request to signature base string (RFC 5849 section 3.4.1); its parameters are next door, in `parameters.rs`.

use std::fmt::Write as _;

use countersign_core::encode::push_percent;
use countersign_core::target::{self, default_port, split_port};
use countersign_core::{Error, ErrorKind, Payload, Result};
use http::header::CONTENT_ENCODING;
use http::request::Parts;

/// Begins the base string: the method, and the base string URI (RFC 5849 section 3.4.1.2): scheme and host in lower case, the port
/// unless it is the scheme's own, the path as it is sent.
pub(crate) fn push_request(out: &mut String, parts: &Parts, scheme: &str, host: &str) {
    let method = parts.method.as_str();
    if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
        push_percent(out, &method.to_ascii_uppercase());
    } else {
        push_percent(out, method);
    }
    out.push('&');
    push_lower(out, scheme);
    out.push_str("%3A%2F%2F");
    let (name, port) = split_port(host);
    push_lower(out, name);
    if let Some(port) = port.filter(|&port| default_port(scheme) != Some(port)) {
        // Writing to a String cannot fail.
        let _ = write!(out, "%3A{port}");
    }
    let path_and_query = target::path_and_query(&parts.uri);
    push_percent(out, path_and_query.split('?').next().unwrap_or_default());
    out.push('&');
}

fn push_lower(out: &mut String, text: &str) {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        push_percent(out, &text.to_ascii_lowercase());
    } else {
        push_percent(out, text);
    }
}

/// The body, where it is a form, whose pairs are signed (RFC 5849 section 3.4.1.3.1).
pub(crate) fn form<'a>(parts: &Parts, payload: &'a Payload) -> Result<Option<&'a str>> {
    if target::media_type(&parts.headers) != "application/x-www-form-urlencoded" {
        return Ok(None);
    }
    let Some(bytes) = payload.bytes() else {
        const WHY: &str = "the pairs of a form body are signed, and this one is streamed";
        return Err(Error::new(ErrorKind::PayloadRequired, WHY));
    };
    let is_encoded = |value: &http::HeaderValue| !value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !bytes.is_empty() && parts.headers.get(CONTENT_ENCODING).is_some_and(is_encoded) {
        const WHY: &str =
            "the form body has a Content-Encoding, so its pairs cannot be read: sign it before it is compressed";
        return Err(Error::new(ErrorKind::InvalidRequest, WHY));
    }
    str::from_utf8(bytes).map(Some).map_err(|err| {
        let message = format!("the form body cannot be decoded: it is not UTF-8 at byte {}", err.valid_up_to());
        Error::new(ErrorKind::InvalidRequest, message)
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::parameters::Parameters;

    fn base_string(request: http::request::Builder, body: &str) -> String {
        let (parts, payload) = request.body(Payload::from(body.to_owned())).unwrap().into_parts();
        let mut parameters = Parameters::default();
        parameters.push_form(parts.uri.query().unwrap_or_default(), |_| false);
        parameters.push_form(form(&parts, &payload).unwrap().unwrap_or_default(), |_| false);
        let mut out = String::new();
        push_request(&mut out, &parts, parts.uri.scheme_str().unwrap(), target::host(&parts).unwrap());
        parameters.push_normalized(&mut out);
        out
    }

    /// RFC 5849 section 3.4.1.1, without the protocol parameters.
    #[test]
    fn the_rfcs_example() {
        let request = Request::post("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b")
            .header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(
            base_string(request, "c2&a3=2+q"),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D"
        );
    }

    /// Erratum 2550: joined strings would sort `a-b=1` before `a=1`, for `-` is before `=`.
    #[test]
    fn names_sort_before_values() {
        assert_eq!(
            base_string(Request::get("http://h/?a-b=1&a=2&a=1"), ""),
            "GET&http%3A%2F%2Fh%2F&a%3D1%26a%3D2%26a-b%3D1"
        );
    }

    #[test]
    fn ports_hosts_and_paths() {
        let uri = |uri: &str| base_string(Request::get(uri), "").split('&').nth(1).unwrap().to_owned();
        assert_eq!(uri("http://h:443/"), "http%3A%2F%2Fh%3A443%2F");
        assert_eq!(uri("https://u:p@H:443"), "https%3A%2F%2Fh%2F");
        assert_eq!(
            uri("http://[2001:DB8::1]:8080/a%2fb/ü"),
            "http%3A%2F%2F%5B2001%3Adb8%3A%3A1%5D%3A8080%2Fa%252fb%2F%C3%BC"
        );
        let request = Request::get("http://h/").header("host", "Other:80");
        assert_eq!(base_string(request, "").split('&').nth(1).unwrap(), "http%3A%2F%2Fother%2F");
    }

    #[test]
    fn bytes_survive_and_empty_pairs_are_none() {
        assert_eq!(
            base_string(Request::get("http://h/?&x=%FF%&&=e&y+=+"), ""),
            "GET&http%3A%2F%2Fh%2F&%3De%26x%3D%25FF%2525%26y%2520%3D%2520"
        );
    }

    #[test]
    fn bodies_that_cannot_be_read_are_errors() {
        let form_of = |request: http::request::Builder, payload: Payload| {
            let (parts, payload) = request.body(payload).unwrap().into_parts();
            form(&parts, &payload).map(|form| form.map(str::to_owned)).map_err(|err| err.kind())
        };
        let post =
            || Request::post("http://h/").header("content-type", "APPLICATION/x-www-form-urlencoded; charset=utf-8");
        assert_eq!(form_of(post(), "a=b".into()), Ok(Some("a=b".into())));
        assert_eq!(form_of(post(), Payload::Streaming), Err(ErrorKind::PayloadRequired));
        assert_eq!(form_of(post(), b"a=\xff".as_slice().into()), Err(ErrorKind::InvalidRequest));
        assert_eq!(form_of(post().header("content-encoding", "gzip"), "a".into()), Err(ErrorKind::InvalidRequest));
        assert_eq!(form_of(Request::post("http://h/"), Payload::Streaming), Ok(None));
    }
}
