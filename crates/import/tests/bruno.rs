//! Bruno's files, `.bru` and YAML: every mode, inheritance, variables, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::{AuthConfig, ErrorKind};
use countersign_import::{Beside, Imported, Kind, Limits, Source};
use serde_json::{Value, json};

fn import(text: &str, beside: &Beside) -> countersign::Result<Imported> {
    let source = Source::read(text.as_bytes(), None, &Limits::default())?;
    assert_eq!(source.kind(), Kind::Bruno, "{text}");
    source.import(None, beside)
}

fn json_of(auth: &AuthConfig) -> Value {
    serde_json::to_value(auth).unwrap()
}

/// With the defaults that a config is written with.
fn whole(config: &Value) -> Value {
    json_of(&serde_json::from_value(config.clone()).unwrap())
}

fn of_mode(mode: &str, pairs: &str) -> countersign::Result<Imported> {
    let lines: String = pairs.split("; ").map(|pair| format!("  {pair}\n")).collect();
    import(&format!("get {{\n  url: https://h/\n  auth: {mode}\n}}\n\nauth:{mode} {{\n{lines}}}\n"), &Beside::new())
}

#[test]
fn every_mode_has_its_config() {
    for (mode, pairs, config) in [
        ("none", "", json!({ "type": "none" })),
        ("basic", "username: u; password: p: q", json!({ "type": "basic", "username": "u", "password": "p: q" })),
        ("basic", "username: u; password: ", json!({ "type": "basic", "username": "u", "password": "" })),
        ("basic", "username: u", json!({ "type": "basic", "username": "u", "password": "{{BASIC_PASSWORD}}" })),
        ("bearer", "token: {{ t }}", json!({ "type": "bearer", "token": "{{t}}" })),
        ("digest", "username: u; password: p", json!({ "type": "digest", "username": "u", "password": "p" })),
        (
            "ntlm",
            "username: u; password: p; domain: D",
            json!({ "type": "ntlm", "username": "u", "password": "p", "domain": "D" }),
        ),
        (
            "apikey",
            "key: k; value: v; placement: header",
            json!({ "type": "api-key", "key": "k", "value": "v", "add_to": "header" }),
        ),
        (
            "apikey",
            "key: k; value: v; placement: queryparams",
            json!({ "type": "api-key", "key": "k", "value": "v", "add_to": "query" }),
        ),
        (
            "awsv4",
            "accessKeyId: AK; secretAccessKey: s; sessionToken: t; service: iam; region: eu-west-1; profileName: ",
            json!({ "type": "aws-sigv4", "access_key_id": "AK", "secret_access_key": "s", "session_token": "t", "service": "iam", "region": "eu-west-1" }),
        ),
        (
            "oauth1",
            "consumer_key: ck; consumer_secret: cs; access_token: t; token_secret: ts; signature_method: HMAC-SHA256; version: 1.0; placement: query; include_body_hash: true",
            json!({ "type": "oauth1", "consumer_key": "ck", "consumer_secret": "cs", "token": "t", "token_secret": "ts", "signature_method": "HMAC-SHA256", "add_to": "request", "include_body_hash": true }),
        ),
        (
            "oauth2",
            "grant_type: client_credentials; access_token_url: https://a/t; client_id: i; client_secret: s; scope: a; credentials_placement: body; token_placement: url; token_query_key: access_token",
            json!({ "type": "oauth2", "add_to": "query", "grant": { "grant_type": "client_credentials", "access_token_url": "https://a/t", "client_id": "i", "client_secret": "s", "scope": "a", "client_authentication": "body" } }),
        ),
        (
            "oauth2",
            "grant_type: authorization_code; callback_url: http://127.0.0.1/; authorization_url: https://a/a; access_token_url: https://a/t; client_id: i; pkce: true; token_header_prefix: Token",
            json!({ "type": "oauth2", "header_prefix": "Token", "grant": { "grant_type": "authorization_code", "auth_url": "https://a/a", "access_token_url": "https://a/t", "callback_url": "http://127.0.0.1/", "client_id": "i", "client_authentication": "none" } }),
        ),
    ] {
        assert_eq!(json_of(&of_mode(mode, pairs).unwrap().auth), whole(&config), "{mode} {pairs}");
    }
}

#[test]
fn what_cannot_be_carried_over_is_an_error_without_a_secret() {
    for (mode, pairs, kind) in [
        ("wsse", "username: u; password: hunter2", ErrorKind::UnsupportedScheme),
        ("awsv4", "profileName: hunter2", ErrorKind::UnsupportedScheme),
        ("oauth1", "consumer_key: k; timestamp: hunter2", ErrorKind::InvalidImport),
        ("oauth2", "pkce: hunter2", ErrorKind::InvalidImport),
    ] {
        let error = of_mode(mode, pairs).unwrap_err();
        assert_eq!(error.kind(), kind, "{mode}: {error}");
        assert!(error.to_string().contains(mode) && !format!("{error:?}").contains("hunter2"), "{error}");
    }
    let imported = of_mode("basic", "username: u; password: hunter2").unwrap();
    assert!(!format!("{imported:?}").contains("hunter2"));
}

const REQUEST: &str = "meta {\n  name: Create\n  type: http\n}\n\npost {\n  url: {{base}}/:id?x=1\n  body: json\n  auth: inherit\n}\n\nparams:path {\n  id: a b\n}\n\nheaders {\n  X: own\n  ~Off: 1\n}\n\nbody:json {\n  {\n    \"who\": \"{{who}}\"\n  }\n}\n\nvars:pre-request {\n  who: request\n}\n\nscript:pre-request {\n  bru.setVar(\"a\", 1);\n}\n";
const FOLDER: &str =
    "meta {\n  name: Folder\n}\n\nauth {\n  mode: inherit\n}\n\nheaders {\n  x: folder\n  Y: folder\n}\n";
const COLLECTION: &str = "auth {\n  mode: bearer\n}\n\nauth:bearer {\n  token: {{token}}{{process.env.SUFFIX}}\n}\n\nvars:pre-request {\n  base: http://collection\n  token: collection\n}\n";
const ENVIRONMENT: &str = "vars {\n  token: environment\n  ~base: off\n}\nvars:secret [\n  other\n]\n";

#[test]
fn parents_are_asked_nearest_first() {
    let beside = Beside::new().parent(FOLDER.as_bytes()).unwrap().parent(COLLECTION.as_bytes()).unwrap();
    let beside = beside.environment(ENVIRONMENT.as_bytes()).unwrap();
    let imported = import(REQUEST, &beside).unwrap();
    assert_eq!(json_of(&imported.auth), json!({ "type": "bearer", "token": "environment{{SUFFIX}}" }));
    assert_eq!(imported.variables, ["SUFFIX"]);
    let request = imported.request.unwrap();
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "http://collection/a%20b?x=1"));
    let headers = [("X", "own"), ("Y", "folder"), ("Content-Type", "application/json")];
    assert_eq!(request.headers, headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(request.body.as_deref(), Some(&b"{\n  \"who\": \"request\"\n}"[..]));
    assert!(imported.notes.iter().any(|note| note.text.contains("script")), "{:?}", imported.notes);
    let with_process = import(REQUEST, &beside.variable("SUFFIX", "!")).unwrap();
    assert_eq!(json_of(&with_process.auth)["token"], "environment!");

    // Without a parent nothing is known, and that is said.
    let alone = import(REQUEST, &Beside::new()).unwrap();
    assert!(matches!(alone.auth, AuthConfig::None) && alone.notes.iter().any(|note| note.text.contains("parent")));
    // A collection is an input as well.
    assert_eq!(json_of(&import(COLLECTION, &Beside::new()).unwrap().auth)["token"], "collection{{SUFFIX}}");
}

#[cfg(feature = "yaml")]
#[test]
fn yaml_says_the_same() {
    let request = "info: { name: Create, type: http, seq: 1 }\nhttp:\n  method: POST\n  url: https://h/:id\n  params: [{ name: id, value: '7', type: path }, { name: q, value: x, type: query }]\n  headers: [{ name: X, value: own }, { name: Off, value: x, disabled: true }]\n  body: { type: json, data: '{}' }\nruntime:\n  auth: AUTH\n  variables: [{ name: t, value: token }]\n";
    for (auth, config) in [
        ("inherit", json!({ "type": "basic", "username": "c", "password": "p" })),
        ("{ type: bearer, token: '{{t}}' }", json!({ "type": "bearer", "token": "token" })),
        (
            "{ type: apikey, key: k, value: v, placement: query }",
            json!({ "type": "api-key", "key": "k", "value": "v", "add_to": "query" }),
        ),
        (
            "{ type: oauth2, flow: resource_owner_password, accessTokenUrl: 'https://a/t', credentials: { clientId: i, clientSecret: s }, resourceOwner: { username: u, password: p }, tokenConfig: { placement: { header: Token } } }",
            json!({ "type": "oauth2", "header_prefix": "Token", "grant": { "grant_type": "password", "access_token_url": "https://a/t", "client_id": "i", "client_secret": "s", "username": "u", "password": "p", "client_authentication": "header" } }),
        ),
    ] {
        let collection =
            b"opencollection: 1.0.0\ninfo: { name: c }\nrequest:\n  auth: { type: basic, username: c, password: p }\n";
        let beside = Beside::new().parent(collection).unwrap();
        let imported = import(&request.replace("AUTH", auth), &beside).unwrap();
        assert_eq!(json_of(&imported.auth), whole(&config), "{auth}");
        let sent = imported.request.unwrap();
        assert_eq!((sent.method.as_str(), sent.url.as_str(), sent.headers.len()), ("POST", "https://h/7", 2));
    }
    let none = import(&request.replace("  auth: AUTH\n", ""), &Beside::new()).unwrap();
    assert!(matches!(none.auth, AuthConfig::None));
}
