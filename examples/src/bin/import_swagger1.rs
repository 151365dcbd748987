//! Swagger 1: what an API declaration's resource listing defines.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = br#"{
    "swaggerVersion": "1.2",
    "authorizations": { "key": { "type": "apiKey", "passAs": "header", "keyname": "X-Key" } },
    "apis": [{ "path": "/pets" }]
}"#;

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    println!("{:?}", source.import(Some("scheme:key"), &Beside::new())?.auth);
    Ok(())
}
