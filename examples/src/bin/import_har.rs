//! An HTTP archive: the browser left the credential out, and the 401 says which scheme it was.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = br#"{ "log": { "entries": [{
    "request": { "method": "GET", "url": "https://h/", "headers": [] },
    "response": { "status": 401, "headers": [{ "name": "WWW-Authenticate", "value": "Digest realm=\"r\", nonce=\"n\"" }] }
}] } }"#;

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    let imported = source.import(Some("#0"), &Beside::new())?;
    println!("{:?}, to fill: {}", imported.auth, imported.variables.join(", "));
    Ok(())
}
