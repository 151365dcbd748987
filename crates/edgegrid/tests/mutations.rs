//! Whatever is changed in a signed request: it is refused, or what changed is not signed.
//!
//! `COUNTERSIGN_MUTATIONS` says how many changes are tried.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign_edgegrid::http::request::Parts;
use countersign_edgegrid::http::{HeaderName, HeaderValue, Method, Request, Uri};
use countersign_edgegrid::scheme::target;
use countersign_edgegrid::verify::Verifier;
use countersign_edgegrid::{Config, Context, Payload, Scheme as _, Secret, Signer};
use proptest::prelude::*;

const NOW: u64 = 1_395_430_461;
/// Of the body `a body`.
const MAX_BODY: u64 = 4;

fn changes() -> ProptestConfig {
    let given = std::env::var("COUNTERSIGN_MUTATIONS").ok().and_then(|count| count.parse().ok());
    ProptestConfig { cases: given.unwrap_or(500), failure_persistence: None, ..ProptestConfig::default() }
}

/// A small change of a text: something taken out, put in, or moved.
#[derive(Clone, Debug)]
enum Edit {
    Remove { at: usize, length: usize },
    Insert { at: usize, text: String },
    Replace { at: usize, text: String },
    Swap { at: usize },
    Case { at: usize },
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<usize>;
    let text = || prop_oneof!["[ -~]{1,3}", "(&|,|;|\"|\\\\|%|/|\\?|:|=)", Just("\u{fc}".to_owned())];
    prop_oneof![
        (at(), 1_usize..12).prop_map(|(at, length)| Edit::Remove { at, length }),
        (at(), text()).prop_map(|(at, text)| Edit::Insert { at, text }),
        (at(), text()).prop_map(|(at, text)| Edit::Replace { at, text }),
        at().prop_map(|at| Edit::Swap { at }),
        at().prop_map(|at| Edit::Case { at }),
    ]
}

impl Edit {
    fn of(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let place = |at: usize| at % (bytes.len() + 1);
        match self {
            Self::Remove { at, length } => {
                let at = place(*at);
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Self::Insert { at, text } => {
                let at = place(*at);
                bytes.splice(at..at, text.bytes());
            }
            Self::Replace { at, text } => {
                let at = place(*at);
                bytes.splice(at..(at + text.len()).min(bytes.len()), text.bytes());
            }
            Self::Swap { at } if bytes.len() > 1 => {
                let at = at % (bytes.len() - 1);
                bytes.swap(at, at + 1);
            }
            Self::Case { at } if !bytes.is_empty() => {
                let at = at % bytes.len();
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 0x20);
            }
            Self::Swap { .. } | Self::Case { .. } => {}
        }
        bytes
    }
}

/// What is changed, and how.
#[derive(Clone, Debug)]
enum Change {
    Method(&'static str),
    Uri(Edit),
    Value(&'static str, Edit),
    Add(&'static str, &'static str),
    Without(&'static str),
    Body(Edit),
}

fn change() -> impl Strategy<Value = Change> {
    let name = || prop_oneof![Just("authorization"), Just("host"), Just("x-signed"), Just("x-other")];
    prop_oneof![
        2 => prop_oneof![Just("GET"), Just("POST"), Just("post"), Just("DELETE")].prop_map(Change::Method),
        8 => edit().prop_map(Change::Uri),
        8 => (Just("authorization"), edit()).prop_map(|(name, edit)| Change::Value(name, edit)),
        4 => (name(), edit()).prop_map(|(name, edit)| Change::Value(name, edit)),
        2 => (name(), prop_oneof![Just("h"), Just(" "), Just("EG1-HMAC-SHA256 nonce=n;")])
            .prop_map(|(name, value)| Change::Add(name, value)),
        1 => name().prop_map(Change::Without),
        4 => edit().prop_map(Change::Body),
    ]
}

impl Change {
    /// Nothing, where the result is no request at all.
    fn make(&self, parts: &mut Parts, payload: &mut Payload) -> Option<()> {
        match self {
            Self::Method(name) => parts.method = Method::from_bytes(name.as_bytes()).ok()?,
            Self::Uri(edit) => parts.uri = Uri::try_from(edit.of(parts.uri.to_string().as_bytes())).ok()?,
            Self::Value(name, edit) => {
                let value = HeaderValue::from_bytes(&edit.of(parts.headers.get(*name)?.as_bytes())).ok()?;
                parts.headers.insert(*name, value);
            }
            Self::Add(name, value) => {
                parts.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            Self::Without(name) => drop(parts.headers.remove(*name)?),
            Self::Body(edit) => *payload = Payload::from(edit.of(payload.bytes()?)),
        }
        Some(())
    }
}

/// All that EdgeGrid signs of a request, and what its verifier reports.
fn signed(parts: &Parts, payload: &Payload) -> Option<Vec<String>> {
    let names = ["x-signed", "x-absent"].map(HeaderName::from_static);
    let verifier = Verifier::new().with_headers_to_sign(names.clone()).with_max_body(MAX_BODY);
    let claim = verifier.read(parts).ok()?;
    let secret = ((claim.id(), claim.access_token()) == ("client", "access")).then(|| Secret::from("secret"));
    let verified = verifier.verify(claim, secret.as_ref(), payload, &Context::at(NOW)).ok()?;
    let method = parts.method.as_str().to_ascii_uppercase();
    let body = payload.bytes().filter(|_| method == "POST").map(|bytes| bytes.get(..4).unwrap_or(bytes).to_vec());
    let header = |name| {
        let value = String::from_utf8_lossy(parts.headers.get(name)?.as_bytes()).into_owned();
        Some(value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")).filter(|value| !value.is_empty())
    };
    let mut all = vec![
        target::path_and_query(&parts.uri).into_owned(),
        parts.uri.scheme_str().unwrap_or("https").to_owned(),
        target::host(parts).unwrap().to_owned(),
        format!("{body:?} {:?}", names.map(header)),
        verified.replay_key().to_string(),
        method,
        parts.headers.get("authorization").unwrap().to_str().unwrap().to_owned(),
    ];
    all.extend([verified.client_token, verified.access_token]);
    Some(all)
}

/// A request that is signed, with or without a Host header, and with it the signed header.
fn request(method: &str, has_host: bool) -> (Parts, Payload) {
    let mut config = Config::new("access", "client", "secret");
    config.headers_to_sign = vec!["X-Signed".into(), "X-Absent".into()];
    config.max_body = MAX_BODY;
    let request = Request::builder().method(method).uri("https://example.com:8443/a/b?c=d&e=%20f");
    let request = request.header("x-signed", "two words").header("x-other", "other");
    let request = if has_host { request.header("host", "example.com:8443") } else { request };
    let (mut parts, mut payload) = request.body(Payload::from("a body")).unwrap().into_parts();
    let ctx = Context::at(NOW).with_nonce("nonce");
    Signer::new(&config).unwrap().sign(&mut parts, &mut payload, &ctx).unwrap();
    (parts, payload)
}

proptest! {
    #![proptest_config(changes())]

    #[test]
    fn of_a_request_only_what_is_unsigned_can_change(
        method in "(GET|POST|PUT)",
        has_host in any::<bool>(),
        change in change(),
    ) {
        let (mut parts, mut payload) = request(&method, has_host);
        let before = signed(&parts, &payload);
        prop_assert!(before.is_some());
        if change.make(&mut parts, &mut payload).is_some() {
            let after = signed(&parts, &payload);
            prop_assert!(after.is_none() || after == before, "{before:?} became {after:?}");
        }
    }
}

/// The list in the verifier's documentation, each entry tried.
#[test]
fn what_is_said_to_be_unsigned_is() {
    let passes = |method, change: &dyn Fn(&mut Parts, &mut Payload)| {
        let (mut parts, mut payload) = request(method, true);
        change(&mut parts, &mut payload);
        signed(&parts, &payload).is_some()
    };
    let header = |parts: &mut Parts, name: &'static str, value: &str| {
        parts.headers.insert(name, HeaderValue::try_from(value).unwrap());
    };
    assert!(passes("POST", &|parts, _| header(parts, "x-added", "y")));
    assert!(passes("POST", &|parts, _| header(parts, "x-other", "changed")));
    assert!(passes("POST", &|parts, _| header(parts, "x-signed", " two \t words ")));
    assert!(passes("POST", &|parts, _| header(parts, "x-absent", " ")));
    assert!(passes("POST", &|parts, _| parts.method = Method::from_bytes(b"post").unwrap()));
    assert!(passes("POST", &|_, payload| *payload = "a boat".into()));
    assert!(passes("PUT", &|_, payload| *payload = "another".into()));
    assert!(
        passes("POST", &|parts, _| parts.uri = parts.uri.to_string().replace("example", "EXAMPLE").parse().unwrap())
    );
    assert!(!passes("POST", &|_, payload| *payload = "another".into()));
    assert!(!passes("POST", &|parts, _| header(parts, "x-signed", "twowords")));
    assert!(!passes("POST", &|parts, _| header(parts, "host", "EXAMPLE.com:8443")));
    assert!(!passes("POST", &|parts, _| parts.uri = parts.uri.to_string().replace("https", "http").parse().unwrap()));
}
