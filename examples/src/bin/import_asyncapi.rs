//! An AsyncAPI description: the HTTP scheme of a server.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = br#"{
    "asyncapi": "2.6.0",
    "servers": { "main": { "url": "https://h", "protocol": "https", "security": [{ "login": [] }] } },
    "components": { "securitySchemes": { "login": { "type": "http", "scheme": "basic" } } }
}"#;

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    println!("{:?}", source.import(Some("main"), &Beside::new())?.auth);
    Ok(())
}
