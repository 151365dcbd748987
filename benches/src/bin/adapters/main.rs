//! Each adapter beside its bare client, over loopback: `cargo run --release -p countersign-benches --bin adapters [PART]`.
//!
//! Rounds of one and of the other take turns, and the shortest of each are compared: what else the machine does disturbs neither.
//! Ends with 1 where a row is over its limit.

mod clients;
mod server;
mod verifier;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clients::{Round, Signed};

/// Rounds of each side.
const ROUNDS: usize = 60;

struct Row {
    name: &'static str,
    /// How much longer ours may take, as a share.
    limit: f64,
    bare: Round,
    ours: Round,
}

fn main() -> ExitCode {
    let part = std::env::args().nth(1).unwrap_or_default();
    let mut is_over = false;
    for row in rows().into_iter().filter(|row| row.name.contains(&part)) {
        let (name, limit) = (row.name, row.limit);
        let (bare, ours) = shortest(row);
        let ratio = ours.as_secs_f64() / bare.as_secs_f64();
        is_over |= ratio > limit;
        let verdict = if ratio > limit { "over its limit" } else { "" };
        println!("{name:<28} bare {bare:>9.1?}  ours {ours:>9.1?}  {ratio:.3} of {limit:.2}  {verdict}");
    }
    ExitCode::from(u8::from(is_over))
}

fn rows() -> Vec<Row> {
    let row = |name, limit, bare, ours| Row { name, limit, bare, ours };
    vec![
        row("adapter-tower", 1.03, clients::bare_hyper(), clients::tower(Signed::Bearer)),
        row("adapter-reqwest", 1.03, clients::bare_reqwest(), clients::reqwest(Signed::Bearer)),
        row(
            "adapter-reqwest-middleware",
            1.03,
            clients::bare_reqwest_middleware(),
            clients::middleware(Signed::Bearer),
        ),
        row("adapter-ureq", 1.03, clients::bare_ureq(), clients::ureq(Signed::Bearer)),
        row("ntlm-kept-tower", 1.1, clients::bare_hyper(), clients::tower(Signed::Ntlm)),
        row("ntlm-kept-reqwest", 1.1, clients::bare_reqwest(), clients::reqwest(Signed::Ntlm)),
        row("ntlm-kept-ureq", 1.1, clients::bare_ureq(), clients::ureq(Signed::Ntlm)),
        row("digest-64-tasks-tower", 1.05, clients::bare_hyper_tasks(), clients::tower_tasks()),
        row("digest-64-tasks-reqwest", 1.05, clients::bare_reqwest_tasks(), clients::reqwest_tasks()),
        row("verify-layer-hawk", 1.2, verifier::bare(), verifier::hawk()),
    ]
}

/// The shortest round of each, per request.
fn shortest(mut row: Row) -> (Duration, Duration) {
    let (mut bare, mut ours) = (Duration::MAX, Duration::MAX);
    let time = |round: &mut Round, best: &mut Duration| {
        let started = Instant::now();
        let requests = round();
        *best = (*best).min(started.elapsed() / requests);
    };
    for _ in 0..ROUNDS {
        time(&mut row.bare, &mut bare);
        time(&mut row.ours, &mut ours);
    }
    (bare, ours)
}
