//! GraphQL: the headers of a graphql-config file.

use countersign::{AuthConfig, ErrorKind};
use countersign_import::{Beside, Imported, Kind, Limits, Source};

const CONFIG: &str = r#"
schema:
  - ./local.graphql
  - https://api.example.com/graphql:
      headers:
        Authorization: Bearer ${TOKEN}
        Accept: application/json
documents: src/**/*.graphql
extensions:
  endpoints:
    live:
      url: https://live.example.com/graphql
      headers: {x-hasura-admin-secret: '${ADMIN_SECRET:dev}', Authorization: 'Basic ${env:PAIR}'}
    open: https://open.example.com/graphql
projects:
  other:
    schema: {'https://other.example.com': {headers: {X-Api-Key: '${KEY}'}}}
"#;

fn import(text: &str, select: &str) -> countersign::Result<Imported> {
    let source = Source::read(text.as_bytes(), None, &Limits::default())?;
    assert_eq!(source.kind(), Kind::GraphQl);
    source.import(Some(select), &Beside::new())
}

#[test]
fn headers_become_configs_and_the_rest_stays_with_the_request() {
    let imported = import(CONFIG, "#0").unwrap();
    let AuthConfig::Bearer(config) = &imported.auth else { panic!("{:?}", imported.auth) };
    assert_eq!(config.token.expose(), "{{TOKEN}}");
    let request = imported.request.unwrap();
    assert_eq!(request.headers, [("Accept".to_owned(), "application/json".to_owned())]);
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://api.example.com/graphql"));

    let imported = import(CONFIG, "live").unwrap();
    let all = serde_json::to_value(&imported.auth).unwrap();
    assert_eq!((&all["of"][0]["value"], &all["type"]), (&"{{ADMIN_SECRET}}".into(), &"all".into()));
    assert!(imported.variables.contains(&"PAIR".to_owned()), "{:?}", imported.variables);
    assert!(imported.notes.iter().any(|note| note.text.contains("ADMIN_SECRET")), "{:?}", imported.notes);
    assert!(!format!("{imported:?}").contains("dev"));

    assert!(matches!(import(CONFIG, "open").unwrap().auth, AuthConfig::None));
    let other = import(CONFIG, r"other/https:\/\/other.example.com").unwrap();
    assert!(matches!(other.auth, AuthConfig::ApiKey(_)));
}

#[test]
fn json_of_the_older_form_is_read() {
    let text = r#"{"schemaPath":"s.graphql","extensions":{"endpoints":{"dev":{"url":"http://h","headers":{"Cookie":"a=b"}}}}}"#;
    assert!(matches!(import(text, "dev").unwrap().auth, AuthConfig::ApiKey(_)));
}

#[test]
fn what_describes_nothing_says_so() {
    for text in [
        "# pets\ntype Query {\n  pets: [Pet]\n}\n",
        "schema { query: Q }",
        "extend type Query { a: Int }",
        r#"{"__schema":{"types":[]}}"#,
        "schema: https://h/graphql\n",
    ] {
        let error = import(text, "#0").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NothingDescribed, "{text}: {error}");
    }
    let malformed = "schema:\n  https://h: {headers: [hunter2]}\n";
    let error = import(malformed, "#0").unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidImport && !error.to_string().contains("hunter2"), "{error}");
}
