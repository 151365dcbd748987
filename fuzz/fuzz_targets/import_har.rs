//! The reader of `har`.
#![no_main]

use countersign_import::Kind;

#[path = "import_reader.rs"]
mod reader;

libfuzzer_sys::fuzz_target!(|data: &[u8]| reader::read(Kind::Har, data));
