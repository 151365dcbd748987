//! What is refused: by the signer before it is sent, and by the verifier.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign_hawk::http::request::Parts;
use countersign_hawk::http::{HeaderValue, Request};
use countersign_hawk::scheme::replay::MemoryNonceStore;
use countersign_hawk::scheme::target::Origin;
use countersign_hawk::verify::{Credentials, Refusal, Verified, Verifier};
use countersign_hawk::{Algorithm, Config, Context, ErrorKind, Payload, Scheme as _, Signer};

const NOW: u64 = 1_353_832_234;
const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

fn verify(parts: &Parts, key: Option<&Credentials>, verifier: &Verifier) -> Result<Verified, Refusal> {
    verifier.verify(verifier.read(parts)?, key, &Payload::from("hi"), &Context::at(NOW))
}

fn kind(parts: &Parts) -> Result<String, ErrorKind> {
    verify(parts, Some(&Credentials::new(KEY)), &Verifier::new()).map(|verified| verified.id).map_err(|why| why.kind())
}

fn signed(uri: &str, change: fn(&mut Config)) -> Parts {
    let mut config = Config::new("id", KEY);
    change(&mut config);
    let request = Request::post(uri).header("content-type", "text/plain").body(Payload::from("hi")).unwrap();
    let (mut parts, mut payload) = request.into_parts();
    let ctx = Context::at(NOW).with_nonce("n");
    Signer::new(&config).unwrap().sign(&mut parts, &mut payload, &ctx).unwrap();
    parts
}

#[test]
fn what_no_server_takes_is_not_signed() {
    let kind = |change: fn(&mut Config)| {
        let mut config = Config::new("id", KEY);
        change(&mut config);
        Signer::new(&config).err().map(|err| err.kind())
    };
    assert_eq!(kind(|_| ()), None);
    assert_eq!(kind(|config| config.id.clear()), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.key = "".into()), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.id.push('"')), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.nonce = Some("\\".into())), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.app = Some("\u{fc}".into())), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.ext = Some("a\nb".into())), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.ext = Some("a\\\"b".into())), None);
    assert_eq!(kind(|config| config.algorithm = "SHA256".into()), Some(ErrorKind::UnsupportedAlgorithm));

    let mut config = Config::new("id", KEY);
    config.include_payload_hash = true;
    let signer = Signer::new(&config).unwrap();
    let (mut parts, ()) = Request::get("http://h/").body(()).unwrap().into_parts();
    let error = signer.compute(&parts, &Payload::empty(), &Context::at(NOW).with_nonce("a\"b")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    let error = signer.compute(&parts, &Payload::Streaming, &Context::at(NOW)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PayloadRequired);
    for media_type in ["text/plain", "text/html"] {
        parts.headers.append("content-type", HeaderValue::from_static(media_type));
    }
    let error = signer.compute(&parts, &Payload::empty(), &Context::at(NOW)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(!format!("{signer:?}").contains(KEY));
}

/// The kinds, the texts and the challenges are the same, so that nobody learns which ids there are.
#[test]
fn an_unknown_id_a_wrong_mac_and_an_unusable_key_look_alike() {
    let parts = signed("https://h/", |config| config.include_payload_hash = true);
    let verifier = Verifier::new();
    let keys = [
        None,
        Some(Credentials::new("wrong")),
        Some(Credentials::new("")),
        Some(Credentials::new(KEY).with_algorithm(Algorithm::Sha1)),
        Some(Credentials::new(KEY).with_algorithm("md5".into())),
    ];
    for key in keys {
        let why = verify(&parts, key.as_ref(), &verifier).unwrap_err();
        assert_eq!(
            (why.kind(), why.challenges.as_slice()),
            (ErrorKind::Rejected, &[HeaderValue::from_static("Hawk")][..])
        );
        assert_eq!(why.to_string(), verify(&parts, None, &verifier).unwrap_err().to_string());
    }
    // Who signs with the empty key is refused, whether the id has an empty key or none.
    for id in ["id", "other"] {
        let text = format!("Hawk id=\"{id}\", ts=\"{NOW}\", nonce=\"n\", mac=\"{EMPTY_KEYS_MAC}\"");
        let (mut forged, ()) = Request::post("https://h/").body(()).unwrap().into_parts();
        forged.headers.insert("authorization", HeaderValue::try_from(text).unwrap());
        for key in [None, Some(&Credentials::new(""))] {
            assert_eq!(verify(&forged, key, &verifier).unwrap_err().kind(), ErrorKind::Rejected);
        }
    }
}

/// Python: `b64encode(hmac.digest(b"", text, "sha256"))`, with the text `hawk.1.header\n1353832234\nn\nPOST\n/\nh\n443\n\n\n`.
const EMPTY_KEYS_MAC: &str = "hUQlt2bP51GqOdL2KjNXyzzjcgAm47xaCVQ8/RkE6aQ=";

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    let base = || signed("https://h/", |config| config.include_payload_hash = true);
    assert_eq!(kind(&base()), Ok("id".to_owned()));
    let changed = |change: &dyn Fn(&mut Parts)| {
        let mut parts = base();
        change(&mut parts);
        kind(&parts)
    };
    let invalid = Err(ErrorKind::InvalidRequest);
    let append = |name: &'static str, value: &'static str| {
        changed(&|parts| {
            parts.headers.append(name, HeaderValue::from_static(value));
        })
    };
    assert_eq!(append("content-type", "text/plain"), invalid);
    assert_eq!(append("authorization", "Hawk id=\"id\""), invalid);
    assert_eq!(append("host", "other"), invalid, "Host and URI differ");
    assert_eq!(append("host", "H:443"), Ok("id".to_owned()));
    let header = |change: &dyn Fn(&str) -> String| {
        changed(&|parts| {
            let text = change(parts.headers["authorization"].to_str().unwrap());
            parts.headers.insert("authorization", HeaderValue::try_from(text).unwrap());
        })
    };
    assert_eq!(header(&|text| format!("{text}, Hawk id=\"b\"")), invalid);
    assert_eq!(header(&|text| format!("{text}, Basic YQ==")), invalid);
    assert_eq!(header(&|text| format!("{text}, id=\"id\"")), invalid);
    assert_eq!(header(&|text| format!("{text}, dlg=\"admin\"")), invalid, "without `app` it is not signed");
    assert_eq!(header(&|text| text.replace("ts=\"", "ts=\"+")), invalid);
    assert_eq!(header(&|text| text.replace("nonce=\"n\"", "nonce=\"\"")), invalid);
    assert_eq!(header(&|text| text.replace("Hawk", "Basic")), Err(ErrorKind::NoCredentials));
    assert_eq!(changed(&|parts| parts.headers.clear()), Err(ErrorKind::NoCredentials));
    let (bare, ()) = Request::get("https://h/").body(()).unwrap().into_parts();
    assert_eq!(Verifier::new().read_bewit(&bare).unwrap_err().kind(), ErrorKind::NoCredentials);
}

#[test]
fn a_verifier_can_stand_for_one_origin() {
    let origin = |uri: &str| Origin::of(&uri.parse().unwrap()).unwrap();
    let mut parts = signed("https://public.example/a", |_| ());
    parts.uri = "/a".parse().unwrap();
    parts.headers.insert("host", HeaderValue::from_static("10.0.0.1:8080"));
    let key = Credentials::new(KEY);
    assert!(verify(&parts, Some(&key), &Verifier::new()).is_err());
    assert!(verify(&parts, Some(&key), &Verifier::new().for_origin(origin("https://public.example"))).is_ok());
    for other in ["https://public.example:444", "http://public.example", "https://admin.example"] {
        assert!(verify(&parts, Some(&key), &Verifier::new().for_origin(origin(other))).is_err(), "{other}");
    }

    let mut plain = signed("http://h/", |_| ());
    plain.uri = "/".parse().unwrap();
    plain.headers.insert("host", HeaderValue::from_static("h"));
    assert!(verify(&plain, Some(&key), &Verifier::new()).is_err());
    assert!(verify(&plain, Some(&key), &Verifier::new().with_default_port(80)).is_ok());
}

#[test]
fn the_order_is_mac_time_body_nonce() {
    let key = Credentials::new(KEY);
    let verifier = Verifier::new();
    let parts = signed("https://h/", |config| config.include_payload_hash = true);
    let verify = |key, body: &'static str, now| {
        verifier.verify(verifier.read(&parts).unwrap(), key, &Payload::from(body), &Context::at(now))
    };
    // Neither time nor body is looked at before the MAC: the clock is told only to clients that have the key.
    let unknown = verify(None, "other", NOW + 100).unwrap_err();
    assert_eq!(unknown.to_string(), verify(None, "hi", NOW).unwrap_err().to_string());
    let late = verify(Some(&key), "other", NOW + 100).unwrap_err();
    assert!(late.challenges[0].to_str().unwrap().starts_with("Hawk ts="), "{late}");
    assert!(verify(Some(&key), "other", NOW).unwrap_err().to_string().contains("body"));

    let verified = verify(Some(&key), "hi", NOW).unwrap();
    let nonces = MemoryNonceStore::new(10);
    assert!(nonces.remember_now(&verified.replay_key(), verified.expires_at()).is_ok());
    // It is remembered for as long as the time is taken.
    let last = verify(Some(&key), "hi", verified.expires_at()).unwrap();
    let again = nonces.remember_now(&last.replay_key(), last.expires_at()).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Rejected);
    assert!(verify(Some(&key), "hi", verified.expires_at() + 1).is_err());

    let demanding = Verifier::new().with_payload_hash();
    let unhashed = signed("https://h/", |_| ());
    assert!(self::verify(&unhashed, Some(&key), &demanding).is_err());
    let streamed = verifier.verify(verifier.read(&parts).unwrap(), Some(&key), &Payload::Streaming, &Context::at(NOW));
    assert_eq!(streamed.unwrap_err().kind(), ErrorKind::PayloadRequired);
}
