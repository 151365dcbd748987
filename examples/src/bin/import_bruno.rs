//! A Bruno request that inherits from its collection's file.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = b"get {
  url: https://h/orders
  auth: inherit
}
";

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    let collection = b"auth {\n  mode: bearer\n}\n\nauth:bearer {\n  token: {{process.env.TOKEN}}\n}\n";
    let imported = source.import(None, &Beside::new().parent(collection)?)?;
    println!("{:?}, to fill: {}", imported.auth, imported.variables.join(", "));
    Ok(())
}
