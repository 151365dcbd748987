//! Inputs whose items stand each for itself.

use std::fmt;

use countersign::Result;

use crate::reader::{Chosen, Reader};
use crate::{Beside, Imported, Item, error};

/// One item, and what it takes to import it.
pub(crate) trait Entry: Send + Sync {
    /// What it says.
    fn import(&self, beside: &Beside) -> Result<Imported>;
}

/// Items in the input's order, without anything that holds for all of them.
pub(crate) struct Listed<E> {
    items: Vec<Item>,
    entries: Vec<E>,
}

impl<E: Entry> Listed<E> {
    /// Each entry beside its item.
    pub(crate) fn new(all: impl IntoIterator<Item = (Item, E)>) -> Self {
        let (items, entries) = all.into_iter().unzip();
        Self { items, entries }
    }
}

impl<E> fmt::Debug for Listed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listed").field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl<E: Entry> Reader for Listed<E> {
    fn items(&self) -> &[Item] {
        &self.items
    }

    fn import(&self, chosen: Chosen<'_>, beside: &Beside) -> Result<Imported> {
        let Chosen::Item(index) = chosen else { return Err(error::invalid("input", "only an item can be selected")) };
        let entry = self.entries.get(index).ok_or_else(|| error::invalid("input", "it has no such item"))?;
        entry.import(beside)
    }
}
