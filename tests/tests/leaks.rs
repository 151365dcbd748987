//! No secret shows anywhere but where it is sent. The configs are made from the types themselves, by asking serde which fields
//! each has: a new field is covered without a new test.

use std::panic::{AssertUnwindSafe, catch_unwind};

use countersign::{AuthConfig, Authenticator, Context, ErrorKind, Payload, Reply, Step};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::{Map, Value, json};

/// What each generated text begins with: to be found nowhere.
const MARK: &str = "hunter2";

/// Fields that are no secret: names, addresses and switches, which errors and `Debug` may show. Every other text is taken for a
/// secret, a new field's too.
const OPEN: &[&str] = &[
    // An API key's `key` is the name that it goes by; Hawk's is the key.
    "api-key.key",
    // OAuth 1's token is a name whose secret is `token_secret`; its verifier is of use only to who can sign.
    "oauth1.token",
    // EdgeGrid's tokens are names; `client_secret` is the key.
    "edgegrid.access_token",
    "edgegrid.client_token",
    "edgegrid.account_key",
    "oauth1.verifier",
    "access_key_id",
    "access_token_url",
    "add_to",
    "algorithm",
    "app",
    "audience",
    // Parameters of a URL that the browser opens.
    "auth_request_params",
    "auth_url",
    "base_url",
    "callback",
    "callback_url",
    "challenge_algorithm",
    "client_authentication",
    "client_id",
    "client_nonce",
    "consumer_key",
    "device_url",
    "dlg",
    "domain",
    "ext",
    "grant_type",
    "header_prefix",
    "headers_to_sign",
    "id",
    "issuer",
    "jwt_algorithm",
    "jwt_key_id",
    "key_id",
    "nonce",
    "opaque",
    "par_url",
    "payload",
    "private_key_id",
    "qop",
    "realm",
    "region",
    "region_set",
    "requested_token_type",
    "resource",
    "revocation_url",
    "scope",
    "service",
    "signature_method",
    "signed_headers",
    "subject_token_type",
    "actor_token_type",
    "target_name",
    "timestamp",
    "tls_server_end_point",
    "token_name",
    "type",
    "unsigned_headers",
    "user",
    "username",
    "version",
    "workstation",
];

/// The name that a list of fields or variants gives in a message of serde: `expected one of `a`, `b``, or `expected `a``.
fn listed(message: &str) -> Vec<String> {
    let expected = message.split("expected ").nth(1).unwrap_or_default();
    let expected = expected.split(" at line").next().unwrap_or_default();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn read(config: &Value) -> Result<AuthConfig, String> {
    serde_json::from_value(config.clone()).map_err(|why| why.to_string())
}

/// The fields of the object at `path` in `config`, as the type lists them.
fn fields(config: &Value, path: &[&str]) -> Vec<String> {
    let mut asked = config.clone();
    at(&mut asked, path).as_object_mut().unwrap().insert("no such field".into(), json!(1));
    let message = read(&asked).unwrap_err();
    assert!(message.contains("unknown field"), "{config} accepts a field that is not one: {message}");
    listed(&message).into_iter().filter(|name| name != "type" && name != "grant_type").collect()
}

fn at<'a>(config: &'a mut Value, path: &[&str]) -> &'a mut Value {
    path.iter().fold(config, |value, name| value.as_object_mut().unwrap().entry(*name).or_insert_with(|| json!({})))
}

/// A text that is unique and recognisable; open fields get another.
fn text(config: &Value, name: &str) -> String {
    let qualified = format!("{}.{name}", config["type"].as_str().unwrap());
    if OPEN.contains(&name) || OPEN.contains(&&*qualified) { format!("open-{name}") } else { format!("{MARK}-{name}") }
}

/// A value that the type takes for this field, if it is one of a few forms.
fn fill(config: &mut Value, path: &[&str], name: &str) {
    let text = text(config, name);
    let candidates = [
        json!(text),
        json!(1_440_938_160_u64),
        json!(7),
        json!(true),
        json!([text]),
        json!({ "open-name": text }),
        json!([["open-name", text]]),
    ];
    for candidate in candidates {
        let mut tried = config.clone();
        at(&mut tried, path).as_object_mut().unwrap().insert(name.to_owned(), candidate);
        match read(&tried) {
            Ok(_) => return *config = tried,
            Err(message) if message.contains(&format!("`{name}`")) && message.contains("missing field") => {}
            // Another field is still missing: this one is taken.
            Err(message) if message.contains("missing field") => return *config = tried,
            Err(message) if message.contains("unknown variant") => {
                let variant = listed(&message).into_iter().next().unwrap();
                at(config, path).as_object_mut().unwrap().insert(name.to_owned(), json!(variant));
                return;
            }
            Err(_) => {}
        }
    }
}

/// A config of every type, with every field that it has.
fn configs() -> Vec<(String, Value)> {
    let types = listed(&read(&json!({ "type": "no such type" })).unwrap_err());
    assert!(types.len() >= 13, "{types:?}");
    let mut configs = Vec::new();
    for name in types.iter().filter(|name| !["inherit", "none", "all"].contains(&name.as_str())) {
        let mut config = json!({ "type": name });
        for field in fields(&config, &[]) {
            if field != "grant" {
                fill(&mut config, &[], &field);
            }
        }
        if name == "oauth2" {
            for grant_type in
                ["authorization_code", "client_credentials", "password", "refresh_token", "token_exchange"]
            {
                let mut config = Value::Object(Map::from_iter([("type".to_owned(), json!("oauth2"))]));
                at(&mut config, &["grant"]).as_object_mut().unwrap().insert("grant_type".into(), json!(grant_type));
                for field in fields(&config, &["grant"]) {
                    fill(&mut config, &["grant"], &field);
                }
                configs.push((format!("oauth2 {grant_type}"), config));
            }
        }
        configs.push((name.clone(), config));
    }
    configs
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(MARK) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
        _ => {}
    }
}

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
        texts(&config, &mut found);
        assert!(!found.is_empty(), "{name} has no secret: {config}");
        read(&config).unwrap_or_else(|why| panic!("{name}: {why}: {config}"));
    }
}

/// A config that its signer takes, near the generated one: keys that must be of a form are left out or replaced.
fn usable(name: &str, config: &Value) -> Option<Authenticator> {
    let mut config = config.clone();
    let fields = config.as_object_mut().unwrap();
    match name {
        "oauth1" => {
            fields.remove("private_key");
            fields.insert("signature_method".into(), json!("HMAC-SHA256"));
        }
        "digest" => {
            fields.insert("algorithm".into(), json!("SHA-256"));
            fields.insert("qop".into(), json!("auth"));
        }
        "hawk" => {
            fields.insert("algorithm".into(), json!("sha256"));
        }
        "ntlm" => {
            fields.remove("tls_server_end_point");
            fields.remove("version");
        }
        "aws-sigv4" => {
            for name in ["region_set", "expires_in", "payload", "signed_headers", "unsigned_headers", "timestamp"] {
                fields.remove(name);
            }
        }
        "edgegrid" => {
            for name in ["base_url", "headers_to_sign", "timestamp"] {
                fields.remove(name);
            }
        }
        _ => {}
    }
    Authenticator::new(&read(&Value::Object(fields.clone())).ok()?).ok()
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
    assert!(used >= 9, "only {used} configs could be used");
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
            let Step::Send(_) = step else { break };
            let headers = HeaderMap::from_iter([(http::header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))]);
            let reply = Reply::new(StatusCode::UNAUTHORIZED, &headers, b"{\"access_token\":\"hunter2\"");
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
        let mut secrets = Vec::new();
        texts(&config, &mut secrets);
        for secret in secrets {
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
        let mut secrets = Vec::new();
        texts(&config, &mut secrets);
        for secret in secrets {
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
