//! Configs of every type whose texts are meant to break out of their place: each is a typed error, or the request has what the
//! scheme writes and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use countersign::scheme::challenge::challenges;
use countersign::scheme::query;
use countersign::{Authenticator, Context, Error, Payload, Reply, Step};
use countersign_tests::every_config::{configs, near, read};
use http::header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::{Value, json};

/// The name of what the texts try to add: a header, a parameter, an attribute.
const INJECTED: &str = "injected";

/// Texts that break out of a header, a quoted string, a list, a query, a form, a cookie or a credential, where somebody lets them.
fn nasty() -> Vec<String> {
    let texts = [
        "",
        " ",
        "\t",
        "\0",
        "\u{7f}",
        "\u{85}",
        "x\r\ninjected: 1",
        "x\ninjected: 1",
        "x\rinjected: 1",
        "x\r\n\r\ninjected: 1",
        "x\", injected=\"1",
        "x\\\", injected=\"1",
        "x, injected=1",
        "x;injected=1",
        "x; injected=1",
        "x&injected=1",
        "x injected=1",
        "x?injected=1",
        "x#&injected=1",
        "x%0d%0ainjected:%201",
        "x%26injected%3D1",
        "\\",
        "\"",
        "x\\",
        "'\"`$(id)",
        "a/b,c d",
        "../..",
        "{{injected}}",
        "Z\u{fc}rich",
        "\u{65e5}\u{672c}\u{1f511}",
        "\u{202e}x\u{200b}",
        "a:b@c",
        "-1",
        "1e999",
    ];
    texts.map(str::to_owned).into_iter().chain(["x".repeat(70_000), "\"".repeat(5000)]).collect()
}

/// Every place of a text in `value`, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| places(item, &format!("{at}/{index}"), found));
        }
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !["type", "grant_type"].contains(&name.as_str()))
            .for_each(|(name, field)| places(field, &format!("{at}/{name}"), found)),
        _ => {}
    }
}

/// The same config in the forms that put credentials elsewhere.
fn placements(config: &Value) -> Vec<Value> {
    let mut all = vec![config.clone()];
    for place in ["header", "query", "request", "cookie"] {
        let mut other = config.clone();
        other["add_to"] = json!(place);
        if read(&other).is_ok() {
            all.push(other);
        }
    }
    all
}

/// The names in a query or form, decoded.
fn names(form: &str) -> Vec<String> {
    query::pairs(form)
        .map(|(name, _)| {
            String::from_utf8_lossy(&countersign::scheme::encode::form_decode(name.as_bytes())).into_owned()
        })
        .collect()
}

/// What a receiver sees of the request: everything where it was put, and nothing more.
fn inspect(request: &Request<Payload>, case: &str) {
    let text = |bytes: &[u8]| !bytes.iter().any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f);
    assert!(text(request.uri().to_string().as_bytes()) && !request.uri().to_string().contains(' '), "{case}");
    for (name, value) in request.headers() {
        assert!(text(value.as_bytes()), "{case}: {name} has control characters");
        assert_ne!(name.as_str(), INJECTED, "{case}");
    }
    for name in names(request.uri().query().unwrap_or_default()) {
        assert_ne!(name, INJECTED, "{case}: a parameter of the query");
    }
    let form = request.body().bytes().and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default();
    for name in names(form) {
        assert_ne!(name, INJECTED, "{case}: a parameter of the form");
    }
    for cookie in request.headers().get_all(COOKIE) {
        for pair in cookie.as_bytes().split(|byte| *byte == b';') {
            assert!(!pair.trim_ascii().starts_with(INJECTED.as_bytes()), "{case}: a cookie");
        }
    }
    for value in request.headers().get_all(AUTHORIZATION) {
        inspect_authorization(value, case);
    }
}

/// Only schemes whose credentials have parameters: a bearer token or a prefix of the user's own may hold whatever a header may.
fn inspect_authorization(value: &HeaderValue, case: &str) {
    let text = String::from_utf8_lossy(value.as_bytes());
    match text.split(' ').next().unwrap_or_default() {
        "EG1-HMAC-SHA256" => {
            let names: Vec<_> = text.trim_start_matches("EG1-HMAC-SHA256 ").split(';').collect();
            assert_eq!(names.len(), 5, "{case}: {text}");
            assert!(names.iter().all(|pair| !pair.trim().starts_with(INJECTED)), "{case}: {text}");
        }
        "AWS4-HMAC-SHA256" => {
            let fields: Vec<_> = text.trim_start_matches("AWS4-HMAC-SHA256 ").split(',').collect();
            assert_eq!(fields.len(), 3, "{case}: {text}");
        }
        "Digest" | "OAuth" | "Hawk" => {
            let read: Vec<_> = challenges(value.as_bytes()).collect();
            assert_eq!(read.len(), 1, "{case}: {text}");
            let credentials = read[0].as_ref().unwrap_or_else(|why| panic!("{case}: {why}: {text}"));
            for param in credentials.params() {
                assert_ne!(param.name, INJECTED, "{case}: {text}");
            }
        }
        _ => {}
    }
}

/// Signs and converses; returns how many requests were sent.
fn converse(auth: &Authenticator, ctx: &Context, case: &str) -> Result<usize, Error> {
    let request = || Request::post("https://h.example/p?a=1").header("x", "y").body("b=2").unwrap();
    let (mut parts, body) = request().into_parts();
    let mut payload = Payload::from(body);
    let before = format!("{parts:?}");
    let mut sent = 0;
    match auth.sign(&mut parts, &mut payload, ctx) {
        Ok(_) => {
            sent += 1;
            inspect(&Request::from_parts(parts, payload), case);
        }
        Err(_) => assert_eq!(before, format!("{parts:?}"), "{case}: an error leaves the request as it was"),
    }
    let (mut exchange, mut step) = auth.start(request(), ctx)?;
    let demands = [
        "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256",
        "Digest realm=\"r\", nonce=\"n2\", stale=true",
        "NTLM",
    ];
    let headers: HeaderMap =
        demands.into_iter().map(|value| (WWW_AUTHENTICATE, HeaderValue::from_static(value))).collect();
    let token = br#"{"access_token":"t","token_type":"Bearer","expires_in":60}"#;
    for _ in 0..6 {
        let Step::Send(request) = &step else { break };
        sent += 1;
        inspect(request, case);
        let is_token_request = request.uri().host() == Some("as.example");
        let status = if is_token_request { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        step = exchange.on_response(Reply::new(status, &headers, token), ctx)?;
    }
    Ok(sent)
}

#[test]
fn no_config_breaks_out_of_its_place() {
    let ctx = Context::at(1_440_938_160).with_nonce("0a4f113b");
    let (mut cases, mut refused, mut sent) = (0, 0, 0);
    let mut of_types = std::collections::BTreeMap::<_, usize>::new();
    for (name, config) in configs() {
        for base in placements(&near(&name, &config)) {
            let mut found = Vec::new();
            places(&base, "", &mut found);
            for place in found {
                for text in nasty() {
                    let mut config = base.clone();
                    *config.pointer_mut(&place).unwrap() = json!(text);
                    let case = format!("{name}{place}={:?}", text.chars().take(30).collect::<String>());
                    cases += 1;
                    let Ok(config) = read(&config) else {
                        // An unknown name of an algorithm, say: serde's own error.
                        refused += 1;
                        continue;
                    };
                    let run =
                        AssertUnwindSafe(|| Authenticator::new(&config).and_then(|auth| converse(&auth, &ctx, &case)));
                    match catch_unwind(run).unwrap_or_else(|_| panic!("{case} panics")) {
                        Ok(requests) => {
                            sent += requests;
                            *of_types.entry(name.clone()).or_default() += requests;
                        }
                        Err(why) => {
                            refused += 1;
                            let why = why.to_string();
                            assert!(!why.contains(['\r', '\n', '\0', '\u{1b}']), "{case}: {why:?}");
                        }
                    }
                }
            }
        }
    }
    println!("{cases} configs, {refused} refused, {sent} requests: {of_types:?}");
    assert!(cases >= 5000 && refused >= 500 && sent >= 5000, "{cases} configs, {refused} refused, {sent} requests");
    assert!(of_types.len() >= 10, "requests of {of_types:?} only");
}
