//! OAuth 1's base string (RFC 5849 section 3.4.1), taken apart.

use countersign::oauth1::verify::Verifier;
use countersign::scheme::query;
use http::Request;
use http::header::AUTHORIZATION;

use crate::asked::Case;
use crate::report::{Report, Section};
use crate::words;

const YOURS: &str = "your code";
/// What the request as it is says, calculated here.
const HERE: &str = "the request";

pub(crate) fn explain(case: &Case<'_>, report: &mut Report) {
    let is_ours = case
        .authorization()
        .is_some_and(|value| value.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("oauth ")))
        || case
            .request
            .and_then(|request| request.uri().query())
            .is_some_and(|query| query.contains("oauth_signature="));
    let calculated = if is_ours { calculated(case, report) } else { None };
    let quoted = case
        .signed
        .base_string()
        .map(|text| (YOURS, text))
        .or_else(|| Some(("the server", case.server.base_string()?)));
    match (calculated.as_deref(), quoted) {
        (Some(ours), Some((whose, text))) if ours != text => {
            report.findings.push(reason(text, ours, whose));
            report.sections.push(section(text, Some((HERE, ours)), case.request, whose));
        }
        (Some(ours), Some(_)) => {
            report.findings.push(
                "The base strings are the same, so the keys are not: consumer secret or token secret is another than the server's, or the token \
                 is another consumer's."
                    .into(),
            );
            report.sections.push(section(ours, None, case.request, HERE));
        }
        (Some(ours), None) => report.sections.push(section(ours, None, case.request, HERE)),
        (None, Some((whose, text))) => report.sections.push(section(text, None, case.request, whose)),
        (None, None) => {}
    }
}

fn calculated(case: &Case<'_>, report: &mut Report) -> Option<String> {
    let (parts, payload) = case.request?.clone().into_parts();
    let verifier = Verifier::new();
    let signed = verifier.read(&parts, &payload).and_then(|claim| verifier.explain(&claim, &payload));
    match signed {
        Ok(signed) => signed.string_to_sign().map(str::to_owned),
        Err(refusal) => {
            report.findings.push(format!("The OAuth parameters cannot be read: {}.", refusal.error));
            None
        }
    }
}

/// Method, URL and parameters, each decoded once.
fn apart(text: &str) -> (String, String, String) {
    let mut parts = text.splitn(3, '&').map(words::decoded);
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next())
}

fn section(
    text: &str,
    other: Option<(&'static str, &str)>,
    request: Option<&Request<countersign::Payload>>,
    whose: &str,
) -> Section {
    let mut section = Section::new(crate::aws::titled("base string, decoded once", whose));
    let (method, url, parameters) = apart(text);
    section.push("method", method, "the request's method, in upper case");
    section.push("URL", url, "scheme and host in lower case, path; no query, no default port");
    for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
        section.push("parameter", pair, origin(pair, request));
    }
    if let Some((whose, other)) = other {
        let (method, url, parameters) = apart(other);
        let lines = format!("{method}\n{url}\n{}", parameters.replace('&', "\n"));
        let text = section.text();
        crate::aws::mark(&mut section, &text, Some(&lines), whose);
    }
    section
}

fn origin(pair: &str, request: Option<&Request<countersign::Payload>>) -> String {
    let name = words::decoded(pair.split('=').next().unwrap_or_default());
    let Some(request) = request else { return String::new() };
    let names = |text: &str| query::pairs(text).any(|(known, _)| words::decoded(&known.replace('+', " ")) == name);
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header.contains(&format!("{name}=")) {
        return "the Authorization header".into();
    }
    if names(request.uri().query().unwrap_or_default()) {
        return "the query".into();
    }
    let body = request.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    if names(&body) { "the form body".into() } else { "not in the request".into() }
}

fn reason(theirs: &str, ours: &str, whose: &str) -> String {
    let ((method, url, parameters), (our_method, our_url, our_parameters)) = (apart(theirs), apart(ours));
    if method != our_method {
        return format!("The method differs: {whose} signs {method:?}, the request has {our_method:?}.");
    }
    if url != our_url {
        let hint = match (url.split_once("://"), our_url.split_once("://")) {
            (Some((one, rest)), Some((other, our_rest))) if one != other && rest == our_rest => {
                "http on one side, https on the other: a proxy ended TLS"
            }
            _ if url.contains('?') => "the query does not belong into the URL",
            _ => "host, port or path is another",
        };
        return format!("The URL differs ({hint}): {whose} signs {url:?}, the request has {our_url:?}.");
    }
    let pairs = |text: &str| text.split('&').map(str::to_owned).collect::<Vec<_>>();
    let (mine, its) = (pairs(&our_parameters), pairs(&parameters));
    let missing: Vec<&str> = mine.iter().filter(|pair| !its.contains(pair)).map(String::as_str).collect();
    let extra: Vec<&str> = its.iter().filter(|pair| !mine.contains(pair)).map(String::as_str).collect();
    match (missing.as_slice(), extra.as_slice()) {
        ([], []) => "The parameters are not in order: they are sorted by encoded name, then by value.".into(),
        ([one, ..], [other, ..]) if words::decoded(other) == **one || words::decoded(one) == **other => {
            format!(
                "A parameter is encoded once too often on one side: {whose} signs {other:?}, the request has {one:?}."
            )
        }
        ([_, ..], []) => format!("Parameters are missing from what {whose} signs: {}.", missing.join("&")),
        ([], [_, ..]) => {
            format!("Parameters are signed by {whose} that the request does not have: {}.", extra.join("&"))
        }
        _ => format!("Parameters differ: {whose} signs {}, the request has {}.", extra.join("&"), missing.join("&")),
    }
}
