//! `.http` files: what JetBrains' HTTP Client and REST Client make of them, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign::{AuthConfig, ErrorKind};
use countersign_import::{Beside, Imported, Kind, Limits, Source};
use serde_json::{Value, json};

fn import(text: &str, select: Option<&str>, beside: &Beside) -> countersign::Result<Imported> {
    let source = Source::read(text.as_bytes(), None, &Limits::default())?;
    assert_eq!(source.kind(), Kind::Http, "{text}");
    source.import(select, beside)
}

fn json_of(auth: &AuthConfig) -> Value {
    serde_json::to_value(auth).unwrap()
}

fn with_header(value: &str) -> countersign::Result<Imported> {
    import(&format!("GET https://h/\nAuthorization: {value}\n"), None, &Beside::new())
}

#[test]
fn the_header_may_hold_user_and_password_in_clear() {
    for (value, config) in [
        ("Basic u p", json!({ "type": "basic", "username": "u", "password": "p" })),
        ("Basic u:p", json!({ "type": "basic", "username": "u", "password": "p" })),
        ("basic   dTpw", json!({ "type": "basic", "username": "u", "password": "p" })),
        ("Basic {{user}} {{password}}", json!({ "type": "basic", "username": "{{user}}", "password": "{{password}}" })),
        ("Digest u p", json!({ "type": "digest", "username": "u", "password": "p" })),
        ("Bearer {{ token }}", json!({ "type": "bearer", "token": "{{token}}" })),
        ("AWS AK s", json!({ "type": "aws-sigv4", "access_key_id": "AK", "secret_access_key": "s" })),
        (
            "AWS AK s token:t region:eu-west-1 service:iam",
            json!({ "type": "aws-sigv4", "access_key_id": "AK", "secret_access_key": "s", "session_token": "t", "region": "eu-west-1", "service": "iam" }),
        ),
        ("Token x", json!({ "type": "api-key", "key": "Authorization", "value": "Token x", "add_to": "header" })),
    ] {
        let expected: AuthConfig = serde_json::from_value(config).unwrap();
        let imported = with_header(value).unwrap();
        assert_eq!(json_of(&imported.auth), json_of(&expected), "{value}");
        assert!(imported.request.unwrap().headers.is_empty(), "{value}");
    }
    let user = import("GET https://u:p%40@h/x\n", None, &Beside::new()).unwrap();
    assert_eq!(json_of(&user.auth), json!({ "type": "basic", "username": "u", "password": "p@" }));
    assert_eq!(user.request.unwrap().url, "https://h/x");
}

const FILE: &str = "@host = {{base}}.example
@base=api

### Create an order
# @name create
< {%
  request.variables.set('a', 1)
%}
POST https://{{host}}/orders
    ?a=1
    &b={{ $uuid }} HTTP/1.1
Content-Type: application/json
// a comment
X-Key: {{key}}

{
  \"a\": \"{{key}}\"
}

> {%
  client.log('x')
%}

###
GET /items HTTP/1.1
Host: h:8443

### form
PUT h/form
content-type: application/x-www-form-urlencoded

a=1
&b=2
### by command
curl -u u:p https://h/c \\
  -d x
";

#[test]
fn requests_are_taken_apart() {
    let beside = Beside::new().environment(br#"{ "dev": { "key": "k1" }, "$shared": { "key": "shared" } }"#).unwrap();
    let source = Source::read(FILE.as_bytes(), None, &Limits::default()).unwrap();
    let names: Vec<_> = source.items().iter().map(|item| item.path[0].clone()).collect();
    assert_eq!(names, ["Create an order", "GET /items", "form", "by command"]);
    let imported = source.import(Some("create"), &beside).unwrap();
    let request = imported.request.unwrap();
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://api.example/orders?a=1&b={{$uuid}}"));
    assert_eq!(request.headers, [("Content-Type".into(), "application/json".into()), ("X-Key".into(), "k1".into())]);
    assert_eq!(request.body.as_deref(), Some(&b"{\n  \"a\": \"k1\"\n}"[..]));
    assert_eq!((imported.variables, imported.notes.len()), (vec!["$uuid".to_owned()], 1));
    let url = |select: &str| source.import(Some(select), &beside).unwrap().request.unwrap();
    assert_eq!(url("GET \\/items").url, "https://h:8443/items");
    assert_eq!((url("form").url.as_str(), url("form").body.as_deref()), ("http://h/form", Some(&b"a=1&b=2"[..])));
    let curl = source.import(Some("by command"), &beside).unwrap();
    assert_eq!(json_of(&curl.auth), json!({ "type": "basic", "username": "u", "password": "p" }));
    assert_eq!(curl.request.unwrap().method, "POST");
}

#[test]
fn environments_are_chosen_and_the_private_one_wins() {
    const GET: &str = "GET https://h/\nAuthorization: Bearer {{token}}{{$processEnv SUFFIX}}\n";
    let public = br#"{ "dev": { "token": "d", "Security": {} }, "live": { "token": "l" } }"#;
    let beside = || {
        Beside::new()
            .environment(public)
            .unwrap()
            .private_environment(br#"{ "live": { "token": "private" } }"#)
            .unwrap()
    };
    let token = |beside: &Beside| import(GET, None, beside).map(|imported| json_of(&imported.auth)["token"].clone());
    assert_eq!(token(&beside().environment_name("dev")).unwrap(), "d{{SUFFIX}}");
    assert_eq!(token(&beside().environment_name("live").variable("SUFFIX", "!")).unwrap(), "private!");
    assert_eq!(token(&beside()).unwrap_err().kind(), ErrorKind::AmbiguousItem);
    assert_eq!(token(&beside().environment_name("x")).unwrap_err().kind(), ErrorKind::UnknownItem);
    assert_eq!(token(&Beside::new()).unwrap(), "{{token}}{{SUFFIX}}");
}

#[test]
fn tokens_are_got_as_the_environment_describes() {
    let environment = json!({ "dev": { "host": "a", "Security": { "Auth": {
        "service": { "Type": "OAuth2", "Grant Type": "Client Credentials", "Token URL": "https://{{host}}/t", "Client ID": "i", "Scope": "x" },
        "person": { "Type": "OAuth2", "Grant Type": "Authorization Code", "Auth URL": "https://a/a", "Token URL": "https://a/t", "Redirect URL": "http://127.0.0.1/", "Client ID": "i", "PKCE": { "Code Challenge Method": "SHA-256" } },
        "fixed": { "Type": "Static", "Token": "t" },
        "other": { "Type": "Mock" },
    } } } });
    let private = json!({ "dev": { "Security": { "Auth": { "service": { "Client Secret": "s" } } } } });
    let beside = Beside::new().environment(environment.to_string().as_bytes()).unwrap();
    let beside = beside.private_environment(private.to_string().as_bytes()).unwrap();
    let of = |name: &str| {
        let text = format!("GET https://h/\nAuthorization: Bearer {{{{$auth.token(\"{name}\")}}}}\n");
        import(&text, None, &beside).map(|imported| json_of(&imported.auth))
    };
    let service = of("service").unwrap();
    let fields = ["grant_type", "access_token_url", "client_id", "client_secret", "scope"];
    assert_eq!(
        json!(fields.map(|field| service["grant"][field].clone())),
        json!(["client_credentials", "https://a/t", "i", "s", "x"])
    );
    assert_eq!(of("person").unwrap()["grant"]["client_authentication"], "none");
    assert_eq!(of("fixed").unwrap(), json!({ "type": "bearer", "token": "t" }));
    assert_eq!(of("other").unwrap_err().kind(), ErrorKind::UnsupportedScheme);
    assert_eq!(of("nobody").unwrap_err().kind(), ErrorKind::InvalidImport);
}

#[test]
fn graphql_is_sent_as_json() {
    let text = "POST https://h/graphql\nX-Request-Type: GraphQL\n\nquery { a }\n\n{ \"b\": 1 }\n";
    let request = import(text, None, &Beside::new()).unwrap().request.unwrap();
    let body: Value = serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
    assert_eq!(body, json!({ "query": "query { a }", "variables": { "b": 1 } }));
    assert_eq!(request.headers, [("Content-Type".to_owned(), "application/json".to_owned())]);
}

#[test]
fn what_opens_files_is_refused_without_a_secret() {
    for (text, kind, place) in [
        ("POST https://h/\n\n< ./hunter2\n", ErrorKind::InvalidImport, "line 3"),
        ("GET https://h/\nhunter2\n", ErrorKind::InvalidImport, "line 2"),
        ("GET https://h/\nAuthorization: COGNITO hunter2 x\n", ErrorKind::UnsupportedScheme, "line 1"),
        ("WEBSOCKET wss://h/hunter2\n", ErrorKind::InvalidImport, "line 1"),
        ("### a\nGET https://h/\n###\ncurl -d @hunter2 h\n", ErrorKind::InvalidImport, "line 4"),
    ] {
        let error = import(text, None, &Beside::new()).unwrap_err();
        assert_eq!(error.kind(), kind, "{text}: {error}");
        assert!(error.to_string().contains(place) && !format!("{error:?}").contains("hunter2"), "{error}");
    }
    let imported = with_header("Basic u hunter2").unwrap();
    assert!(!format!("{imported:?}").contains("hunter2"));
    assert_eq!(
        Source::read(b"### nothing\n# x\n", Some(Kind::Http), &Limits::default()).unwrap_err().kind(),
        ErrorKind::NothingDescribed
    );
}
