//! Times of ours beside the peers': `cargo run --release -p countersign-benches --bin compare [PART]`.

use countersign_benches::{Bench, run};

fn main() {
    run(&mut Bench::times(std::env::args().nth(1).unwrap_or_default()));
}
