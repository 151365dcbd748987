//! Request to signature base string (RFC 5849 section 3.4.1, with erratum 2550: names are sorted first, then values).

use std::fmt::Write as _;
use std::ops::Range;

use countersign_core::encode::{push_percent, push_percent_twice, push_recoded_form_twice};
use countersign_core::target::{self, default_port, split_port};
use countersign_core::{Error, ErrorKind, Payload, Result, query};
use http::header::CONTENT_ENCODING;
use http::request::Parts;
use smallvec::SmallVec;

/// What signing adds to a query or form, and what signing again replaces.
pub(crate) const PROTOCOL: [&[u8]; 10] = [
    b"oauth_body_hash",
    b"oauth_callback",
    b"oauth_consumer_key",
    b"oauth_nonce",
    b"oauth_signature",
    b"oauth_signature_method",
    b"oauth_timestamp",
    b"oauth_token",
    b"oauth_verifier",
    b"oauth_version",
];

pub(crate) fn is_protocol(name: &[u8]) -> bool {
    PROTOCOL.contains(&name)
}

/// The parameters of a request in one text, each as `name%3Dvalue%26`, names and values encoded twice: once as RFC 5849 section
/// 3.4.1.3.2 has them, and once as the base string quotes them. They sort alike either way.
pub(crate) struct Parameters {
    text: String,
    pairs: SmallVec<[Pair; 24]>,
}

/// What parts a name from its value, and a pair from the next: `=` and `&`, encoded.
const EQUALS: &str = "%3D";
const AND: &str = "%26";

/// Where a parameter stands in the text.
#[derive(Clone, Copy)]
struct Pair {
    /// The first eight bytes of the name, which mostly decide the order.
    first: u64,
    start: usize,
    name_end: usize,
    end: usize,
}

impl Parameters {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), pairs: SmallVec::new() }
    }

    /// Adds the pairs of a query or form, but those whose name, as it stands, `drop` names. Empty pairs are none.
    pub(crate) fn push_form(&mut self, form: &str, drop: impl Fn(&str) -> bool) {
        for (name, value) in query::pairs(form) {
            if name.is_empty() && value.is_none() || drop(name) {
                continue;
            }
            let start = self.text.len();
            push_recoded_form_twice(&mut self.text, name);
            let name_end = self.text.len();
            self.text.push_str(EQUALS);
            push_recoded_form_twice(&mut self.text, value.unwrap_or_default());
            self.end_pair(start, name_end);
        }
    }

    /// Adds a parameter whose name needs no encoding.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        push_encoded_pair(&mut self.text, name, value);
        self.end_pair(start, start + name.len());
    }

    /// Adds any parameter.
    pub(crate) fn push_decoded(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        push_percent_twice(&mut self.text, name);
        let name_end = self.text.len();
        self.text.push_str(EQUALS);
        push_percent_twice(&mut self.text, value);
        self.end_pair(start, name_end);
    }

    /// Adds what [`push_encoded_pair`] made of a parameter of this name.
    pub(crate) fn push_encoded(&mut self, name: &str, pair: &str) {
        let start = self.text.len();
        self.text.push_str(pair);
        self.end_pair(start, start + name.len());
    }

    fn end_pair(&mut self, start: usize, name_end: usize) {
        let end = self.text.len();
        self.text.push_str(AND);
        let name = self.text.as_bytes().get(start..name_end).unwrap_or_default();
        // Zeros fill a short name up, and no encoded name holds one: what it begins sorts after it.
        let first = match name.first_chunk() {
            Some(first) => u64::from_be_bytes(*first),
            None => {
                let first = name.iter().fold(0, |first: u64, &byte| first << 8 | u64::from(byte));
                first.checked_shl(64 - 8 * u32::try_from(name.len()).unwrap_or_default()).unwrap_or_default()
            }
        };
        self.pairs.push(Pair { first, start, name_end, end });
    }

    /// Writes a signature after the parameters, of which it is none, and gives it.
    pub(crate) fn push_signature(&mut self, sign: impl FnOnce(&mut String) -> Result<()>) -> Result<&str> {
        let start = self.text.len();
        sign(&mut self.text)?;
        Ok(self.text.get(start..).unwrap_or_default())
    }

    /// The base string of a request with these parameters.
    pub(crate) fn push_base_string(&mut self, out: &mut String, parts: &Parts, scheme: &str) -> Result<()> {
        let method = parts.method.as_str();
        if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            push_percent(out, &method.to_ascii_uppercase());
        } else {
            push_percent(out, method);
        }
        out.push('&');
        push_base_uri(out, parts, scheme)?;
        out.push('&');
        self.push_normalized(out);
        Ok(())
    }

    /// Sorted by name, then value.
    fn push_normalized(&mut self, out: &mut String) {
        let text = &self.text;
        let part = |range: Range<usize>| text.get(range).unwrap_or_default();
        // Stable: that is quick where much is sorted already, as the protocol parameters are.
        self.pairs.sort_by(|one, two| {
            let rest = |pair: &Pair| (part(pair.start..pair.name_end), part(pair.name_end..pair.end));
            one.first.cmp(&two.first).then_with(|| rest(one).cmp(&rest(two)))
        });
        // Pairs that stand side by side are one copy.
        let mut run = 0..0;
        for pair in &self.pairs {
            if pair.start != run.end {
                out.push_str(part(run));
                run = pair.start..pair.start;
            }
            run.end = pair.end + AND.len();
        }
        out.push_str(part(run));
        out.truncate(out.len() - if self.pairs.is_empty() { 0 } else { AND.len() });
    }
}

/// Appends `name%3Dvalue`, the value encoded twice, the name as it is.
pub(crate) fn push_encoded_pair(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str(EQUALS);
    push_percent_twice(out, value);
}

/// The base string URI (RFC 5849 section 3.4.1.2), encoded: scheme and host in lower case, the port unless it is the scheme's
/// own, the path as it is sent.
fn push_base_uri(out: &mut String, parts: &Parts, scheme: &str) -> Result<()> {
    let lower = |out: &mut String, text: &str| {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            push_percent(out, &text.to_ascii_lowercase());
        } else {
            push_percent(out, text);
        }
    };
    lower(out, scheme);
    out.push_str("%3A%2F%2F");
    let (host, port) = split_port(target::host(parts)?);
    lower(out, host);
    if let Some(port) = port.filter(|&port| default_port(scheme) != Some(port)) {
        // Writing to a String cannot fail.
        let _ = write!(out, "%3A{port}");
    }
    let path_and_query = target::path_and_query(&parts.uri);
    push_percent(out, path_and_query.split('?').next().unwrap_or_default());
    Ok(())
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

    fn base_string(request: http::request::Builder, body: &str) -> String {
        let (parts, payload) = request.body(Payload::from(body.to_owned())).unwrap().into_parts();
        let mut parameters = Parameters::with_capacity(0);
        parameters.push_form(parts.uri.query().unwrap_or_default(), |_| false);
        parameters.push_form(form(&parts, &payload).unwrap().unwrap_or_default(), |_| false);
        let mut out = String::new();
        parameters.push_base_string(&mut out, &parts, parts.uri.scheme_str().unwrap()).unwrap();
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
