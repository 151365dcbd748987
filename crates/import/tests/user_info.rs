//! A URL's user is a credential: no description's request, item, endpoint or note keeps it.

use countersign_import::{Beside, Limits, Source};
use serde_json::json;

#[test]
fn no_description_keeps_the_user_of_a_url() {
    let flow = json!({ "clientCredentials": { "tokenUrl": "https://u:hunter2@a/token", "scopes": {} } });
    let openapi = json!({
        "openapi": "3.1.0",
        "servers": [{ "url": "https://u:hunter2@h/v1" }],
        "components": { "securitySchemes": { "s": { "type": "oauth2", "flows": flow }, "i": { "type": "openIdConnect", "openIdConnectUrl": "https://u:hunter2@a/.well-known" } } },
        "security": [{ "s": [] }, { "i": [] }],
        "paths": { "/a": { "get": {} } },
    });
    let relative = json!({ "openapi": "3.1.0", "servers": [{ "url": "/v1" }], "paths": { "/a": { "get": {} } } });
    let swagger = json!({ "swagger": "2.0", "host": "u:hunter2@h", "paths": { "/a": { "get": {} } } });
    let swagger1 = json!({ "swaggerVersion": "1.2", "basePath": "https://u:hunter2@h", "apis": [{ "path": "/a", "operations": [{ "method": "GET", "nickname": "n" }] }] });
    let graphql =
        json!({ "schema": [{ "https://u:hunter2@h/graphql": { "headers": { "Authorization": "Bearer t" } } }] });
    let raml = "#%RAML 1.0\ntitle: x\nbaseUri: https://u:hunter2@h/\n/a:\n  get:\n";
    let asyncapi = json!({ "asyncapi": "2.6.0", "servers": { "s": { "url": "https://u:hunter2@h", "protocol": "https", "security": [{ "b": [] }] } }, "components": { "securitySchemes": { "b": { "type": "http", "scheme": "basic" } } } });
    let curl = "curl https://u:hunter2@h/".to_owned();
    let texts = [openapi, relative, swagger, swagger1, graphql, asyncapi].map(|description| description.to_string());
    for text in texts.iter().chain([&raml.to_owned(), &curl]) {
        let source = Source::read(text.as_bytes(), None, &Limits::default()).unwrap();
        let beside = Beside::new().base_url("https://u:hunter2@base");
        assert!(!source.items().is_empty(), "{text}");
        for (index, item) in source.items().iter().enumerate() {
            let imported = source.import(Some(&format!("#{index}")), &beside).unwrap();
            let mut shown =
                format!("{item:?} {imported:?} {:?}", imported.request.as_ref().map(|request| &request.url));
            // A command's user is its credential; a description's is nobody's.
            if !text.starts_with("curl") {
                shown.push_str(&serde_json::to_string(&imported.alternatives).unwrap());
            }
            assert!(!shown.contains("hunter2"), "{text}: {shown}");
        }
    }
}
