//! A config of every type, with every field that it has. They are made from the types themselves, by asking serde which fields each
//! has: a new field is covered without a new test.

use countersign::{AuthConfig, Authenticator};
use serde_json::{Map, Value, json};

/// What each generated text begins with: to be found nowhere.
pub const MARK: &str = "hunter2";

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

/// Reads a config.
///
/// # Errors
/// serde's message.
pub fn read(config: &Value) -> Result<AuthConfig, String> {
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

/// A config of every type, with every field that it has, and what to call it.
///
/// # Panics
/// When serde's messages no longer say which fields there are.
#[must_use]
pub fn configs() -> Vec<(String, Value)> {
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

/// The secrets in a config.
pub fn secrets(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(MARK) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| secrets(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| secrets(field, found)),
        _ => {}
    }
}

/// A config that its signer takes, near the generated one: keys that must be of a form are left out or replaced.
///
/// # Panics
/// When the config is no object.
#[must_use]
pub fn usable(name: &str, config: &Value) -> Option<Authenticator> {
    Authenticator::new(&read(&near(name, config)).ok()?).ok()
}

/// The config of [`usable`].
///
/// # Panics
/// When the config is no object.
#[must_use]
pub fn near(name: &str, config: &Value) -> Value {
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
            fields.remove("require_server_authorization");
        }
        "ntlm" => {
            for name in ["tls_server_end_point", "version", "nt_hash"] {
                fields.remove(name);
            }
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
    // A key of its own, which no server here binds a token to.
    fields.remove("dpop");
    if let Some(Value::Object(grant)) = fields.get_mut("grant") {
        for name in ["private_key", "dpop", "dpop_key", "code_verifier", "client_authentication", "jwt_algorithm"] {
            grant.remove(name);
        }
        for (name, value) in grant.iter_mut().filter(|(name, _)| name.ends_with("_url") || *name == "issuer") {
            *value = json!(format!("https://as.example/{name}"));
        }
    }
    config
}
