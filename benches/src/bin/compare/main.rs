//! countersign beside its peers: `cargo run --release -p countersign-benches --bin compare [PART]`.
//!
//! Ours and the peer's run interleaved in this process over the same inputs, after both were seen to give the same output.
//! Prints a row a case whose name holds PART: `name ours_ns peer peer_ns ratio ours_allocs peer_allocs`, times as the minimum
//! over many batches of the mean in a batch. Allocations are counted, in one run.

mod bare;
mod compare;
mod digest;
mod edgegrid;
mod hawk;
mod ntlm;
mod oauth1;
mod sigv4;

use compare::Compare;

fn main() {
    let part = std::env::args().nth(1).unwrap_or_default();
    let mut compare = Compare::new(part);
    bare::rows(&mut compare);
    digest::rows(&mut compare);
    edgegrid::rows(&mut compare);
    hawk::rows(&mut compare);
    ntlm::rows(&mut compare);
    oauth1::rows(&mut compare);
    sigv4::rows(&mut compare);
}
