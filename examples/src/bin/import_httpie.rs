//! An HTTPie command.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = b"http -A digest -a aladdin:sesame PUT api.example.com/orders a=1";

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    let imported = source.import(None, &Beside::new())?;
    println!("{:?} for {:?}", imported.auth, imported.request);
    Ok(())
}
