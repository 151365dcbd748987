//! Postman collections: who authenticates, by which parameters, with which variables.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::{AuthConfig, ErrorKind};
use countersign_import::{Beside, Imported, Limits, Source, to_postman};
use proptest::prelude::*;
use serde_json::{Value, json};

fn import(collection: &Value, select: Option<&str>, beside: &Beside) -> countersign::Result<Imported> {
    let text = collection.to_string();
    Source::read(text.as_bytes(), None, &Limits::default())?.import(select, beside)
}

/// What an `auth` becomes, as JSON.
fn config(auth: Value) -> Value {
    let collection = json!({ "item": [], "auth": auth });
    serde_json::to_value(import(&collection, None, &Beside::new()).unwrap().auth).unwrap()
}

fn shop() -> Value {
    json!({
        "info": { "name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "root", "type": "string" }] },
        "item": [
            {
                "name": "Orders",
                "auth": { "type": "basic", "basic": [{ "key": "username", "value": "u" }, { "key": "password", "value": "" }] },
                "item": [
                    { "name": "List", "request": { "method": "get", "url": "https://h/orders", "auth": null } },
                    { "name": "Free", "request": { "url": { "raw": "https://h/free" }, "auth": { "type": "noauth" } } },
                    { "name": "Own/er", "request": { "url": "https://h/", "auth": { "type": "apikey", "apikey": { "key": "k", "value": "v", "in": "query" } } } },
                ]
            },
            { "name": "Untyped", "request": { "url": "https://h/", "auth": {} } },
            { "request": "https://u:hunter2@h/text" },
        ]
    })
}

#[test]
fn the_nearest_type_counts() {
    let shop = shop();
    for (select, kind) in [
        (None, "bearer"),
        (Some("Orders"), "basic"),
        (Some("Orders/List"), "basic"),
        (Some("0/1"), "none"),
        (Some(r"Orders/Own\/er"), "api-key"),
        (Some("Untyped"), "bearer"),
        (Some("#/item/2"), "bearer"),
    ] {
        let imported = import(&shop, select, &Beside::new()).unwrap();
        assert_eq!(serde_json::to_value(&imported.auth).unwrap()["type"], kind, "{select:?}");
    }
    let nobody = json!({ "item": [{ "name": "a", "request": "h" }] });
    assert!(matches!(import(&nobody, None, &Beside::new()).unwrap().auth, AuthConfig::None));
}

#[test]
fn items_say_what_they_are() {
    let text = shop().to_string();
    let source = Source::read(text.as_bytes(), None, &Limits::default()).unwrap();
    let items = source.items();
    assert_eq!(
        items.iter().map(|item| item.name()).collect::<Vec<_>>()[1..4],
        ["Orders/List", "Orders/Free", r"Orders/Own\/er"]
    );
    let list = &items[1];
    assert_eq!((list.method.as_deref(), list.url.as_deref()), (Some("GET"), Some("https://h/orders")));
    assert_eq!((list.auth.as_deref(), list.inherited_from.as_deref()), (Some("basic"), Some("#/item/0/auth")));
    assert!(items[0].is_folder && !items[1].is_folder);
    assert_eq!(items[5].url.as_deref(), Some("https://h/text"));
    assert!(!format!("{source:?} {items:?}").contains("hunter2"));
}

#[test]
fn parameters_are_a_list_or_an_object() {
    let expected = json!({ "type": "basic", "username": "u", "password": "" });
    let list = json!([{ "key": "username", "value": "x" }, { "key": "username", "value": "u", "disabled": true }, { "key": "password", "value": "" }]);
    assert_eq!(config(json!({ "type": "basic", "basic": list })), expected);
    assert_eq!(
        config(json!({ "type": "basic", "basic": { "username": "u", "password": "", "showPassword": true } })),
        expected
    );
}

#[test]
fn missing_secrets_are_named() {
    for (kind, names) in [
        ("basic", vec!["BASIC_PASSWORD", "BASIC_USERNAME"]),
        ("bearer", vec!["BEARER_TOKEN"]),
        ("apikey", vec!["API_KEY_KEY", "API_KEY_VALUE"]),
        ("digest", vec!["DIGEST_PASSWORD", "DIGEST_USERNAME"]),
        ("hawk", vec!["HAWK_ID", "HAWK_KEY"]),
        ("ntlm", vec!["NTLM_PASSWORD", "NTLM_USERNAME"]),
        ("awsv4", vec!["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
        ("edgegrid", vec!["EDGEGRID_ACCESS_TOKEN", "EDGEGRID_CLIENT_SECRET", "EDGEGRID_CLIENT_TOKEN"]),
        ("oauth1", vec!["OAUTH1_CONSUMER_KEY", "OAUTH1_CONSUMER_SECRET"]),
        ("oauth2", vec!["OAUTH2_ACCESS_TOKEN"]),
    ] {
        let collection = json!({ "item": [], "auth": { "type": kind } });
        let mut variables = import(&collection, None, &Beside::new()).unwrap().variables;
        variables.sort();
        assert_eq!(variables, names, "{kind}");
    }
}

#[test]
fn oauth1_goes_to_the_request_unless_it_says_header() {
    let read = config(json!({ "type": "oauth1", "oauth1": [
        { "key": "consumerKey", "value": "k" }, { "key": "consumerSecret", "value": "s" }, { "key": "token", "value": "t" },
        { "key": "timestamp", "value": "" }, { "key": "disableHeaderEncoding", "value": true },
    ] }));
    let expected = json!({ "type": "oauth1", "signature_method": "HMAC-SHA1", "consumer_key": "k", "consumer_secret": "s",
        "token": "t", "token_secret": "{{OAUTH1_TOKEN_SECRET}}", "version": "", "encode_header_params": false, "add_to": "request" });
    assert_eq!(read, expected);
    let rsa = config(
        json!({ "type": "oauth1", "oauth1": { "consumerKey": "k", "signatureMethod": "RSA-SHA1", "addParamsToHeader": "true" } }),
    );
    assert_eq!(
        (&rsa["private_key"], &rsa["consumer_secret"], &rsa["add_to"]),
        (&json!("{{OAUTH1_PRIVATE_KEY}}"), &Value::Null, &json!("header"))
    );
}

#[test]
fn oauth2_is_a_token_a_grant_or_both() {
    let token = config(
        json!({ "type": "oauth2", "oauth2": { "accessToken": "t", "addTokenTo": "queryParams", "headerPrefix": "" } }),
    );
    assert_eq!(token, json!({ "type": "oauth2", "access_token": "t", "header_prefix": "", "add_to": "query" }));
    let pkce = config(json!({ "type": "oauth2", "oauth2": {
        "grant_type": "authorization_code_with_pkce", "authUrl": "https://h/a", "accessTokenUrl": "https://h/t", "clientId": "i",
        "tokenRequestParams": [{ "key": "audience", "value": "x", "enabled": true, "send_as": "request_body" }, { "key": "off", "value": "x", "enabled": false }],
    } }));
    let grant = &pkce["grant"];
    assert_eq!(
        (&grant["client_authentication"], &grant["token_request_params"]),
        (&json!("none"), &json!([["audience", "x"]]))
    );
    let client =
        config(json!({ "type": "oauth2", "oauth2": { "grant_type": "client_credentials", "clientSecret": "" } }));
    for (field, variable) in [
        ("client_id", "{{OAUTH2_CLIENT_ID}}"),
        ("client_secret", "{{OAUTH2_CLIENT_SECRET}}"),
        ("access_token_url", "{{OAUTH2_ACCESS_TOKEN_URL}}"),
    ] {
        assert_eq!(client["grant"][field], variable);
    }
}

#[test]
fn the_environment_wins_over_the_collection_and_globals() {
    let collection = json!({
        "item": [{ "name": "a", "request": { "url": "{{base}}/x", "header": "X: {{g}}" } }],
        "auth": { "type": "hawk", "hawk": { "authId": "{{id}}", "authKey": "{{key_{{stage}}}}", "includePayloadHash": "{{hash}}", "extraData": "{{$guid}}" } },
        "variable": [{ "key": "id", "value": "collection" }, { "key": "stage", "value": "live" }, { "key": "hash", "value": "false" }],
    });
    let environment = json!({ "values": [{ "key": "id", "value": "environment" }, { "key": "key_live", "value": "k", "type": "secret" }, { "key": "base", "value": "h" }] });
    let globals = json!({ "values": [{ "key": "id", "value": "globals" }, { "key": "g", "value": "1" }] });
    let beside = Beside::new().environment(environment.to_string().as_bytes()).unwrap();
    let beside = beside.globals(globals.to_string().as_bytes()).unwrap();
    let imported = import(&collection, Some("a"), &beside).unwrap();
    let expected =
        json!({ "type": "hawk", "id": "environment", "key": "k", "algorithm": "sha256", "ext": "{{$guid}}" });
    assert_eq!(serde_json::to_value(&imported.auth).unwrap(), expected);
    let request = imported.request.unwrap();
    assert_eq!((request.url.as_str(), request.headers[0].1.as_str()), ("http://h/x", "1"));
    assert_eq!(imported.variables, ["$guid"]);

    let error = |select| {
        import(
            &collection,
            select,
            &Beside::new().environment(br#"{"values":[{"key":"hash","value":"{{unknown}}"}]}"#).unwrap(),
        )
        .unwrap_err()
    };
    let error = error(Some("a"));
    assert_eq!(error.kind(), ErrorKind::InvalidImport);
    assert!(
        error.to_string().contains("#/auth/hawk/includePayloadHash") && error.to_string().contains("unknown"),
        "{error}"
    );
}

#[test]
fn what_postman_signs_otherwise_is_refused() {
    for (auth, kind) in [
        (json!({ "type": "jwt" }), ErrorKind::UnsupportedScheme),
        (json!({ "type": "asap" }), ErrorKind::UnsupportedScheme),
        (json!({ "type": "else" }), ErrorKind::UnsupportedScheme),
        (
            json!({ "type": "oauth2", "oauth2": { "tokenType": "mac", "accessToken": "hunter2" } }),
            ErrorKind::UnsupportedScheme,
        ),
        (json!({ "type": "hawk", "hawk": { "timestamp": "hunter2" } }), ErrorKind::InvalidImport),
        (json!({ "type": "digest", "digest": { "nonceCount": "hunter2" } }), ErrorKind::InvalidImport),
        (json!({ "type": "basic", "basic": "hunter2" }), ErrorKind::InvalidImport),
    ] {
        let error = import(&json!({ "item": [], "auth": auth }), None, &Beside::new()).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let v1 = import(&json!({ "id": "x", "order": [], "requests": [] }), None, &Beside::new()).unwrap_err();
    assert!(v1.to_string().contains("export it as v2.1"), "{v1}");
    let deep = "[".repeat(1000) + &"]".repeat(1000);
    let text = format!(r#"{{"item":[],"x":{deep}}}"#);
    assert_eq!(Source::read(text.as_bytes(), None, &Limits::default()).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn a_header_is_the_authentication_where_nothing_else_is() {
    let header = json!([{ "key": "authorization", "value": "Basic dTpw" }, { "key": "X", "value": "y" }]);
    let with =
        |auth: Value| json!({ "item": [{ "name": "a", "request": { "url": "h", "header": header, "auth": auth } }] });
    let imported = import(&with(Value::Null), None, &Beside::new()).unwrap();
    assert!(matches!(imported.auth, AuthConfig::Basic(_)));
    assert_eq!(imported.request.unwrap().headers, [("X".to_owned(), "y".to_owned())]);
    let imported =
        import(&with(json!({ "type": "bearer", "bearer": { "token": "t" } })), None, &Beside::new()).unwrap();
    assert!(matches!(imported.auth, AuthConfig::Bearer(_)));
    assert_eq!((imported.request.unwrap().headers.len(), imported.notes.len()), (1, 1));
}

#[test]
fn what_postman_has_no_word_for_is_not_written() {
    for (config, field) in [
        (json!({ "type": "inherit" }), "inherit"),
        (
            json!({ "type": "ntlm", "username": "u", "password": "p", "nt_hash": "00000000000000000000000000000000" }),
            "nt_hash",
        ),
        (
            json!({ "type": "aws-sigv4", "access_key_id": "a", "secret_access_key": "b", "expires_in": 60 }),
            "expires_in",
        ),
        (json!({ "type": "oauth2", "grant": { "grant_type": "device_code", "device_url": "https://h/" } }), "grant"),
        (
            json!({ "type": "oauth2", "grant": { "grant_type": "client_credentials", "dpop": true, "client_id": "i", "access_token_url": "https://h" } }),
            "dpop",
        ),
    ] {
        let error = to_postman(&serde_json::from_value(config).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedScheme);
        assert!(error.to_string().contains(field), "{error}");
    }
}

/// A config of any type that Postman knows; some of its fields are there, some are not.
fn configs() -> impl Strategy<Value = Value> {
    let text = "[a-zA-Z0-9 ,:%\"\\\\äß-]{1,12}";
    let types = prop::sample::select(vec![
        json!({ "type": "none" }),
        json!({ "type": "bearer", "token": 0 }),
        json!({ "type": "api-key", "key": 0, "value": 0, "add_to": "query" }),
        json!({ "type": "basic", "username": 0, "password?": 0 }),
        json!({ "type": "digest", "username": 0, "password": 0, "realm?": 0, "nonce?": 0, "opaque?": 0, "qop?": "auth", "nonce_count?": 10, "disable_retry?": true }),
        json!({ "type": "oauth1", "consumer_key": 0, "consumer_secret?": 0, "token?": 0, "token_secret?": 0, "timestamp?": 7, "version?": "", "include_body_hash?": true, "encode_header_params?": false, "add_to?": "request" }),
        json!({ "type": "hawk", "id": 0, "key": 0, "ext?": 0, "app?": 0, "dlg?": 0, "timestamp?": 7, "include_payload_hash?": true }),
        json!({ "type": "ntlm", "username": 0, "password": 0, "domain?": 0, "workstation?": 0, "disable_retry?": true }),
        json!({ "type": "aws-sigv4", "access_key_id": 0, "secret_access_key": 0, "session_token?": 0, "region?": 0, "service?": 0, "add_to?": "query" }),
        json!({ "type": "edgegrid", "access_token": 0, "client_token": 0, "client_secret": 0, "max_body?": 7, "headers_to_sign?": ["X-A", "X-B"], "base_url?": "https://h" }),
        json!({ "type": "oauth2", "access_token": 0, "header_prefix?": 0, "add_to?": "query" }),
        json!({ "type": "oauth2", "access_token?": 0, "grant": { "grant_type": "client_credentials", "access_token_url": 0, "client_id": 0, "client_secret": 0, "scope?": 0, "client_authentication?": "body" } }),
        json!({ "type": "oauth2", "grant": { "grant_type": "authorization_code", "access_token_url": 0, "auth_url": 0, "client_id": 0, "client_authentication": "none", "state?": 0, "code_challenge_method?": "plain" } }),
    ]);
    let fill = prop::collection::vec((text, any::<bool>()), 16);
    (types, fill).prop_map(|(mut config, fill)| {
        fn go(value: &mut Value, fill: &mut impl Iterator<Item = (String, bool)>) {
            let fields = std::mem::take(value.as_object_mut().unwrap());
            for (name, mut field) in fields {
                let (text, there) = fill.next().unwrap();
                if name.ends_with('?') && !there {
                    continue;
                }
                if field.is_object() {
                    go(&mut field, fill);
                }
                let field = if field == 0 { Value::from(text) } else { field };
                value[name.trim_end_matches('?')] = field;
            }
        }
        go(&mut config, &mut fill.into_iter().cycle());
        config
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn to_postman_and_back_changes_nothing(config in configs()) {
        let config: AuthConfig = serde_json::from_value(config).unwrap();
        let text = to_postman(&config).unwrap();
        let back = Source::read(text.as_bytes(), None, &Limits::default()).unwrap().import(None, &Beside::new()).unwrap().auth;
        prop_assert_eq!(serde_json::to_value(&back).unwrap(), serde_json::to_value(&config).unwrap());
    }

    #[test]
    fn no_secret_is_in_debug_notes_or_errors(mut auth in configs(), is_broken in any::<bool>()) {
        hide(&mut auth, "hunter2");
        let text = to_postman(&serde_json::from_value(auth).unwrap()).unwrap();
        let mut collection: Value = serde_json::from_str(&text).unwrap();
        let kind = collection["auth"]["type"].as_str().unwrap().to_owned();
        if let (true, Some(Value::Array(list))) = (is_broken, collection["auth"].get_mut(&kind)) {
            // Where a number or one of a few texts belongs.
            list.extend(["timestamp", "nonceCount", "maxBodySize", "disableRetryRequest"].map(|key| json!({ "key": key, "value": "hunter2" })));
        }
        let shown = match import(&collection, None, &Beside::new()) {
            Ok(imported) => format!("{imported:?}"),
            Err(why) => format!("{why} {why:?}"),
        };
        prop_assert!(!shown.contains("hunter2"), "{}", shown);
    }
}

/// Puts a text in place of every secret.
fn hide(config: &mut Value, text: &str) {
    let kind = config["type"].as_str().or(config["grant_type"].as_str()).unwrap().to_owned();
    for (name, field) in config.as_object_mut().unwrap() {
        let is_secret = match name.as_str() {
            "key" => kind == "hawk",
            "token" => kind == "bearer",
            "access_token" => kind == "oauth2",
            "grant" => {
                hide(field, text);
                false
            }
            name => {
                ["password", "secret_access_key", "session_token", "value"].contains(&name) || name.ends_with("_secret")
            }
        };
        if is_secret {
            *field = text.into();
        }
    }
}
