//! Load and endurance, with figures: thousands of requests through each adapter, for Digest, SigV4, OAuth 2 and NTLM, against a server in a
//! process of its own.
//!
//! ```sh
//! cargo run --release -p countersign-tests --bin load               # 10,000 requests with 64 in flight each, then 60 s of soak
//! cargo run -p countersign-tests --bin load -- --short              # some seconds, for CI
//! cargo run --release -p countersign-tests --bin load -- --requests 1000 --in-flight 16 --soak 0 tower ureq
//! ```
//!
//! The load fails when a request was not let in, a nonce count came twice, more than one token was fetched, or memory grew between a
//! quarter of the way and the end. In the soak nonces and tokens expire and one connection in a hundred is closed after a reply, without
//! a word; it fails when a request came back unauthenticated, or when more were lost than the bare client loses beside it.

mod client;
mod load;
mod server;
mod soak;

use std::process::ExitCode;
use std::time::Duration;

use client::Kind;

/// What is asked of the program.
struct Plan {
    requests: usize,
    in_flight: usize,
    soak: Duration,
    kinds: Vec<Kind>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, of @ ..] = &arguments[..]
        && first == "serve"
    {
        server::serve(of);
        return ExitCode::SUCCESS;
    }
    countersign_tests::tls::install_provider();
    let plan = match Plan::read(&arguments) {
        Ok(plan) => plan,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let mut failures = Vec::new();
    load::run(&plan, &mut failures);
    if !plan.soak.is_zero() {
        soak::run(&plan, &mut failures);
    }
    for failure in &failures {
        println!("FAILED {failure}");
    }
    println!("{} failures", failures.len());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Plan {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let mut plan = Self { requests: 10_000, in_flight: 64, soak: Duration::from_secs(60), kinds: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut number = || -> Result<usize, String> {
                let text = arguments.next().ok_or_else(|| format!("{argument} needs a number"))?;
                text.parse().map_err(|_| format!("{text} is no number"))
            };
            match &**argument {
                "--short" => (plan.requests, plan.soak) = (800, Duration::from_secs(2)),
                "--requests" => plan.requests = number()?,
                "--in-flight" => plan.in_flight = number()?,
                "--soak" => plan.soak = Duration::from_secs(number()? as u64),
                name => plan.kinds.push(Kind::named(name).ok_or_else(|| format!("{name} is no adapter"))?),
            }
        }
        if plan.kinds.is_empty() {
            plan.kinds = Kind::ALL.into();
        }
        Ok(plan)
    }
}

/// This process's resident memory in KiB, where the system tells it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
