//! What a client answers, and what it refuses to answer.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics is a test that fails"
)]

mod server;

use countersign_digest::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use countersign_digest::http::{Request, StatusCode};
use countersign_digest::verify::{Account, Verifier};
use countersign_digest::{Config, Context, ErrorKind, Exchange, Payload, Qop, Reply, Scheme as _, Signer, Step};
use server::*;

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

    config.qop = Some(Qop::AuthInt);
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
    config.qop = Some(Qop::Auth);
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
