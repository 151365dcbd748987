//! Jars: which cookies Python's `http.cookiejar` sends, as `generate/cookies_python.py` wrote it down, the files that they are
//! kept in, and what is refused.

#![cfg(feature = "cookies")]
#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::{Context, ErrorKind};
use countersign_import::{Jar, Kind, Limits, Source};
use http::{HeaderMap, HeaderValue, Uri};
use serde_json::Value;

fn read(text: &str) -> countersign::Result<Jar> {
    Jar::read(text.as_bytes(), &Limits::default())
}

fn header(jar: &Jar, url: &str, now: u64) -> Option<String> {
    let header = jar.header(&url.parse().unwrap(), &Context::at(now))?;
    assert!(header.is_sensitive());
    Some(header.to_str().unwrap().to_owned())
}

fn store(jar: &mut Jar, url: &str, cookies: &[&str], now: u64) {
    let mut headers = HeaderMap::new();
    for cookie in cookies {
        headers.append("set-cookie", HeaderValue::from_str(cookie).unwrap());
    }
    jar.store(&url.parse::<Uri>().unwrap(), &headers, &Context::at(now));
}

#[test]
fn every_url_gets_the_cookies_that_python_sends() {
    let data: Value = serde_json::from_str(include_str!("data/cookies.json")).unwrap();
    let now = data["unix_time"].as_u64().unwrap();
    let cases = data["cases"].as_array().unwrap();
    assert!(cases.len() > 12);
    for case in cases {
        let mut jar = match case["file"].as_str() {
            Some(file) => read(file).unwrap(),
            None => Jar::new(),
        };
        for reply in case["replies"].as_array().into_iter().flatten() {
            let cookies: Vec<&str> = reply[1].as_array().unwrap().iter().map(|set| set.as_str().unwrap()).collect();
            store(&mut jar, reply[0].as_str().unwrap(), &cookies, now);
        }
        for (url, sent) in case["sent"].as_object().unwrap() {
            assert_eq!(header(&jar, url, now).as_deref(), sent.as_str(), "{}: {url}", case["name"]);
        }
    }
}

/// RFC 6265 section 5.1.3: an address has no hosts below it.
#[test]
fn addresses_match_themselves() {
    let mut jar = Jar::new();
    store(&mut jar, "http://127.0.0.1/", &["a=1", "b=2; Domain=127.0.0.1", "c=3; Domain=0.0.1"], 0);
    assert_eq!(header(&jar, "http://127.0.0.1/", 0).as_deref(), Some("a=1; b=2"));
    store(&mut jar, "http://[::1]:80/x/y", &["d=4"], 0);
    assert_eq!(header(&jar, "http://[::1]/x", 0).as_deref(), Some("d=4"));
    assert_eq!(header(&jar, "http://[::1]/xy", 0), None);
}

#[test]
fn browsers_lists_are_read() {
    let edit_this_cookie = r#"[
        { "domain": ".example.com", "expirationDate": 2000.5, "hostOnly": false, "httpOnly": true, "name": "a", "path": "/",
          "sameSite": "lax", "secure": true, "session": false, "storeId": "0", "value": "1", "id": 1 },
        { "domain": "h.example.com", "hostOnly": true, "name": "b", "path": "/p", "secure": false, "session": true, "value": "2" }
    ]"#;
    let storage_state = r#"{ "cookies": [
        { "name": "a", "value": "1", "domain": ".example.com", "path": "/", "expires": 2000.5, "httpOnly": true, "secure": true, "sameSite": "Lax" },
        { "name": "b", "value": "2", "domain": "h.example.com", "path": "/p", "expires": -1, "httpOnly": false, "secure": false }
    ], "origins": [] }"#;
    for text in [edit_this_cookie, storage_state] {
        assert_eq!(Kind::recognise(text), Some(Kind::Cookies));
        let jar = read(text).unwrap();
        for (url, now, expected) in [
            ("https://h.example.com/p", 1999, Some("b=2; a=1")),
            ("https://h.example.com/p", 2000, Some("b=2")),
            ("http://h.example.com/p/q", 1999, Some("b=2")),
            ("https://x.h.example.com/p", 1999, Some("a=1")),
            ("http://x.h.example.com/p", 1999, None),
        ] {
            assert_eq!(header(&jar, url, now).as_deref(), expected, "{url}");
        }
    }
}

#[test]
fn a_jar_is_bounded() {
    let mut jar = Jar::new();
    for index in 0..3100 {
        store(&mut jar, "http://h/", &[&format!("c{index}=1")], 0);
    }
    assert_eq!(jar.len(), 3000);
    let sent = header(&jar, "http://h/", 0).unwrap();
    assert!(sent.starts_with("c100=1; ") && sent.ends_with("c3099=1"));
    store(&mut jar, "http://g/", &[&format!("long={}", "x".repeat(5000))], 0);
    assert_eq!(header(&jar, "http://g/", 0), None);
}

#[test]
fn errors_name_the_place_and_show_no_value() {
    for (text, place) in [
        ("h\tFALSE\t/\thunter2", "line 1"),
        ("# c\nh\tFALSE\t/\tFALSE\thunter2\ta\tb", "line 2"),
        ("h\tFALSE\t/\tFALSE\t0\ta\tb\thunter2", "line 1"),
        ("h\tFALSE\t/\tFALSE\t0\ta\thunter2;x", "line 1"),
        ("h\tFALSE\t/\tFALSE\t0\ta=hunter2\tx", "line 1"),
        ("\tFALSE\t/\tFALSE\t0\ta\thunter2", "line 1"),
        (r#"[{ "name": "a", "value": "hunter2" }]"#, "#/0"),
        (r#"{ "cookies": [{ "domain": "h", "value": "hunter2" }], "origins": [] }"#, "#/cookies/0"),
        (r#"{ "cookies": "hunter2" }"#, "#/cookies"),
        (r#"[{ "name": "hunter2" "#, "line 1"),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidImport, "{text}: {error}");
        assert!(error.to_string().contains(place), "{text}: {error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let mut limits = Limits::default();
    limits.items = 1;
    let two = "h\tFALSE\t/\tFALSE\t0\ta\t1\nh\tFALSE\t/\tFALSE\t0\tb\t2\n";
    assert_eq!(Jar::read(two.as_bytes(), &limits).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let jar = read("h\tFALSE\t/\tFALSE\t0\ta\thunter2").unwrap();
    assert!(!format!("{jar:?}").contains("hunter2"));
}

/// They are no scheme: who reads them as a source is told where to go.
#[test]
fn a_source_of_cookies_says_where_they_are_read() {
    for text in ["# Netscape HTTP Cookie File\n", "#HttpOnly_h\tFALSE\t/\tFALSE\t0\ta\tb\n"] {
        let error = Source::read(text.as_bytes(), None, &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NothingDescribed);
        assert!(error.to_string().contains("--url"), "{error}");
    }
}
