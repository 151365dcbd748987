//! The reader of `openapi`.
#![no_main]

use countersign_import::Kind;

#[path = "import_reader.rs"]
mod reader;

libfuzzer_sys::fuzz_target!(|data: &[u8]| reader::read(Kind::OpenApi, data));
