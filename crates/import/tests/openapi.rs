//! OpenAPI: each rule on a description as small as the rule allows.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use countersign::{AuthConfig, ErrorKind};
use countersign_import::{Beside, Imported, Kind, Limits, Source};
use serde_json::{Value, json};

fn import(description: &Value, select: Option<&str>) -> countersign::Result<Imported> {
    import_beside(description, select, &Beside::new())
}

fn import_beside(description: &Value, select: Option<&str>, beside: &Beside) -> countersign::Result<Imported> {
    let text = description.to_string();
    let source = Source::read(text.as_bytes(), None, &Limits::default())?;
    assert_eq!(source.kind(), Kind::OpenApi);
    source.import(select, beside)
}

/// A description of these schemes, whose only operation makes these demands.
fn description(schemes: Value, security: Value) -> Value {
    json!({
        "openapi": "3.2.0",
        "servers": [{ "url": "https://api.example.com/v1" }],
        "components": { "securitySchemes": schemes },
        "paths": { "/pets": { "get": { "security": security } } }
    })
}

fn configs(schemes: Value, security: Value) -> Vec<Value> {
    let imported = import(&description(schemes, security), Some("GET /pets")).unwrap();
    imported.alternatives.iter().map(|config| serde_json::to_value(config).unwrap()).collect()
}

fn failure(schemes: Value, security: Value) -> (ErrorKind, String) {
    let why = import(&description(schemes, security), Some("GET /pets")).unwrap_err();
    (why.kind(), why.to_string())
}

fn oauth2(flows: &[&str]) -> Value {
    let urls =
        json!({ "authorizationUrl": "https://a/auth", "tokenUrl": "/token", "deviceAuthorizationUrl": "device" });
    let flows: serde_json::Map<String, Value> = flows.iter().map(|&flow| (flow.to_owned(), urls.clone())).collect();
    json!({ "type": "oauth2", "flows": flows })
}

fn token_url(imported: &Imported) -> String {
    let config = serde_json::to_value(&imported.auth).unwrap();
    config["grant"]["access_token_url"].as_str().unwrap().to_owned()
}

fn key(name: &str, place: &str) -> Value {
    json!({ "type": "apiKey", "name": name, "in": place })
}

#[test]
fn each_type_becomes_its_scheme() {
    for (scheme, config) in [
        (
            json!({ "type": "http", "scheme": "Basic" }),
            json!({ "type": "basic", "username": "{{S_USERNAME}}", "password": "{{S_PASSWORD}}" }),
        ),
        (json!({ "type": "http", "scheme": "bearer" }), json!({ "type": "bearer", "token": "{{S_TOKEN}}" })),
        (
            json!({ "type": "http", "scheme": "digest" }),
            json!({ "type": "digest", "username": "{{S_USERNAME}}", "password": "{{S_PASSWORD}}" }),
        ),
        (
            json!({ "type": "http", "scheme": "NTLM" }),
            json!({ "type": "ntlm", "username": "{{S_USERNAME}}", "password": "{{S_PASSWORD}}" }),
        ),
        (json!({ "type": "http", "scheme": "hawk" }), json!({ "type": "hawk", "id": "{{S_ID}}", "key": "{{S_KEY}}" })),
        (
            json!({ "type": "http", "scheme": "OAuth" }),
            json!({ "type": "oauth1", "consumer_key": "{{S_CONSUMER_KEY}}", "token_secret": "{{S_TOKEN_SECRET}}" }),
        ),
        (
            key("X-Key", "header"),
            json!({ "type": "api-key", "key": "X-Key", "value": "{{S_VALUE}}", "add_to": "header" }),
        ),
        (key("k", "query"), json!({ "type": "api-key", "key": "k", "value": "{{S_VALUE}}", "add_to": "query" })),
        (key("c", "cookie"), json!({ "type": "api-key", "key": "c", "value": "{{S_VALUE}}", "add_to": "cookie" })),
        (json!({ "type": "mutualTLS" }), json!({ "type": "none" })),
        (
            json!({ "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4" }),
            json!({ "type": "aws-sigv4", "access_key_id": "{{AWS_ACCESS_KEY_ID}}", "secret_access_key": "{{AWS_SECRET_ACCESS_KEY}}" }),
        ),
        (
            json!({ "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsS3" }),
            json!({ "type": "aws-sigv4", "service": "s3" }),
        ),
    ] {
        let made = configs(json!({ "s": scheme }), json!([{ "s": [] }]));
        assert_eq!(made.len(), 1);
        for (field, value) in config.as_object().unwrap() {
            assert_eq!(made[0][field], *value, "{scheme}: {}", made[0]);
        }
    }
}

#[test]
fn what_is_not_here_is_unsupported_and_what_lacks_its_fields_invalid() {
    for (scheme, kind) in [
        (json!({ "type": "http", "scheme": "negotiate" }), ErrorKind::UnsupportedScheme),
        (json!({ "type": "kerberos" }), ErrorKind::UnsupportedScheme),
        (json!({ "type": "http" }), ErrorKind::InvalidImport),
        (json!({}), ErrorKind::InvalidImport),
        (json!("x"), ErrorKind::InvalidImport),
        (json!({ "type": "apiKey", "in": "header" }), ErrorKind::InvalidImport),
        (key("k", "body"), ErrorKind::InvalidImport),
        (json!({ "type": "oauth2" }), ErrorKind::InvalidImport),
        (json!({ "type": "oauth2", "flows": {} }), ErrorKind::InvalidImport),
        (json!({ "type": "oauth2", "flows": { "implicit": {} } }), ErrorKind::InvalidImport),
        (json!({ "type": "openIdConnect" }), ErrorKind::InvalidImport),
    ] {
        let (found, message) = failure(json!({ "s": scheme }), json!([{ "s": [] }]));
        assert_eq!(found, kind, "{scheme}: {message}");
        assert!(message.starts_with("#/components/securitySchemes/s: "), "{message}");
    }
    let (kind, message) = failure(json!({}), json!([{ "nobody": [] }]));
    assert_eq!(kind, ErrorKind::InvalidImport);
    assert!(message.contains(r#""nobody""#), "{message}");
}

#[test]
fn flows_are_alternatives_from_the_best_to_implicit() {
    let scheme = oauth2(&["implicit", "password", "deviceAuthorization", "clientCredentials", "authorizationCode"]);
    let made = configs(json!({ "s": scheme }), json!([{ "s": ["read", "write", "read"] }]));
    let grants: Vec<_> = made.iter().map(|config| config["grant"]["grant_type"].as_str().unwrap()).collect();
    assert_eq!(grants, ["authorization_code", "client_credentials", "device_code", "password", "implicit"]);
    assert!(made.iter().all(|config| config["grant"]["scope"] == "read write"));
    let code = &made[0]["grant"];
    assert_eq!(code["auth_url"], "https://a/auth");
    assert_eq!(code["access_token_url"], "https://api.example.com/token");
    assert_eq!(code["client_secret"], "{{S_CLIENT_SECRET}}");
    assert_eq!(made[2]["grant"]["device_url"], "https://api.example.com/device");
    assert_eq!(made[3]["grant"]["username"], "{{S_USERNAME}}");
    assert_eq!(made[4]["grant"].get("client_secret"), None);
}

#[test]
fn a_flow_that_cannot_be_used_is_a_note_while_another_can() {
    let scheme = json!({ "type": "oauth2", "flows": {
        "authorizationCode": { "authorizationUrl": "https://a/auth" },
        "clientCredentials": { "tokenUrl": "https://a/token" },
    } });
    let imported = import(&description(json!({ "s": scheme }), json!([{ "s": [] }])), Some("GET /pets")).unwrap();
    assert_eq!(imported.alternatives.len(), 1);
    assert!(imported.notes.iter().any(|note| note.text.contains("lacks its token URL")), "{:?}", imported.notes);
}

#[test]
fn a_list_holds_alternatives_and_an_empty_object_comes_last() {
    let schemes =
        json!({ "a": key("A", "header"), "b": key("b", "query"), "n": { "type": "http", "scheme": "negotiate" } });
    let made = configs(schemes.clone(), json!([{}, { "b": [] }, { "n": [] }, { "a": [] }]));
    let keys: Vec<_> = made.iter().map(|config| config["key"].as_str()).collect();
    assert_eq!(keys, [Some("b"), Some("A"), None]);
    assert_eq!(made[2]["type"], "none");
    assert_eq!(configs(schemes.clone(), json!([]))[0]["type"], "none");
    // Optional, and nothing else that is possible: none, but not without a word.
    let imported = import(&description(schemes, json!([{ "n": [] }, {}])), Some("GET /pets")).unwrap();
    assert!(matches!(imported.auth, AuthConfig::None));
    assert!(imported.notes.iter().any(|note| note.text.contains("negotiate")), "{:?}", imported.notes);
}

#[test]
fn an_operations_security_replaces_the_roots() {
    let description = json!({
        "openapi": "3.0.0",
        "security": [{ "root": [] }],
        "components": { "securitySchemes": { "root": key("R", "header"), "own": key("O", "header") } },
        "paths": {
            "/a": {
                "get": {},
                "put": { "security": [{ "own": [] }] },
                "post": { "security": [] },
                "patch": { "security": null },
                "delete": { "security": {} },
            },
            "x-b": { "get": {} },
        }
    });
    let key = |select| match import(&description, select).unwrap().auth {
        AuthConfig::ApiKey(config) => Some(config.key),
        AuthConfig::None => None,
        other => panic!("{other:?}"),
    };
    assert_eq!(key(None).as_deref(), Some("R"));
    assert_eq!(key(Some("GET /a")).as_deref(), Some("R"));
    assert_eq!(key(Some("put /a")).as_deref(), Some("O"));
    assert_eq!(key(Some("POST /a")), None);
    assert_eq!(key(Some("PATCH /a")).as_deref(), Some("R"));
    assert_eq!(key(Some("scheme:own")).as_deref(), Some("O"));
    let malformed = import(&description, Some("DELETE /a")).unwrap_err();
    assert_eq!(malformed.kind(), ErrorKind::InvalidImport);
    assert!(malformed.to_string().starts_with("#/paths/~1a/delete/security"), "{malformed}");
    let text = description.to_string();
    let source = Source::read(text.as_bytes(), None, &Limits::default()).unwrap();
    assert_eq!(source.items().len(), 5);
    let item = |method| source.items().iter().find(|item| item.method.as_deref() == Some(method)).unwrap();
    assert_eq!(item("GET").inherited_from.as_deref(), Some("#/security"));
    assert_eq!((item("PUT").auth.as_deref(), &item("PUT").inherited_from), (Some("own"), &None));
    assert_eq!(item("POST").auth.as_deref(), Some("none"));
}

#[test]
fn two_tokens_are_one_and_of_two_keys_for_one_place_the_first_counts() {
    let schemes = json!({
        "implicit": oauth2(&["implicit"]), "code": oauth2(&["authorizationCode"]),
        "first": key("X-Key", "header"), "second": key("x-key", "header"), "basic": { "type": "http", "scheme": "basic" },
    });
    let made = configs(schemes.clone(), json!([{ "implicit": ["a"], "code": ["a", "b"] }]));
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["grant"]["grant_type"], "authorization_code");
    assert_eq!(made[0]["grant"]["scope"], "a b");
    assert_eq!(made[0]["grant"]["client_id"], "{{CODE_CLIENT_ID}}");
    let made = configs(schemes.clone(), json!([{ "first": [], "second": [] }]));
    assert_eq!((made.len(), made[0]["value"].as_str()), (1, Some("{{FIRST_VALUE}}")));
    let (kind, message) = failure(schemes, json!([{ "code": [], "basic": [] }]));
    assert_eq!(kind, ErrorKind::InvalidImport);
    assert!(message.contains(r#""basic""#) && message.contains(r#""code""#), "{message}");
}

#[test]
fn an_object_of_several_is_all_of_them_with_keys_first() {
    let schemes = json!({
        "token": oauth2(&["clientCredentials", "implicit"]), "key": key("K", "header"), "cookie": key("c", "cookie"),
    });
    let made = configs(schemes, json!([{ "token": ["r"], "key": [], "cookie": [] }]));
    let types = |all: &Value| all["of"].as_array().unwrap().iter().map(|it| it["type"].to_string()).collect::<Vec<_>>();
    assert_eq!(made.len(), 2);
    for (all, grant) in made.iter().zip(["client_credentials", "implicit"]) {
        assert_eq!(all["type"], "all");
        assert_eq!(types(all), ["\"api-key\"", "\"api-key\"", "\"oauth2\""]);
        assert_eq!(all["of"][2]["grant"]["grant_type"], grant);
    }
}

#[test]
fn a_certificate_is_dropped_from_what_applies_together() {
    let schemes = json!({ "tls": { "type": "mutualTLS" }, "key": key("K", "header") });
    let imported = import(&description(schemes, json!([{ "tls": [], "key": [] }])), Some("GET /pets")).unwrap();
    assert!(matches!(imported.auth, AuthConfig::ApiKey(_)), "{:?}", imported.auth);
    assert!(imported.notes.iter().any(|note| note.text.contains("certificate")));
}

#[test]
fn open_id_connect_leaves_the_endpoints_open() {
    let schemes = json!({ "id": { "type": "openIdConnect", "openIdConnectUrl": "/.well-known/openid-configuration" } });
    let imported = import(&description(schemes, json!([{ "id": ["openid"] }])), Some("GET /pets")).unwrap();
    let grant = &serde_json::to_value(&imported.auth).unwrap()["grant"];
    assert_eq!((&grant["access_token_url"], &grant["scope"]), (&"{{ID_ACCESS_TOKEN_URL}}".into(), &"openid".into()));
    let note = &imported.notes[0].text;
    assert!(note.contains("https://api.example.com/.well-known/openid-configuration"), "{note}");
    assert!(imported.variables.contains(&"ID_AUTH_URL".to_owned()), "{:?}", imported.variables);
}

#[test]
fn relative_urls_follow_the_first_server_else_the_base_else_are_an_error() {
    let mut given = description(json!({ "s": oauth2(&["clientCredentials"]) }), json!([{ "s": [] }]));
    let url = |given: &Value, beside: &Beside| {
        let imported = import_beside(given, Some("GET /pets"), beside)?;
        Ok::<_, countersign::Error>((token_url(&imported), imported.request.unwrap().url))
    };
    given["servers"] = json!([{
        "url": "{scheme}://{tenant}.example.com/v2",
        "variables": { "scheme": { "default": "https" }, "tenant": {} },
    }]);
    let urls = url(&given, &Beside::new()).unwrap();
    assert_eq!(urls, ("https://{{tenant}}.example.com/token".into(), "https://{{tenant}}.example.com/v2/pets".into()));
    given["servers"] = json!([{ "url": "/v3" }]);
    let urls = url(&given, &Beside::new().base_url("https://base.example.com/x")).unwrap();
    assert_eq!(urls, ("https://base.example.com/token".into(), "https://base.example.com/v3/pets".into()));
    let error = url(&given, &Beside::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidImport);
    assert!(error.to_string().contains("relative"), "{error}");
    given["paths"]["/pets"]["servers"] = json!([{ "url": "https://path.example.com" }]);
    assert_eq!(url(&given, &Beside::new()).unwrap().1, "https://path.example.com/pets");
    given["paths"]["/pets"]["get"]["servers"] = json!([{ "url": "https://own.example.com" }]);
    assert_eq!(url(&given, &Beside::new()).unwrap().1, "https://own.example.com/pets");
}

#[test]
fn the_request_leaves_path_parameters_open() {
    let given = json!({
        "openapi": "3.0.0", "servers": [],
        "paths": { "/pets/{id}/{+rest}": { "delete": { "operationId": "drop" } } }
    });
    let imported = import(&given, Some("drop")).unwrap();
    let request = imported.request.unwrap();
    assert_eq!((request.method.as_str(), request.url.as_str()), ("DELETE", "{{BASE_URL}}/pets/{{id}}/{{rest}}"));
    assert_eq!(imported.variables, ["BASE_URL", "id", "rest"]);
}

#[test]
fn version_2_has_host_schemes_and_single_flows() {
    let given = json!({
        "swagger": "2.0", "host": "h.example.com:8443", "basePath": "/v1", "schemes": ["http", "https"],
        "securityDefinitions": {
            "b": { "type": "basic" },
            "o": { "type": "oauth2", "flow": "application", "tokenUrl": "oauth/token", "scopes": { "r": "" } },
        },
        "paths": { "/a": { "get": { "security": [{ "b": [] }] }, "post": { "security": [{ "o": ["r"] }], "schemes": ["http"] } } }
    });
    let imported = import(&given, Some("GET /a")).unwrap();
    assert!(matches!(imported.auth, AuthConfig::Basic(_)));
    assert_eq!(imported.request.unwrap().url, "https://h.example.com:8443/v1/a");
    let imported = import(&given, Some("POST /a")).unwrap();
    assert_eq!(token_url(&imported), "http://h.example.com:8443/oauth/token");
    assert_eq!(imported.request.unwrap().url, "http://h.example.com:8443/v1/a");
}

#[test]
fn references_are_followed_within_the_document() {
    let given = json!({
        "openapi": "3.2.0", "$self": "https://example.com/api.json",
        "components": {
            "securitySchemes": {
                "a": { "$ref": "#/components/securitySchemes/b" }, "b": { "$ref": "#/x-schemes/0/it%20" },
                "round": { "$ref": "#/components/securitySchemes/round" }, "out": { "$ref": "schemes.yaml#/x" },
            },
            "pathItems": { "p": { "get": { "operationId": "component", "security": [{ "a": [] }] } } },
        },
        "x-schemes": [{ "it ": { "type": "http", "scheme": "basic" } }],
        "x-paths": { "p": { "$ref": "#/components/pathItems/p" } },
        "paths": {
            "/component": { "$ref": "#/components/pathItems/p", "put": { "operationId": "own" } },
            "/elsewhere": { "$ref": "#/x-paths/p" },
            "/path": { "$ref": "#/paths/~1component" },
            "/out": { "$ref": "paths.yaml#/p" },
            "/round": { "$ref": "#/paths/~1round" },
            "/uri": {
                "get": { "security": [{ "#/components/securitySchemes/b": [] }] },
                "put": { "security": [{ "https://example.com/api.json#/components/securitySchemes/b": [] }] },
                "post": { "security": [{ "https://example.com/other.json#/components/securitySchemes/b": [] }] },
                "delete": { "security": [{ "round": [] }] },
                "patch": { "security": [{ "out": [] }] },
            },
        }
    });
    for select in ["GET /component", "GET /elsewhere", "GET /path", "GET /uri", "PUT /uri"] {
        let auth = import(&given, Some(select)).unwrap().auth;
        assert!(matches!(auth, AuthConfig::Basic(_)), "{select}: {auth:?}");
    }
    assert!(matches!(import(&given, Some("own")).unwrap().auth, AuthConfig::None));
    for (select, what) in [
        ("/out", "another document"),
        ("/round", "circle"),
        ("POST /uri", "no scheme"),
        ("DELETE /uri", "circle"),
        ("PATCH /uri", "another document"),
    ] {
        let select = if select.starts_with('/') { select.replace('/', r"\/") } else { select.to_owned() };
        let error = import(&given, Some(&select)).unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidImport && error.to_string().contains(what), "{select}: {error}");
    }
    let chain: serde_json::Map<String, Value> = (0..40)
        .map(|at| (format!("s{at}"), json!({ "$ref": format!("#/components/securitySchemes/s{}", at + 1) })))
        .collect();
    assert_eq!(failure(chain.into(), json!([{ "s0": [] }])).0, ErrorKind::LimitExceeded);
}

#[test]
fn version_3_2_has_further_methods() {
    let given = json!({
        "openapi": "3.2.0",
        "paths": { "/a": { "query": {}, "additionalOperations": { "COPY": {}, "x": 1 }, "parameters": [], "x-get": {} } }
    });
    let text = given.to_string();
    let source = Source::read(text.as_bytes(), None, &Limits::default()).unwrap();
    let methods: Vec<_> = source.items().iter().filter_map(|item| item.method.as_deref()).collect();
    assert_eq!(methods, ["COPY", "QUERY"]);
}

#[test]
fn yaml_says_the_same() {
    let text = "\u{feff}# pets\nopenapi: 3.1\nsecurity:\n- key: [] # all\ncomponents:\n  securitySchemes:\n    key: &key\n      \
                type: apiKey\n      in: header\n      name: on\n    other:\n      <<: *key\n      name: 'X-Other'\npaths:\n  \
                /a:\n    get: {operationId: 12}\n    post:\n      security:\n      - other:\n";
    let source = Source::read(text.as_bytes(), None, &Limits::default()).unwrap();
    let key = |select| match source.import(Some(select), &Beside::new()).unwrap().auth {
        AuthConfig::ApiKey(config) => config.key,
        other => panic!("{other:?}"),
    };
    assert_eq!((key("12"), key("POST /a")), ("on".to_owned(), "X-Other".to_owned()));
}

#[test]
fn versions_that_are_not_known_are_refused() {
    for given in [json!({ "openapi": "4.0.0" }), json!({ "swagger": "3.0" }), json!({ "info": {} }), json!([1])] {
        let text = given.to_string();
        let error = Source::read(text.as_bytes(), Some(Kind::OpenApi), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidImport, "{given}");
    }
    let mut limits = Limits::default();
    limits.items = 1;
    let text = json!({ "openapi": "3.0.0", "paths": { "/a": { "get": {}, "put": {} } } }).to_string();
    let error = Source::read(text.as_bytes(), None, &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}
