use std::fmt::Debug;
use std::hint::black_box;
use std::time::Instant;

/// How many batches are timed of each side, and how long one is to take, in nanoseconds.
const BATCHES: u32 = 400;
const BATCH_NS: u128 = 100_000;

/// Runs and prints the rows whose name holds the part that was asked for.
pub(crate) struct Compare {
    part: String,
}

impl Compare {
    pub(crate) fn new(part: String) -> Self {
        println!("name ours_ns peer peer_ns ratio ours_allocs peer_allocs");
        Self { part }
    }

    /// Whether any row with this beginning may have been asked for: to skip a costly set-up.
    pub(crate) fn wants(&self, beginning: &str) -> bool {
        beginning.contains(&self.part) || self.part.starts_with(beginning)
    }

    /// Prints one row. Both closures do the whole work and give what goes on the wire, which must agree.
    pub(crate) fn row<O: PartialEq + Debug>(
        &mut self,
        name: &str,
        peer: &str,
        ours: impl FnMut() -> O,
        theirs: impl FnMut() -> O,
    ) {
        self.row_as(name, peer, ours, theirs, |ours, theirs| assert_eq!(ours, theirs, "{name}: ours is not {peer}'s"));
    }

    /// As [`Compare::row`], where the two outputs are not of one type: `agree` asserts that they are of one meaning.
    pub(crate) fn row_as<O, P>(
        &mut self,
        name: &str,
        peer: &str,
        mut ours: impl FnMut() -> O,
        mut theirs: impl FnMut() -> P,
        agree: impl FnOnce(&O, &P),
    ) {
        if !name.contains(&self.part) {
            return;
        }
        agree(&ours(), &theirs());
        let ours_allocs = allocation_counter::measure(|| drop(black_box(ours()))).count_total;
        let peer_allocs = allocation_counter::measure(|| drop(black_box(theirs()))).count_total;
        let (ours_turns, peer_turns) = (turns(&mut ours), turns(&mut theirs));
        let (mut ours_ns, mut peer_ns) = (f64::MAX, f64::MAX);
        for _ in 0..BATCHES {
            ours_ns = ours_ns.min(batch(&mut ours, ours_turns));
            peer_ns = peer_ns.min(batch(&mut theirs, peer_turns));
        }
        let ratio = ours_ns / peer_ns;
        println!("{name} {ours_ns:.0} {peer} {peer_ns:.0} {ratio:.3} {ours_allocs} {peer_allocs}");
    }
}

/// How often to call `work` so that a batch takes its time.
fn turns<O>(work: &mut impl FnMut() -> O) -> u32 {
    let mut turns = 1;
    loop {
        let start = Instant::now();
        for _ in 0..turns {
            black_box(work());
        }
        if start.elapsed().as_nanos() >= BATCH_NS || turns >= 1 << 20 {
            return turns;
        }
        turns *= 2;
    }
}

/// The mean of one batch, in nanoseconds.
fn batch<O>(work: &mut impl FnMut() -> O, turns: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..turns {
        black_box(work());
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(turns)
}
