//! Instruction counts, which repeat: `cargo bench -p countersign-benches` (needs valgrind and gungraun-runner 0.20.0).
//!
//! The limits guard against regressions: some ten per cent over what was measured. Under valgrind SHA-2 runs in software, so
//! hashing weighs more here than in time.

#![allow(missing_docs, unreachable_pub, reason = "the macros write items of their own")]

use std::hint::black_box;

use countersign::aws_sigv4::{AddTo, Config};
use countersign::{AuthConfig, Authenticator, Context, Payload};
use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use http::Request;

const TIME: u64 = 1_440_938_160;

fn request() -> Request<Payload> {
    let uri = "https://example.amazonaws.com/path/to/item?page=2&per_page=50&order=name&filter=a%20b";
    let request = Request::get(uri).header("accept", "application/json").header("x-request-id", "0a4f113b");
    request.body(Payload::empty()).expect("a valid request")
}

/// With its key for the day derived, as a signer has it but once.
fn warm(config: AuthConfig) -> (Authenticator, Context, Request<Payload>) {
    let (auth, ctx) = (Authenticator::new(&config).expect("a valid config"), Context::at(TIME).with_nonce("nonce"));
    auth.sign_request(request(), &ctx).expect("signed");
    (auth, ctx, request())
}

fn sigv4(add_to: AddTo) -> (Authenticator, Context, Request<Payload>) {
    let mut config = Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    config.region = Some("us-east-1".into());
    config.service = Some("service".into());
    config.add_to = add_to;
    warm(AuthConfig::AwsSigv4(config))
}

fn limit(instructions: u64) -> LibraryBenchmarkConfig {
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(Callgrind::default().hard_limits([(EventKind::Ir, instructions)]));
    config
}

// Two thirds of it are the end of the authenticator, which has a copy of its header for each of eight threads.
#[library_benchmark(config = limit(1_950), setup = warm)]
#[bench::basic(AuthConfig::basic("Aladdin", "open sesame"))]
fn basic((auth, ctx, request): (Authenticator, Context, Request<Payload>)) -> Request<Payload> {
    auth.sign_request(black_box(request), &ctx).expect("signed")
}

#[library_benchmark(config = limit(43_500), setup = sigv4)]
#[bench::header(AddTo::Header)]
fn sigv4_header((auth, ctx, request): (Authenticator, Context, Request<Payload>)) -> Request<Payload> {
    auth.sign_request(black_box(request), &ctx).expect("signed")
}

#[library_benchmark(config = limit(57_000), setup = sigv4)]
#[bench::query(AddTo::Query)]
fn sigv4_query((auth, ctx, request): (Authenticator, Context, Request<Payload>)) -> Request<Payload> {
    auth.sign_request(black_box(request), &ctx).expect("signed")
}

library_benchmark_group!(name = signing, benchmarks = [basic, sigv4_header, sigv4_query]);
main!(library_benchmark_groups = signing);
