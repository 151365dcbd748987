use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, Hash, RandomState};

/// How many nonces that no session uses any more are remembered.
const MOST: usize = 1 << 14;

/// How often nonces were used that are in no session any more: should the server send one again, its count goes on.
///
/// Only a hash of each is kept. Two that share one would count from the higher of both: no count occurs twice.
#[derive(Default)]
pub(crate) struct Counts {
    used: HashMap<u64, u32>,
    oldest_first: VecDeque<u64>,
    hasher: RandomState,
}

impl Counts {
    pub(crate) fn remember(&mut self, nonce: impl Hash, used: u32) {
        if used == 0 {
            return;
        }
        let key = self.hasher.hash_one(nonce);
        if let Some(known) = self.used.get_mut(&key) {
            *known = used.max(*known);
            return;
        }
        if self.oldest_first.len() >= MOST
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.used.remove(&oldest);
        }
        self.used.insert(key, used);
        self.oldest_first.push_back(key);
    }

    pub(crate) fn of(&self, nonce: impl Hash) -> u32 {
        if self.used.is_empty() {
            return 0;
        }
        self.used.get(&self.hasher.hash_one(nonce)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_and_a_count_never_falls() {
        let mut counts = Counts::default();
        for nonce in 0..=MOST {
            counts.remember(nonce, 7);
        }
        assert_eq!([0, 1, MOST].map(|nonce| counts.of(nonce)), [0, 7, 7]);
        counts.remember(1_usize, 9);
        counts.remember(1_usize, 8);
        assert_eq!((counts.of(1_usize), counts.used.len(), counts.oldest_first.len()), (9, MOST, MOST));
    }
}
