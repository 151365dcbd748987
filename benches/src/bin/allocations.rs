//! Allocations of ours beside the peers': `cargo run --release -p countersign-benches --bin allocations [PART]`. Fails when ours
//! exceed their limits.

use std::process::ExitCode;

use countersign_benches::{Bench, run};

/// How often ours may allocate, per row.
const LIMITS: &[(&str, u64)] = &[
    // Seven are the bare request's own; the texts, their shared owner and the list of two headers.
    ("sigv4-header-get", 10),
    ("sigv4-header-get-s3", 7),
    ("sigv4-header-post-1k", 8),
    ("sigv4-presign", 12),
    ("digest-md5-answer", 14),
    ("digest-sha256-answer", 14),
    ("digest-md5-preemptive", 1),
    ("oauth1-hmac-sha1-get", 2),
    // The bare request's own.
    ("oauth2-bearer", 5),
    ("hawk-get", 2),
    ("edgegrid-post-1k", 2),
];

fn count(work: &mut dyn FnMut()) -> u64 {
    allocation_counter::measure(work).count_total
}

fn main() -> ExitCode {
    let mut bench = Bench::allocations(std::env::args().nth(1).unwrap_or_default(), count, LIMITS);
    run(&mut bench);
    bench.exceeded().iter().for_each(|row| eprintln!("{row}"));
    if bench.exceeded().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
