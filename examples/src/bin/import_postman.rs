//! A Postman collection: one of its requests, with an environment.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = br#"{
    "auth": { "type": "bearer", "bearer": { "token": "{{token}}" } },
    "item": [{ "name": "Orders", "item": [{ "name": "Create", "request": { "method": "POST", "url": "https://h/orders" } }] }]
}"#;

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    let beside = Beside::new().environment(br#"{ "values": [{ "key": "token", "value": "t0k3n" }] }"#)?;
    let imported = source.import(Some("Orders/Create"), &beside)?;
    println!("{:?} for {:?}", imported.auth, imported.request);
    Ok(())
}
