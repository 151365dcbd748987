use countersign_core::Scheme as _;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};

use super::*;
use crate::{AddTo, Config, Signer};

const NOW: u64 = 1_191_242_096;

fn signed(config: &Config, request: http::request::Builder, body: &'static str) -> (Parts, Payload) {
    let (mut parts, mut payload) = request.body(Payload::from(body)).unwrap().into_parts();
    Signer::new(config).unwrap().sign(&mut parts, &mut payload, &Context::at(NOW).with_nonce("n")).unwrap();
    (parts, payload)
}

fn keys(secret: &str) -> Keys {
    let methods = SignatureMethod::ALL.iter().cloned();
    Keys::new(secret).with_token_secret("ts").with_methods(methods)
}

fn verify(
    verifier: &Verifier,
    parts: &Parts,
    payload: &Payload,
    keys: Option<&Keys>,
    now: u64,
) -> Result<Verified, Refusal> {
    let claim = verifier.read(parts, payload)?;
    verifier.verify(claim, keys, payload, &Context::at(now))
}

fn kind(parts: &Parts, payload: &Payload, secret: &str, now: u64) -> Option<ErrorKind> {
    let verifier = Verifier::new().with_plaintext_off_tls();
    verify(&verifier, parts, payload, Some(&keys(secret)), now).err().map(|refusal| refusal.kind())
}

fn form() -> http::request::Builder {
    Request::put("http://h/p?a=1").header(CONTENT_TYPE, "application/x-www-form-urlencoded")
}

fn get() -> http::request::Builder {
    Request::get("http://h/?c")
}

#[test]
fn every_placement_verifies_and_a_wrong_secret_does_not() {
    for method in ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT"] {
        for add_to in [AddTo::Header, AddTo::Request] {
            let mut config = Config::new("k", "s").with_token("t", "ts");
            config.signature_method = method.into();
            config.add_to = add_to;
            for (parts, payload) in [signed(&config, form(), "b=2+3"), signed(&config, get(), "")] {
                assert_eq!(kind(&parts, &payload, "s", NOW), None, "{method} {add_to:?}");
                for (secret, now) in [("x", NOW), ("s", NOW + 301), ("s", NOW - 301)] {
                    assert_eq!(kind(&parts, &payload, secret, now), Some(ErrorKind::Rejected));
                }
            }
        }
    }
}

#[test]
fn a_changed_body_is_refused() {
    let mut config = Config::new("k", "s").with_token("t", "ts");
    config.include_body_hash = true;
    let (parts, payload) = signed(&config, Request::post("http://h/"), "{}");
    assert_eq!(kind(&parts, &payload, "s", NOW), None);
    assert_eq!(kind(&parts, &Payload::from("{ }"), "s", NOW), Some(ErrorKind::Rejected));
    assert_eq!(kind(&parts, &Payload::Streaming, "s", NOW), Some(ErrorKind::PayloadRequired));
    // The body is looked at last: who has no key learns nothing of it.
    assert_eq!(kind(&parts, &Payload::Streaming, "x", NOW), Some(ErrorKind::Rejected));
    let (parts, payload) = signed(&config, form(), "a=1");
    assert_eq!(kind(&parts, &Payload::from("a=2"), "s", NOW), Some(ErrorKind::Rejected));

    let verifier = Verifier::new();
    let claim = verifier.read(&parts, &payload).unwrap();
    let other = verifier.verify(claim, Some(&keys("s")), &Payload::from("a=2"), &Context::at(NOW));
    assert_eq!(other.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[test]
fn what_cannot_be_read_is_not_a_rejection() {
    for (value, expected) in [
        ("OAuth", ErrorKind::InvalidRequest),
        ("Basic abc=", ErrorKind::NoCredentials),
        ("OAuth oauth_token=\"a", ErrorKind::InvalidRequest),
        ("OAuth a=\"1\", a=\"2\"", ErrorKind::InvalidRequest),
        ("OAuth a=\"1\", OAuth a=\"2\"", ErrorKind::InvalidRequest),
    ] {
        let request = Request::get("http://h/").header(AUTHORIZATION, value);
        let (parts, payload) = request.body(Payload::empty()).unwrap().into_parts();
        assert_eq!(kind(&parts, &payload, "s", NOW), Some(expected), "{value}");
    }
    let (parts, payload) = get().body(Payload::empty()).unwrap().into_parts();
    let refusal = Verifier::new().with_realm("a \"b\"").unwrap().read(&parts, &payload).unwrap_err();
    assert_eq!(
        (refusal.kind(), refusal.challenges[0].as_bytes()),
        (ErrorKind::NoCredentials, br#"OAuth realm="a \"b\"""#.as_slice())
    );
    assert_eq!(Verifier::new().with_realm("\n").unwrap_err().kind(), ErrorKind::InvalidConfig);
}

#[test]
fn doubled_and_odd_parameters_are_refused() {
    let mut in_query = Config::new("k", "s");
    in_query.add_to = AddTo::Request;
    let (signed, payload) = signed(&in_query, get(), "");
    for (from, to, expected) in [
        ("?c", "?%6Fauth_nonce=2&c", ErrorKind::InvalidRequest),
        ("oauth_timestamp=", "oauth_timestamp=%2B", ErrorKind::InvalidRequest),
        ("oauth_version=1.0", "oauth_version=2.0", ErrorKind::InvalidRequest),
        ("oauth_nonce=n", "oauth_nonce=%FF", ErrorKind::InvalidRequest),
        ("oauth_nonce=n&", "", ErrorKind::InvalidRequest),
        ("HMAC-SHA1", "hmac-sha1", ErrorKind::UnsupportedAlgorithm),
    ] {
        let mut parts = signed.clone();
        parts.uri = parts.uri.to_string().replace(from, to).parse().unwrap();
        assert_ne!(parts.uri, signed.uri);
        assert_eq!(kind(&parts, &payload, "s", NOW), Some(expected), "{}", parts.uri);
    }
}

/// Whoever knows a consumer key can make an HMAC with the key `&`.
#[test]
fn what_a_consumer_may_use_is_the_servers_word() {
    let forge = |method: &SignatureMethod| {
        let mut config = Config::new("k", "");
        config.signature_method = method.clone();
        signed(&config, Request::get("https://h/"), "")
    };
    let refused = |method: &SignatureMethod, keys: &Keys| {
        let (parts, payload) = forge(method);
        verify(&Verifier::new(), &parts, &payload, Some(keys), NOW).unwrap_err().error.to_string()
    };
    let text = rejected().to_string();
    let all = || SignatureMethod::ALL.iter().cloned();
    for method in ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT"] {
        let method = SignatureMethod::from(method);
        assert_eq!(refused(&method, &Keys::new("").with_methods(all())), text, "{method}");
        #[cfg(feature = "rsa")]
        {
            let keys = Keys::from_public_key(include_str!("../signature/stand_in.pem")).unwrap();
            assert_eq!(refused(&method, &keys), text, "{method}");
            assert_eq!(refused(&method, &keys.with_methods(all())), text, "{method}");
        }
    }
    // A right signature by a method that the keys do not name.
    let (parts, payload) = signed(&Config::new("k", "s"), Request::get("https://h/"), "");
    let keys = Keys::new("s").with_methods([SignatureMethod::HmacSha256]);
    let refusal = verify(&Verifier::new(), &parts, &payload, Some(&keys), NOW).unwrap_err();
    assert_eq!(refusal.error.to_string(), text);
}

#[test]
fn a_token_that_the_keys_do_not_know_is_refused() {
    let (parts, payload) = signed(&Config::new("k", "s").with_token("t", ""), Request::get("https://h/"), "");
    let check =
        |keys: &Keys| verify(&Verifier::new(), &parts, &payload, Some(keys), NOW).map(|verified| verified.token);
    assert_eq!(check(&Keys::new("s")).unwrap_err().kind(), ErrorKind::Rejected);
    assert_eq!(check(&Keys::new("s").with_token_secret("")).unwrap().as_deref(), Some("t"));
}

#[test]
fn unknown_wrong_and_empty_look_alike() {
    let (parts, payload) = signed(&Config::new("k", "s"), get(), "");
    let refuse = |keys: Option<&Keys>| verify(&Verifier::new(), &parts, &payload, keys, NOW + 1000).unwrap_err();
    let told = |refusal: Refusal| (refusal.kind(), refusal.error.to_string(), refusal.challenges);
    let unknown = told(refuse(None));
    assert_eq!(unknown.0, ErrorKind::Rejected);
    assert_eq!(unknown, told(refuse(Some(&Keys::new("other")))));
    assert_eq!(unknown, told(refuse(Some(&Keys::new("")))));
    assert_ne!(unknown, told(refuse(Some(&Keys::new("s")))), "the time of a right signature");
}

#[test]
fn plaintext_is_taken_over_tls_or_where_the_policy_says_so() {
    let mut config = Config::new("k", "s");
    config.signature_method = SignatureMethod::Plaintext;
    let origin = |uri: &str| Verifier::new().for_origin(Origin::of(&uri.parse().unwrap()).unwrap());
    let check = |verifier: &Verifier, uri: &str| {
        let (mut parts, payload) = signed(&config, Request::get("https://h/").header(HOST, "h"), "");
        parts.uri = uri.parse().unwrap();
        verify(verifier, &parts, &payload, Some(&keys("s").with_token_secret("")), NOW)
            .map_err(|refusal| refusal.kind())
            .err()
    };
    let refused = Some(ErrorKind::Rejected);
    assert_eq!(check(&Verifier::new(), "https://h/"), None);
    assert_eq!(check(&Verifier::new(), "http://h/"), refused);
    assert_eq!(check(&Verifier::new(), "/"), refused);
    assert_eq!(check(&origin("https://public/"), "/"), None);
    assert_eq!(check(&origin("http://public/"), "https://h/"), refused);
    assert_eq!(check(&Verifier::new().with_plaintext_off_tls(), "/"), None);
    // And only if the keys name it.
    let (parts, payload) = signed(&config, Request::get("https://h/"), "");
    let refusal = verify(&Verifier::new(), &parts, &payload, Some(&Keys::new("s")), NOW).unwrap_err();
    assert_eq!(refusal.error.to_string(), rejected().to_string());
}

#[test]
fn a_signature_counts_at_one_host() {
    let config = Config::new("k", "s").with_token("t", "ts");
    let (signed, payload) = signed(&config, Request::get("https://public.example/"), "");
    let with = |uri: &str, hosts: &[&'static str]| {
        let mut parts = signed.clone();
        parts.uri = uri.parse().unwrap();
        for host in hosts {
            parts.headers.append(HOST, HeaderValue::from_static(host));
        }
        parts
    };
    let check = |verifier: &Verifier, parts: &Parts| {
        verify(verifier, parts, &payload, Some(&keys("s")), NOW).err().map(|refusal| refusal.kind())
    };
    let verifier = Verifier::new();
    assert_eq!(check(&verifier, &with("https://public.example/", &["Public.example:443"])), None);
    assert_eq!(check(&verifier, &with("/", &["public.example"])), None);
    let invalid = Some(ErrorKind::InvalidRequest);
    assert_eq!(check(&verifier, &with("https://admin.example/", &["public.example"])), invalid);
    assert_eq!(check(&verifier, &with("/", &["public.example", "public.example"])), invalid);
    assert_eq!(check(&verifier, &with("/", &["admin.example"])), Some(ErrorKind::Rejected));
    let origin = |uri: &str| Verifier::new().for_origin(Origin::of(&uri.parse().unwrap()).unwrap());
    assert_eq!(check(&origin("https://public.example"), &with("/", &["10.0.0.1"])), None);
    assert_eq!(check(&origin("https://admin.example"), &with("/", &["public.example"])), Some(ErrorKind::Rejected));

    let (mut parts, payload) = self::signed(&config, form(), "b=2");
    parts.headers.append(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    assert_eq!(kind(&parts, &payload, "s", NOW), invalid);
}

#[test]
fn nonces_are_of_a_client_a_token_and_a_time() {
    let key = |token: &str, nonce: &str| {
        let mut config = Config::new("k", "s").with_token(token, "ts");
        config.nonce = Some(nonce.to_owned());
        let (parts, payload) = signed(&config, get(), "");
        let verified = verify(&Verifier::new(), &parts, &payload, Some(&keys("s")), NOW + 7).unwrap();
        assert_eq!(verified.expires_at(), NOW + 300);
        assert_eq!((verified.replay_key().client(), verified.replay_key().seen_at()), ("k", NOW + 7));
        verified.replay_key().to_string()
    };
    assert_eq!(key("t", "n"), "oauth1:1:k:1191242096:1:t:n");
    assert_ne!(key("t", "n:a"), key("t:n", "a"));
}

#[test]
fn debug_shows_no_secret() {
    let mut config = Config::new("k", "s3cret").with_token("t", "t0ken");
    config.signature_method = SignatureMethod::Plaintext;
    let (parts, payload) = signed(&config, Request::get("https://h/"), "");
    let verifier = Verifier::new();
    let claim = verifier.read(&parts, &payload).unwrap();
    let shown = format!("{claim:?} {verifier:?} {:?}", keys("s3cret").with_token_secret("t0ken"));
    assert!(shown.contains("\"k\"") && !shown.contains("s3cret") && !shown.contains("t0ken"), "{shown}");
}

#[test]
fn what_must_have_been_signed_is_what_was() {
    for add_to in [AddTo::Header, AddTo::Request] {
        let mut config = Config::new("k", "s").with_token("t", "ts");
        config.add_to = add_to;
        let (mut parts, mut payload) = form().body(Payload::from("b=x+y&a=0")).unwrap().into_parts();
        let ctx = Context::at(NOW).with_nonce("n").explaining();
        let ours = Signer::new(&config).unwrap().sign(&mut parts, &mut payload, &ctx).unwrap();
        let verifier = Verifier::new();
        let theirs = verifier.explain(&verifier.read(&parts, &payload).unwrap(), &payload).unwrap();
        assert!(ours.string_to_sign().is_some());
        assert_eq!(theirs.string_to_sign(), ours.string_to_sign());
    }
}
