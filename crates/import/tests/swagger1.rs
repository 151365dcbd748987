//! Swagger 1: the authorizations of a listing and its declarations.

use countersign::{AuthConfig, ErrorKind};
use countersign_import::{Beside, Kind, Limits, Source};
use serde_json::{Value, json};

/// As in the specification's appendix, and a key in the query.
fn listing() -> Value {
    json!({
        "apiVersion": "1.0.0", "swaggerVersion": "1.2",
        "apis": [{ "path": "/pet", "description": "Operations about pets" }],
        "authorizations": {
            "oauth2": { "type": "oauth2", "scopes": [{ "scope": "write:pets", "description": "" }], "grantTypes": {
                "implicit": { "loginEndpoint": { "url": "http://localhost:8002/oauth/dialog" }, "tokenName": "access_token" },
                "authorization_code": {
                    "tokenRequestEndpoint": { "url": "http://localhost:8002/oauth/requestToken", "clientIdName": "client_id" },
                    "tokenEndpoint": { "url": "http://localhost:8002/oauth/token", "tokenName": "access_code" }
                }
            } },
            "key": { "type": "apiKey", "passAs": "query", "keyname": "api_key" },
            "basic": { "type": "basicAuth" },
            "odd": { "type": "kerberos" }
        }
    })
}

fn declaration() -> Value {
    json!({
        "swaggerVersion": "1.2", "basePath": "http://localhost:8002/api", "resourcePath": "/pet",
        "authorizations": { "basic": [] },
        "apis": [{ "path": "/pet/{petId}", "operations": [
            { "method": "GET", "nickname": "getPetById", "authorizations": {} },
            { "method": "DELETE", "nickname": "deletePet", "authorizations": { "oauth2": [{ "scope": "write:pets" }], "key": [] } },
            { "httpMethod": "put", "nickname": "updatePet" },
            { "method": "PATCH", "authorizations": { "odd": [] } },
            { "method": "HEAD", "authorizations": { "nobody": [] } },
            { "method": "POST", "authorizations": "none" }
        ] }]
    })
}

fn import(document: &Value, select: Option<&str>) -> countersign::Result<countersign_import::Imported> {
    let text = document.to_string();
    let source = Source::read(text.as_bytes(), None, &Limits::default())?;
    assert_eq!(source.kind(), Kind::Swagger1);
    source.import(select, &Beside::new().parent(listing().to_string().as_bytes())?)
}

#[test]
fn a_listing_defines_and_its_declarations_ask() {
    let json = |config: &AuthConfig| serde_json::to_value(config).unwrap();
    assert!(matches!(import(&declaration(), None).unwrap().auth, AuthConfig::Basic(_)));
    assert!(matches!(import(&declaration(), Some("getPetById")).unwrap().auth, AuthConfig::None));
    let imported = import(&declaration(), Some("PUT /pet/{petId}")).unwrap();
    assert!(matches!(imported.auth, AuthConfig::Basic(_)));
    assert_eq!(imported.request.unwrap().url, "http://localhost:8002/api/pet/{{petId}}");
    let imported = import(&declaration(), Some("deletePet")).unwrap();
    let grants: Vec<_> = imported.alternatives.iter().map(|all| json(all)["of"][1]["grant"].clone()).collect();
    assert_eq!(json(&imported.auth)["of"][0]["add_to"], "query");
    assert_eq!(grants[0]["grant_type"], "authorization_code");
    assert_eq!(grants[0]["auth_url"], "http://localhost:8002/oauth/requestToken");
    assert_eq!(grants[0]["access_token_url"], "http://localhost:8002/oauth/token");
    assert_eq!((&grants[1]["grant_type"], &grants[1]["scope"]), (&"implicit".into(), &"write:pets".into()));
    assert_eq!(import(&declaration(), Some("#3")).unwrap_err().kind(), ErrorKind::UnsupportedScheme);
    assert_eq!(import(&declaration(), Some("#4")).unwrap_err().kind(), ErrorKind::InvalidImport);
    assert_eq!(import(&declaration(), Some("#5")).unwrap_err().kind(), ErrorKind::InvalidImport);
}

#[test]
fn a_listing_offers_its_schemes() {
    assert!(matches!(import(&listing(), Some("scheme:key")).unwrap().auth, AuthConfig::ApiKey(_)));
    assert_eq!(import(&listing(), None).unwrap_err().kind(), ErrorKind::AmbiguousItem);
}

#[test]
fn a_declaration_without_its_listing_says_what_is_missing() {
    let text = declaration().to_string();
    let source = Source::read(text.as_bytes(), None, &Limits::default()).unwrap();
    let error = source.import(Some("deletePet"), &Beside::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidImport);
    assert!(error.to_string().contains("resource listing"), "{error}");
}
