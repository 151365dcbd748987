//! AWS's credentials file, with the region of the config file.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = b"[work]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n";

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    let config = b"[profile work]\nregion = eu-west-1\n";
    println!("{:?}", source.import(Some("work"), &Beside::new().config(config)?)?.auth);
    Ok(())
}
