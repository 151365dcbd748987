//! RAML 0.8 and 1.0.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::{AuthConfig, ErrorKind};
use countersign_import::{Beside, Imported, Kind, Limits, Source};
use serde_json::Value;

const VERSION_1: &str = "#%RAML 1.0
title: Pets
version: v2
baseUri: https://{tenant}.example.com/{version}
baseUriParameters: {tenant: {default: acme}}
securitySchemes:
  basic: {type: Basic Authentication}
  digest: {type: Digest Authentication}
  one:
    type: OAuth 1.0
    settings: {requestTokenUri: https://a/r, signatures: ['MD5', 'RSA-SHA1', 'HMAC-SHA1']}
  two:
    type: OAuth 2.0
    settings:
      authorizationUri: /auth
      accessTokenUri: https://a/token
      authorizationGrants: [implicit, 'urn:example:grant', authorization_code]
  pass:
    type: Pass Through
    describedBy: {headers: {X-Key: {}, 'X-Maybe?': string}, queryParameters: {sig: {required: false}}}
  both:
    type: x-custom
    describedBy: {headers: {X-A: string}, queryParameters: {b: string}}
  bare: {type: x-bare}
  odd: {type: Kerberos}
  file: !include schemes/file.raml
securedBy: [basic]
traits:
  signed: {securedBy: [one]}
resourceTypes:
  collection:
    securedBy: [digest]
    type: base
    get: {is: [signed]}
    post?: {securedBy: [pass]}
  base: {delete: {}}
  round: {type: round}
/root:
  get:
  /below:
    get:
    securedBy: [digest]
    /deeper: {get: {}}
/own:
  securedBy: [digest]
  get: {securedBy: [two: {scopes: [read, write]}, null]}
  put:
/typed:
  type: collection
  post:
  put: {is: [lib.outside]}
/round: {type: round, get: {}}
/keys:
  get: {securedBy: [pass]}
  put: {securedBy: [both]}
  post: {securedBy: [bare]}
  patch: {securedBy: [odd]}
  delete: {securedBy: [file]}
  head: {securedBy: [nobody]}
  options: {securedBy: !include secured.raml}
  trace: {securedBy: {a: b}}
/file: !include file.raml
";

const VERSION_0_8: &str = "#%RAML 0.8
title: Pets
baseUri: https://api.example.com
securitySchemes:
  - two: {type: OAuth 2.0, settings: {accessTokenUri: https://a/t, authorizationUri: https://a/a, authorizationGrants: [code, token, owner, credentials]}}
  - basic: {type: Basic Authentication}
/a:
  get: {securedBy: [two: {scopes: [admin]}]}
  put: {securedBy: [null, basic]}
  post: {securedBy: [null]}
  delete:
";

fn import(text: &str, select: Option<&str>) -> countersign::Result<Imported> {
    let source = Source::read(text.as_bytes(), None, &Limits::default())?;
    assert_eq!(source.kind(), Kind::Raml);
    source.import(select, &Beside::new())
}

fn config(select: &str) -> Value {
    serde_json::to_value(import(VERSION_1, Some(select)).unwrap().auth).unwrap()
}

#[test]
fn a_method_asks_for_its_own_its_resources_or_the_roots() {
    for (select, kind) in [
        ("GET /root", "basic"),
        ("GET /root/below", "digest"),
        ("GET /root/below/deeper", "basic"),
        ("PUT /own", "digest"),
        ("GET /own", "oauth2"),
    ] {
        assert_eq!(config(select)["type"], kind, "{select}");
    }
    assert!(matches!(import(VERSION_1, None).unwrap().auth, AuthConfig::Basic(_)));
    let imported = import(VERSION_1, Some("GET /root/below")).unwrap();
    assert_eq!(imported.request.unwrap().url, "https://acme.example.com/v2/root/below");
}

#[test]
fn types_and_traits_say_what_the_method_does_not() {
    for (select, kind) in
        [("GET /typed", "oauth1"), ("POST /typed", "api-key"), ("PUT /typed", "digest"), ("DELETE /typed", "digest")]
    {
        assert_eq!(config(select)["type"], kind, "{select}");
    }
    let notes = import(VERSION_1, Some("PUT /typed")).unwrap().notes;
    assert!(notes.iter().any(|note| note.text.contains("lib.outside")), "{notes:?}");
    let error = import(VERSION_1, Some("GET /round")).unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
}

#[test]
fn each_type_becomes_its_scheme() {
    let one = config("scheme:one");
    assert_eq!((&one["signature_method"], &one["private_key"]), (&"RSA-SHA1".into(), &"{{ONE_PRIVATE_KEY}}".into()));
    let imported = import(VERSION_1, Some("GET /own")).unwrap();
    let made: Vec<Value> = imported.alternatives.iter().map(|it| serde_json::to_value(it).unwrap()).collect();
    assert_eq!(made[0]["grant"]["grant_type"], "authorization_code");
    assert_eq!(made[0]["grant"]["auth_url"], "https://acme.example.com/auth");
    assert_eq!(made[1]["grant"]["grant_type"], "implicit");
    assert_eq!((&made[0]["grant"]["scope"], &made[2]["type"]), (&"read write".into(), &"none".into()));
    let pass = config("GET /keys");
    assert_eq!((&pass["key"], &pass["value"]), (&"X-Key".into(), &"{{PASS_VALUE}}".into()));
    let both = config("PUT /keys");
    assert_eq!((&both["of"][0]["value"], &both["of"][1]["add_to"]), (&"{{BOTH_X_A_VALUE}}".into(), &"query".into()));
    assert_eq!(both["of"][1]["value"], "{{BOTH_B_VALUE}}");
}

#[test]
fn what_cannot_be_carried_over_says_why() {
    for (select, kind, what) in [
        ("POST /keys", ErrorKind::UnsupportedScheme, "neither header nor query"),
        ("PATCH /keys", ErrorKind::UnsupportedScheme, "Kerberos"),
        ("DELETE /keys", ErrorKind::InvalidImport, "schemes/file.raml"),
        ("HEAD /keys", ErrorKind::InvalidImport, "nobody"),
        ("OPTIONS /keys", ErrorKind::InvalidImport, "secured.raml"),
        ("TRACE /keys", ErrorKind::InvalidImport, "not a list"),
        (r"\/file", ErrorKind::InvalidImport, "file.raml"),
    ] {
        let error = import(VERSION_1, Some(select)).unwrap_err();
        assert!(error.kind() == kind && error.to_string().contains(what), "{select}: {error}");
    }
    for first in ["#%RAML 2.0", "#%RAML 1.0 Library", "title: x"] {
        let error = Source::read(first.as_bytes(), Some(Kind::Raml), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidImport, "{first}");
    }
}

#[test]
fn version_0_8_has_lists_and_other_names_of_the_grants() {
    let imported = import(VERSION_0_8, Some("GET /a")).unwrap();
    let grants =
        imported.alternatives.iter().map(|it| serde_json::to_value(it).unwrap()["grant"]["grant_type"].clone());
    let grants: Vec<Value> = grants.collect();
    assert_eq!(grants, ["authorization_code", "client_credentials", "password", "implicit"]);
    let kinds = |select| import(VERSION_0_8, Some(select)).unwrap().alternatives.len();
    assert_eq!((kinds("PUT /a"), kinds("POST /a"), kinds("DELETE /a")), (2, 1, 1));
    assert!(matches!(import(VERSION_0_8, Some("PUT /a")).unwrap().auth, AuthConfig::Basic(_)));
    assert!(matches!(import(VERSION_0_8, Some("DELETE /a")).unwrap().auth, AuthConfig::None));
}
