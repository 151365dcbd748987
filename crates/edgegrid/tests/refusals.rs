//! What is refused: by the signer before it is sent, and by the verifier.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign_edgegrid::http::request::Parts;
use countersign_edgegrid::http::uri::Scheme;
use countersign_edgegrid::http::{HeaderValue, Request};
use countersign_edgegrid::scheme::replay::MemoryNonceStore;
use countersign_edgegrid::scheme::target::Origin;
use countersign_edgegrid::verify::{Refusal, Verified, Verifier};
use countersign_edgegrid::{Config, Context, ErrorKind, Payload, Scheme as _, Secret, Signer};

const NOW: u64 = 1_395_430_461;

fn verify(parts: &Parts, secret: Option<&str>, verifier: &Verifier) -> Result<Verified, Refusal> {
    let secret = secret.map(Secret::from);
    verifier.verify(verifier.read(parts)?, secret.as_ref(), &Payload::from("hi"), &Context::at(NOW))
}

fn signed(uri: &str, change: fn(&mut Config)) -> Parts {
    let mut config = Config::new("access", "client", "secret");
    change(&mut config);
    let request = Request::post(uri).header("x-a", "a").body(Payload::from("hi")).unwrap();
    let (mut parts, mut payload) = request.into_parts();
    let ctx = Context::at(NOW).with_nonce("n");
    Signer::new(&config).unwrap().sign(&mut parts, &mut payload, &ctx).unwrap();
    parts
}

#[test]
fn what_would_break_the_header_apart_is_an_error() {
    let kind = |change: fn(&mut Config)| {
        let mut config = Config::new("access", "client", "secret");
        change(&mut config);
        Signer::new(&config).err().map(|err| err.kind())
    };
    assert_eq!(kind(|_| ()), None);
    for change in [
        (|config| config.access_token.clear()) as fn(&mut Config),
        |config| config.client_token.clear(),
        |config| config.client_secret = "".into(),
        |config| config.client_token.push(';'),
        |config| config.access_token.push('\n'),
        |config| config.nonce = Some("a;b".into()),
        |config| config.max_body = 0,
        |config| config.timestamp = Some(253_402_300_800),
        |config| config.base_url = Some("ftp://h".into()),
        |config| config.base_url = Some("https://".into()),
        |config| config.headers_to_sign = vec!["not a name".into()],
    ] {
        assert_eq!(kind(change), Some(ErrorKind::InvalidConfig));
    }
    let signer = Signer::new(&Config::new("access", "client", "s3cret")).unwrap();
    let (parts, ()) = Request::post("https://h/").body(()).unwrap().into_parts();
    let compute = |payload: &Payload, ctx: &Context| signer.compute(&parts, payload, ctx);
    let error = compute(&Payload::Streaming, &Context::now()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PayloadRequired);
    assert_eq!(
        compute(&Payload::empty(), &Context::at(0).with_nonce("a;b")).unwrap_err().kind(),
        ErrorKind::InvalidConfig
    );
    assert!(!format!("{signer:?}").contains("s3cret"));

    let ctx = Context::now().with_random(|buf| {
        buf.fill(0xfe);
        Ok(())
    });
    let signed = compute(&Payload::empty(), &ctx).unwrap();
    assert!(signed.headers()[0].1.to_str().unwrap().contains(";nonce=fefefefe-fefe-4efe-befe-fefefefefefe;"));
}

/// The kinds and the texts are the same, so that nobody learns which clients there are.
#[test]
fn unknown_tokens_a_wrong_mac_and_an_empty_secret_look_alike() {
    let told = |refusal: Refusal| (refusal.kind(), refusal.error.to_string(), refusal.challenges);
    let (parts, verifier) = (signed("https://h/", |_| ()), Verifier::new());
    let unknown = told(verify(&parts, None, &verifier).unwrap_err());
    assert_eq!(unknown.0, ErrorKind::Rejected);
    for secret in ["wrong", ""] {
        assert_eq!(told(verify(&parts, Some(secret), &verifier).unwrap_err()), unknown);
    }
    // Who signs with the empty secret is refused, whether the client has an empty secret or none.
    let mut forged = signed("https://h/", |_| ());
    let unsigned = "EG1-HMAC-SHA256 client_token=client;access_token=access;timestamp=20140321T19:34:21+0000;nonce=n;";
    let value = format!("{unsigned}signature={EMPTY_SECRETS_SIGNATURE}");
    forged.headers.insert("authorization", HeaderValue::try_from(value).unwrap());
    for secret in [None, Some("")] {
        assert_eq!(told(verify(&forged, secret, &verifier).unwrap_err()), unknown);
    }
}

/// Python: `mac = lambda key, text: b64encode(hmac.digest(key, text, "sha256"))`, then
/// `mac(mac(b"", b"20140321T19:34:21+0000"), b"POST\thttps\th\t/\t\t" + b64encode(sha256(b"hi").digest()) + b"\t" + unsigned)`.
const EMPTY_SECRETS_SIGNATURE: &str = "oKrhv1oRgzEeAsg4RZ15xXgCErA8qv1xfK864WfO/F0=";

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    let changed = |change: &dyn Fn(&mut Parts)| {
        let mut parts = signed("https://h/", |_| ());
        change(&mut parts);
        verify(&parts, Some("secret"), &Verifier::new()).map(|verified| verified.client_token).map_err(|why| why.kind())
    };
    let (right, invalid) = (Ok("client".to_owned()), Err(ErrorKind::InvalidRequest));
    assert_eq!(changed(&|_| ()), right);
    let append = |name: &'static str, value: &'static str| {
        changed(&|parts| {
            parts.headers.append(name, HeaderValue::from_static(value));
        })
    };
    assert_eq!(append("authorization", "EG1-HMAC-SHA256 client_token=client;"), invalid);
    assert_eq!(append("host", "other"), invalid, "Host and URI differ");
    assert_eq!(append("host", "h"), right);
    let header = |change: &dyn Fn(&str) -> String| {
        changed(&|parts| {
            let text = change(parts.headers["authorization"].to_str().unwrap());
            parts.headers.insert("authorization", HeaderValue::try_from(text).unwrap());
        })
    };
    assert_eq!(header(&|text| text.replace("nonce=n", "nonce=n;nonce=m")), invalid);
    assert_eq!(header(&|text| text.replace("nonce=n", "nonce=")), invalid);
    assert_eq!(header(&|text| text.replace("access_token=access;", "")), invalid);
    assert_eq!(header(&|text| text.replace("T19", " 19")), invalid);
    assert_eq!(header(&|text| text.replace(";signature=", ",signature=")), invalid);
    assert_eq!(header(&|text| format!("{text};")), Err(ErrorKind::Rejected));
    assert_eq!(header(&|text| text.replace("EG1", "eg1")), Err(ErrorKind::Rejected), "the header is signed as it is");
    assert_eq!(header(&|text| text.replace("EG1", "EG2")), Err(ErrorKind::NoCredentials));
    assert_eq!(changed(&|parts| parts.headers.clear()), Err(ErrorKind::NoCredentials));

    let mut two_hosts = signed("/", |config| config.base_url = Some("h".into()));
    assert_eq!(Verifier::new().read(&two_hosts).unwrap_err().kind(), ErrorKind::InvalidRequest, "it names no host");
    for value in ["h", "h"] {
        two_hosts.headers.append("host", HeaderValue::from_static(value));
    }
    assert_eq!(Verifier::new().read(&two_hosts).unwrap_err().kind(), ErrorKind::InvalidRequest);
    let names = ["x-a".parse().unwrap()];
    let verifier = Verifier::new().with_headers_to_sign(names);
    let mut twice = signed("https://h/", |config| config.headers_to_sign = vec!["x-a".into()]);
    assert!(verify(&twice, Some("secret"), &verifier).is_ok());
    twice.headers.append("x-a", HeaderValue::from_static("b"));
    assert_eq!(verify(&twice, Some("secret"), &verifier).unwrap_err().kind(), ErrorKind::InvalidRequest);
}

/// A tab ends the host in the text that is signed.
#[test]
fn a_host_with_white_space_is_neither_signed_nor_taken() {
    let (mut parts, ()) = Request::get("/b").header("host", "h\t/a").body(()).unwrap().into_parts();
    let signer = Signer::new(&Config::new("access", "client", "secret")).unwrap();
    let error = signer.compute(&parts, &Payload::empty(), &Context::at(NOW)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let header = signed("https://h/", |_| ()).headers["authorization"].clone();
    parts.headers.insert("authorization", header);
    assert_eq!(verify(&parts, Some("secret"), &Verifier::new()).unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[test]
fn a_verifier_can_stand_for_one_origin() {
    let origin = |uri: &str| Origin::of(&uri.parse().unwrap()).unwrap();
    let mut parts = signed("https://public.example/a", |_| ());
    parts.uri = "/a".parse().unwrap();
    parts.headers.insert("host", HeaderValue::from_static("10.0.0.1:8080"));
    assert!(verify(&parts, Some("secret"), &Verifier::new()).is_err());
    let at = |uri: &str| verify(&parts, Some("secret"), &Verifier::new().for_origin(origin(uri)));
    assert!(at("https://public.example").is_ok());
    for other in ["https://public.example:444", "http://public.example", "https://admin.example"] {
        assert!(at(other).is_err(), "{other}");
    }

    let mut plain = signed("http://h/", |_| ());
    plain.uri = "/".parse().unwrap();
    plain.headers.insert("host", HeaderValue::from_static("h"));
    assert!(verify(&plain, Some("secret"), &Verifier::new()).is_err());
    assert!(verify(&plain, Some("secret"), &Verifier::new().with_scheme(Scheme::HTTP)).is_ok());
}

#[test]
fn the_order_is_form_mac_time_nonce() {
    let parts = signed("https://h/", |_| ());
    let (verifier, secret) = (Verifier::new().with_clock_skew(10), Secret::from("secret"));
    let verify =
        |secret, now| verifier.verify(verifier.read(&parts).unwrap(), secret, &Payload::from("hi"), &Context::at(now));
    // The time is not looked at before the MAC.
    let unknown = verify(None, NOW + 100).unwrap_err();
    assert_eq!(unknown.to_string(), verify(None, NOW).unwrap_err().to_string());
    for now in [NOW - 11, NOW + 11] {
        let late = verify(Some(&secret), now).unwrap_err();
        assert!(late.kind() == ErrorKind::Rejected && late.to_string().contains("time"), "{late}");
    }

    let verified = verify(Some(&secret), NOW - 10).unwrap();
    assert_eq!((verified.client_token.as_str(), verified.access_token.as_str()), ("client", "access"));
    let nonces = MemoryNonceStore::new(10);
    assert!(nonces.remember_now(&verified.replay_key(), verified.expires_at()).is_ok());
    // It is remembered for as long as the time is taken.
    let last = verify(Some(&secret), verified.expires_at()).unwrap();
    let again = nonces.remember_now(&last.replay_key(), last.expires_at()).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Rejected);
    assert!(verify(Some(&secret), verified.expires_at() + 1).is_err());

    let streamed =
        verifier.verify(verifier.read(&parts).unwrap(), Some(&secret), &Payload::Streaming, &Context::at(NOW));
    assert_eq!(streamed.unwrap_err().kind(), ErrorKind::PayloadRequired);
}
