//! Whole conversations: the published examples, sessions, and everything a server may do wrong.

use std::sync::Arc;

use countersign_core::replay::MemoryNonceStore;
use countersign_core::{Context, ErrorKind, Exchange, Payload, Reply, Result, Scheme as _, Step};
use http::header::{AUTHORIZATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use proptest::prelude::*;

use crate::{Account, Algorithm, Config, Signer, User, Verifier};

const RFC_2617: &str = r#"Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;

fn signer(config: &Config) -> Arc<Signer> {
    Arc::new(Signer::new(config).unwrap())
}

fn mufasa() -> Arc<Signer> {
    signer(&Config::new("Mufasa", "Circle of Life"))
}

fn get(uri: &str) -> Request<Payload> {
    Request::get(uri).body(Payload::empty()).unwrap()
}

fn ctx() -> Context {
    Context::at(0).with_nonce("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
}

fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
    values.iter().map(|value| (name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap())).collect()
}

fn sent(step: Result<Step>) -> Request<Payload> {
    match step {
        Ok(Step::Send(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn failed(step: Result<Step>) -> ErrorKind {
    match step {
        Err(why) => why.kind(),
        other => panic!("{other:?}"),
    }
}

fn refuse(exchange: &mut Exchange, challenges: &[&str]) -> Result<Step> {
    exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &headers(WWW_AUTHENTICATE, challenges), b""), &ctx())
}

fn accept(exchange: &mut Exchange, info: &str) -> Result<Step> {
    let info = headers(HeaderName::from_static("authentication-info"), &[info]);
    exchange.on_response(Reply::new(StatusCode::OK, &info, b""), &ctx())
}

/// A parameter of the answer, unescaped.
fn param(request: &Request<Payload>, name: &str) -> Option<String> {
    let value = request.headers().get(AUTHORIZATION).expect("an answer").as_bytes();
    let answer = countersign_core::challenge::challenges(value).next().unwrap().unwrap();
    answer.param(name).map(|value| String::from_utf8_lossy(&value).into_owned())
}

/// What answers these challenges, first sent without an answer.
fn answer(signer: &Arc<Signer>, request: Request<Payload>, challenges: &[&str]) -> Result<Step> {
    let (mut exchange, step) = Exchange::start(signer.clone(), request, &ctx()).unwrap();
    assert!(!sent(Ok(step)).headers().contains_key(AUTHORIZATION));
    refuse(&mut exchange, challenges)
}

#[test]
fn rfc_7616s_examples() {
    // Section 3.9.1: MD5 and SHA-256.
    let rest = r#"qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;
    let md5 = format!(r#"Digest realm="http-auth@example.org", algorithm=MD5, {rest}"#);
    let sha256 = format!(r#"Digest realm="http-auth@example.org", algorithm=SHA-256, {rest}"#);
    let uri = "http://www.example.org/dir/index.html";
    let weak = sent(answer(&mufasa(), get(uri), &[&md5]));
    assert_eq!(param(&weak, "response").unwrap(), "8ca523f5e9506fed4657c9700eebdbec");
    for both in [[&*sha256, &md5], [&md5, &sha256]] {
        let request = sent(answer(&mufasa(), get(uri), &both));
        let expected = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        assert_eq!(param(&request, "response").unwrap(), expected);
        assert_eq!(param(&request, "algorithm").unwrap(), "SHA-256");
    }

    // Section 3.9.2, SHA-512-256 with a hashed user name, with the values of erratum 4897: the printed ones are of another
    // hash.
    let challenge = r#"Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true"#;
    let jason = signer(&Config::new("J\u{e4}s\u{f8}n Doe", "Secret, or not?"));
    let request = sent(answer(&jason, get("http://api.example.org/doe.json"), &[challenge]));
    assert_eq!(
        param(&request, "username").unwrap(),
        "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    );
    assert_eq!(param(&request, "userhash").unwrap(), "true");
    let ctx = Context::at(0).with_nonce("NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v");
    let jason = signer(&Config::new("J\u{e4}s\u{f8}n Doe", "Secret, or not?"));
    let (mut exchange, _) = Exchange::start(jason, get("http://api.example.org/doe.json"), &ctx).unwrap();
    let asked = headers(WWW_AUTHENTICATE, &[challenge]);
    let request = sent(exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &asked, b""), &ctx));
    assert_eq!(
        param(&request, "response").unwrap(),
        "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    );
}

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
fn it_ends_after_one_answer_and_one_renewal() {
    let stale = format!("{RFC_2617}, stale=TRUE").replace("dcd98b", "dcd98c");
    let (mut exchange, _) = Exchange::start(mufasa(), get("http://h/"), &ctx()).unwrap();
    sent(refuse(&mut exchange, &[RFC_2617]));
    let renewed = sent(refuse(&mut exchange, &[&stale]));
    assert!(param(&renewed, "nonce").unwrap().starts_with("dcd98c"));
    assert!(matches!(refuse(&mut exchange, &[&stale.replace("dcd98c", "dcd98d")]), Ok(Step::Done)));

    let (mut exchange, _) = Exchange::start(mufasa(), get("http://h/"), &ctx()).unwrap();
    sent(refuse(&mut exchange, &[RFC_2617]));
    assert!(matches!(refuse(&mut exchange, &[RFC_2617]), Ok(Step::Done)));
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
fn retries_can_be_left_to_the_caller() {
    let mut config = Config::new("Mufasa", "Circle of Life");
    config.disable_retry = true;
    assert!(matches!(answer(&signer(&config), get("http://h/"), &[RFC_2617]), Ok(Step::Done)));
}

#[test]
fn the_servers_proof_is_checked() {
    // RFC 2617 section 3.5's answer, and the proof by its section 3.2.3: the response with an empty method.
    let right = |exchange: &mut Exchange| accept(exchange, r#"rspauth="80c67cdbe0e3a780e8b1c1cc94174d11""#);
    let signer = signer(&Config::new("Mufasa", "Circle Of Life"));
    let start = || {
        let (mut exchange, _) = Exchange::start(signer.clone(), get("http://h/dir/index.html"), &ctx()).unwrap();
        if let Ok(Step::Send(request)) = refuse(&mut exchange, &[RFC_2617]) {
            assert!(param(&request, "response").is_some());
        }
        exchange
    };
    let _ = right(&mut start());
    for wrong in [r#"rspauth="00000000000000000000000000000000""#, r#"rspauth="""#, r#"rspauth=x, qop=auth"#] {
        assert_eq!(failed(accept(&mut start(), wrong)), ErrorKind::ServerNotAuthentic, "{wrong}");
    }
    assert!(matches!(accept(&mut start(), "qop=auth"), Ok(Step::Done)));
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

#[test]
fn what_cannot_be_answered_is_an_error_that_says_why() {
    use ErrorKind::{InvalidChallenge, NoChallenge, UnsupportedAlgorithm, UnsupportedQop};
    for (challenges, kind) in [
        (&[][..], NoChallenge),
        (&["Basic realm=x, Negotiate"], NoChallenge),
        (&["Digest nonce=n"], InvalidChallenge),
        (&["Digest realm=r"], InvalidChallenge),
        (&["Digest realm=r, nonce=\"\""], InvalidChallenge),
        (&["Digest realm=\"r"], InvalidChallenge),
        (&["Digest realm=r, nonce=n, algorithm=MD5-sess"], InvalidChallenge),
        (&["Digest realm=r, nonce=n, algorithm=SHA-512"], UnsupportedAlgorithm),
        (&["Digest realm=r, nonce=n, qop=\"auth-conf\""], UnsupportedQop),
    ] {
        assert_eq!(failed(answer(&mufasa(), get("http://h/"), challenges)), kind, "{challenges:?}");
    }
    // What can be answered is, whatever stands beside it.
    for challenges in [
        &["Basic realm=\"open", RFC_2617][..],
        &["Digest realm=r, nonce=n, algorithm=SHA-512", RFC_2617],
        &["Digest realm=r, nonce=n, qop=auth-conf, Digest realm=r, nonce=n, qop=auth"],
    ] {
        sent(answer(&mufasa(), get("http://h/"), challenges));
    }
}

#[test]
fn a_configured_algorithm_or_qop_allows_no_other() {
    let mut config = Config::new("Mufasa", "Circle of Life");
    config.algorithm = Some("md5".into());
    let sha256 = r#"Digest realm="r", nonce="of sha", algorithm=SHA-256"#;
    let request = sent(answer(&signer(&config), get("http://h/"), &[sha256, RFC_2617]));
    assert_ne!(param(&request, "nonce").unwrap(), "of sha");
    assert_eq!(failed(answer(&signer(&config), get("http://h/"), &[sha256])), ErrorKind::UnsupportedAlgorithm);

    config.qop = Some("auth-int".into());
    let request = sent(answer(&signer(&config), get("http://h/"), &[RFC_2617]));
    assert_eq!(param(&request, "qop").unwrap(), "auth-int");
    let auth = RFC_2617.replace(",auth-int", "");
    assert_eq!(failed(answer(&signer(&config), get("http://h/"), &[&auth])), ErrorKind::UnsupportedQop);

    config.qop = Some("auth-conf".into());
    assert_eq!(Signer::new(&config).unwrap_err().kind(), ErrorKind::UnsupportedQop);
    config.algorithm = Some("SHA-1".into());
    assert_eq!(Signer::new(&config).unwrap_err().kind(), ErrorKind::UnsupportedAlgorithm);
}

#[test]
fn a_streamed_body_is_sent_once() {
    let signer = mufasa();
    let request = || Request::post("http://h/").body(Payload::Streaming).unwrap();
    assert_eq!(failed(answer(&signer, request(), &[RFC_2617])), ErrorKind::PayloadRequired);
    let (_, step) = Exchange::start(signer, request(), &ctx()).unwrap();
    assert_eq!(param(&sent(Ok(step)), "nc").unwrap(), "00000001");
}

#[test]
fn a_preset_challenge_needs_no_server() {
    let mut config = Config::new("Mufasa", "Circle of Life");
    config.realm = Some("r\"\\".into());
    config.nonce = Some("n".into());
    config.nonce_count = Some(10);
    config.client_nonce = Some("own".into());
    config.opaque = Some(String::new());
    config.qop = Some("auth".into());
    let preset = signer(&config);
    let (_, step) = Exchange::start(preset.clone(), get("http://h"), &ctx()).unwrap();
    let request = sent(Ok(step));
    let params = ["realm", "uri", "nc", "cnonce", "algorithm", "qop"].map(|name| param(&request, name).unwrap());
    assert_eq!(params, ["r\"\\", "/", "0000000a", "own", "MD5", "auth"]);
    assert_eq!(param(&request, "opaque"), None);
    let (_, step) = Exchange::start(preset, get("http://elsewhere/"), &ctx()).unwrap();
    assert!(!sent(Ok(step)).headers().contains_key(AUTHORIZATION));

    for (change, kind) in [
        ((|config: &mut Config| config.nonce_count = Some(0)) as fn(&mut Config), ErrorKind::InvalidConfig),
        (|config| config.realm = Some("\n".into()), ErrorKind::InvalidConfig),
        (|config| (config.algorithm, config.qop) = (Some("MD5-sess".into()), None), ErrorKind::InvalidConfig),
    ] {
        let mut config = config.clone();
        change(&mut config);
        assert_eq!(Signer::new(&config).unwrap_err().kind(), kind);
    }
}

#[test]
fn names_beyond_ascii_are_sent_as_the_server_can_read_them() {
    let name = "J\u{e4}s\u{f8}n";
    let value = |username: &str, challenge: &str| {
        let request = sent(answer(&signer(&Config::new(username, "p")), get("http://h/"), &[challenge]));
        String::from_utf8(request.headers()[AUTHORIZATION].as_bytes().to_vec()).unwrap()
    };
    let utf8 = format!("{RFC_2617}, charset=utf-8");
    assert!(value(name, &utf8).starts_with("Digest username*=UTF-8''J%C3%A4s%C3%B8n, realm="));
    assert!(value(name, RFC_2617).starts_with("Digest username=\"J\u{e4}s\u{f8}n\", realm="));
    assert!(value("a\"\\b", &utf8).starts_with("Digest username=\"a\\\"\\\\b\", realm="));
    assert!(value("a\nb", RFC_2617).starts_with("Digest username*=UTF-8''a%0Ab, realm="));
}

#[test]
fn explaining_shows_texts_and_no_key() {
    let signer = mufasa();
    sent(answer(&signer, get("http://h/"), &[RFC_2617]));
    let (parts, _) = get("http://h/a?b").into_parts();
    let signed = signer.compute(&parts, &Payload::empty(), &Context::at(0).with_nonce("c").explaining()).unwrap();
    assert_eq!(signed.canonical_request(), Some("GET:/a?b"));
    let text = signed.string_to_sign().unwrap();
    assert!(text.starts_with("H(A1):dcd98b7102dd2f0e8b11d0f600bfb0c093:00000002:"), "{text}");
    let plain = signer.compute(&parts, &Payload::empty(), &ctx()).unwrap();
    assert_eq!((plain.canonical_request(), plain.string_to_sign()), (None, None));
}

#[test]
fn debug_shows_no_password_and_no_hash_of_it() {
    let config = Config::new("Mufasa", "Circle of Life");
    let signer = signer(&config);
    let (mut exchange, _) = Exchange::start(signer.clone(), get("http://h/"), &ctx()).unwrap();
    let request = sent(refuse(&mut exchange, &[RFC_2617]));
    let verifier = Verifier::new("r", &[b'k'; 32]).unwrap();
    let shown =
        format!("{config:?} {signer:?} {exchange:?} {request:?} {verifier:?} {:?}", Account::new("u", "Circle"));
    assert!(shown.contains("Mufasa") && !shown.contains("Circle") && !shown.contains("response"), "{shown}");
    assert!(!shown.contains("107, 107"), "{shown}");
}

/// A client and a server of our own, over every algorithm and qop.
fn verified(config: &Config, verifier: &Verifier, change: impl Fn(&mut Request<Payload>)) -> Result<String> {
    let ctx = Context::now();
    let seen = MemoryNonceStore::default();
    let users = |user: &User<'_>| {
        let known = match user {
            User::Name(name) => *name == "M\u{fc}fasa",
            User::Hash(algorithm, hash) => *hash == verifier.userhash(*algorithm, "M\u{fc}fasa"),
        };
        known.then(|| Account::new("M\u{fc}fasa", "Circle of Life"))
    };
    let request = Request::post("http://h/a\"b\"?c").body(Payload::from("body")).unwrap();
    let (mut exchange, _) = Exchange::start(signer(config), request, &ctx).unwrap();
    let asked = verifier.challenges(false, &ctx)?;
    let asked: HeaderMap = asked.into_iter().map(|value| (WWW_AUTHENTICATE, value)).collect();
    let mut request = match exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &asked, b""), &ctx) {
        Ok(Step::Send(request)) => request,
        Err(why) => return Err(why),
        other => panic!("{other:?}"),
    };
    change(&mut request);
    let (parts, payload) = request.into_parts();
    let verified = verifier.verify(&parts, &payload, users, &seen, &ctx).map_err(|refusal| refusal.error)?;
    let again = verifier.verify(&parts, &payload, users, &seen, &ctx).unwrap_err();
    assert!(again.stale, "{again}");
    let info = headers(
        HeaderName::from_static("authentication-info"),
        &[verified.authentication_info(b"reply")?.to_str().unwrap()],
    );
    assert!(matches!(exchange.on_response(Reply::new(StatusCode::OK, &info, b"reply"), &ctx), Ok(Step::Done)));
    Ok(verified.username)
}

#[test]
fn what_the_client_signs_the_verifier_takes() {
    use Algorithm::{Md5, Md5Sess, Sha256, Sha256Sess, Sha512Trunc256, Sha512Trunc256Sess};
    for algorithm in [Md5, Md5Sess, Sha256, Sha256Sess, Sha512Trunc256, Sha512Trunc256Sess] {
        for qop in ["auth", "auth-int"] {
            let verifier = Verifier::new("r\"", &[1; 32]).unwrap().with_algorithms([algorithm]);
            for verifier in [verifier.clone(), verifier.with_userhash()] {
                let mut config = Config::new("M\u{fc}fasa", "Circle of Life");
                config.qop = Some(qop.into());
                assert_eq!(verified(&config, &verifier, |_| {}).unwrap(), "M\u{fc}fasa", "{algorithm} {qop}");
                let other_uri = |request: &mut Request<Payload>| *request.uri_mut() = "/other".parse().unwrap();
                assert_eq!(verified(&config, &verifier, other_uri).unwrap_err().kind(), ErrorKind::Rejected);
                let other_body = |request: &mut Request<Payload>| *request.body_mut() = "other".into();
                assert_eq!(verified(&config, &verifier, other_body).is_err(), qop == "auth-int");
                config.password = "wrong".into();
                assert_eq!(verified(&config, &verifier, |_| {}).unwrap_err().kind(), ErrorKind::Rejected);
            }
        }
    }
}

#[test]
fn nonces_of_others_and_of_the_past_are_stale() {
    let verifier = Verifier::new("r", &[1; 32]).unwrap().with_algorithms([Algorithm::Md5]).with_nonce_lifetime(60);
    let other = Verifier::new("r", &[2; 32]).unwrap().with_algorithms([Algorithm::Md5]);
    let made = Context::at(1000).with_nonce("c");
    let users = |_: &User<'_>| Some(Account::new("Mufasa", "Circle of Life"));
    let check = |asked: &Verifier, now: u64| {
        let challenge = asked.challenges(false, &made).unwrap().remove(0);
        let request = sent(answer(&mufasa(), get("http://h/"), &[challenge.to_str().unwrap()]));
        let (parts, payload) = request.into_parts();
        let seen = MemoryNonceStore::default();
        verifier.verify(&parts, &payload, users, &seen, &Context::at(now)).map_err(|refusal| refusal.stale)
    };
    assert!(check(&verifier, 1000).is_ok() && check(&verifier, 1059).is_ok());
    for (asked, now) in [(&verifier, 1060), (&verifier, 900), (&other, 1000)] {
        assert!(check(asked, now).unwrap_err(), "{now}");
    }
}

proptest! {
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
    fn any_header_is_verified_without_panic(value in proptest::collection::vec(prop_oneof![0x20..0x7f_u8, 0x80..=0xff_u8], 0..200)) {
        let verifier = Verifier::new("r", &[1; 32]).unwrap();
        let value = HeaderValue::from_bytes(&[&b"Digest "[..], &value].concat()).unwrap();
        let (parts, payload) = Request::get("/").header(AUTHORIZATION, value).body(Payload::empty()).unwrap().into_parts();
        prop_assert!(verifier.verify(&parts, &payload, |_| None, &MemoryNonceStore::default(), &ctx()).is_err());
    }

    #[test]
    fn signing_is_deterministic_and_replaces(path in "/[a-z0-9/?&=%\"]{0,20}", user in ".{0,10}", password in ".{0,10}") {
        let mut config = Config::new(user, password);
        (config.realm, config.nonce, config.qop) = (Some("r".into()), Some("n".into()), Some("auth".into()));
        let Ok(uri) = format!("http://h{path}").parse::<http::Uri>() else { return Ok(()) };
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
