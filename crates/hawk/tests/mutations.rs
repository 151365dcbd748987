//! Whatever is changed in a signed request, URL or message: it is refused, or what changed is not signed.
//!
//! `COUNTERSIGN_MUTATIONS` says how many changes are tried.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign_hawk::http::request::Parts;
use countersign_hawk::http::{HeaderName, HeaderValue, Method, Request, Uri};
use countersign_hawk::scheme::{query, target};
use countersign_hawk::verify::{Credentials, Verifier};
use countersign_hawk::{Config, Context, Message, Payload, Scheme as _, Signer};
use proptest::prelude::*;

const NOW: u64 = 1_353_832_234;
const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

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
    let name = || prop_oneof![Just("authorization"), Just("host"), Just("content-type"), Just("x-other")];
    prop_oneof![
        2 => prop_oneof![Just("GET"), Just("POST"), Just("post"), Just("DELETE")].prop_map(Change::Method),
        8 => edit().prop_map(Change::Uri),
        8 => (Just("authorization"), edit()).prop_map(|(name, edit)| Change::Value(name, edit)),
        4 => (name(), edit()).prop_map(|(name, edit)| Change::Value(name, edit)),
        2 => (name(), prop_oneof![Just("h"), Just("text/plain"), Just("Hawk id=\"id\"")])
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

fn key_of(id: &str) -> Option<Credentials> {
    (id == "id").then(|| Credentials::new(KEY))
}

/// All that Hawk signs of a request, and what its verifier reports.
fn signed(parts: &Parts, payload: &Payload) -> Option<Vec<String>> {
    let verifier = Verifier::new();
    let claim = verifier.read(parts).ok()?;
    let key = key_of(claim.id());
    let verified = verifier.verify(claim, key.as_ref(), payload, &Context::at(NOW)).ok()?;
    let (host, port) = target::split_port(target::host(parts).unwrap());
    let mut all = vec![
        parts.method.as_str().to_ascii_uppercase(),
        target::path_and_query(&parts.uri).into_owned(),
        host.to_ascii_lowercase(),
        port.or_else(|| target::default_port(parts.uri.scheme_str()?)).unwrap_or(443).to_string(),
        verified.replay_key().to_string(),
    ];
    if verified.payload_is_signed {
        all.push(target::media_type(&parts.headers).into_owned());
        all.push(format!("{:?}", payload.bytes()));
    }
    all.extend([verified.id, verified.ext, verified.app, verified.dlg]);
    Some(all)
}

proptest! {
    #![proptest_config(changes())]

    #[test]
    fn of_a_request_only_what_is_unsigned_can_change(
        hash in any::<bool>(),
        (ext, app) in ("[a-z\"\\\\]{0,3}", "[a-z]{0,2}"),
        change in change(),
    ) {
        let mut config = Config::new("id", KEY);
        config.include_payload_hash = hash;
        (config.ext, config.app, config.dlg) = (Some(ext), Some(app), Some("d".to_owned()));
        let request = Request::post("https://example.com:8443/a/b?c=d&e=%20f").header("content-type", "text/plain; a=b");
        let request = request.header("host", "example.com:8443").header("x-other", "other");
        let (mut parts, mut payload) = request.body(Payload::from("a body")).unwrap().into_parts();
        let ctx = Context::at(NOW).with_nonce("nonce");
        Signer::new(&config).unwrap().sign(&mut parts, &mut payload, &ctx).unwrap();
        let before = signed(&parts, &payload);
        prop_assert!(before.is_some());

        if change.make(&mut parts, &mut payload).is_some() {
            let after = signed(&parts, &payload);
            prop_assert!(after.is_none() || after == before, "{before:?} became {after:?}");
        }
    }

    #[test]
    fn of_a_bewit_only_its_place_and_its_names_spelling_can_change(edit in edit(), ext in "[a-z ]{0,3}") {
        let mut config = Config::new("id", KEY);
        config.ext = Some(ext);
        let signer = Signer::new(&config).unwrap();
        let uri = signer.bewit(&"https://h:81/a?b=c&d".parse().unwrap(), 60, &Context::at(NOW)).unwrap();
        let signed = |uri: &Uri| {
            let (parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
            let verifier = Verifier::new();
            let claim = verifier.read_bewit(&parts).ok()?;
            let key = key_of(claim.id());
            let verified = verifier.verify_bewit(claim, key.as_ref(), &Context::at(NOW)).ok()?;
            let unsigned = query::replace(uri, |name| name == b"bewit", &[]).unwrap();
            Some((verified, target::path_and_query(&unsigned).into_owned(), target::Origin::of(uri).map(|it| (it.host().to_owned(), it.port()))))
        };
        let before = signed(&uri);
        prop_assert!(before.is_some());
        if let Ok(changed) = Uri::try_from(edit.of(uri.to_string().as_bytes())) {
            let after = signed(&changed);
            prop_assert!(after.is_none() || after == before, "{uri} became {changed}");
        }
    }

    #[test]
    fn of_a_message_nothing_can_change(field in 0_usize..7, edit in edit()) {
        let signer = Signer::new(&Config::new("id", KEY)).unwrap();
        let made = signer.message("example.com", 8000, b"hello", &Context::at(NOW).with_nonce("nonce")).unwrap();
        let ts = made.ts.to_string();
        let fields = [&made.id, &ts, &made.nonce, &made.hash, &made.mac, "example.com", "hello"].map(str::as_bytes);
        let mut changed = fields.map(<[u8]>::to_vec);
        changed[field] = edit.of(fields[field]);
        let [id, ts, nonce, hash, mac, host, body] = &changed;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let Ok(ts) = text(ts).parse() else { return Ok(()) };
        let message = Message::new(text(id), ts, text(nonce), text(hash), text(mac));
        let verifier = Verifier::new();
        let accepted = verifier.read_message(&message, &text(host), 8000).is_ok_and(|claim| {
            let key = key_of(claim.id());
            verifier.verify_message(claim, key.as_ref(), body, &Context::at(NOW)).is_ok()
        });
        let is_same = message == made && body == b"hello" && text(host).eq_ignore_ascii_case("example.com");
        prop_assert_eq!(accepted, is_same);
    }
}

/// The list in the verifier's documentation, each entry tried.
#[test]
fn what_is_said_to_be_unsigned_is() {
    let request = |hash| {
        let mut config = Config::new("id", KEY);
        config.include_payload_hash = hash;
        let request =
            Request::post("https://h/").header("content-type", "text/plain").body(Payload::from("hi")).unwrap();
        let (mut parts, mut payload) = request.into_parts();
        Signer::new(&config).unwrap().sign(&mut parts, &mut payload, &Context::at(NOW).with_nonce("n")).unwrap();
        (parts, payload)
    };
    let passes = |hash, change: &dyn Fn(&mut Parts, &mut Payload)| {
        let (mut parts, mut payload) = request(hash);
        change(&mut parts, &mut payload);
        signed(&parts, &payload).is_some()
    };
    let header = |parts: &mut Parts, name: &'static str, value: &str| {
        parts.headers.insert(name, HeaderValue::try_from(value).unwrap());
    };
    assert!(passes(true, &|parts, _| header(parts, "x-added", "y")));
    assert!(passes(true, &|parts, _| parts.method = Method::from_bytes(b"post").unwrap()));
    assert!(passes(true, &|parts, _| header(parts, "host", "H:443")));
    assert!(passes(true, &|parts, _| header(parts, "content-type", " TEXT/plain ;charset=utf-8")));
    assert!(passes(true, &|parts, _| parts.uri = "http://h:443/".parse().unwrap()));
    assert!(passes(true, &|parts, _| {
        let text = parts.headers["authorization"].to_str().unwrap();
        let mut attributes: Vec<_> = text.strip_prefix("Hawk ").unwrap().split(", ").collect();
        attributes.reverse();
        let text = format!("hAWK  {}", attributes.join(" ,  ").replace("\"id\"", "\"\\i\\d\""));
        header(parts, "authorization", &text);
    }));
    assert!(passes(false, &|_, payload| *payload = "another".into()));
    assert!(passes(false, &|parts, _| header(parts, "content-type", "text/html")));
    assert!(!passes(true, &|_, payload| *payload = "another".into()));
    assert!(!passes(true, &|parts, _| header(parts, "content-type", "text/html")));
    assert!(!passes(true, &|parts, _| parts.uri = "http://h/".parse().unwrap()));
}

/// The name of the parameter compares decoded where it is taken out, so it must where it is looked for: else a second one rides along
/// unsigned.
#[test]
fn a_bewit_spelt_otherwise_does_not_ride_along() {
    let signer = Signer::new(&Config::new("id", KEY)).unwrap();
    let ctx = Context::at(NOW);
    let uri = signer.bewit(&"http://h/p?a=1".parse().unwrap(), 60, &ctx).unwrap().to_string();
    let verify = |uri: &str, method: &str| {
        let (parts, ()) = Request::builder().method(method).uri(uri).body(()).unwrap().into_parts();
        let (verifier, key) = (Verifier::new(), Credentials::new(KEY));
        let claim = verifier.read_bewit(&parts);
        let verified = claim.and_then(|claim| verifier.verify_bewit(claim, Some(&key), &ctx));
        verified.map(|verified| verified.id).map_err(|why| why.kind().as_str())
    };
    assert_eq!(verify(&uri, "GET").as_deref(), Ok("id"));
    assert_eq!(verify(&uri, "HEAD").as_deref(), Ok("id"));
    assert_eq!(verify(&uri, "POST"), Err("rejected"));
    for added in ["bewit=x", "%62ewit=x", "bewi%74", "%62ewit"] {
        assert_eq!(verify(&format!("{uri}&{added}"), "GET"), Err("invalid-request"), "{added}");
        assert_eq!(verify(&uri.replace("a=1", &format!("a=1&{added}")), "GET"), Err("invalid-request"), "{added}");
    }
    assert_eq!(verify(&format!("{uri}&b=2"), "GET"), Err("rejected"));
    assert_eq!(verify(&uri.replace("bewit", "%62ewi%74"), "GET").as_deref(), Ok("id"));
}
