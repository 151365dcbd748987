//! AWS Signature V4: what must have been signed, beside what the server and the client's own code say.

use countersign::aws_sigv4::verify::Verifier;
use countersign::{Payload, Signed};
use http::request::Parts;
use http::{HeaderValue, Request};

use crate::asked::Case;
use crate::reason::{self, Sides};
use crate::report::{Line, Report, Section};
use crate::server::ServerSays;

const YOURS: &str = "your code";
const SERVER: &str = "the server";
/// What the request as it is says, calculated here.
const HERE: &str = "the request";

/// Canonical request and string to sign, as one side has them.
#[derive(Clone, Copy, Default)]
struct Texts<'a> {
    canonical: Option<&'a str>,
    string: Option<&'a str>,
}

impl<'a> Texts<'a> {
    fn of(says: &'a ServerSays) -> Self {
        Self { canonical: says.canonical_request(), string: says.string_to_sign() }
    }

    const fn is_empty(self) -> bool {
        self.canonical.is_none() && self.string.is_none()
    }
}

pub(crate) fn is_presigned(case: &Case<'_>) -> bool {
    case.request.and_then(|request| request.uri().query()).is_some_and(|query| query.contains("X-Amz-Signature="))
}

pub(crate) fn explain(case: &Case<'_>, report: &mut Report) {
    let is_ours = is_presigned(case) || case.authorization().is_some_and(|value| value.starts_with("AWS4-"));
    let calculated = if is_ours { calculated(case, report) } else { None };
    let ours =
        calculated.as_ref().map(|(canonical, string)| Texts { canonical: Some(canonical), string: Some(string) });
    let (ours, server, yours) = (ours.unwrap_or_default(), Texts::of(case.server), Texts::of(case.signed));
    // What the client's code signed is wrong, or else what it sent is another thing than what arrived.
    let (left, right, sides): (_, _, Sides) = match (yours.is_empty(), server.is_empty(), ours.is_empty()) {
        (false, false, _) => (yours, server, (YOURS, SERVER)),
        (false, true, false) => (yours, ours, (YOURS, HERE)),
        (true, false, false) => (ours, server, (HERE, SERVER)),
        (true, false, true) => (server, Texts::default(), (SERVER, "")),
        (false, true, true) => (yours, Texts::default(), (YOURS, "")),
        (true, true, _) => (ours, Texts::default(), (HERE, "")),
    };
    report.findings.extend(compared(left, right, sides));
    if let Some(text) = left.canonical {
        report.sections.push(canonical_section(text, right.canonical, case.request, sides));
    }
    if let Some(text) = left.string {
        report.sections.push(string_section(text, right.string, sides));
    }
}

/// Why what was signed here is not what the server signed, in words: the first difference of the canonical requests, and of the strings to
/// sign. Empty when there is nothing to compare.
#[must_use]
pub fn reasons(signed: &Signed, server: &ServerSays) -> Vec<String> {
    let ours = Texts { canonical: signed.canonical_request(), string: signed.string_to_sign() };
    compared(ours, Texts::of(server), ("this request", SERVER))
}

fn compared(left: Texts<'_>, right: Texts<'_>, sides: Sides) -> Vec<String> {
    let mut findings = Vec::new();
    if let Some((one, other)) = left.canonical.zip(right.canonical) {
        findings.extend(reason::canonical(one, other, sides));
    }
    if let Some((one, other)) = left.string.zip(right.string) {
        findings.extend(reason::string_to_sign(one, other, sides));
    }
    let pairs = [(left.canonical, right.canonical), (left.string, right.string)];
    let compared = pairs.iter().filter_map(|(one, other)| one.zip(*other)).collect::<Vec<_>>();
    if !compared.is_empty() && compared.iter().all(|(one, other)| one.trim_end() == other.trim_end()) {
        let why = if sides.1 == HERE {
            "What your code signs is what it should sign. If the server still refuses it, the secret key is another than the server's."
        } else {
            "The texts are the same on both sides, so the keys are not: the secret key is another than the server's (a line end at its end, a key \
             of another account), or the signing key is derived from other parts (date, region, service)."
        };
        findings.push(why.into());
    }
    findings
}

/// What must have been signed. The signature itself does not matter, and may be a placeholder.
fn calculated(case: &Case<'_>, report: &mut Report) -> Option<(String, String)> {
    let request = case.request?;
    let (mut parts, payload) = parts_of(request);
    for name in missing(&parts) {
        report.findings.push(format!(
            "The header {name:?} is missing: it is listed in SignedHeaders, and the request does not have it. Send it, or find out who takes it away."
        ));
    }
    with_readable_signature(&mut parts);
    let verifier = Verifier::new();
    let signed = verifier.read(&parts).and_then(|claim| verifier.explain(&claim, &payload));
    match signed {
        Ok(signed) => signed.canonical_request().map(str::to_owned).zip(signed.string_to_sign().map(str::to_owned)),
        Err(refusal) => {
            report.findings.push(format!("The signature cannot be read: {}.", refusal.error));
            None
        }
    }
}

fn parts_of(request: &Request<Payload>) -> (Parts, Payload) {
    let (parts, payload) = request.clone().into_parts();
    (parts, payload)
}

/// The headers that are listed as signed, and are not there. The host is the URL's.
fn missing(parts: &Parts) -> Vec<String> {
    let value = parts.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let listed =
        value.split_once("SignedHeaders=").and_then(|(_, rest)| rest.split([',', ' ']).next()).unwrap_or_default();
    let is_missing = |name: &&str| !name.is_empty() && *name != "host" && !parts.headers.contains_key(*name);
    listed.split(';').filter(is_missing).map(str::to_owned).collect()
}

/// Logs and threads leave signatures out (`Signature=…`): the texts do not depend on them.
fn with_readable_signature(parts: &mut Parts) {
    let Some(value) = parts.headers.get("authorization").and_then(|value| value.to_str().ok()) else { return };
    let Some((before, signature)) = value.split_once("Signature=") else { return };
    let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hex(signature.trim_end())
        && let Ok(value) = HeaderValue::from_str(&format!("{before}Signature={}", "0".repeat(64)))
    {
        parts.headers.insert("authorization", value);
    }
}

fn canonical_section(text: &str, other: Option<&str>, request: Option<&Request<Payload>>, sides: Sides) -> Section {
    let mut section = Section::new(titled("canonical request", sides.0));
    let lines: Vec<&str> = text.split('\n').collect();
    let end = lines.iter().skip(3).position(|line| line.is_empty()).map_or(lines.len(), |at| at + 3);
    for (number, line) in lines.iter().enumerate() {
        let (part, origin) = match number {
            0 => ("method", "the request's method".to_owned()),
            1 => ("path", "the URL's path, encoded; S3's once, all others' once more".to_owned()),
            2 => ("query", "the URL's query, sorted and encoded".to_owned()),
            _ if number < end => ("header", header_origin(line, request)),
            _ if number == end => ("", "an empty line ends the headers".to_owned()),
            _ if number == end + 1 => ("signed headers", "SignedHeaders of the Authorization header".to_owned()),
            _ => ("hash of the body", "X-Amz-Content-Sha256, or SHA-256 of the body".to_owned()),
        };
        section.push(part, without_token(line), origin);
    }
    mark(&mut section, text, other, sides.1);
    section
}

/// A text, and whose it is.
pub(crate) fn titled(what: &str, whose: &str) -> String {
    let whose = if whose == HERE { "calculated from the request" } else { whose };
    format!("{what} ({whose})")
}

fn header_origin(line: &str, request: Option<&Request<Payload>>) -> String {
    let name = line.split(':').next().unwrap_or_default();
    match (name, request.map(|request| request.headers().contains_key(name))) {
        ("host", Some(false)) => "the URL's host".to_owned(),
        (_, Some(false)) => format!("the request has no header {name:?}"),
        _ => format!("the header {name:?}"),
    }
}

fn string_section(text: &str, other: Option<&str>, sides: Sides) -> Section {
    let mut section = Section::new(titled("string to sign", sides.0));
    for (number, line) in text.split('\n').enumerate() {
        let (part, origin) = match number {
            0 => ("algorithm", "the Authorization header"),
            1 => ("time", "X-Amz-Date"),
            2 => ("scope", "date, region and service: Credential of the Authorization header"),
            _ => ("hash", "SHA-256 of the canonical request"),
        };
        section.push(part, line, origin);
    }
    mark(&mut section, text, other, sides.1);
    section
}

/// A line without the session token, which is a credential: a report is shown to others.
fn without_token(line: &str) -> String {
    if let Some(token) = line.strip_prefix("x-amz-security-token:") {
        return format!("x-amz-security-token:(a token of {} characters)", token.len());
    }
    let hidden = |pair: &str| match pair.strip_prefix("X-Amz-Security-Token=") {
        Some(token) => format!("X-Amz-Security-Token=(a token of {} characters)", token.len()),
        None => pair.to_owned(),
    };
    line.split('&').map(hidden).collect::<Vec<_>>().join("&")
}

/// Marks the first line that differs.
pub(crate) fn mark(section: &mut Section, text: &str, other: Option<&str>, whose: &'static str) {
    let Some(other) = other.map(str::trim_end) else { return };
    let Some(at) = reason::first_difference(text.trim_end(), other) else { return };
    if section.lines.len() <= at {
        section.lines.resize(at + 1, Line { part: "(no such line)".into(), ..Line::default() });
    }
    if let Some(line) = section.lines.get_mut(at) {
        line.other = Some((whose, other.split('\n').nth(at).map(without_token)));
    }
}
