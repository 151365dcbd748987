//! countersign beside its peers.
//!
//! * `cargo run --release -p countersign-benches --bin compare [PART]`: times.
//! * `cargo run --release -p countersign-benches --bin allocations [PART]`: allocations, and whether ours keep to their limits. In
//!   a program of its own, since a counting allocator slows both sides down, and not by the same share.
//! * `cargo run --release -p countersign-benches --bin growth`: what grows with its input, and what must not.
//!
//! Ours and the peer's run in one process over the same inputs, after both were seen to give the same output.

mod bench;
mod rows;

pub use bench::{Bench, Counter};

/// Runs the rows whose name holds the bench's part.
pub fn run(bench: &mut Bench) {
    rows::bare::rows(bench);
    rows::digest::rows(bench);
    rows::edgegrid::rows(bench);
    rows::hawk::rows(bench);
    rows::ntlm::rows(bench);
    rows::oauth1::rows(bench);
    rows::sigv4::rows(bench);
}
