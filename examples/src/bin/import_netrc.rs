//! A `.netrc` file: a login by its host.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] =
    b"machine api.example.com login aladdin password sesame\ndefault login anonymous password me@example.com\n";

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    println!("{:?}", source.import(Some("aladdin@api.example.com"), &Beside::new())?.auth);
    Ok(())
}
