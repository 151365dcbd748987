//! Whatever is sent or signed. `COUNTERSIGN_MUTATIONS` says how many changes of a signed request are tried.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics is a test that fails"
)]

mod server;

use std::collections::BTreeMap;

use countersign_digest::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use countersign_digest::http::request::Parts;
use countersign_digest::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use countersign_digest::verify::{Account, Verifier};
use countersign_digest::{Algorithm, Config, Context, Exchange, Payload, Qop, Reply, Scheme as _, Step};
use proptest::prelude::*;
use server::*;

/// A changed part of a signed request: which one, where, and by what.
type Change = (u8, prop::sample::Index, u8, u8);

fn change() -> impl Strategy<Value = Change> {
    (0..10_u8, any::<prop::sample::Index>(), prop_oneof![0x20..0x7f_u8, 0x80..=0xff_u8], 0..4_u8)
}

/// Replaces, inserts, removes or doubles a byte.
fn mutated(text: &[u8], (_, at, byte, how): &Change) -> Vec<u8> {
    let mut text = text.to_vec();
    let at = at.index(text.len().max(1));
    match how {
        0 => text.insert(at, *byte),
        1 if at < text.len() => drop(text.remove(at)),
        2 if at < text.len() => text[at] ^= 0x20,
        _ if at < text.len() => text[at] = *byte,
        _ => text.push(*byte),
    }
    text
}

/// Changes the request; returns whether it still says the same in everything that an answer covers. None where the change
/// gives no request at all.
fn apply(change: &Change, parts: &mut Parts, payload: &mut Payload, qop: &Qop) -> Option<bool> {
    let before = (parts.clone(), payload.bytes().cloned());
    match change.0 {
        0..=3 => {
            let value = mutated(parts.headers[AUTHORIZATION].as_bytes(), change);
            parts.headers.insert(AUTHORIZATION, HeaderValue::from_bytes(&value).ok()?);
        }
        4 | 5 => parts.uri = Uri::try_from(mutated(parts.uri.path_and_query()?.as_str().as_bytes(), change)).ok()?,
        6 => parts.method = Method::from_bytes(&mutated(parts.method.as_str().as_bytes(), change)).ok()?,
        7 => *payload = Payload::from(mutated(payload.bytes()?, change)),
        8 => drop(parts.headers.insert("x-any", HeaderValue::from_bytes(&[change.2]).ok()?)),
        _ => drop(parts.headers.append(AUTHORIZATION, HeaderValue::from_bytes(&[change.2]).ok()?)),
    }
    let is_one = parts.headers.get_all(AUTHORIZATION).iter().count() == 1;
    let target = |parts: &Parts| parts.uri.path_and_query().map(ToString::to_string);
    let covered = *qop == Qop::AuthInt;
    Some(
        is_one
            && target(parts) == target(&before.0)
            && parts.uri.authority() == before.0.uri.authority()
            && parts.method == before.0.method
            && (!covered || payload.bytes() == before.1.as_ref())
            && meaning(parts) == meaning(&before.0),
    )
}

/// What an answer says, without what is not signed.
fn meaning(parts: &Parts) -> Option<BTreeMap<String, Vec<u8>>> {
    let params = |value: &HeaderValue| {
        let mut challenges = countersign_digest::scheme::challenge::challenges(value.as_bytes());
        let (challenge, more) = (challenges.next()?.ok()?, challenges.next());
        if !challenge.is("Digest") || more.is_some() {
            return None;
        }
        let mut meaning = BTreeMap::new();
        for param in challenge.params() {
            let (name, mut value) = (param.name.to_ascii_lowercase(), param.value().into_owned());
            match &*name {
                "username" | "realm" | "nonce" | "uri" | "nc" | "cnonce" => {}
                "response" | "qop" | "algorithm" => value.make_ascii_lowercase(),
                _ => continue,
            }
            if meaning.insert(name, value).is_some() {
                return None;
            }
        }
        // Left out, it is MD5.
        meaning.entry("algorithm".to_owned()).or_insert_with(|| b"md5".to_vec());
        Some(meaning)
    };
    params(parts.headers.get(AUTHORIZATION)?)
}

fn changes() -> ProptestConfig {
    let given = std::env::var("COUNTERSIGN_MUTATIONS").ok().and_then(|count| count.parse().ok());
    ProptestConfig { cases: given.unwrap_or(500), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(changes())]

    #[test]
    fn nothing_that_is_signed_can_be_changed(
        change in change(),
        algorithm in prop::sample::select(vec![Algorithm::Md5, Algorithm::Md5Sess, Algorithm::Sha256, Algorithm::Sha512Trunc256Sess]),
        qop in prop::sample::select(vec![Qop::Auth, Qop::AuthInt]),
    ) {
        let ctx = Context::at(1_440_938_160).with_nonce("0a4f113b");
        let verifier = Verifier::new("users@example.org", &[7; 32]).unwrap().with_algorithms([algorithm]).unwrap();
        let mut config = Config::new("Mufasa", "Circle of Life");
        config.qop = Some(qop.clone());
        let request = Request::post("/dir/index.html?a=b&c=%20d").header("host", "h").body(Payload::from("body")).unwrap();
        let (mut exchange, _) = Exchange::start(signer(&config), request, &ctx).unwrap();
        let asked: HeaderMap = verifier.challenges(&ctx).unwrap().into_iter().map(|value| (WWW_AUTHENTICATE, value)).collect();
        let request = sent(exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &asked, b""), &ctx));
        let (mut parts, mut payload) = request.into_parts();
        let account = Account::new("Mufasa", "Circle of Life");
        let passes = |parts: &Parts, payload: &Payload| {
            verifier.read(parts, &ctx).and_then(|claim| {
                let known = (claim.id() == "Mufasa").then_some(&account);
                verifier.verify(claim, known, payload, &ctx)
            }).is_ok()
        };
        prop_assert!(passes(&parts, &payload));
        if let Some(is_same) = apply(&change, &mut parts, &mut payload, &qop) {
            prop_assert!(is_same || !passes(&parts, &payload), "{:?}", parts.headers);
        }
    }

}

proptest! {
    #[test]
    fn any_header_is_verified_without_panic(value in prop::collection::vec(prop_oneof![0x20..0x7f_u8, 0x80..=0xff_u8], 0..200)) {
        let verifier = Verifier::new("r", &[1; 32]).unwrap();
        let value = HeaderValue::from_bytes(&[&b"Digest "[..], &value].concat()).unwrap();
        let (parts, payload) = Request::get("/").header(AUTHORIZATION, value).body(Payload::empty()).unwrap().into_parts();
        let refused = verifier.read(&parts, &ctx()).and_then(|claim| verifier.verify(claim, None, &payload, &ctx()));
        prop_assert!(!refused.unwrap_err().challenges.is_empty());
    }

    #[test]
    fn any_challenge_is_answered_or_refused(value in proptest::collection::vec(prop_oneof![0x20..0x7f_u8, 0x80..=0xff_u8], 0..200), valid in any::<bool>()) {
        let start = if valid { &b"Digest realm=\"r\", nonce=\"n\", "[..] } else { b"Digest " };
        let mut asked = HeaderMap::new();
        asked.insert(WWW_AUTHENTICATE, HeaderValue::from_bytes(&[start, &value].concat()).unwrap());
        let (mut exchange, _) = Exchange::start(mufasa(), get("http://h/"), &ctx()).unwrap();
        for _ in 0..2 {
            let _ = exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &asked, b""), &ctx());
        }
        prop_assert!(!matches!(exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &asked, b""), &ctx()), Ok(Step::Send(_))));
    }

    #[test]
    fn signing_is_deterministic_and_replaces(path in "/[a-z0-9/?&=%\"]{0,20}", user in ".{0,10}", password in ".{0,10}") {
        let mut config = Config::new(user, password);
        (config.realm, config.nonce, config.qop) = (Some("r".into()), Some("n".into()), Some(Qop::Auth));
        let Ok(uri) = format!("http://h{path}").parse::<Uri>() else { return Ok(()) };
        let sign = |request: Request<()>| {
            let (mut parts, ()) = request.into_parts();
            signer(&config).sign(&mut parts, &mut Payload::empty(), &ctx()).unwrap();
            parts
        };
        let once = sign(Request::get(&uri).body(()).unwrap());
        let twice = sign(Request::from_parts(once.clone(), ()));
        prop_assert_eq!(&once.headers, &twice.headers);
        prop_assert_eq!((once.uri, once.headers.len()), (uri, 1));
    }

    #[test]
    fn an_error_leaves_the_request_as_it_was(value in "[a-z]{1,10}") {
        let (mut parts, _) = get("http://h/").into_parts();
        parts.headers.insert("x", value.parse().unwrap());
        let before = parts.clone();
        prop_assert!(mufasa().sign(&mut parts, &mut Payload::empty(), &ctx()).is_err());
        prop_assert_eq!((before.headers, before.uri), (parts.headers, parts.uri));
    }
}
