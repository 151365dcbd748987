//! A `.http` file with its environment: a request by its name.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = b"### Orders
# @name orders
GET https://{{host}}/orders
Authorization: Basic aladdin {{password}}
";

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    let beside = Beside::new().environment(br#"{ "dev": { "host": "localhost:8080" } }"#)?;
    let imported = source.import(Some("orders"), &beside)?;
    println!("{:?} for {:?}, to fill: {}", imported.auth, imported.request, imported.variables.join(", "));
    Ok(())
}
