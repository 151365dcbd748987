//! A curl command, as a browser copies it; its secret moves into a variable.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = b"curl 'https://api.example.com/orders' -u 'aladdin:open sesame' -d a=1";

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    let mut imported = source.import(None, &Beside::new())?;
    let secrets = imported.take_secrets()?;
    println!("{:?}", imported.auth);
    println!("an env file gets: {}", secrets.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", "));
    Ok(())
}
