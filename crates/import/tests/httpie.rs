//! HTTPie's command lines: what HTTPie and bash make of them, as `generate/httpie_offline.py` wrote it down, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::{AuthConfig, Authenticator, Context, ErrorKind};
use countersign_import::{Beside, Imported, Kind, Limits, Source};
use serde_json::{Value, json};

fn import(text: &str) -> countersign::Result<Imported> {
    Source::read(text.as_bytes(), Some(Kind::HttPie), &Limits::default())?.import(None, &Beside::new())
}

#[test]
fn every_command_is_sent_as_httpie_sends_it() {
    let data: Value = serde_json::from_str(include_str!("data/httpie.json")).unwrap();
    let cases = data["cases"].as_array().unwrap();
    assert!(cases.len() > 45);
    let mut wrong = Vec::new();
    for case in cases {
        let command = case["command"].as_str().unwrap();
        assert_eq!(Kind::recognise(command), Some(Kind::HttPie), "{command}");
        match import(command) {
            Ok(imported) => {
                wrong.extend(difference(&imported, case).map(|why| format!("{command}: {why}")));
            }
            Err(why) => wrong.push(format!("{command}: {why}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn difference(imported: &Imported, case: &Value) -> Option<String> {
    let (auth, found) = (serde_json::to_value(&imported.auth).unwrap(), &case["auth"]);
    let expected = match found["kind"].as_str() {
        Some("HTTPBasicAuth") => {
            json!({ "type": "basic", "username": found["username"], "password": found["password"] })
        }
        Some("HTTPieHTTPBasicAuth") => {
            json!({ "type": "basic", "username": found["username"], "password": found["password"] })
        }
        Some("HTTPDigestAuth" | "HTTPieHTTPDigestAuth") => {
            json!({ "type": "digest", "username": found["username"], "password": found["password"] })
        }
        Some("HTTPBearerAuth") => json!({ "type": "bearer", "token": found["token"] }),
        // An own header is no auth of HTTPie's; it shows below.
        _ => auth.clone(),
    };
    if auth != expected {
        return Some(format!("{auth} instead of {expected}"));
    }
    let sent = &case["sent"];
    let request = imported.request.clone().unwrap();
    let url = request.url.split_once("://").unwrap().1;
    let path = url.find(['/', '?']).map_or("/", |at| &url[at..]);
    let path = if path.starts_with('?') { format!("/{path}") } else { path.to_owned() };
    if (request.method.as_str(), path.as_str()) != (sent["method"].as_str().unwrap(), sent["path"].as_str().unwrap()) {
        return Some(format!("{} {path} instead of {} {}", request.method, sent["method"], sent["path"]));
    }
    let body = String::from_utf8(request.body.clone().unwrap_or_default()).unwrap();
    let as_json = |text: &str| serde_json::from_str::<Value>(text).ok();
    let sent_body = sent["body"].as_str().unwrap();
    if body != sent_body && (as_json(&body) != as_json(sent_body) || as_json(&body).is_none()) {
        return Some(format!("{body} instead of {sent_body}"));
    }
    same_headers(imported, &sent["headers"])
}

/// All but those that HTTPie adds to every request, and the Digest that waits for the server.
fn same_headers(imported: &Imported, sent: &Value) -> Option<String> {
    let mut request = imported.request.clone().unwrap();
    // Variables are no URL yet; headers do not depend on it.
    request.url = "http://h.example/".into();
    let mut signed = request.to_http().unwrap();
    if !matches!(imported.auth, AuthConfig::Digest(_)) {
        signed = Authenticator::new(&imported.auth).unwrap().sign_request(signed, &Context::at(0)).unwrap();
    }
    const ADDED: [&str; 5] = ["accept-encoding", "connection", "content-length", "host", "user-agent"];
    let ours = signed
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let theirs = sent
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair[0].as_str().unwrap().to_lowercase(), pair[1].as_str().unwrap().trim().to_owned()));
    let counted = |(name, value): &(String, String)| {
        !ADDED.contains(&name.as_str()) && (name.as_str(), value.as_str()) != ("accept", "*/*")
    };
    let (mut ours, mut theirs): (Vec<_>, Vec<_>) = (ours.filter(counted).collect(), theirs.filter(counted).collect());
    ours.sort();
    theirs.sort();
    (ours != theirs).then(|| format!("{ours:?} instead of {theirs:?}"))
}

#[test]
fn commands_are_listed_and_selected() {
    let text = "http -A digest -a u:p PUT h.example/x a=1\nhttps h.example 'Authorization: Bearer t'";
    let source = Source::read(text.as_bytes(), None, &Limits::default()).unwrap();
    let items = source.items();
    assert_eq!(
        (items[0].name(), items[0].auth.as_deref()),
        ("PUT http:\\/\\/h.example\\/x".to_owned(), Some("digest"))
    );
    assert_eq!((items[1].url.as_deref(), items[1].auth.as_deref()), (Some("https://h.example"), Some("header")));
    assert!(matches!(source.import(Some("#1"), &Beside::new()).unwrap().auth, AuthConfig::Bearer(_)));
    assert_eq!(source.import(None, &Beside::new()).unwrap_err().kind(), ErrorKind::AmbiguousItem);
}

#[test]
fn what_httpie_asks_for_is_a_variable() {
    for (command, variables) in [
        ("http -a u h.example", vec!["BASIC_PASSWORD"]),
        ("http -A digest -a u h.example", vec!["DIGEST_PASSWORD"]),
        ("http -A bearer h.example", vec!["BEARER_TOKEN"]),
        ("http h.example/$ID", vec!["ID"]),
    ] {
        assert_eq!(import(command).unwrap().variables, variables, "{command}");
    }
}

#[test]
fn what_opens_files_is_refused_without_a_secret() {
    for (command, kind, place) in [
        ("http h.example a@hunter2", ErrorKind::InvalidImport, "\"a\""),
        ("http h.example a=@hunter2", ErrorKind::InvalidImport, "\"a\""),
        ("http --session=hunter2 h.example", ErrorKind::InvalidImport, "--session"),
        ("http h.example < hunter2", ErrorKind::InvalidImport, "line 1"),
        ("http h.example X:$(hunter2)", ErrorKind::InvalidImport, "line 1"),
        ("http -A aws4 -a hunter2:x h.example", ErrorKind::UnsupportedScheme, "--auth-type"),
        ("http --nonsense hunter2", ErrorKind::InvalidImport, "line 1"),
        ("http -a", ErrorKind::InvalidImport, "--auth"),
        ("http", ErrorKind::InvalidImport, "line 1"),
        ("http GET h.example hunter2", ErrorKind::InvalidImport, "separator"),
        ("http -f h.example a:='[\"hunter2\"]'", ErrorKind::InvalidImport, "\"a\""),
        ("http ftp://u:hunter2@h.example", ErrorKind::InvalidImport, "URL"),
        ("http --raw hunter2 h.example a=1", ErrorKind::InvalidImport, "--raw"),
    ] {
        let error = import(command).unwrap_err();
        assert_eq!(error.kind(), kind, "{command}: {error}");
        assert!(error.to_string().contains(place), "{command}: {error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{command}: {error}");
    }
    let imported = import("http -a u:hunter2 h.example X:hunter2 a=hunter2 b==hunter2").unwrap();
    assert!(!format!("{imported:?}").contains("hunter2"), "{imported:?}");
}
