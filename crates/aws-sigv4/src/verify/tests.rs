use countersign_core::Scheme as _;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request};

use super::*;
use crate::{AddTo, Config, PayloadSigning, Signer};

const NOW: u64 = 1_440_938_160;
const PLACES: [(AddTo, &str); 4] =
    [(AddTo::Header, "s3"), (AddTo::Header, "service"), (AddTo::Query, "s3"), (AddTo::Query, "service")];

fn config(add_to: AddTo, service: &str) -> Config {
    let mut config = Config::new("AKIDEXAMPLE", "secret");
    config.service = Some(service.into());
    config.add_to = add_to;
    config.session_token = Some("tok/en=".into());
    config
}

fn sign(config: &Config) -> (Parts, Payload) {
    let uri = "https://bucket.example.com/a%20b//c?b=2&a=1+1&a=%7E";
    let request = Request::put(uri).header("x-a", " 1  2 ").header("content-type", "text/plain").body("body").unwrap();
    let (mut parts, body) = request.into_parts();
    let mut payload = Payload::from(body);
    Signer::new(config).unwrap().sign(&mut parts, &mut payload, &Context::at(NOW)).unwrap();
    (parts, payload)
}

fn verify(verifier: &Verifier, parts: &Parts, payload: &Payload, secret: Option<&str>, now: u64) -> Result<Verified> {
    let claim = verifier.read(parts).map_err(|refusal| refusal.error)?;
    assert_eq!(claim.id(), "AKIDEXAMPLE");
    let secret = secret.map(Secret::from);
    verifier.verify(claim, secret.as_ref(), payload, &Context::at(now)).map_err(|refusal| refusal.error)
}

fn verify_now(parts: &Parts, payload: &Payload) -> Result<Verified> {
    verify(&Verifier::new(), parts, payload, Some("secret"), NOW)
}

#[track_caller]
fn assert_refused(result: Result<Verified>, kind: ErrorKind, why: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(why), "{error}");
}

fn with_uri(parts: &Parts, from: &str, to: &str) -> Parts {
    let mut parts = parts.clone();
    let text = parts.uri.to_string();
    assert!(text.contains(from), "{text}");
    parts.uri = text.replacen(from, to, 1).parse().unwrap();
    parts
}

fn with_header(parts: &Parts, name: &'static str, value: &str) -> Parts {
    let mut parts = parts.clone();
    parts.headers.insert(name, HeaderValue::try_from(value).unwrap());
    parts
}

#[test]
fn what_we_sign_we_accept_and_nothing_else() {
    for (add_to, service) in PLACES {
        let (parts, payload) = sign(&config(add_to, service));
        let verified = verify_now(&parts, &payload).unwrap();
        assert_eq!((verified.service.as_str(), verified.region.as_str()), (service, "us-east-1"));
        assert_eq!(verified.session_token, Some(Secret::from("tok/en=")));
        assert!(verified.session_token_is_signed);
        assert_eq!((verified.signed_at, verified.is_presigned), (NOW, add_to == AddTo::Query));
        assert!(verified.signed_headers.iter().any(|name| name == "x-a") && verified.signed_headers.is_sorted());
        let shown = format!("{verified:?}");
        assert!(!shown.contains("tok/en=") && !shown.contains(&verified.signature), "{shown}");

        let mut posted = parts.clone();
        posted.method = Method::POST;
        for other in [posted, with_header(&parts, "x-a", "1 3"), with_uri(&parts, "b=2", "b=3")] {
            assert_refused(verify_now(&other, &payload), ErrorKind::Rejected, "the signature does not fit");
        }
        let hashes_nothing = add_to == AddTo::Query && service == "s3";
        assert_eq!(verify_now(&parts, &Payload::from("bodY")).is_ok(), hashes_nothing);
    }
}

#[test]
fn unknown_wrong_and_empty_look_alike() {
    let refusal = |secret: Option<&str>| {
        let (parts, payload) = sign(&config(AddTo::Header, "s3"));
        let error = verify(&Verifier::new(), &parts, &payload, secret, NOW).unwrap_err();
        (error.kind(), error.to_string())
    };
    assert_eq!(refusal(None), refusal(Some("wrong")));
    assert_eq!(refusal(None), refusal(Some("")));
    assert_eq!(refusal(None).0, ErrorKind::Rejected);
    // Not even a request that was signed with an empty secret, or with the stand-in, gets in.
    let stand_in = "a stand-in, as long as secrets are: 40..";
    let (parts, payload) = sign(&Config { secret_access_key: stand_in.into(), ..config(AddTo::Header, "s3") });
    assert!(verify(&Verifier::new(), &parts, &payload, Some(stand_in), NOW).is_ok());
    for secret in [None, Some("")] {
        let result = verify(&Verifier::new(), &parts, &payload, secret, NOW);
        assert_refused(result, ErrorKind::Rejected, "the signature does not fit");
    }
}

#[test]
fn a_wrong_key_is_not_told_the_time_or_the_body() {
    let (parts, _) = sign(&config(AddTo::Header, "s3"));
    let late = verify(&Verifier::new(), &parts, &Payload::from("other"), Some("wrong"), NOW + 10_000);
    assert_refused(late, ErrorKind::Rejected, "the signature does not fit");
    let late = verify(&Verifier::new(), &parts, &Payload::from("other"), Some("secret"), NOW + 10_000);
    assert_refused(late, ErrorKind::Rejected, "expired");
    assert_refused(verify_now(&parts, &Payload::from("other")), ErrorKind::Rejected, "not the signed one");
}

#[test]
fn what_is_added_on_the_way_is_refused() {
    for add_to in [AddTo::Header, AddTo::Query] {
        let (parts, payload) = sign(&config(add_to, "s3"));
        assert!(verify_now(&with_header(&parts, "x-added", "1"), &payload).is_ok());
        let other = with_header(&parts, "x-amz-acl", "public-read-write");
        assert_refused(verify_now(&other, &payload), ErrorKind::Rejected, "`x-amz-*`");
    }
    let (parts, payload) = sign(&config(AddTo::Query, "s3"));
    let dated = with_header(&parts, "x-amz-date", "20150830T123600Z");
    assert_refused(verify_now(&dated, &payload), ErrorKind::Rejected, "`x-amz-*`");
    let token = with_header(&parts, "x-amz-security-token", "another");
    assert_refused(verify_now(&token, &payload), ErrorKind::InvalidRequest, "session token");
}

#[test]
fn a_token_is_reported_as_it_is_signed() {
    let (parts, payload) = sign(&config(AddTo::Header, "s3"));
    let spaced = with_header(&parts, "x-amz-security-token", " tok/en= \t");
    assert_eq!(verify_now(&spaced, &payload).unwrap().session_token, Some(Secret::from("tok/en=")));
}

#[test]
fn a_token_outside_the_signature_is_reported_as_such() {
    let mut config = config(AddTo::Header, "iotdata");
    config.unsigned_session_token = true;
    let (parts, payload) = sign(&config);
    let verified = verify_now(&parts, &payload).unwrap();
    assert!(verified.session_token.is_some() && !verified.session_token_is_signed);
    let verified = verify_now(&with_header(&parts, "x-amz-security-token", "another"), &payload).unwrap();
    assert_eq!((verified.session_token, verified.session_token_is_signed), (Some("another".into()), false));
}

#[test]
fn what_counts_once_is_not_taken_twice() {
    let (parts, payload) = sign(&config(AddTo::Header, "s3"));
    for name in
        ["authorization", "host", "content-type", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "date"]
    {
        let mut other = parts.clone();
        for _ in 0..2 {
            let value = other.headers.get(name).cloned().unwrap_or(HeaderValue::from_static("bucket.example.com"));
            other.headers.append(name, value);
        }
        assert_refused(verify_now(&other, &payload), ErrorKind::InvalidRequest, "two");
    }
    let (parts, payload) = sign(&config(AddTo::Query, "s3"));
    for name in ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Security-Token"] {
        for name in [format!("X-Amz-{name}"), format!("X-Amz-{name}").replace('A', "%41")] {
            let other = with_uri(&parts, "?", &format!("?{name}=1&"));
            assert_refused(verify_now(&other, &payload), ErrorKind::InvalidRequest, "given twice");
        }
    }
}

#[test]
fn hosts_that_differ_are_refused() {
    let mut config = config(AddTo::Header, "service");
    config.session_token = None;
    let (mut parts, payload) = sign(&config);
    parts.headers.insert("host", HeaderValue::from_static("bucket.example.com"));
    assert!(verify_now(&parts, &payload).is_ok());
    let other = with_uri(&parts, "bucket.example.com", "admin.example.com");
    assert_refused(verify_now(&other, &payload), ErrorKind::InvalidRequest, "different hosts");

    // Behind a proxy that rewrites the host, the origin says it.
    let rewritten = with_header(&with_uri(&parts, "https://bucket.example.com", ""), "host", "10.0.0.1:8080");
    assert_refused(verify_now(&rewritten, &payload), ErrorKind::Rejected, "does not fit");
    let origin = |uri: &str| Origin::of(&uri.parse().unwrap()).unwrap();
    let behind = Verifier::new().for_origin(origin("https://bucket.example.com"));
    assert!(verify(&behind, &rewritten, &payload, Some("secret"), NOW).is_ok());
    let other = Verifier::new().for_origin(origin("https://other.example.com"));
    assert!(verify(&other, &parts, &payload, Some("secret"), NOW).is_err());
}

#[test]
fn the_host_is_signed_whatever_the_lists_say() {
    for add_to in [AddTo::Header, AddTo::Query] {
        let mut config = Config::new("AKIDEXAMPLE", "secret");
        config.add_to = add_to;
        config.unsigned_headers = vec!["Host".into()];
        config.signed_headers = Some(Vec::new());
        let (mut parts, ()) = Request::get("https://h:1/").header("host", "h:1").body(()).unwrap().into_parts();
        Signer::new(&config).unwrap().sign(&mut parts, &mut Payload::empty(), &Context::at(NOW)).unwrap();
        let verified = verify_now(&parts, &Payload::empty()).unwrap();
        assert!(verified.signed_headers.iter().any(|name| name == "host"));
    }
}

#[test]
fn time_runs_out() {
    let (parts, payload) = sign(&config(AddTo::Header, "s3"));
    let at = |verifier: &Verifier, parts: &Parts, now| verify(verifier, parts, &payload, Some("secret"), now).is_ok();
    for (now, accepted) in [(NOW - 300, true), (NOW - 301, false), (NOW + 300, true), (NOW + 301, false)] {
        assert_eq!(at(&Verifier::new(), &parts, now), accepted);
    }
    assert!(at(&Verifier::new().with_clock_skew(900), &parts, NOW + 900));
    assert_eq!(verify_now(&parts, &payload).unwrap().expires_at(), NOW + 300);
    let (parts, _) = sign(&config(AddTo::Query, "s3"));
    for (now, accepted) in [(NOW + 86_400, true), (NOW + 86_401, false), (NOW - 301, false)] {
        assert_eq!(at(&Verifier::new(), &parts, now), accepted);
    }
}

#[test]
fn what_aws_refuses_is_refused() {
    let (parts, payload) = sign(&config(AddTo::Query, "s3"));
    for expires in ["604801", "0", "-1", "+60", "", "x", "18446744073709551616"] {
        let other = with_uri(&parts, "X-Amz-Expires=86400", &format!("X-Amz-Expires={expires}"));
        assert_refused(verify_now(&other, &payload), ErrorKind::InvalidRequest, "seven days");
    }
    let other = with_uri(&parts, "%2F20150830%2F", "%2F20150831%2F");
    assert_refused(verify_now(&other, &payload), ErrorKind::InvalidRequest, "credential scope");
    let (parts, payload) = sign(&config(AddTo::Header, "s3"));
    let text = parts.headers[AUTHORIZATION].to_str().unwrap().replace("/20150830/", "/20150829/");
    let other = with_header(&parts, "authorization", &text);
    assert_refused(verify_now(&other, &payload), ErrorKind::InvalidRequest, "credential scope");
}

#[test]
fn a_body_without_a_hash_may_be_refused() {
    let strict = Verifier::new().with_payload_hash();
    for (payload_signing, add_to, accepted) in [
        (PayloadSigning::Hash, AddTo::Header, true),
        (PayloadSigning::Unsigned, AddTo::Header, false),
        (PayloadSigning::StreamingSigned, AddTo::Header, false),
        (PayloadSigning::Hash, AddTo::Query, false),
    ] {
        let (parts, payload) = sign(&Config { payload: payload_signing, ..config(add_to, "s3") });
        assert!(verify_now(&parts, &payload).is_ok());
        assert_eq!(verify(&strict, &parts, &payload, Some("secret"), NOW).is_ok(), accepted);
    }
    // A streamed body is taken as its header says; without a header its bytes are needed.
    let (parts, _) = sign(&config(AddTo::Header, "s3"));
    assert_eq!(verify_now(&parts, &Payload::Streaming).unwrap().payload_hash, sha256_hex(b"body").as_str());
    let (parts, _) = sign(&config(AddTo::Header, "service"));
    assert_refused(verify_now(&parts, &Payload::Streaming), ErrorKind::PayloadRequired, "streamed");
}

#[test]
fn what_is_not_signed_and_what_cannot_be_read() {
    let kind = |request: http::request::Builder| {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Verifier::new().read(&parts).unwrap_err().kind()
    };
    let get = || Request::get("https://h/");
    assert_eq!(kind(get()), ErrorKind::NoCredentials);
    assert_eq!(kind(get().header("authorization", "Basic abc=")), ErrorKind::NoCredentials);
    for value in [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a",
        "aws4-hmac-sha256 Credential=a/20150830/r/s/aws4_request,SignedHeaders=host,Signature=0",
        "AWS4-HMAC-SHA256 Credential=a,Credential=a,SignedHeaders=host,Signature=0",
        "AWS4-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=0,Other=1",
    ] {
        assert_eq!(kind(get().header("authorization", value)), ErrorKind::InvalidRequest, "{value}");
    }
    assert_eq!(kind(Request::get("https://h/?X-Amz-Signature=a")), ErrorKind::InvalidRequest);
    let both = Request::get("https://h/?X-Amz-Signatur%65=a").header("authorization", "AWS4-HMAC-SHA256 x");
    assert_eq!(kind(both), ErrorKind::InvalidRequest);
}

#[test]
fn parts_of_a_wrong_form_cannot_be_read() {
    let (parts, payload) = sign(&config(AddTo::Header, "s3"));
    let text = parts.headers[AUTHORIZATION].to_str().unwrap();
    let signature = text.rsplit_once('=').unwrap().1;
    for (from, to) in [
        ("aws4_request", "aws5_request"),
        ("/us-east-1/", "//"),
        ("/us-east-1/", "/us/east-1/"),
        ("SignedHeaders=content-type;host", "SignedHeaders=host;content-type"),
        ("SignedHeaders=content-type;host", "SignedHeaders=content-type;content-type;host"),
        ("SignedHeaders=content-type;", "SignedHeaders=;"),
        (signature, "0"),
        (signature, &signature.to_ascii_uppercase()),
    ] {
        let other = with_header(&parts, "authorization", &text.replace(from, to));
        assert_eq!(verify_now(&other, &payload).unwrap_err().kind(), ErrorKind::InvalidRequest, "{to}");
    }
    for (name, value) in [("x-amz-date", "now"), ("x-amz-content-sha256", "abc")] {
        let other = with_header(&parts, name, value);
        assert_eq!(verify_now(&other, &payload).unwrap_err().kind(), ErrorKind::InvalidRequest, "{name}");
    }
    let missing = with_header(&parts, "authorization", &text.replace(";x-a;", ";x-a;x-aa;"));
    assert_refused(verify_now(&missing, &payload), ErrorKind::Rejected, "is not there");
}

#[test]
fn many_signed_headers_are_looked_up_by_halves_and_capped() {
    let signed = |count: usize| {
        let mut headers = HeaderMap::new();
        for number in 0..count {
            let name = HeaderName::try_from(format!("x-h-{number}")).unwrap();
            headers.insert(name, HeaderValue::from_static("v"));
        }
        let (mut parts, ()) = Request::get("https://h/").body(()).unwrap().into_parts();
        parts.headers = headers;
        let signer = Signer::new(&Config::new("AKIDEXAMPLE", "secret")).unwrap();
        signer.sign(&mut parts, &mut Payload::empty(), &Context::at(NOW)).unwrap();
        verify_now(&parts, &Payload::empty())
    };
    assert_eq!(signed(1000).unwrap().signed_headers.len(), 1002);
    assert_refused(signed(1023), ErrorKind::InvalidRequest, "more than 1024");
}

#[test]
fn a_request_counts_once_where_it_is_remembered() {
    use countersign_core::replay::MemoryNonceStore;

    let (parts, payload) = sign(&config(AddTo::Header, "s3"));
    let seen = MemoryNonceStore::default();
    let verified = verify_now(&parts, &payload).unwrap();
    assert!(seen.remember_now(&verified.replay_key(), verified.expires_at()).is_ok());
    // White space that is not signed does not make it another request.
    let verified = verify_now(&with_header(&parts, "x-a", "1 2"), &payload).unwrap();
    assert!(seen.remember_now(&verified.replay_key(), verified.expires_at()).is_err());
}

#[test]
fn what_must_have_been_signed_is_what_was() {
    for (add_to, service) in PLACES {
        let config = config(add_to, service);
        let uri = "https://bucket.example.com/a%20b//c?b=2&a=1+1&a=%7E";
        let (mut parts, body) = Request::put(uri).header("x-a", " 1  2 ").body("body").unwrap().into_parts();
        let mut payload = Payload::from(body);
        let signer = Signer::new(&config).unwrap();
        let ours = signer.sign(&mut parts, &mut payload, &Context::at(NOW).explaining()).unwrap();
        let verifier = Verifier::new();
        let theirs = verifier.explain(&verifier.read(&parts).unwrap(), &payload).unwrap();
        assert!(ours.canonical_request().is_some());
        assert_eq!(theirs.canonical_request(), ours.canonical_request());
        assert_eq!(theirs.string_to_sign(), ours.string_to_sign());
    }
}
