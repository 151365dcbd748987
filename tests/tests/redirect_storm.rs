//! Every scheme, every status of a redirect, every kind of other origin: no credential is followed there, none is given to who asks
//! for it there, and the journey ends.

use countersign::adapter::{Journey, Plan};
use countersign::scheme::encode;
use countersign::{Authenticator, ErrorKind, Payload, Reply, Step};
use countersign_tests::every_config::{MARK, configs, near, read};
use http::header::{AUTHORIZATION, COOKIE, LOCATION, PROXY_AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::{Value, json};

/// Whether a text, or what it holds in base64, shows a generated secret.
fn holds_secret(text: &str) -> bool {
    let decoded = |word: &str| {
        // From each of the four places that a group may begin at.
        (0..4).filter_map(|from| word.get(from..)).any(|cut| {
            let whole = cut.get(..cut.len() / 4 * 4).unwrap_or_default();
            encode::base64_decode(whole.as_bytes()).is_some_and(|bytes| String::from_utf8_lossy(&bytes).contains(MARK))
        })
    };
    text.contains(MARK) || text.split([' ', ',', '"', ';', '=']).any(decoded)
}

const HOME: &str = "home.example";

/// Where redirects lead that are of another origin than `https://home.example`.
const ELSEWHERE: &[&str] = &[
    "https://other.example/x",
    "http://home.example/x",
    "https://home.example:444/x",
    "https://sub.home.example/x",
    "https://home.example.evil.example/x",
    "https://home.example@other.example/x",
    "https://eve:hunter1@other.example/x",
    "//other.example/x",
    "//home.example:8443/x",
    "///other.example/x",
    "HTTPS://OTHER.EXAMPLE/x",
    "\\\\other.example/x",
    "https:\\\\other.example\\x",
    "http://127.0.0.1/x",
    "http://[::1]/x",
    "https://home.example./x",
    "https://h\u{f6}me.example/x",
];

/// A server of every host: home redirects elsewhere, and elsewhere asks for credentials, or redirects on.
fn answer(
    request: &Request<Payload>,
    is_home: bool,
    asks: bool,
    redirect: (u16, &str),
    foreign: usize,
) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut headers = HeaderMap::new();
    let (status, location) = redirect;
    if request.uri().host() == Some("as.example") {
        let token = br#"{"access_token":"hunter2-token","token_type":"Bearer","expires_in":600}"#;
        return (StatusCode::OK, headers, token.to_vec());
    }
    if is_home && asks && !request.headers().contains_key(AUTHORIZATION) {
        headers.insert(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256"),
        );
        return (StatusCode::UNAUTHORIZED, headers, Vec::new());
    }
    if is_home || foreign % 2 == 1 {
        let target = if is_home { location } else { "https://third.example/" };
        headers.insert(LOCATION, HeaderValue::from_bytes(target.as_bytes()).unwrap());
        return (StatusCode::from_u16(status).unwrap(), headers, Vec::new());
    }
    for demand in [
        "Basic realm=\"r\"",
        "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256",
        "NTLM",
        "Negotiate",
        "Bearer realm=\"r\", error=\"invalid_token\"",
        "Hawk",
        "OAuth",
    ] {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(demand));
    }
    (StatusCode::UNAUTHORIZED, headers, Vec::new())
}

fn is_home(request: &Request<Payload>) -> bool {
    request.uri().authority().is_some_and(|authority| [HOME, "home.example:443"].contains(&authority.as_str()))
        && request.uri().scheme_str() == Some("https")
}

/// One journey: how many requests went to another origin.
fn travel(config: &Value, method: &str, status: u16, location: &str, case: &str) -> usize {
    let auth = Authenticator::new(&read(config).unwrap()).unwrap();
    let request = Request::builder().method(method).uri("https://home.example/start?a=1");
    // What the caller set for home by hand is home's too.
    let request = request.header(COOKIE, "c=hunter2").header(PROXY_AUTHORIZATION, "Basic hunter2");
    let request = request.body(Payload::from(if method == "GET" { "" } else { "b=2" })).unwrap();
    let started = Journey::start(&auth, &Plan::new(), request);
    let (mut journey, mut step) = started.unwrap_or_else(|why| panic!("{case}: {why}"));
    let asks = config["type"] == "digest";
    let (mut foreign, mut legs) = (0, 0);
    while let Step::Send(request) = &step {
        legs += 1;
        assert!(legs <= 30, "{case}: it does not end");
        let is_home = is_home(request);
        if !is_home && !journey.is_own_leg() {
            foreign += 1;
            for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
                assert!(!request.headers().contains_key(&name), "{case}: {name} at {}", request.uri());
            }
            for (name, value) in request.headers() {
                let text = String::from_utf8_lossy(value.as_bytes());
                assert!(!value.is_sensitive() && !holds_secret(&text), "{case}: {name} at {}", request.uri());
            }
            let body = request.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            let (uri, body) = (request.uri().to_string(), body.unwrap_or_default());
            assert!(!uri.contains('@') && !holds_secret(&uri) && !holds_secret(&body), "{case}: {uri} {body}");
            for signature in ["oauth_", "x-amz-", "signature", "key="] {
                let shown = format!("{uri} {body}").to_ascii_lowercase();
                assert!(!shown.contains(signature), "{case}: {shown}");
            }
        }
        let (status, headers, body) = answer(request, is_home, asks, (status, location), foreign);
        step = match journey.on_response(Reply::new(status, &headers, &body)) {
            Ok(next) => next,
            // Ten redirects, a `Location` that leads nowhere.
            Err(why) => {
                assert!([ErrorKind::LimitExceeded, ErrorKind::InvalidRequest].contains(&why.kind()), "{case}: {why}");
                break;
            }
        };
    }
    foreign
}

#[test]
fn no_credential_is_followed_to_another_origin() {
    let (mut journeys, mut foreign) = (0, 0);
    let mut of_types = std::collections::BTreeMap::<_, usize>::new();
    for (name, config) in configs() {
        let near = near(&name, &config);
        let forms = ["", "query", "request", "cookie"].into_iter().filter_map(|place| {
            let mut form = near.clone();
            if !place.is_empty() {
                form["add_to"] = json!(place);
            }
            read(&form).is_ok_and(|config| Authenticator::new(&config).is_ok()).then_some(form)
        });
        for config in forms {
            for status in [301, 302, 303, 307, 308] {
                for location in ELSEWHERE {
                    // What a method changes is the same for each.
                    let methods: &[_] = if location.starts_with("https://other") { &["GET", "POST"] } else { &["GET"] };
                    for method in methods {
                        let case = format!("{name} {} {method} {status} {location}", config["add_to"]);
                        let requests = travel(&config, method, status, location, &case);
                        journeys += 1;
                        foreign += requests;
                        *of_types.entry(name.clone()).or_default() += requests;
                    }
                }
            }
        }
    }
    println!("{journeys} journeys, {foreign} requests to other origins: {of_types:?}");
    assert!(journeys >= 2000 && foreign >= 2000, "{journeys} journeys, {foreign} requests to other origins");
    assert!(of_types.values().filter(|requests| **requests > 0).count() >= 10, "{of_types:?}");
}
