//! AsyncAPI: the HTTP schemes of a server.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::{AuthConfig, ErrorKind};
use countersign_import::{Beside, Imported, Kind, Limits, Source};

const VERSION_2: &str = r##"
asyncapi: 2.6.0
servers:
  live:
    url: '{stage}.example.com:443/ws'
    protocol: https
    variables: {stage: {default: api}}
    security:
      - key: []
        token: [read]
      - mqtt: []
      - {}
  shared: {$ref: '#/components/servers/shared'}
  open: {url: https://h, protocol: https}
components:
  servers:
    shared: {url: 'https://shared.example.com', protocol: https, security: [{basic: []}]}
  securitySchemes:
    key: {type: httpApiKey, in: query, name: api_key}
    token: {type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://a/token', scopes: {read: ''}}}}
    mqtt: {type: userPassword}
    basic: {$ref: '#/components/securitySchemes/http'}
    http: {type: http, scheme: basic}
    broker: {type: apiKey, in: user}
"##;

const VERSION_3: &str = r##"{
  "asyncapi": "3.0.0",
  "servers": {
    "live": {
      "host": "h.example.com", "protocol": "wss", "pathname": "/ws",
      "security": [
        { "type": "http", "scheme": "bearer" },
        { "$ref": "#/components/securitySchemes/token" },
        { "$ref": "#/x-schemes/basic" }
      ]
    }
  },
  "x-schemes": { "basic": { "type": "http", "scheme": "basic" } },
  "components": { "securitySchemes": {
    "token": { "type": "oauth2", "flows": { "implicit": { "authorizationUrl": "https://a/auth" } }, "scopes": ["read"] }
  } }
}"##;

fn import(text: &str, select: &str) -> countersign::Result<Imported> {
    let source = Source::read(text.as_bytes(), None, &Limits::default())?;
    assert_eq!(source.kind(), Kind::AsyncApi);
    source.import(Some(select), &Beside::new())
}

fn json(config: &AuthConfig) -> serde_json::Value {
    serde_json::to_value(config).unwrap()
}

#[test]
fn version_2_names_its_schemes() {
    let imported = import(VERSION_2, "live").unwrap();
    assert_eq!(imported.alternatives.len(), 2);
    let all = json(&imported.auth);
    assert_eq!((&all["of"][0]["key"], &all["of"][1]["grant"]["scope"]), (&"api_key".into(), &"read".into()));
    assert!(matches!(imported.alternatives[1], AuthConfig::None));
    assert!(imported.notes.iter().any(|note| note.text.contains("userPassword")), "{:?}", imported.notes);
    assert!(matches!(import(VERSION_2, "shared").unwrap().auth, AuthConfig::Basic(_)));
    assert!(matches!(import(VERSION_2, "open").unwrap().auth, AuthConfig::None));
    for broker in ["scheme:broker", "scheme:mqtt"] {
        assert_eq!(import(VERSION_2, broker).unwrap_err().kind(), ErrorKind::UnsupportedScheme);
    }
    let source = Source::read(VERSION_2.as_bytes(), None, &Limits::default()).unwrap();
    assert_eq!(source.items()[0].auth.as_deref(), Some("key + token, mqtt, none"));
    assert_eq!(source.items()[0].url.as_deref(), Some("api.example.com:443/ws"));
}

#[test]
fn version_3_has_them_in_place_or_by_reference() {
    let imported = import(VERSION_3, "live").unwrap();
    let made: Vec<_> = imported.alternatives.iter().map(json).collect();
    assert_eq!(made[0]["token"], "{{LIVE_TOKEN}}");
    assert_eq!(made[1]["grant"]["scope"], "read");
    assert_eq!(made[1]["grant"]["client_id"], "{{TOKEN_CLIENT_ID}}");
    assert_eq!(made[2]["username"], "{{BASIC_USERNAME}}");
    let source = Source::read(VERSION_3.as_bytes(), None, &Limits::default()).unwrap();
    assert_eq!(source.items()[0].url.as_deref(), Some("wss://h.example.com/ws"));
}

#[test]
fn what_cannot_be_read_says_where() {
    for (text, kind) in [("asyncapi: 1.2.0", ErrorKind::InvalidImport), ("asyncapi: {}", ErrorKind::InvalidImport)] {
        let error = Source::read(text.as_bytes(), Some(Kind::AsyncApi), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), kind, "{text}");
    }
    let text = "asyncapi: 2.0.0\nservers: {s: {url: h, security: [x, {nobody: []}]}, t: {$ref: 'other.yaml#/t'}}";
    let error = import(text, "s").unwrap_err();
    assert!(error.to_string().starts_with("#/servers/s/security/0"), "{error}");
    let error = import(text, "t").unwrap_err();
    assert!(error.to_string().contains("another document"), "{error}");
}
