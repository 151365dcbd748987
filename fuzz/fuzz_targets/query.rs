//! Any URI's query, edited: an error or a URI, and editing again changes nothing.
#![no_main]

use countersign::scheme::query;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &str)| {
    let (uri, name, value) = input;
    let Ok(uri) = uri.parse::<http::Uri>() else { return };
    let edit = |uri: &http::Uri| query::replace(uri, |other| other == name.as_bytes(), &[(name, value)]);
    if let Ok(once) = edit(&uri) {
        assert_eq!(once, edit(&once).expect("edited once, it can be edited twice"));
    }
});
