use std::collections::BTreeMap;

use countersign::scheme::challenge::challenges;
use countersign::scheme::query::pairs;
use countersign::{Result, Signed};
use http::header::{AUTHORIZATION, PROXY_AUTHORIZATION};
use http::{HeaderMap, Uri};

use super::difference::Difference;
use super::format::{AuthParams, Expect};
use super::run::Sent;

/// Holds what went out against what is expected.
pub(super) fn judge(expect: &Expect, outcome: Result<Sent>) -> Vec<Difference> {
    let kind_and_message = |why: &countersign::Error| format!("{}: {why}", why.kind());
    match (&expect.error, outcome) {
        (Some(kind), Err(why)) if why.kind().as_str() == kind => Vec::new(),
        (Some(kind), Err(why)) => vec![Difference::new("error", kind, kind_and_message(&why))],
        (Some(kind), Ok(_)) => vec![Difference::new("error", kind, "no error: a request went out")],
        (None, Err(why)) => vec![Difference::new("error", "none", kind_and_message(&why))],
        (None, Ok(sent)) => {
            let mut judge = Judge { sent: &sent, differences: Vec::new() };
            judge.all(expect);
            judge.differences
        }
    }
}

struct Judge<'a> {
    sent: &'a Sent,
    differences: Vec<Difference>,
}

impl Judge<'_> {
    fn all(&mut self, expect: &Expect) {
        if let Some(uri) = &expect.uri {
            self.uri(uri);
        }
        for (name, value) in expect.headers.iter().flatten() {
            self.same(format!("headers: {name}"), value, values(self.sent.request.headers(), name));
        }
        for name in expect.absent_headers.iter().flatten() {
            self.same(format!("absent_headers: {name}"), ABSENT, values(self.sent.request.headers(), name));
        }
        if let Some(expected) = &expect.auth_params {
            self.auth_params(expected);
        }
        if let Some(expected) = &expect.query {
            self.pairs("query", expected, self.sent.request.uri().query().unwrap_or_default());
        }
        let body = self.sent.request.body().bytes().map(|bytes| bytes.to_vec()).unwrap_or_default();
        if let Some(expected) = &expect.form {
            self.pairs("form", expected, &text(&body));
        }
        // It was read once when the file was parsed, so it has no error now.
        if let Some(expected) = expect.body().ok().flatten().filter(|expected| *expected != body) {
            self.differences.push(Difference::new("body", text(&expected), text(&body)));
        }
        self.explained("canonical_request", expect.canonical_request.as_deref(), Signed::canonical_request);
        self.explained("string_to_sign", expect.string_to_sign.as_deref(), Signed::string_to_sign);
    }

    fn same(&mut self, what: impl Into<String>, expected: &str, got: String) {
        if expected != got {
            self.differences.push(Difference::new(what, expected, got));
        }
    }

    /// Compares as text; but `http` knows no empty path and writes `http://h` as `http://h/`.
    fn uri(&mut self, expected: &str) {
        let parsed = expected.parse::<Uri>().ok().filter(|_| !expected.contains('#'));
        let expected = parsed.map_or_else(|| expected.to_owned(), |uri| uri.to_string());
        self.same("uri", &expected, self.sent.request.uri().to_string());
    }

    fn auth_params(&mut self, expected: &AuthParams) {
        let name = if self.sent.to_proxy { PROXY_AUTHORIZATION } else { AUTHORIZATION };
        let header = values(self.sent.request.headers(), name.as_str());
        let Some((scheme, params)) = credentials(&header) else {
            return self.differences.push(Difference::new(
                format!("auth_params: {name}"),
                "one header with credentials",
                header,
            ));
        };
        if let Some(expected) = &expected.scheme {
            self.same("auth_params: scheme", expected, scheme);
        }
        let found = |name: &str| {
            let named: Vec<&str> = params
                .iter()
                .filter(|(other, _)| other.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
                .collect();
            if named.is_empty() { ABSENT.to_owned() } else { named.join("\n") }
        };
        for (name, value) in &expected.params {
            self.same(format!("auth_params: {name}"), value, found(name));
        }
        for name in &expected.absent {
            self.same(format!("auth_params: absent: {name}"), ABSENT, found(name));
        }
    }

    /// Each pair that is listed occurs as often as it is listed.
    fn pairs(&mut self, what: &str, expected: &[(String, String)], text: &str) {
        let mut listed = BTreeMap::<(&str, &str), usize>::new();
        for (name, value) in expected {
            *listed.entry((name, value)).or_default() += 1;
        }
        for ((name, value), times) in listed {
            let found = pairs(text).filter(|&pair| (pair.0, pair.1.unwrap_or_default()) == (name, value)).count();
            if found != times {
                let expected = format!("{name}={value}, {times} of it");
                self.differences.push(Difference::new(what, expected, format!("{found} of it in {text}")));
            }
        }
    }

    fn explained(&mut self, what: &str, expected: Option<&str>, text: impl Fn(&Signed) -> Option<&str>) {
        if let Some(expected) = expected {
            let got = self.sent.signed.as_ref().and_then(text).unwrap_or(ABSENT);
            self.same(what, expected, got.to_owned());
        }
    }
}

const ABSENT: &str = "(absent)";

/// As text; what is not UTF-8 is escaped, so that it equals no text that a vector can hold by chance.
fn text(bytes: &[u8]) -> String {
    str::from_utf8(bytes).map_or_else(|_| bytes.escape_ascii().to_string(), str::to_owned)
}

/// All values of a header, one per line, so that a second one differs from any single value.
fn values(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| text(value.as_bytes())).collect();
    if values.is_empty() { ABSENT.to_owned() } else { values.join("\n") }
}

/// Scheme and parameters of one credentials header.
fn credentials(header: &str) -> Option<(String, Vec<(String, String)>)> {
    // Only EdgeGrid separates its parameters by semicolons, which others have in their values.
    if let Some((scheme, params)) = header.split_once(' ').filter(|(scheme, _)| scheme.starts_with("EG1-")) {
        let params = params.split(';').filter_map(|param| param.split_once('='));
        return Some((scheme.to_owned(), params.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()));
    }
    let mut read = challenges(header.as_bytes());
    let credentials = read.next()?.ok()?;
    if read.next().is_some() {
        return None;
    }
    let params = credentials.params().map(|param| (param.name.to_owned(), text(&param.value())));
    Some((credentials.scheme().to_owned(), params.collect()))
}
