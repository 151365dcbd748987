//! HTTP archives: what was sent, what the server asked for, and what is refused.

use countersign::ErrorKind;
use countersign_import::{Beside, Imported, Kind, Limits, Source};
use serde_json::{Value, json};

fn archive(entries: &Value) -> String {
    json!({ "log": { "version": "1.2", "creator": { "name": "c" }, "pages": [], "entries": entries } }).to_string()
}

fn import(entry: Value) -> countersign::Result<Imported> {
    let text = archive(&json!([entry]));
    let source = Source::read(text.as_bytes(), None, &Limits::default())?;
    assert_eq!(source.kind(), Kind::Har);
    source.import(None, &Beside::new())
}

fn headers(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

#[test]
fn what_was_sent_is_the_request_and_its_header_the_auth() {
    let sent = headers(&[
        (":authority", "h"),
        ("Host", "h"),
        ("Authorization", "Basic dTpw"),
        ("Accept", "*/*"),
        ("Content-Length", "3"),
        ("Cookie", "a=b"),
    ]);
    let imported = import(json!({
        "request": { "method": "POST", "url": "https://u:p@h/a?b=1#c", "headers": sent, "postData": { "mimeType": "text/plain", "text": "x=1" } },
        "response": { "status": 200, "headers": [] },
    })).unwrap();
    assert_eq!(
        serde_json::to_value(&imported.auth).unwrap(),
        json!({ "type": "basic", "username": "u", "password": "p" })
    );
    let request = imported.request.unwrap();
    assert_eq!(
        (request.method.as_str(), request.url.as_str(), request.body.as_deref()),
        ("POST", "https://h/a?b=1", Some(&b"x=1"[..]))
    );
    assert_eq!(request.headers, [("Accept".into(), "*/*".into()), ("Cookie".into(), "a=b".into())]);
}

#[test]
fn bodies_are_texts_base64_and_forms() {
    let body = |post: Value| {
        let imported =
            import(json!({ "request": { "method": "POST", "url": "http://h/", "postData": post } })).unwrap();
        (imported.request.unwrap().body.map(|body| String::from_utf8(body).unwrap()), imported.notes.len())
    };
    let form = "application/x-www-form-urlencoded";
    let params = json!([{ "name": "a b", "value": "c%26d" }, { "name": "e" }]);
    for (post, expected, notes) in [
        (json!({ "text": "aGk=", "encoding": "base64" }), Some("hi"), 0),
        (json!({ "mimeType": form, "params": params }), Some("a+b=c%26d&e="), 0),
        (json!({ "mimeType": "multipart/form-data", "params": params }), None, 1),
        (json!({ "mimeType": form, "text": "", "params": [] }), None, 0),
        (json!(null), None, 0),
    ] {
        assert_eq!(body(post), (expected.map(str::to_owned), notes));
    }
}

/// A browser leaves credentials out when it exports: the 401 says what they were for.
#[test]
fn a_401_gives_the_scheme() {
    let of =
        |status: i64, challenges: &[&str], sent: &[(&str, &str)]| -> countersign::Result<(Value, Vec<String>, usize)> {
            let asked: Vec<_> = challenges.iter().map(|challenge| ("WWW-Authenticate", *challenge)).collect();
            let imported = import(json!({
                "request": { "method": "GET", "url": "https://h/", "headers": headers(sent) },
                "response": { "status": status, "headers": headers(&asked) },
            }))?;
            let types: Vec<_> =
                imported.alternatives.iter().map(|way| serde_json::to_value(way).unwrap()["type"].clone()).collect();
            Ok((json!(types), imported.variables, imported.notes.len()))
        };
    for (status, challenges, sent, types, variables, notes) in [
        (
            401,
            &[r#"Basic realm="r", Digest realm="r", nonce="n""#, "NTLM"][..],
            &[][..],
            json!(["digest", "ntlm", "basic"]),
            vec!["DIGEST_PASSWORD", "DIGEST_USERNAME"],
            0,
        ),
        (401, &["Negotiate", "Bearer"], &[], json!(["bearer"]), vec!["BEARER_TOKEN"], 1),
        (401, &["Hawk", "OAuth realm=\"x\""], &[], json!(["hawk", "oauth1"]), vec!["HAWK_ID", "HAWK_KEY"], 0),
        (401, &["Basic"], &[("authorization", "Bearer t")], json!(["bearer"]), vec![], 0),
        (403, &["Basic"], &[], json!(["none"]), vec![], 0),
        (401, &[], &[], json!(["none"]), vec![], 0),
    ] {
        let expected = (types, variables.iter().map(|name: &&str| (*name).to_owned()).collect::<Vec<_>>(), notes);
        assert_eq!(of(status, challenges, sent).unwrap(), expected, "{challenges:?}");
    }
    assert_eq!(of(401, &["Negotiate"], &[]).unwrap_err().kind(), ErrorKind::UnsupportedScheme);
}

#[test]
fn entries_are_listed_and_selected() {
    let entry = |url: &str| json!({ "request": { "method": "GET", "url": url, "headers": headers(&[("authorization", "Bearer t")]) } });
    let text = archive(&json!([entry("https://h/a?x=1"), entry("https://h/a?x=2"), entry("https://h/b"), null]));
    let source = Source::read(text.as_bytes(), None, &Limits::default()).unwrap();
    assert_eq!((source.items().len(), source.items()[0].auth.as_deref()), (3, Some("header")));
    for (select, kind) in [
        (Some("#1"), None),
        (Some("#/log/entries/1"), None),
        (Some("GET https://h/b"), None),
        (Some("GET https://h/a?x=2"), None),
        (Some("#7"), Some(ErrorKind::UnknownItem)),
        (None, Some(ErrorKind::AmbiguousItem)),
    ] {
        assert_eq!(source.import(select, &Beside::new()).err().map(|why| why.kind()), kind, "{select:?}");
    }
}

#[test]
fn errors_name_the_place_and_show_nothing() {
    for (text, place) in [
        (r#"{ "log": { "entries": [{ "request": { "url": "hunter2" "#.to_owned(), "line 1"),
        (r#"{ "log": "hunter2" }"#.to_owned(), "#/log"),
        (
            archive(
                &json!([{ "request": { "url": "http://h/", "postData": { "text": "hunter2!", "encoding": "base64" } } }]),
            ),
            "#/log/entries/0",
        ),
    ] {
        let error = Source::read(text.as_bytes(), Some(Kind::Har), &Limits::default())
            .and_then(|source| source.import(None, &Beside::new()))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidImport);
        assert!(error.to_string().contains(place) && !format!("{error:?}").contains("hunter2"), "{error}");
    }
    let secret = headers(&[("authorization", "Bearer hunter2"), ("cookie", "hunter2")]);
    let imported = import(json!({ "request": { "url": "http://h/?hunter2", "headers": secret } })).unwrap();
    assert!(!format!("{imported:?}").contains("hunter2"));
}
