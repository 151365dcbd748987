use std::fmt::Debug;
use std::hint::black_box;
use std::time::Instant;

/// How many batches are timed of each side, and how long one is to take, in nanoseconds.
const BATCHES: u32 = 400;
const BATCH_NS: u128 = 100_000;

/// Calls its argument once, and returns how many allocations that made.
pub type Counter = fn(&mut dyn FnMut()) -> u64;

/// Runs and prints the rows whose name holds the part that was asked for.
#[derive(Debug)]
pub struct Bench {
    part: String,
    measure: Measure,
}

#[derive(Debug)]
enum Measure {
    Times,
    Allocations { counter: Counter, limits: &'static [(&'static str, u64)], exceeded: Vec<String> },
}

impl Bench {
    /// Prints `name ours_ns peer peer_ns ratio`: the minimum over many batches of the mean in a batch, both sides interleaved.
    #[must_use]
    pub fn times(part: String) -> Self {
        println!("name ours_ns peer peer_ns ratio");
        Self { part, measure: Measure::Times }
    }

    /// Prints `name ours_allocs peer peer_allocs limit`, in one run of each side; `limits` are of ours, by the row's name.
    #[must_use]
    pub fn allocations(part: String, counter: Counter, limits: &'static [(&'static str, u64)]) -> Self {
        println!("name ours_allocs peer peer_allocs limit");
        Self { part, measure: Measure::Allocations { counter, limits, exceeded: Vec::new() } }
    }

    /// The rows that allocated more often than their limit allows, each as a sentence.
    #[must_use]
    pub fn exceeded(&self) -> &[String] {
        match &self.measure {
            Measure::Times => &[],
            Measure::Allocations { exceeded, .. } => exceeded,
        }
    }

    /// Whether any row with this beginning may have been asked for: to skip a costly set-up.
    pub(crate) fn wants(&self, beginning: &str) -> bool {
        beginning.contains(&self.part) || self.part.starts_with(beginning)
    }

    /// Prints one row. Both closures do the whole work and return what goes on the wire, which must agree.
    pub(crate) fn row<O: PartialEq + Debug>(
        &mut self,
        name: &str,
        peer: &str,
        ours: impl FnMut() -> O,
        theirs: impl FnMut() -> O,
    ) {
        self.row_as(name, peer, ours, theirs, |ours, theirs| assert_eq!(ours, theirs, "{name}: ours is not {peer}'s"));
    }

    /// As [`Bench::row`], where the two outputs are not of one type: `agree` asserts that they mean the same.
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
        match &mut self.measure {
            Measure::Times => {
                let (ours_ns, peer_ns) = interleaved(&mut ours, &mut theirs);
                println!("{name} {ours_ns:.0} {peer} {peer_ns:.0} {:.3}", ours_ns / peer_ns);
            }
            Measure::Allocations { counter, limits, exceeded } => {
                let count = counter(&mut || drop(black_box(ours())));
                let peer_count = counter(&mut || drop(black_box(theirs())));
                let limit = limits.iter().find(|(known, _)| *known == name).map(|(_, limit)| *limit);
                let shown = limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
                println!("{name} {count} {peer} {peer_count} {shown}");
                if limit.is_some_and(|limit| count > limit) {
                    exceeded.push(format!("{name} allocates {count} times, and may {shown} times"));
                }
            }
        }
    }
}

/// The least mean of many batches of each side, in nanoseconds.
fn interleaved<O, P>(ours: &mut impl FnMut() -> O, theirs: &mut impl FnMut() -> P) -> (f64, f64) {
    let (ours_turns, peer_turns) = (turns(ours), turns(theirs));
    let (mut ours_ns, mut peer_ns) = (f64::MAX, f64::MAX);
    for _ in 0..BATCHES {
        ours_ns = ours_ns.min(batch(ours, ours_turns));
        peer_ns = peer_ns.min(batch(theirs, peer_turns));
    }
    (ours_ns, peer_ns)
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
