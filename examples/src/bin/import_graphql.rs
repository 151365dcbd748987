//! A graphql-config file: the headers of its endpoint.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = br#"
schema:
  - https://api.example.com/graphql:
      headers: { Authorization: "Bearer ${TOKEN}" }
"#;

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    let imported = source.import(None, &Beside::new())?;
    println!("{:?}, to fill: {}", imported.auth, imported.variables.join(", "));
    Ok(())
}
