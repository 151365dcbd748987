//! Files of cookies, and `Set-Cookie`: nothing panics, and what a jar holds can be sent.
#![no_main]

use countersign::Context;
use countersign_import::{Jar, Limits};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Uri};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let ctx = Context::at(1_700_000_000);
    let uris = ["https://h.example.com/a/b", "http://example.com/", "http://[::1]/"].map(Uri::from_static);
    if let Ok(jar) = Jar::read(data, &Limits::default()) {
        for uri in &uris {
            let _ = jar.header(uri, &ctx);
        }
    }
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        headers.extend(HeaderValue::from_bytes(line).ok().map(|value| (SET_COOKIE, value)));
    }
    let mut jar = Jar::new();
    jar.store(&uris[0], &headers, &ctx);
    // Each that is kept goes back to where it came from, or to another path.
    let sent = jar.header(&uris[0], &ctx).map_or(0, |header| header.as_bytes().split(|byte| *byte == b';').count());
    assert!(sent <= jar.len());
});
