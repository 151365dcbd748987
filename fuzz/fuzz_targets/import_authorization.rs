//! `Authorization` values, and Postman's collections of what they become: there and back changes nothing.
#![no_main]

use countersign_import::{Beside, Limits, Source, from_authorization, to_postman};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let auth = from_authorization(data);
    let Ok(text) = to_postman(&auth) else { return };
    let source = Source::read(text.as_bytes(), None, &Limits::default()).unwrap();
    let back = source.import(None, &Beside::new()).unwrap().auth;
    assert_eq!(serde_json::to_value(&back).unwrap(), serde_json::to_value(&auth).unwrap());
});
