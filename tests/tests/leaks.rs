//! No secret shows anywhere but where it is sent.

use std::panic::{AssertUnwindSafe, catch_unwind};

use countersign::{AuthConfig, Authenticator, Context, ErrorKind, Payload, Reply, Step};
use countersign_tests::every_config::{MARK, configs, read, secrets, usable};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::json;

/// Where a text of the program leaks, with what.
fn check(what: &str, name: &str, shown: &str) {
    assert!(!shown.contains(MARK), "{name}: {what} shows a secret: {shown}");
    // Base64 of the mark at each of three offsets: of `user:password`, say.
    for encoded in ["aHVudGVyM", "h1bnRlcj", "odW50ZXIy"] {
        assert!(!shown.contains(encoded), "{name}: {what} shows a secret in base64: {shown}");
    }
}

#[test]
fn every_type_is_made_with_its_secrets() {
    let configs = configs();
    assert!(configs.len() >= 14, "{configs:?}");
    for (name, config) in configs {
        let mut found = Vec::new();
        secrets(&config, &mut found);
        assert!(!found.is_empty(), "{name} has no secret: {config}");
        read(&config).unwrap_or_else(|why| panic!("{name}: {why}: {config}"));
    }
}

#[test]
fn debug_and_errors_show_no_secret() {
    let mut used = 0;
    for (name, config) in configs() {
        let read_config = read(&config).unwrap();
        check("Debug of the config", &name, &format!("{read_config:?}"));
        check("Debug of the config, pretty", &name, &format!("{read_config:#?}"));
        if let Err(why) = Authenticator::new(&read_config) {
            check("the error of a config", &name, &format!("{why} {why:?}"));
        }
        let Some(auth) = usable(&name, &config) else { continue };
        used += 1;
        check("Debug of the authenticator", &name, &format!("{auth:?} {auth:#?}"));
        conversation(&name, &auth);
    }
    assert!(used >= 12, "only {used} configs could be used");
}

/// A conversation with a server that refuses in every way: its steps, its errors and what it explains.
fn conversation(name: &str, auth: &Authenticator) {
    let ctx = Context::at(1_440_938_160).explaining();
    let request = || Request::post("https://u:hunter2@h.example/p?a=1").header("x", "y").body("body").unwrap();
    let (mut parts, body) = request().into_parts();
    match auth.sign(&mut parts, &mut Payload::from(body), &ctx) {
        Ok(signed) => {
            check("Debug of what was signed", name, &format!("{signed:?}"));
            // An explained text may hold a token that is sent in clear, but nothing that is as good as a key.
            for text in [signed.canonical_request(), signed.string_to_sign()].into_iter().flatten() {
                for secret in ["password", "secret", "client_secret", "key"] {
                    assert!(!text.contains(&format!("{MARK}-{secret}")), "{name}: explains {secret}: {text}");
                }
            }
        }
        Err(why) => check("the error of signing", name, &format!("{why} {why:?}")),
    }
    let challenges = [
        "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"",
        "NTLM",
        "Hawk ts=\"1\", tsm=\"x\"",
        "Bearer error=\"invalid_token\"",
        "Digest \"",
    ];
    for challenge in challenges {
        let (mut exchange, mut step) = match auth.start(request(), &ctx) {
            Ok(started) => started,
            Err(why) => return check("the error of starting", name, &format!("{why} {why:?}")),
        };
        for _ in 0..4 {
            check("Debug of a step", name, &format!("{step:?}"));
            check("Debug of an exchange", name, &format!("{exchange:?}"));
            let Step::Send(sent) = &step else { break };
            let headers = HeaderMap::from_iter([(http::header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))]);
            let is_token_request = sent.uri().host() == Some("as.example");
            let status = if is_token_request { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            let body = br#"{"access_token":"hunter2","refresh_token":"hunter2","token_type":"Bearer","expires_in":60}"#;
            let reply = Reply::new(status, &headers, body);
            check("Debug of a reply", name, &format!("{reply:?}"));
            step = match exchange.on_response(reply, &ctx) {
                Ok(step) => step,
                Err(why) => {
                    check("the error of an exchange", name, &format!("{why} {why:?}"));
                    break;
                }
            };
        }
    }
}

/// Every text of a config, one at a time, as something that no scheme takes: the errors name the field and hide the value.
#[test]
fn broken_configs_are_refused_without_their_secret() {
    for (name, config) in configs() {
        let mut found = Vec::new();
        secrets(&config, &mut found);
        for secret in found {
            for broken in [format!("{secret}\r\n"), format!("{secret}\u{0}"), format!("{secret}:\u{fc}\"\\")] {
                let text = config
                    .to_string()
                    .replace(&serde_json::to_string(&secret).unwrap(), &serde_json::to_string(&broken).unwrap());
                let shown = catch_unwind(AssertUnwindSafe(|| {
                    match read(&serde_json::from_str(&text).unwrap()).map(|config| Authenticator::new(&config)) {
                        Ok(Ok(auth)) => format!("{auth:?}"),
                        Ok(Err(why)) => format!("{why} {why:?}"),
                        Err(why) => why,
                    }
                }));
                check("a broken config", &name, &shown.unwrap_or_else(|_| panic!("{name} panics on {broken:?}")));
            }
        }
    }
}

/// Every secret of a config, one at a time, as something that is no text, a password of digits for example. serde's own errors quote
/// what they find.
#[test]
fn a_secret_that_is_no_text_is_refused_and_not_quoted() {
    let mut tried = 0;
    for (name, config) in configs() {
        let mut found = Vec::new();
        secrets(&config, &mut found);
        for secret in found {
            for broken in
                ["7351624", "-7351624", "7351624.5", "7351624e20", "true", "[7351624]", "{\"7351624\":7351624}"]
            {
                let text = config.to_string().replace(&serde_json::to_string(&secret).unwrap(), broken);
                let value = serde_json::from_str::<AuthConfig>(&text).map_err(|why| format!("{why} {why:?}"));
                let Err(why) = value else { panic!("{name} takes {broken} for {secret}") };
                assert!(
                    !why.contains("7351624") && !why.contains("7.351624") && !why.contains("true"),
                    "{name}: {why}"
                );
                let why = read(&serde_json::from_str(&text).unwrap()).unwrap_err();
                assert!(
                    !why.contains("7351624") && !why.contains("7.351624") && !why.contains("true"),
                    "{name}: {why}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried >= 150, "{tried}");
}

#[test]
fn a_token_reply_is_never_quoted() {
    let config = json!({ "type": "oauth2", "grant": { "grant_type": "client_credentials",
        "access_token_url": "https://as.example/token", "client_id": "i", "client_secret": "s" } });
    let auth = Authenticator::new(&read(&config).unwrap()).unwrap();
    for body in [
        "access_token=hunter2&token_type=Bearer",
        "[\"hunter2\"]",
        "{\"access_token\":\"hunter2\"",
        "\u{feff}{\"access_token\":\"hunter2\"}",
        "{\"access_token\":\"hunter2\\r\\n\"}",
        "{\"access_token\":\"hunter2\",\"token_type\":\"mac\"}",
    ] {
        let ctx = Context::at(1_440_938_160);
        let (mut exchange, step) = auth.start(Request::get("https://h/").body(()).unwrap(), &ctx).unwrap();
        assert!(matches!(step, Step::Send(_)));
        let why = exchange.on_response(Reply::new(StatusCode::OK, &HeaderMap::new(), body.as_bytes()), &ctx);
        let why = why.unwrap_err();
        assert_eq!(why.kind(), ErrorKind::TokenRequestFailed, "{body}");
        check("the error of a token reply", body, &format!("{why} {why:?}"));
    }
}
