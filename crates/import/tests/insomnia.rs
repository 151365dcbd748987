//! Insomnia's exports, v4 and v5: every type, inheritance, environments, templates, and what is refused.

#![cfg(feature = "yaml")]
#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::ErrorKind;
use countersign_import::{Beside, Imported, Kind, Limits, Source};
use serde_json::{Value, json};

fn v4(resources: &Value) -> String {
    json!({ "_type": "export", "__export_format": 4, "resources": resources }).to_string()
}

fn request(authentication: Value) -> Value {
    json!({ "_id": "req_1", "_type": "request", "parentId": "wrk_1", "name": "r", "method": "GET", "url": "https://h/", "authentication": authentication })
}

fn import(text: &str, select: Option<&str>, beside: &Beside) -> countersign::Result<Imported> {
    let source = Source::read(text.as_bytes(), None, &Limits::default())?;
    assert_eq!(source.kind(), Kind::Insomnia);
    source.import(select, beside)
}

fn auth(authentication: Value) -> countersign::Result<Value> {
    let imported = import(&v4(&json!([request(authentication)])), None, &Beside::new())?;
    Ok(serde_json::to_value(imported.auth).unwrap())
}

#[test]
fn every_type_has_its_config() {
    for (authentication, config) in [
        (json!({}), json!({ "type": "none" })),
        (json!({ "type": "none" }), json!({ "type": "none" })),
        (json!({ "type": "basic", "username": "u", "password": "p", "disabled": true }), json!({ "type": "none" })),
        (json!({ "type": "basic", "username": "u", "password": "" }), json!({ "type": "basic", "username": "u" })),
        (
            json!({ "type": "basic", "useISO88591": false, "username": "u" }),
            json!({ "type": "basic", "username": "u", "password": "{{BASIC_PASSWORD}}" }),
        ),
        (
            json!({ "type": "digest", "username": "u", "password": "p" }),
            json!({ "type": "digest", "username": "u", "password": "p" }),
        ),
        (
            json!({ "type": "ntlm", "username": "D\\u", "password": "p" }),
            json!({ "type": "ntlm", "username": "D\\u", "password": "p" }),
        ),
        (json!({ "type": "bearer", "token": "t", "prefix": "" }), json!({ "type": "bearer", "token": "t" })),
        (
            json!({ "type": "bearer", "token": "t", "prefix": "Token" }),
            json!({ "type": "oauth2", "access_token": "t", "header_prefix": "Token" }),
        ),
        (
            json!({ "type": "bearer", "token": "t", "prefix": "NO_PREFIX" }),
            json!({ "type": "oauth2", "access_token": "t", "header_prefix": "" }),
        ),
        (
            json!({ "type": "apikey", "key": "k", "value": "v" }),
            json!({ "type": "api-key", "key": "k", "value": "v", "add_to": "header" }),
        ),
        (
            json!({ "type": "apikey", "key": "k", "value": "v", "addTo": "queryParams" }),
            json!({ "type": "api-key", "key": "k", "value": "v", "add_to": "query" }),
        ),
        (
            json!({ "type": "apikey", "key": "k", "value": "v", "addTo": "cookie" }),
            json!({ "type": "api-key", "key": "k", "value": "v", "add_to": "cookie" }),
        ),
        (
            json!({ "type": "hawk", "algorithm": "sha256", "id": "i", "key": "k", "ext": "e", "validatePayload": true }),
            json!({ "type": "hawk", "id": "i", "key": "k", "algorithm": "sha256", "ext": "e", "include_payload_hash": true }),
        ),
        (
            json!({ "type": "iam", "accessKeyId": "AK", "secretAccessKey": "s", "sessionToken": "", "region": "eu-west-1", "service": "iam" }),
            json!({ "type": "aws-sigv4", "access_key_id": "AK", "secret_access_key": "s", "region": "eu-west-1", "service": "iam" }),
        ),
        (
            json!({ "type": "oauth1", "consumerKey": "ck", "consumerSecret": "cs", "tokenKey": "t", "tokenSecret": "ts", "signatureMethod": "HMAC-SHA256", "version": "1.0" }),
            json!({ "type": "oauth1", "consumer_key": "ck", "consumer_secret": "cs", "token": "t", "token_secret": "ts", "signature_method": "HMAC-SHA256" }),
        ),
        (
            json!({ "type": "oauth2", "grantType": "client_credentials", "accessTokenUrl": "https://a/t", "clientId": "i", "clientSecret": "s", "scope": "a b", "credentialsInBody": true }),
            json!({ "type": "oauth2", "grant": { "grant_type": "client_credentials", "access_token_url": "https://a/t", "client_id": "i", "client_secret": "s", "scope": "a b", "client_authentication": "body" } }),
        ),
        (
            json!({ "type": "oauth2", "grantType": "authorization_code", "usePkce": true, "pkceMethod": "S256", "authorizationUrl": "https://a/a", "accessTokenUrl": "https://a/t", "redirectUrl": "http://127.0.0.1/", "clientId": "i", "tokenPrefix": "NO_PREFIX" }),
            json!({ "type": "oauth2", "header_prefix": "", "grant": { "grant_type": "authorization_code", "access_token_url": "https://a/t", "auth_url": "https://a/a", "callback_url": "http://127.0.0.1/", "client_id": "i", "client_authentication": "none" } }),
        ),
    ] {
        let expected: countersign::AuthConfig = serde_json::from_value(config).unwrap();
        assert_eq!(auth(authentication.clone()).unwrap(), serde_json::to_value(expected).unwrap(), "{authentication}");
    }
}

#[test]
fn what_cannot_be_carried_over_is_an_error_without_a_secret() {
    for (authentication, kind) in [
        (json!({ "type": "asap", "privateKey": "hunter2" }), ErrorKind::UnsupportedScheme),
        (json!({ "type": "netrc" }), ErrorKind::UnsupportedScheme),
        (json!({ "type": "oauth2", "grantType": "hunter2x" }), ErrorKind::UnsupportedScheme),
        (json!({ "type": "hawk", "id": "i", "key": "k", "validatePayload": "hunter2" }), ErrorKind::InvalidImport),
        (json!({ "type": "oauth1", "consumerKey": "k", "timestamp": "hunter2" }), ErrorKind::InvalidImport),
    ] {
        let error = auth(authentication).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains("#/resources/0/authentication"), "{error}");
        assert!(kind == ErrorKind::UnsupportedScheme || !format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

/// The nearest folder that says anything counts; one that is switched off says nothing.
#[test]
fn folders_are_inherited_from() {
    let folder = |id: &str, parent: &str, auth: Value| json!({ "_id": id, "_type": "request_group", "parentId": parent, "name": id, "authentication": auth, "environment": { "who": id } });
    let bearer = json!({ "type": "bearer", "token": "{{ _.who }}" });
    let child = |parent: &str, auth: Value| json!({ "_id": format!("req_{parent}"), "_type": "request", "parentId": parent, "name": "r", "url": "{{ base }}/x", "method": "POST", "authentication": auth });
    let text = v4(&json!([
        child("fld_b", json!({})),
        folder("fld_a", "wrk_1", bearer),
        folder("fld_b", "fld_a", json!({ "type": "basic", "disabled": true })),
        child("fld_a", json!({ "type": "none" })),
        { "_id": "env_1", "_type": "environment", "parentId": "wrk_1", "name": "Base", "data": { "base": "http://base", "who": "nobody" } },
        { "_id": "env_2", "_type": "environment", "parentId": "env_1", "name": "live", "data": { "base": "https://live" } },
    ]));
    let source = Source::read(text.as_bytes(), None, &Limits::default()).unwrap();
    let paths: Vec<_> = source.items().iter().map(|item| item.name()).collect();
    assert_eq!(paths, ["fld_a", "fld_a/fld_b", "fld_a/fld_b/r", "fld_a/r"]);
    let item = &source.items()[2];
    assert_eq!(
        (item.auth.as_deref(), item.inherited_from.as_deref()),
        (Some("bearer"), Some("#/resources/1/authentication"))
    );
    let imported = source.import(Some("fld_a/fld_b/r"), &Beside::new().environment_name("live")).unwrap();
    // The nearest folder's variable is the innermost.
    assert_eq!(serde_json::to_value(&imported.auth).unwrap(), json!({ "type": "bearer", "token": "fld_b" }));
    assert_eq!(imported.request.unwrap().url, "https://live/x");
    let none = source.import(Some("req_fld_a"), &Beside::new()).unwrap();
    assert_eq!(
        (serde_json::to_value(&none.auth).unwrap(), none.request.unwrap().url.as_str()),
        (json!({ "type": "none" }), "http://base/x")
    );
    let unknown = source.import(Some("0/0/0"), &Beside::new().environment_name("x")).unwrap_err();
    assert!(unknown.kind() == ErrorKind::UnknownItem && unknown.to_string().contains("live"), "{unknown}");
}

const V5: &str = "
type: collection.insomnia.rest/5.0
name: Shop
collection:
  - name: Orders
    meta: { id: fld_1 }
    authentication: { type: basic, username: u, password: '{{ _.secrets.password }}' }
    children:
      - name: Create
        meta: { id: req_1 }
        method: POST
        url: 'https://u:p@h/:id'
        pathParameters: [{ name: id, value: 'a b' }]
        parameters: [{ name: q, value: 'x y' }, { name: off, value: z, disabled: true }]
        headers: [{ name: X, value: '{% uuid %}' }, { name: '' }]
        body: { mimeType: application/json, text: '{\"a\": \"{{ who }}\"}' }
environments:
  name: Base
  data: { secrets: { password: p }, who: '{{ other }}' }
  subEnvironments:
    - name: live
      data: { secrets: { password: q } }
";

#[test]
fn the_tree_of_version_5_is_read() {
    let beside = Beside::new().environment_name("live");
    let imported = import(V5, Some("req_1"), &beside).unwrap();
    assert_eq!(
        serde_json::to_value(&imported.auth).unwrap(),
        json!({ "type": "basic", "username": "u", "password": "q" })
    );
    let request = imported.request.unwrap();
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://h/a%20b?q=x%20y"));
    assert_eq!(request.headers, [("X".into(), "{{uuid}}".into()), ("Content-Type".into(), "application/json".into())]);
    assert_eq!(request.body.as_deref(), Some(&br#"{"a": "{{other}}"}"#[..]));
    assert_eq!(imported.variables, ["uuid", "other"]);
    assert_eq!(imported.notes.len(), 1);
    let file = b"type: environment.insomnia.rest/5.0\nenvironments:\n  data:\n    secrets: { password: file }\n";
    let with_file = import(V5, Some("Orders/Create"), &Beside::new().environment(file).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(&with_file.auth).unwrap()["password"], "file");
    let plain =
        import(V5, Some("#1"), &Beside::new().environment(br#"{ "secrets": { "password": "r" } }"#).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(&plain.auth).unwrap()["password"], "r");
}

#[test]
fn odd_exports_end_with_an_error() {
    for (text, kind) in [
        (v4(&json!([])), ErrorKind::NothingDescribed),
        (v4(&json!("x")), ErrorKind::InvalidImport),
        // Each is the other's parent: nothing is at the top.
        (
            v4(
                &json!([{ "_id": "a", "_type": "request_group", "parentId": "b" }, { "_id": "b", "_type": "request_group", "parentId": "a" }]),
            ),
            ErrorKind::NothingDescribed,
        ),
        ("type: collection.insomnia.rest/5.0\ncollection: x\n".to_owned(), ErrorKind::InvalidImport),
    ] {
        assert_eq!(import(&text, None, &Beside::new()).unwrap_err().kind(), kind, "{text}");
    }
    let circle = json!({ "a": "{{ b }}", "b": "{{ a }}" });
    let text = v4(
        &json!([request(json!({ "type": "bearer", "token": "{{ a }}" })), { "_id": "e", "_type": "environment", "parentId": "wrk_1", "data": circle }]),
    );
    assert_eq!(import(&text, None, &Beside::new()).unwrap_err().kind(), ErrorKind::InvalidImport);
    let secret = v4(&json!([request(json!({ "type": "basic", "username": "u", "password": "hunter2" }))]));
    let source = Source::read(secret.as_bytes(), None, &Limits::default()).unwrap();
    assert!(!format!("{source:?} {:?}", source.import(None, &Beside::new()).unwrap()).contains("hunter2"));
}
