//! What is remembered of the servers that a client talks to: a bounded number of entries, the oldest forgotten first.

/// A small map that holds at most a fixed number of entries: past that the one that was added first is forgotten.
///
/// Entries are found by looking at each, so that a key can be compared with something that is not one, without building it:
/// an [`Origin`](crate::target::Origin) with the URI of a request. Use it for tens of entries, not for thousands.
///
/// ```
/// use countersign_core::recent::Recent;
///
/// let mut offsets = Recent::new(2);
/// offsets.insert("a", 1);
/// offsets.insert("b", 2);
/// offsets.insert("c", 3);
/// assert_eq!(offsets.find(|name| *name == "c"), Some(&3));
/// assert_eq!(offsets.find(|name| *name == "a"), None);
/// ```
#[derive(Clone, Debug)]
pub struct Recent<K, V> {
    entries: Vec<(K, V)>,
    most: usize,
}

impl<K: PartialEq, V> Recent<K, V> {
    /// Holds at most `most` entries, and at least one.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { entries: Vec::new(), most }
    }

    /// The value of the newest entry whose key fits.
    pub fn find(&self, fits: impl Fn(&K) -> bool) -> Option<&V> {
        self.entries.iter().rev().find(|(key, _)| fits(key)).map(|(_, value)| value)
    }

    /// [`Recent::find`], to change the value.
    pub fn find_mut(&mut self, fits: impl Fn(&K) -> bool) -> Option<&mut V> {
        self.entries.iter_mut().rev().find(|(key, _)| fits(key)).map(|(_, value)| value)
    }

    /// Adds an entry, in place of one with an equal key; the oldest goes if there is no room.
    pub fn insert(&mut self, key: K, value: V) {
        self.entries.retain(|(known, _)| *known != key);
        if self.entries.len() >= self.most.max(1) {
            self.entries.remove(0);
        }
        self.entries.push((key, value));
    }

    /// Forgets the entries whose key fits.
    pub fn remove(&mut self, fits: impl Fn(&K) -> bool) {
        self.entries.retain(|(key, _)| !fits(key));
    }

    /// The entries, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_again_is_new() {
        let mut recent = Recent::new(2);
        recent.insert(1, "a");
        recent.insert(2, "b");
        recent.insert(1, "c");
        recent.insert(3, "d");
        assert_eq!(recent.iter().collect::<Vec<_>>(), [(&1, &"c"), (&3, &"d")]);
        *recent.find_mut(|key| *key == 3).unwrap() = "e";
        recent.remove(|key| *key == 1);
        assert_eq!(recent.iter().collect::<Vec<_>>(), [(&3, &"e")]);
    }
}
