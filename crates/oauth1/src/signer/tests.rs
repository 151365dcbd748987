use http::Request;

use super::*;
use crate::AddTo;

const NOW: u64 = 1_191_242_096;

fn sign(config: &Config, request: http::request::Builder, payload: Payload) -> Result<(Parts, Payload)> {
    let (mut parts, mut payload) = request.body(payload).unwrap().into_parts();
    Signer::new(config)?.sign(&mut parts, &mut payload, &Context::at(NOW).with_nonce("n"))?;
    Ok((parts, payload))
}

fn config() -> Config {
    Config::new("key", "secret").with_token("token", "token secret")
}

fn form_post(uri: &str) -> http::request::Builder {
    Request::post(uri).header("content-type", "application/x-www-form-urlencoded")
}

fn kind(config: &Config, request: http::request::Builder, payload: Payload) -> Option<ErrorKind> {
    sign(config, request, payload).err().map(|err| err.kind())
}

#[test]
fn what_is_missing_is_an_error() {
    assert_eq!(
        kind(&Config::new("", "s"), Request::get("http://h/"), Payload::empty()),
        Some(ErrorKind::InvalidConfig)
    );
    assert_eq!(kind(&Config::new("k", ""), Request::get("http://h/"), Payload::empty()), None);
    assert_eq!(kind(&config(), Request::get("/p"), Payload::empty()), Some(ErrorKind::InvalidRequest));
    let mut unknown = config();
    unknown.signature_method = "hmac-sha1".into();
    assert_eq!(kind(&unknown, Request::get("http://h/"), Payload::empty()), Some(ErrorKind::UnsupportedAlgorithm));
}

#[test]
fn streams_are_signed_where_their_bytes_do_not_count() {
    assert_eq!(kind(&config(), Request::post("http://h/"), Payload::Streaming), None);
    assert_eq!(kind(&config(), form_post("http://h/"), Payload::Streaming), Some(ErrorKind::PayloadRequired));
    let mut hashing = config();
    hashing.include_body_hash = true;
    assert_eq!(kind(&hashing, Request::post("http://h/"), Payload::Streaming), Some(ErrorKind::PayloadRequired));
    hashing.signature_method = SignatureMethod::Plaintext;
    assert_eq!(kind(&hashing, Request::post("http://h/"), Payload::Streaming), None);
}

#[test]
fn a_signature_moves_with_the_placement() {
    let mut in_request = config();
    in_request.add_to = AddTo::Request;
    let request = || form_post("http://h/?b=1&&c").header("content-length", "3");
    let (header, body) = sign(&config(), request(), "a=1".into()).unwrap();
    assert_eq!(
        (header.uri.to_string().as_str(), body.bytes().unwrap().as_ref()),
        ("http://h/?b=1&&c", b"a=1".as_slice())
    );

    let moved = |parts: &Parts, payload: &Payload, config: &Config| {
        let (mut parts, mut payload) = (parts.clone(), payload.clone());
        Signer::new(config).unwrap().sign(&mut parts, &mut payload, &Context::at(NOW).with_nonce("n")).unwrap();
        (parts, payload)
    };
    let (parts, payload) = moved(&header, &body, &in_request);
    assert!(!parts.headers.contains_key(AUTHORIZATION));
    let text = String::from_utf8(payload.bytes().unwrap().to_vec()).unwrap();
    assert!(text.starts_with("a=1&oauth_consumer_key=key&oauth_signature_method="), "{text}");
    assert_eq!(parts.headers[CONTENT_LENGTH], text.len().to_string());

    let (back, body) = moved(&parts, &payload, &config());
    assert_eq!(back.headers[AUTHORIZATION], header.headers[AUTHORIZATION]);
    assert_eq!(
        (back.headers[CONTENT_LENGTH].as_bytes(), body.bytes().unwrap().as_ref()),
        (b"3".as_slice(), b"a=1".as_slice())
    );

    let (get, _) = sign(&in_request, Request::get("http://h/?b=1"), Payload::empty()).unwrap();
    assert!(get.uri.query().unwrap().starts_with("b=1&oauth_consumer_key=key&"));
    let (back, _) = moved(&get, &Payload::empty(), &config());
    assert_eq!(back.uri, "http://h/?b=1");
}

#[test]
fn another_schemes_header_stays_beside_a_signed_query() {
    let mut in_request = config();
    in_request.add_to = AddTo::Request;
    let request = Request::get("http://h/").header("authorization", "Basic YTpi");
    assert_eq!(sign(&in_request, request, Payload::empty()).unwrap().0.headers[AUTHORIZATION], "Basic YTpi");
    // Whatever a provider would take for a signature of this scheme goes.
    for (header, stays) in [("oauth\toauth_token=\"x\"", false), ("OAuth", false), ("OAuth2 x", true)] {
        let request = Request::get("http://h/").header("authorization", header);
        let (parts, _) = sign(&in_request, request, Payload::empty()).unwrap();
        assert_eq!(parts.headers.contains_key(AUTHORIZATION), stays, "{header:?}");
    }
}

#[test]
fn the_callers_own_parameters_are_signed_too() {
    let (parts, _) = sign(&config(), Request::get("http://h/?oauth_callback=x"), Payload::empty()).unwrap();
    assert_eq!(parts.uri, "http://h/?oauth_callback=x");
}

#[test]
fn realm_and_raw_values_are_quoted() {
    let mut raw = config();
    raw.realm = Some("a \"b\"\\ü".into());
    raw.token = Some("t/\"".into());
    raw.encode_header_params = false;
    let (parts, _) = sign(&raw, Request::get("http://h/"), Payload::empty()).unwrap();
    let header = str::from_utf8(parts.headers[AUTHORIZATION].as_bytes()).unwrap();
    assert!(
        header.starts_with(r#"OAuth realm="a \"b\"\\ü", oauth_consumer_key="key", oauth_signature_method="#),
        "{header}"
    );
    assert!(header.contains(r#"oauth_token="t/\"""#) && parts.headers[AUTHORIZATION].is_sensitive(), "{header}");
    for (field, value) in [("realm", "a\n"), ("token", "\0"), ("nonce", "\r")] {
        let mut config = raw.clone();
        match field {
            "realm" => config.realm = Some(value.into()),
            "token" => config.token = Some(value.into()),
            _ => config.nonce = Some(value.into()),
        }
        assert_eq!(Signer::new(&config).unwrap_err().kind(), ErrorKind::InvalidConfig, "{field}");
    }
}

#[test]
fn empty_parameters_are_sent_where_they_are_signed() {
    let mut config = Config::new("key", "");
    config.version = String::new();
    config.callback = Some(String::new());
    let header = |config: &Config| {
        let (parts, _) = sign(config, Request::get("http://h/"), Payload::empty()).unwrap();
        parts.headers[AUTHORIZATION].to_str().unwrap().to_owned()
    };
    assert!(!header(&config).contains("oauth_token=") && !header(&config).contains("oauth_version"));
    config.add_empty_params_to_signature = true;
    let header = header(&config);
    assert!(header.contains("oauth_token=\"\"") && header.contains("oauth_version=\"\""), "{header}");
    assert!(!header.contains("oauth_callback"));
}

#[test]
fn explaining_shows_the_base_string_but_no_key() {
    let explain = |config: &Config| {
        let (parts, ()) = Request::get("http://h/").body(()).unwrap().into_parts();
        let ctx = Context::at(NOW).with_nonce("n").explaining();
        Signer::new(config).unwrap().compute(&parts, &Payload::empty(), &ctx).unwrap()
    };
    let signed = explain(&config());
    assert!(signed.string_to_sign().unwrap().starts_with("GET&http%3A%2F%2Fh%2F&oauth_consumer_key%3Dkey%26"));
    let mut plain = config();
    plain.signature_method = SignatureMethod::Plaintext;
    assert!(explain(&plain).string_to_sign().is_none());
    let shown = format!("{:?} {:?}", Signer::new(&plain).unwrap(), plain);
    assert!(!shown.contains("secret\"") && !shown.contains("token secret"), "{shown}");
}

#[cfg(feature = "rsa")]
#[test]
fn keys_that_cannot_sign_say_what_is_expected() {
    for pem in [
        "",
        "x",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----",
    ] {
        let mut config = config();
        config.signature_method = SignatureMethod::RsaSha1;
        config.private_key = Some(pem.into());
        let error = Signer::new(&config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidKey);
        assert!(error.to_string().contains("PKCS#8"), "{error}");
    }
}
