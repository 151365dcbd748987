//! The headers of AWS, and which headers of a request are signed.

use countersign_core::encode::push_percent;
use countersign_core::{Error, ErrorKind, Result};
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use smallvec::SmallVec;

use crate::Config;

/// Headers that are never signed, because proxies and clients change them on the way.
pub const UNSIGNED_HEADERS: &[&str] = &[
    "accept-encoding",
    "authorization",
    "baggage",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

pub(crate) const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
pub(crate) const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
pub(crate) const X_AMZ_DECODED_CONTENT_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");
pub(crate) const X_AMZ_REGION_SET: HeaderName = HeaderName::from_static("x-amz-region-set");
pub(crate) const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
pub(crate) const X_AMZ_TRAILER: HeaderName = HeaderName::from_static("x-amz-trailer");

/// The first header of this name as a text; empty where there is none, or it is not ASCII.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Which headers a signer signs.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Sorted.
    unsigned: Vec<HeaderName>,
    /// Sorted.
    only: Option<Vec<HeaderName>>,
}

impl Selection {
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] for a list with an entry that is not a header name.
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let only = config.signed_headers.as_deref().map(|only| sorted("signed_headers", only));
        Ok(Self { unsigned: sorted("unsigned_headers", &config.unsigned_headers)?, only: only.transpose()? })
    }

    /// Whether this header is signed. `host` always is: no server accepts a signature without it.
    pub(crate) fn holds(&self, name: &HeaderName) -> bool {
        let text = name.as_str();
        if text == "host" {
            return true;
        }
        if is_never_signed(text) || found(&self.unsigned, text) {
            return false;
        }
        self.only.as_ref().is_none_or(|only| text.starts_with("x-amz-") || found(only, text))
    }
}

/// A list of header names, in order, to be searched by halves.
fn sorted(field: &'static str, names: &[String]) -> Result<Vec<HeaderName>> {
    let names = names.iter().map(|name| HeaderName::from_bytes(name.as_bytes())).collect::<Result<Vec<_>, _>>();
    let mut names = names.map_err(|err| {
        let message = format!("`{field}` has an entry that is not a header name");
        Error::new(ErrorKind::InvalidConfig, message).with_source(err)
    })?;
    names.sort_unstable_by(|one, two| one.as_str().cmp(two.as_str()));
    Ok(names)
}

fn found(sorted: &[HeaderName], name: &str) -> bool {
    sorted.binary_search_by(|entry| entry.as_str().cmp(name)).is_ok()
}

/// Whether this is one of [`UNSIGNED_HEADERS`]. Most names differ from all of them by their length already.
fn is_never_signed(name: &str) -> bool {
    const LENGTHS: u32 = {
        let (mut lengths, mut rest) = (0, UNSIGNED_HEADERS);
        while let [name, after @ ..] = rest {
            lengths |= 1 << name.len();
            rest = after;
        }
        lengths
    };
    name.len() < 32 && LENGTHS >> name.len() & 1 == 1 && UNSIGNED_HEADERS.contains(&name)
}

/// The headers that are signed, in order of their names. A name that repeats stands as often, its values in the request's
/// order.
#[derive(Default)]
pub(crate) struct SignedHeaders<'a>(SmallVec<[(&'a str, &'a [u8]); 12]>);

impl<'a> SignedHeaders<'a> {
    /// Takes those of a request that are selected. Those that `replaced` names are left out: signing sets or removes them.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for two `X-Amz-Content-Sha256` headers.
    pub(crate) fn take(
        &mut self,
        headers: &'a HeaderMap,
        selection: &Selection,
        replaced: impl Fn(&str) -> bool,
    ) -> Result<Given<'a>> {
        let mut given = Given::default();
        for (name, value) in headers {
            let text = name.as_str();
            match text {
                "host" if value.as_bytes().trim_ascii().is_empty() => {
                    return Err(Error::new(ErrorKind::InvalidRequest, "the request's Host header is empty"));
                }
                "host" => given.has_host = true,
                "x-amz-content-sha256" if given.content_sha256.is_some() => {
                    return Err(Error::new(
                        ErrorKind::InvalidRequest,
                        "the request has two X-Amz-Content-Sha256 headers",
                    ));
                }
                "x-amz-content-sha256" => given.content_sha256 = Some(value),
                _ => {}
            }
            if selection.holds(name) && !replaced(text) {
                self.push(text, value.as_bytes());
            }
        }
        Ok(given)
    }

    pub(crate) fn push(&mut self, name: &'a str, value: &'a [u8]) {
        self.0.push((name, value));
    }

    /// Puts them in order: what is read below needs it.
    pub(crate) fn sort(&mut self) {
        // Stable: the values of one name keep their order. The first byte tells most names apart without a call.
        self.0.sort_by(|(one, _), (two, _)| {
            one.as_bytes().first().cmp(&two.as_bytes().first()).then_with(|| one.cmp(two))
        });
    }

    /// Appends the names: `host;x-amz-date`.
    pub(crate) fn push_names(&self, out: &mut Vec<u8>) {
        for (index, name) in self.each_name().enumerate() {
            if index > 0 {
                out.push(b';');
            }
            out.extend_from_slice(name.as_bytes());
        }
    }

    /// Appends the names as they stand in a query: `host%3Bx-amz-date`.
    pub(crate) fn push_encoded_names(&self, out: &mut String) {
        for (index, name) in self.each_name().enumerate() {
            if index > 0 {
                out.push_str("%3B");
            }
            push_percent(out, name);
        }
    }

    /// The names, as a text.
    pub(crate) fn names(&self) -> String {
        let mut names = Vec::with_capacity(64);
        self.push_names(&mut names);
        String::from_utf8(names).unwrap_or_default()
    }

    /// Each name once.
    fn each_name(&self) -> impl Iterator<Item = &'a str> {
        let mut before = "";
        self.0.iter().filter_map(move |&(name, _)| (std::mem::replace(&mut before, name) != name).then_some(name))
    }

    /// Appends one line per name: `host:example.com\n`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for a value that is not UTF-8.
    pub(crate) fn push_lines(&self, out: &mut Vec<u8>) -> Result<()> {
        let mut before = "";
        for &(name, value) in &self.0 {
            if name == before {
                out.pop();
                out.push(b',');
            } else {
                out.extend_from_slice(name.as_bytes());
                out.push(b':');
            }
            push_folded(out, name, value)?;
            out.push(b'\n');
            before = name;
        }
        Ok(())
    }
}

/// Appends a header's value, trimmed, with each run of spaces and tabs as one space.
fn push_folded(out: &mut Vec<u8>, name: &str, value: &[u8]) -> Result<()> {
    // Most values have no white space at all; looking at every byte of them, without a branch, is the cheapest test.
    if value.iter().fold(true, |plain, byte| plain & byte.is_ascii_graphic()) {
        out.extend_from_slice(value);
        return Ok(());
    }
    let text = str::from_utf8(value).map_err(|err| {
        let message = format!("the header `{name}` is to be signed, and its value is not UTF-8");
        Error::new(ErrorKind::InvalidRequest, message).with_source(err)
    })?;
    for (index, word) in text.split([' ', '\t']).filter(|word| !word.is_empty()).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word.as_bytes());
    }
    Ok(())
}

/// What one pass over a request's headers finds beside those that are signed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Given<'a> {
    pub(crate) has_host: bool,
    pub(crate) content_sha256: Option<&'a HeaderValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_folded() {
        for (given, expected) in [
            ("a b", "a b"),
            ("  a \t b  ", "a b"),
            ("", ""),
            (" ", ""),
            ("\"a  b\"", "\"a b\""),
            ("\u{fc}  \u{fc}", "\u{fc} \u{fc}"),
        ] {
            let mut out = Vec::new();
            push_folded(&mut out, "x", given.as_bytes()).unwrap();
            assert_eq!(out, expected.as_bytes());
        }
        assert_eq!(push_folded(&mut Vec::new(), "x", b"\xff").unwrap_err().kind(), ErrorKind::InvalidRequest);
    }

    #[test]
    fn repeated_names_are_one_line() {
        let mut headers = SignedHeaders::default();
        for (name, value) in [("b", "2"), ("a", " 1 "), ("b", "1"), ("ab", "")] {
            headers.push(name, value.as_bytes());
        }
        headers.sort();
        let (mut lines, mut names) = (Vec::new(), Vec::new());
        headers.push_lines(&mut lines).unwrap();
        headers.push_names(&mut names);
        assert_eq!((lines.as_slice(), names.as_slice()), (&b"a:1\nab:\nb:2,1\n"[..], &b"a;ab;b"[..]));
    }

    #[test]
    fn lists_count_in_any_order_and_case() {
        let selects = |unsigned: &[&str], only: Option<&[&str]>, name: &'static str| {
            let mut config = Config::new("AKID", "secret");
            config.unsigned_headers = unsigned.iter().map(|&name| name.to_owned()).collect();
            config.signed_headers = only.map(|only| only.iter().map(|&name| name.to_owned()).collect());
            Selection::new(&config).unwrap().holds(&HeaderName::from_static(name))
        };
        assert!(selects(&[], None, "x") && selects(&["Z", "Y"], None, "x") && !selects(&["Z", "X", "A"], None, "x"));
        assert!(selects(&[], Some(&["z", "X", "a"]), "x") && !selects(&[], Some(&["z", "a"]), "x"));
        assert!(selects(&["host"], Some(&[]), "host") && selects(&[], Some(&[]), "x-amz-acl"));
        for name in UNSIGNED_HEADERS {
            assert!(!selects(&[], Some(&[name]), name), "{name}");
        }
    }
}
