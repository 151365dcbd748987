//! A browser's cookies: the Cookie header for a URL.

use countersign::Context;
use countersign_import::{Jar, Limits};
use http::Uri;

const INPUT: &[u8] = b"# Netscape HTTP Cookie File\n.example.com\tTRUE\t/\tTRUE\t4102444800\tsession\t38afes7a8\n";

fn main() -> countersign::Result<()> {
    let jar = Jar::read(INPUT, &Limits::default())?;
    let header = jar.header(&Uri::from_static("https://www.example.com/orders"), &Context::now());
    println!("a Cookie header of {} bytes", header.map_or(0, |header| header.len()));
    Ok(())
}
