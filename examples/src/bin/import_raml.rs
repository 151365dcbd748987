//! A RAML description: what a method is secured by.

use countersign_import::{Beside, Limits, Source};

const INPUT: &[u8] = b"#%RAML 1.0
title: Pets
baseUri: https://api.example.com
securitySchemes:
  basic: { type: Basic Authentication }
/pets:
  get: { securedBy: [basic] }
";

fn main() -> countersign::Result<()> {
    let source = Source::read(INPUT, None, &Limits::default())?;
    let imported = source.import(Some("GET /pets"), &Beside::new())?;
    println!("{:?} for {:?}", imported.auth, imported.request);
    Ok(())
}
