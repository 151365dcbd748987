//! Any bytes as a header value: what is read, written again in the plainest form, reads the same.
#![no_main]

use countersign::scheme::challenge::{Challenge, challenges};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &[u8]| {
    assert!(challenges(value).count() <= value.len());
    for challenge in challenges(value).flatten() {
        let written = write(&challenge);
        let again = challenges(&written).next().expect("one challenge").expect("that can be read");
        assert_eq!((challenge.scheme(), challenge.token68()), (again.scheme(), again.token68()));
        assert!(params(&challenge).eq(params(&again)), "{}", written.escape_ascii());
    }
});

fn params<'a>(challenge: &Challenge<'a>) -> impl Iterator<Item = (&'a str, Vec<u8>)> {
    challenge.params().map(|param| (param.name, param.value().into_owned()))
}

fn write(challenge: &Challenge<'_>) -> Vec<u8> {
    let mut out = challenge.scheme().as_bytes().to_vec();
    out.push(b' ');
    out.extend_from_slice(challenge.token68().unwrap_or_default().as_bytes());
    for (at, param) in challenge.params().enumerate() {
        out.extend_from_slice(if at == 0 { b"" } else { b", " });
        out.extend_from_slice(param.name.as_bytes());
        out.extend_from_slice(b"=\"");
        for &byte in param.value().iter() {
            if matches!(byte, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b'"');
    }
    out
}
