//! The reader of `swagger1`.
#![no_main]

use countersign_import::Kind;

#[path = "import_reader.rs"]
mod reader;

libfuzzer_sys::fuzz_target!(|data: &[u8]| reader::read(Kind::Swagger1, data));
