//! The server's side: what it takes, what it refuses, and what it answers.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics is a test that fails"
)]

mod server;

use countersign_digest::http::header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE};
use countersign_digest::http::request::Parts;
use countersign_digest::http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use countersign_digest::verify::{Account, MemoryNonceStore, Origin, Refusal, Verified, Verifier};
use countersign_digest::{Algorithm, Config, Context, Error, ErrorKind, Exchange, Payload, Qop, Reply, Result, Step};
use server::*;

const NAME: &str = "M\u{fc}fasa";

fn verifier() -> Verifier {
    Verifier::new("r\"", &[1; 32]).unwrap()
}

fn asked(verifier: &Verifier, ctx: &Context) -> HeaderMap {
    verifier.challenges(ctx).unwrap().into_iter().map(|value| (WWW_AUTHENTICATE, value)).collect()
}

/// The conversation up to the answer.
fn answered(
    config: &Config,
    verifier: &Verifier,
    request: Request<Payload>,
    ctx: &Context,
) -> (Exchange, Parts, Payload) {
    let (mut exchange, _) = Exchange::start(signer(config), request, ctx).unwrap();
    let asked = asked(verifier, ctx);
    let (parts, payload) =
        sent(exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &asked, b""), ctx)).into_parts();
    (exchange, parts, payload)
}

fn check(verifier: &Verifier, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Verified, Refusal> {
    let claim = verifier.read(parts, ctx)?;
    let is_known =
        if claim.is_hashed() { claim.id() == verifier.userhash(&claim.algorithm(), NAME)? } else { claim.id() == NAME };
    let account = is_known.then(|| Account::new(NAME, "Circle of Life"));
    verifier.verify(claim, account.as_ref(), payload, ctx)
}

fn config(password: &str) -> Config {
    Config::new(NAME, password)
}

fn post() -> Request<Payload> {
    Request::post("http://h/a\"b\"?c").body(Payload::from("body")).unwrap()
}

fn is_stale(refusal: &Refusal) -> bool {
    assert!(!refusal.challenges.is_empty());
    let stale = |value: &str| value.contains(", stale=true");
    let all: Vec<_> = refusal.challenges.iter().map(|value| stale(value.to_str().unwrap())).collect();
    assert!(all.iter().all(|one| *one == all[0]));
    all[0]
}

#[test]
fn what_the_client_signs_the_verifier_takes() {
    use Algorithm::{Md5, Md5Sess, Sha256, Sha256Sess, Sha512Trunc256, Sha512Trunc256Sess};
    let ctx = Context::now();
    for algorithm in [Md5, Md5Sess, Sha256, Sha256Sess, Sha512Trunc256, Sha512Trunc256Sess] {
        for qop in [Qop::Auth, Qop::AuthInt] {
            let verifier = verifier().with_algorithms([algorithm.clone()]).unwrap();
            for verifier in [verifier.clone(), verifier.with_userhash()] {
                let mut config = config("Circle of Life");
                config.qop = Some(qop.clone());
                let (mut exchange, parts, payload) = answered(&config, &verifier, post(), &ctx);
                let verified = check(&verifier, &parts, &payload, &ctx).unwrap();
                assert_eq!((&*verified.username, &verified.qop), (NAME, &qop), "{algorithm}");

                // The server's own proof is one to the client.
                let info = verified.authentication_info(b"reply").unwrap();
                let info = headers(HeaderName::from_static("authentication-info"), &[info.to_str().unwrap()]);
                let reply = Reply::new(StatusCode::OK, &info, b"reply");
                assert!(matches!(exchange.on_response(reply, &ctx), Ok(Step::Done)));

                let other = Payload::from("other");
                assert_eq!(check(&verifier, &parts, &other, &ctx).is_err(), qop == Qop::AuthInt);
                config.password = "wrong".into();
                let (_, parts, payload) = answered(&config, &verifier, post(), &ctx);
                let refusal = check(&verifier, &parts, &payload, &ctx).unwrap_err();
                assert_eq!((refusal.kind(), is_stale(&refusal)), (ErrorKind::Rejected, false));
            }
        }
    }
}

#[test]
fn nobody_learns_whether_it_was_the_name_or_the_password() {
    let (ctx, verifier) = (Context::now(), verifier());
    let refusal = |config: &Config, account: Option<Account>| {
        let (_, parts, payload) = answered(config, &verifier, post(), &ctx);
        let claim = verifier.read(&parts, &ctx).unwrap();
        let refusal = verifier.verify(claim, account.as_ref(), &payload, &ctx).unwrap_err();
        (refusal.kind(), refusal.to_string(), is_stale(&refusal))
    };
    let md5 = Account::from_hash(NAME, &Algorithm::Md5, &"0".repeat(32)).unwrap();
    let wrong = refusal(&config("wrong"), Some(Account::new(NAME, "Circle of Life")));
    assert_eq!(wrong.0, ErrorKind::Rejected);
    for (password, account) in [
        ("Circle of Life", None),
        // An empty password lets nobody in, also who sends one; nor does the hash of another algorithm.
        ("", Some(Account::new(NAME, ""))),
        ("no such password", None),
        ("Circle of Life", Some(md5)),
        ("Circle of Life", Some(Account::new("other", "Circle of Life"))),
    ] {
        assert_eq!(refusal(&config(password), account), wrong, "{password:?}");
    }
}

#[test]
fn a_count_is_taken_once_and_then_stale() {
    let (ctx, verifier, seen) = (Context::now(), verifier(), MemoryNonceStore::default());
    let (_, parts, payload) = answered(&config("Circle of Life"), &verifier, post(), &ctx);
    let remember = |verified: Verified| {
        let known = seen.remember_now(&verified.replay_key(), verified.expires_at());
        known.map_err(|err| verifier.refusal(err, &ctx))
    };
    remember(check(&verifier, &parts, &payload, &ctx).unwrap()).unwrap();
    let again = remember(check(&verifier, &parts, &payload, &ctx).unwrap()).unwrap_err();
    assert_eq!((again.kind(), is_stale(&again)), (ErrorKind::Rejected, true));
    let full = verifier.refusal(Error::new(ErrorKind::StoreFailed, "full"), &ctx);
    assert_eq!((full.kind(), is_stale(&full)), (ErrorKind::StoreFailed, false));
}

#[test]
fn nonces_of_others_and_of_the_past_are_stale() {
    let ours = || verifier().with_nonce_lifetime(60);
    let other = Verifier::new("r\"", &[2; 32]).unwrap();
    let made = Context::at(1000).with_nonce("c");
    let stale = |asking: &Verifier, password: &str, now: u64| {
        let (_, parts, payload) = answered(&config(password), asking, post(), &made);
        check(&ours(), &parts, &payload, &Context::at(now)).map(|verified| verified.expires_at()).map_err(|refusal| {
            assert_eq!(refusal.kind(), ErrorKind::Rejected);
            is_stale(&refusal)
        })
    };
    assert_eq!(stale(&ours(), "Circle of Life", 1000), Ok(1060));
    assert_eq!(stale(&ours(), "Circle of Life", 1059), Ok(1060));
    for (asking, now) in [(&ours(), 1060), (&ours(), 900), (&other, 1000)] {
        assert_eq!(stale(asking, "Circle of Life", now), Err(true), "{now}");
        assert_eq!(stale(asking, "wrong", now), Err(false), "only who knows the password hears of the nonce");
    }
}

#[test]
fn hashes_do_in_place_of_passwords() {
    // RFC 2617 section 3.5's H(A1).
    let (ctx, hash) = (Context::now(), "939e7578ed9e3c518a452acee763bce9");
    let md5 = [Algorithm::Md5];
    let verifier = Verifier::new("testrealm@host.com", &[1; 32]).unwrap().with_algorithms(md5).unwrap();
    let account = Account::from_hash("Mufasa", &Algorithm::Md5, &hash.to_uppercase()).unwrap();
    let (_, parts, payload) = answered(&Config::new("Mufasa", "Circle Of Life"), &verifier, post(), &ctx);
    let claim = verifier.read(&parts, &ctx).unwrap();
    assert_eq!(verifier.verify(claim, Some(&account), &payload, &ctx).unwrap().username, "Mufasa");
    for (algorithm, hash, kind) in [
        (Algorithm::Sha256, hash, ErrorKind::InvalidKey),
        (Algorithm::Md5, "x", ErrorKind::InvalidKey),
        ("SHA-1".into(), hash, ErrorKind::UnsupportedAlgorithm),
    ] {
        assert_eq!(Account::from_hash("Mufasa", &algorithm, hash).unwrap_err().kind(), kind);
    }
}

#[test]
fn what_cannot_be_read_is_said_and_asked_for_again() {
    let (ctx, verifier) = (Context::now(), verifier());
    let full =
        r#"Digest username="u", realm="r\"", nonce="n", uri="/", response="00", qop=auth, nc=00000001, cnonce="c""#;
    let kind = |values: &[&str]| {
        let mut parts = get("/").into_parts().0;
        parts.headers = headers(AUTHORIZATION, values);
        let refusal = check(&verifier, &parts, &Payload::empty(), &ctx).unwrap_err();
        assert!(!is_stale(&refusal));
        refusal.kind()
    };
    assert_eq!(kind(&[full]), ErrorKind::Rejected);
    assert_eq!(kind(&[]), ErrorKind::NoCredentials);
    assert_eq!(kind(&["Basic dTpw"]), ErrorKind::NoCredentials);
    for broken in ["username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce"] {
        assert_eq!(kind(&[&full.replace(&format!("{broken}="), "other=")]), ErrorKind::InvalidRequest, "{broken}");
        let twice = format!("{full}, {}=x", broken.to_uppercase());
        assert_eq!(kind(&[&twice]), ErrorKind::InvalidRequest, "{broken}");
    }
    for (from, to) in [
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=+0000001"),
        ("qop=auth", "qop=auth-conf"),
        ("realm=", "algorithm=SHA-1, realm="),
        ("username=\"u\"", "username*=UTF-8''%ff"),
        ("username=\"u\"", "username*=latin1''u"),
        ("username=\"u\"", "username*=u"),
        ("username=\"u\"", "username=u, username*=UTF-8''u"),
        ("cnonce=\"c\"", "cnonce=\"c"),
    ] {
        assert_eq!(kind(&[&full.replace(from, to)]), ErrorKind::InvalidRequest, "{to}");
    }
    assert_eq!(kind(&[full, full]), ErrorKind::InvalidRequest);
    // What was not asked for is refused, not misread.
    for (from, to) in
        [("realm=\"r\\\"\"", "realm=other"), ("realm=", "algorithm=SHA-512-256, realm="), ("uri=\"/\"", "uri=\"/b\"")]
    {
        assert_eq!(kind(&[&full.replace(from, to)]), ErrorKind::Rejected, "{to}");
    }
}

#[test]
fn the_body_is_covered_where_it_must_be() {
    let (ctx, verifier) = (Context::now(), verifier().with_qop(&Qop::AuthInt).unwrap());
    let (_, parts, payload) = answered(&config("Circle of Life"), &verifier, post(), &ctx);
    assert_eq!(check(&verifier, &parts, &payload, &ctx).unwrap().qop, Qop::AuthInt);
    let kind = |payload: &Payload| check(&verifier, &parts, payload, &ctx).unwrap_err().kind();
    assert_eq!(kind(&Payload::from("other")), ErrorKind::Rejected);
    assert_eq!(kind(&Payload::Streaming), ErrorKind::PayloadRequired);
    let (_, parts, payload) = answered(&config("Circle of Life"), &self::verifier(), post(), &ctx);
    assert_eq!(check(&verifier, &parts, &payload, &ctx).unwrap_err().kind(), ErrorKind::Rejected);
}

#[test]
fn hosts_that_differ_are_refused() {
    let (ctx, verifier) = (Context::now(), verifier());
    let (_, parts, payload) = answered(&config("Circle of Life"), &verifier, post(), &ctx);
    let kind = |verifier: &Verifier, change: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        check(verifier, &parts, &payload, &ctx).map(|_| ()).map_err(|refusal| refusal.kind())
    };
    let host = |host: &'static str| move |parts: &mut Parts| drop(parts.headers.insert(HOST, host.parse().unwrap()));
    assert_eq!(kind(&verifier, &host("h")), Ok(()));
    assert_eq!(kind(&verifier, &host("admin.example")), Err(ErrorKind::InvalidRequest));
    let two = |name: &'static str| {
        move |parts: &mut Parts| {
            parts.headers.append(name, "h".parse().unwrap());
            parts.headers.append(name, "h".parse().unwrap());
        }
    };
    assert_eq!(kind(&verifier, &two("host")), Err(ErrorKind::InvalidRequest));
    assert_eq!(kind(&verifier, &two("content-type")), Err(ErrorKind::InvalidRequest));
    let behind_proxy = verifier.clone().for_origin(Origin::of(&"https://public.example".parse().unwrap()).unwrap());
    assert_eq!(kind(&behind_proxy, &host("10.0.0.1")), Ok(()));
    assert_eq!(kind(&verifier, &|parts| parts.method = Method::GET), Err(ErrorKind::Rejected));
    assert_eq!(kind(&verifier, &|parts| parts.uri = "/a".parse().unwrap()), Err(ErrorKind::Rejected));
    assert_eq!(kind(&verifier, &|parts| parts.uri = "/a\"b\"?c".parse().unwrap()), Ok(()));
}

/// A client that answers with an absolute `uri`, which ours does not: its answer is made by the published formula.
#[test]
fn an_absolute_uri_must_be_here() {
    // H(A1) as above; response = MD5(H(A1):nonce:00000001:c:auth:MD5(GET:http://H:80/x)), by Python's hashlib for this nonce.
    let ctx = Context::at(1000).with_random(|buf| {
        buf.fill(0);
        Ok(())
    });
    let verifier = Verifier::new("testrealm@host.com", &[1; 32]).unwrap().with_algorithms([Algorithm::Md5]).unwrap();
    let nonce = "AAAAAAAAA-gAAAAAAAAAANPkcAUNmFiBr_DKzctMT54";
    let challenge = verifier.challenges(&ctx).unwrap().remove(0);
    assert!(challenge.to_str().unwrap().contains(nonce), "{challenge:?}");
    let answer = format!(
        "Digest username=Mufasa, realm=\"testrealm@host.com\", nonce=\"{nonce}\", uri=\"http://H:80/x\", qop=auth, nc=00000001, \
         cnonce=c, response=\"e1d7c1a3d7e757390ce58a7da645640c\""
    );
    let kind = |verifier: &Verifier, uri: &str, host: &str| {
        let request = Request::get(uri).header(HOST, host).header(AUTHORIZATION, &answer);
        let (parts, payload) = request.body(Payload::empty()).unwrap().into_parts();
        let claim = verifier.read(&parts, &ctx).unwrap();
        let account = Account::new("Mufasa", "Circle Of Life");
        verifier.verify(claim, Some(&account), &payload, &ctx).map(|_| ()).map_err(|refusal| refusal.kind())
    };
    assert_eq!(kind(&verifier, "/x", "h"), Ok(()));
    assert_eq!(kind(&verifier, "http://h/x", "h:80"), Ok(()));
    assert_eq!(kind(&verifier, "/x", "admin.example"), Err(ErrorKind::Rejected));
    assert_eq!(kind(&verifier, "/y", "h"), Err(ErrorKind::Rejected));
    let origin = |uri: &str| verifier.clone().for_origin(Origin::of(&uri.parse().unwrap()).unwrap());
    assert_eq!(kind(&origin("http://h"), "/x", "10.0.0.1"), Ok(()));
    assert_eq!(kind(&origin("https://h"), "/x", "h"), Err(ErrorKind::Rejected));
}

#[test]
fn policies_are_checked_when_they_are_given() {
    let kind = |verifier: Result<Verifier>| verifier.unwrap_err().kind();
    assert_eq!(kind(Verifier::new("a\nb", &[1; 32])), ErrorKind::InvalidConfig);
    assert_eq!(kind(verifier().with_algorithms([])), ErrorKind::InvalidConfig);
    assert_eq!(kind(verifier().with_algorithms(["SHA-1".into()])), ErrorKind::UnsupportedAlgorithm);
    assert_eq!(kind(verifier().with_qop(&"auth-conf".into())), ErrorKind::UnsupportedQop);
    let no_random = Context::at(0).with_random(|_| Err(Error::new(ErrorKind::Randomness, "none")));
    let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
    let refusal = verifier().read(&parts, &no_random).unwrap_err();
    assert_eq!((refusal.kind(), refusal.challenges.len()), (ErrorKind::Randomness, 0));
}
