//! `.netrc`: what Python's `netrc` finds, as `generate/netrc_python.py` wrote it down, and what is refused.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that panics is a test that fails")]

use countersign::{AuthConfig, ErrorKind};
use countersign_import::{Beside, Kind, Limits, Source};
use serde_json::Value;

fn source(text: &str) -> countersign::Result<Source<'_>> {
    Source::read(text.as_bytes(), None, &Limits::default())
}

/// The login of an item; empty where it is left open, as Python has it.
fn login(source: &Source<'_>, select: &str) -> (String, String) {
    let AuthConfig::Basic(config) = source.import(Some(select), &Beside::new()).unwrap().auth else {
        panic!("no Basic")
    };
    let given = |text: &str| if text.starts_with("{{BASIC_") { String::new() } else { text.to_owned() };
    (given(&config.username), given(config.password.expose()))
}

#[test]
fn every_host_has_the_login_that_python_finds() {
    let data: Value = serde_json::from_str(include_str!("data/netrc.json")).unwrap();
    let cases = data["cases"].as_array().unwrap();
    assert!(cases.len() > 12);
    for case in cases {
        let text = case["text"].as_str().unwrap();
        let source = source(text).unwrap();
        assert_eq!(source.kind(), Kind::Netrc, "{text}");
        let hosts = case["hosts"].as_object().unwrap();
        let names: std::collections::HashSet<_> = source.items().iter().map(|item| item.name()).collect();
        assert_eq!(names.len(), hosts.len(), "{text}");
        for (host, expected) in hosts {
            // Of one host's logins Python has the last.
            let item = source.items().iter().rfind(|item| item.path == [host.as_str()]).unwrap();
            let (name, password) = login(&source, &item.pointer);
            assert_eq!(
                (name.as_str(), password.as_str()),
                (expected["login"].as_str().unwrap(), expected["password"].as_str().unwrap()),
                "{text}"
            );
        }
    }
}

#[test]
fn a_login_is_selected_by_host_and_by_login_at_host() {
    let text = "machine a login u password p\nmachine a login v password q\nmachine b login w password r";
    let source = source(text).unwrap();
    assert_eq!(login(&source, "v@a"), ("v".into(), "q".into()));
    assert_eq!(login(&source, "b"), ("w".into(), "r".into()));
    for (select, kind) in
        [(Some("a"), ErrorKind::AmbiguousItem), (None, ErrorKind::AmbiguousItem), (Some("c"), ErrorKind::UnknownItem)]
    {
        assert_eq!(source.import(select, &Beside::new()).unwrap_err().kind(), kind);
    }
}

#[test]
fn what_is_left_out_is_a_variable() {
    let only = source("machine a").unwrap().import(None, &Beside::new()).unwrap();
    assert_eq!(only.variables, ["BASIC_PASSWORD", "BASIC_USERNAME"]);
}

#[test]
fn errors_name_the_line_and_show_nothing() {
    for (text, kind) in [
        ("machine a login u\nhunter2 password", ErrorKind::InvalidImport),
        ("machine a login u\npassword", ErrorKind::InvalidImport),
        ("\nlogin hunter2", ErrorKind::InvalidImport),
        ("# only a comment", ErrorKind::NothingDescribed),
    ] {
        let error = Source::read(text.as_bytes(), Some(Kind::Netrc), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), kind, "{text}: {error}");
        assert!(kind != ErrorKind::InvalidImport || error.to_string().contains("line 2"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let source = source("machine a login u password hunter2").unwrap();
    assert!(!format!("{source:?} {:?}", source.import(None, &Beside::new()).unwrap()).contains("hunter2"));
}
