//! Keep secrets out of a config file: `{{name}}` variables, filled from nested scopes.

use std::collections::HashMap;

use countersign::{AuthConfig, Authenticator, Context};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let collection: AuthConfig =
        serde_json::from_str(r#"{ "type": "api-key", "key": "X-{{env}}-Key", "value": "{{key}}" }"#)?;
    let folder = AuthConfig::Inherit;

    // The innermost scope comes first; real programs would fill the last one from the environment.
    let folder_scope = HashMap::from([("env".to_owned(), "Test".to_owned())]);
    let environment = HashMap::from([("env".to_owned(), "Live".to_owned()), ("key".to_owned(), "s3cr3t".to_owned())]);

    let config = folder.inherit_from([&collection])?.resolve(&[&folder_scope, &environment])?;
    let auth = Authenticator::new(&config)?;
    let request = auth.sign_request(http::Request::get("https://api.example.com/").body(())?, &Context::now())?;
    assert_eq!(request.headers()["x-test-key"], "s3cr3t");
    println!("signed with {config:?}");
    Ok(())
}
