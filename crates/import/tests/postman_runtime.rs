//! What postman-runtime sends for a collection is what comes out here: resolved, imported, signed.
//! `generate/postman_runtime.mjs` ran it and wrote down what arrived.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::{Authenticator, Context};
use countersign_import::{Beside, Limits, Source};
use http::Request;
use serde_json::Value;

/// Where the two differ on purpose, and why.
const DECIDED: &[(&str, &str)] = &[
    ("sigv4 post", "only S3 demands X-Amz-Content-Sha256"),
    ("sigv4 in the query", "a presigned URL says how long it holds"),
    ("hawk payload of nothing", "what is asked for is sent: the hash of the empty body"),
];

#[test]
fn every_collection_is_sent_as_postman_sends_it() {
    let data: Value = serde_json::from_str(include_str!("data/postman-runtime.json")).unwrap();
    let now = data["unix_time"].as_u64().unwrap();
    let mut wrong = Vec::new();
    let cases = data["cases"].as_array().unwrap();
    assert!(cases.len() > 40);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let difference = difference(case, now);
        match (difference, DECIDED.iter().any(|(decided, _)| *decided == name)) {
            (Some(why), false) => wrong.push(format!("{name}: {why}")),
            (None, true) => wrong.push(format!("{name}: no difference any more")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn difference(case: &Value, now: u64) -> Option<String> {
    let collection = case["collection"].to_string();
    let mut beside = Beside::new();
    if !case["environment"].is_null() {
        beside = beside.environment(case["environment"].to_string().as_bytes()).unwrap();
    }
    if !case["globals"].is_null() {
        beside = beside.globals(case["globals"].to_string().as_bytes()).unwrap();
    }
    let source = Source::read(collection.as_bytes(), None, &Limits::default()).unwrap();
    let imported = match source.import(case["select"].as_str(), &beside) {
        Ok(imported) => imported,
        Err(why) => return Some(why.to_string()),
    };
    let request = imported.request.unwrap().to_http().unwrap();
    let auth = Authenticator::new(&imported.auth).unwrap();
    let signed = match auth.sign_request(request, &Context::at(now).with_nonce("c")) {
        Ok(signed) => signed,
        Err(why) => return Some(why.to_string()),
    };
    compare(&signed, &case["arrived"])
}

fn compare(signed: &Request<countersign::Payload>, arrived: &Value) -> Option<String> {
    let uri = signed.uri().to_string();
    if sorted_query(&uri) != sorted_query(arrived["url"].as_str().unwrap()) {
        return Some(format!("sent to {uri}, Postman to {}", arrived["url"]));
    }
    if signed.method().as_str() != arrived["method"] {
        return Some(format!("{} instead of {}", signed.method(), arrived["method"]));
    }
    let body = String::from_utf8_lossy(signed.body().bytes().map_or(&[], |bytes| bytes));
    if sorted(&body, '&') != sorted(arrived["body"].as_str().unwrap(), '&') {
        return Some(format!("body {body}, Postman's {}", arrived["body"]));
    }
    for (name, value) in signed.headers() {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let there = header(arrived, name.as_str());
        let equal = there.as_deref().is_some_and(|there| sorted(&value, ',') == sorted(there, ','));
        if !equal {
            return Some(format!("{name}: {value}, Postman's {there:?}"));
        }
    }
    let has = |name| signed.headers().contains_key(name) == header(arrived, name).is_some();
    ["authorization", "content-type"].into_iter().find(|name| !has(name)).map(|name| format!("{name} on one side only"))
}

fn header(arrived: &Value, name: &str) -> Option<String> {
    let headers = arrived["headers"].as_array().unwrap();
    let found = headers.iter().find(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name));
    // What node received as Latin-1 was UTF-8.
    let text = found?[1].as_str()?;
    let bytes: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).or_else(|| Some(text.to_owned()))
}

/// The order of parameters is no matter, nor are Digest's quotes around `algorithm`; the scheme is.
fn sorted(text: &str, separator: char) -> Vec<String> {
    let (scheme, rest) = text.split_once(' ').filter(|_| separator == ',').unwrap_or(("", text));
    let part = |part: &str| match part.trim().split_once('=') {
        Some(("algorithm", value)) => format!("algorithm={}", value.trim_matches('"')),
        _ => part.trim().to_owned(),
    };
    let mut parts: Vec<String> = rest.split(separator).map(part).collect();
    parts.sort();
    parts.insert(0, scheme.to_owned());
    parts
}

fn sorted_query(uri: &str) -> Vec<String> {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let mut parts = sorted(query, '&');
    parts.push(path.to_owned());
    parts
}
