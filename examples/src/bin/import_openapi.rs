//! An OpenAPI description: every way that an operation offers, best first.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = br#"
openapi: 3.1.0
servers: [{ url: https://api.example.com }]
components:
  securitySchemes:
    login: { type: oauth2, flows: { clientCredentials: { tokenUrl: /token, scopes: {} } } }
    key: { type: apiKey, in: header, name: X-Key }
paths:
  /pets: { get: { security: [{ login: [read] }, { key: [] }] } }
"#;

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    let imported = source.import(Some("GET /pets"), &Beside::new())?;
    for (number, way) in imported.alternatives.iter().enumerate() {
        println!("{number}: {way:?}");
    }
    println!("to fill: {}", imported.variables.join(", "));
    Ok(())
}
