//! What a signer remembers of its servers.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics is a test that fails"
)]

mod server;

use countersign_digest::http::header::{AUTHORIZATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use countersign_digest::http::{Request, StatusCode};
use std::sync::Arc;

use countersign_digest::{ErrorKind, Exchange, Payload, Reply, Result, Scheme as _, Signer, Step};
use server::*;

#[test]
fn a_session_signs_at_once_and_counts() {
    let signer = mufasa();
    sent(answer(&signer, get("http://h/a"), &[RFC_2617]));
    for count in ["00000002", "00000003"] {
        let (mut exchange, step) = Exchange::start(signer.clone(), get("http://H:80/b?c"), &ctx()).unwrap();
        let request = sent(Ok(step));
        assert_eq!(param(&request, "nc").unwrap(), count);
        assert_eq!(param(&request, "uri").unwrap(), "/b?c");
        assert!(matches!(accept(&mut exchange, "qop=auth"), Ok(Step::Done)));
    }
    // Another origin gets nothing of it.
    for uri in ["https://h/a", "http://h:8080/a", "http://g/a"] {
        let (_, step) = Exchange::start(signer.clone(), get(uri), &ctx()).unwrap();
        assert!(!sent(Ok(step)).headers().contains_key(AUTHORIZATION), "{uri}");
    }
    let (parts, _) = get("http://g/a").into_parts();
    assert_eq!(signer.compute(&parts, &Payload::empty(), &ctx()).unwrap_err().kind(), ErrorKind::NeedsExchange);
}

#[test]
fn a_known_nonce_never_starts_again() {
    let signer = mufasa();
    let counts = |challenge: &str| param(&sent(answer_again(&signer, challenge)), "nc").unwrap();
    let other = RFC_2617.replace("dcd98b", "000000");
    let other_realm = RFC_2617.replace("host.com", "elsewhere");
    assert_eq!(param(&sent(answer(&signer, get("http://h/"), &[RFC_2617])), "nc").unwrap(), "00000001");
    assert_eq!(counts(RFC_2617), "00000003");
    assert_eq!(counts(&other), "00000001");
    // The fourth and sixth went out from memory.
    assert_eq!(counts(RFC_2617), "00000005");
    assert_eq!(counts(&other_realm), "00000007");
}

/// The first request of the conversation is signed from memory, and refused with this challenge.
fn answer_again(signer: &Arc<Signer>, challenge: &str) -> Result<Step> {
    let (mut exchange, step) = Exchange::start(signer.clone(), get("http://h/"), &ctx()).unwrap();
    assert!(sent(Ok(step)).headers().contains_key(AUTHORIZATION));
    refuse(&mut exchange, &[challenge])
}

#[test]
fn a_nonce_counts_on_after_its_space_was_forgotten() {
    let signer = mufasa();
    let first = |uri: &str| param(&sent(answer(&signer, get(uri), &[RFC_2617])), "nc").unwrap();
    assert_eq!(first("http://h/"), "00000001");
    for origin in 0..1025 {
        assert_eq!(first(&format!("http://h:{}/", 1000 + origin)), "00000001");
    }
    assert_eq!(first("http://h/"), "00000002");
    assert_eq!(first("http://h:1000/"), "00000002");
}

#[test]
fn many_origins_are_known_at_once() {
    let signer = mufasa();
    let uri = |origin: usize| format!("http://h{origin}.example/");
    for origin in 0..1000 {
        sent(answer(&signer, get(&uri(origin)), &[RFC_2617]));
    }
    for origin in 0..1000 {
        let (parts, payload) = get(&uri(origin)).into_parts();
        assert!(signer.compute(&parts, &payload, &ctx()).is_ok(), "{origin}");
    }
}

#[test]
fn realms_with_one_nonce_have_one_count() {
    let signer = mufasa();
    let inner = RFC_2617.replace("testrealm", "inner");
    sent(answer(&signer, get("http://h/a/x"), &[RFC_2617]));
    let (mut exchange, _) = Exchange::start(signer.clone(), get("http://h/a/b/x"), &ctx()).unwrap();
    assert_eq!(param(&sent(refuse(&mut exchange, &[&inner])), "nc").unwrap(), "00000003");
    for (uri, count) in [("http://h/a/y", "00000004"), ("http://h/a/b/y", "00000005"), ("http://h/a/y", "00000006")] {
        let (_, step) = Exchange::start(signer.clone(), get(uri), &ctx()).unwrap();
        assert_eq!(param(&sent(Ok(step)), "nc").unwrap(), count, "{uri}");
    }
}

#[test]
fn a_nonce_that_was_replaced_counts_on() {
    let signer = mufasa();
    let count = |step: Step| param(&sent(Ok(step)), "nc").unwrap();
    let start = || Exchange::start(signer.clone(), get("http://h/"), &ctx()).unwrap();
    let (mut exchange, _) = start();
    sent(refuse(&mut exchange, &[RFC_2617]));
    for (next, expected) in [("a", "00000001"), ("b", "00000001"), ("a", "00000002"), ("b", "00000002")] {
        assert!(matches!(accept(&mut exchange, &format!("nextnonce={next}")), Ok(Step::Done)));
        let (started, step) = start();
        assert_eq!(count(step), expected, "{next}");
        exchange = started;
    }
}

#[test]
fn threads_share_a_session_and_no_count_is_used_twice() {
    let signer = mufasa();
    sent(answer(&signer, get("http://h/"), &[RFC_2617]));
    let one = || {
        let signer = signer.clone();
        std::thread::spawn(move || {
            let (parts, _) = get("http://h/x").into_parts();
            let count = |_| {
                let signed = signer.compute(&parts, &Payload::empty(), &ctx()).unwrap();
                let value = signed.headers()[0].1.to_str().unwrap().to_owned();
                value.split("nc=").nth(1).unwrap()[..8].to_owned()
            };
            (0..200).map(count).collect::<Vec<_>>()
        })
    };
    let threads: Vec<_> = (0..4).map(|_| one()).collect();
    let mut counts: Vec<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    counts.sort();
    let expected: Vec<_> = (2..802).map(|count| format!("{count:08x}")).collect();
    assert_eq!(counts, expected);
}

#[test]
fn refused_passwords_are_not_tried_from_memory() {
    let signer = mufasa();
    let (mut exchange, _) = Exchange::start(signer.clone(), get("http://h/"), &ctx()).unwrap();
    sent(refuse(&mut exchange, &[RFC_2617]));
    assert!(matches!(refuse(&mut exchange, &[RFC_2617]), Ok(Step::Done)));
    assert_eq!(param(&sent(answer(&signer, get("http://h/"), &[RFC_2617])), "nc").unwrap(), "00000002");
}

#[test]
fn the_next_nonce_is_taken() {
    let signer = mufasa();
    let (mut exchange, _) = Exchange::start(signer.clone(), get("http://h/"), &ctx()).unwrap();
    sent(refuse(&mut exchange, &[RFC_2617]));
    assert!(matches!(accept(&mut exchange, r#"nextnonce="next \"one\"""#), Ok(Step::Done)));
    let (_, step) = Exchange::start(signer, get("http://h/"), &ctx()).unwrap();
    let request = sent(Ok(step));
    assert_eq!(param(&request, "nonce").unwrap(), "next \"one\"");
    assert_eq!(param(&request, "nc").unwrap(), "00000001");
}

#[test]
fn spaces_are_kept_apart() {
    let signer = mufasa();
    let domain = format!("{RFC_2617}, domain=\"/in http://h/also http://g/ //x y\"");
    sent(answer(&signer, get("http://h/in/a"), &[&domain]));
    for (uri, signed) in
        [("http://h/in/b", true), ("http://h/also", true), ("http://h/out", false), ("http://g/", false)]
    {
        let (_, step) = Exchange::start(signer.clone(), get(uri), &ctx()).unwrap();
        assert_eq!(sent(Ok(step)).headers().contains_key(AUTHORIZATION), signed, "{uri}");
    }
    // Two realms without a domain: the deeper one fits better.
    let signer = mufasa();
    sent(answer(&signer, get("http://h/a/x"), &[RFC_2617]));
    let (mut exchange, _) = Exchange::start(signer.clone(), get("http://h/a/b/x"), &ctx()).unwrap();
    sent(refuse(&mut exchange, &[&RFC_2617.replace("testrealm", "inner").replace("dcd9", "aaaa")]));
    for (uri, realm) in [("http://h/a/y", "testrealm@host.com"), ("http://h/a/b/y", "inner@host.com")] {
        let (_, step) = Exchange::start(signer.clone(), get(uri), &ctx()).unwrap();
        assert_eq!(param(&sent(Ok(step)), "realm").unwrap(), realm, "{uri}");
    }
}

#[test]
fn proxies_and_servers_are_both_answered() {
    // A `domain` means nothing from a proxy (RFC 7616 section 3.3).
    let ask = |exchange: &mut Exchange| {
        let asked = headers(PROXY_AUTHENTICATE, &[r#"Digest realm="proxy", nonce=p, qop=auth, domain="/elsewhere""#]);
        exchange.on_response(Reply::new(StatusCode::PROXY_AUTHENTICATION_REQUIRED, &asked, b""), &ctx())
    };
    let signer = mufasa();
    let request = Request::get("http://h/").header(AUTHORIZATION, "Bearer own").body(Payload::empty()).unwrap();
    let (mut exchange, _) = Exchange::start(signer.clone(), request, &ctx()).unwrap();
    let request = sent(ask(&mut exchange));
    assert_eq!(request.headers()[AUTHORIZATION], "Bearer own");
    assert!(request.headers().contains_key(PROXY_AUTHORIZATION));
    let both = sent(refuse(&mut exchange, &[RFC_2617]));
    assert!(both.headers()[PROXY_AUTHORIZATION].to_str().unwrap().contains("nc=00000002"));
    assert_eq!(param(&both, "nc").unwrap(), "00000001");
    let (_, step) = Exchange::start(signer.clone(), get("http://h/next"), &ctx()).unwrap();
    assert!(sent(Ok(step)).headers().contains_key(PROXY_AUTHORIZATION), "the whole proxy is its protection space");
    assert!(matches!(ask(&mut exchange), Ok(Step::Done)));

    // CONNECT is answered in authority form.
    let connect = Request::connect("h:443").body(Payload::empty()).unwrap();
    let (mut exchange, _) = Exchange::start(signer, connect, &ctx()).unwrap();
    let request = sent(ask(&mut exchange));
    assert!(request.headers()[PROXY_AUTHORIZATION].to_str().unwrap().contains(r#"uri="h:443""#));
}
