//! The items of a description while they are listed.

use countersign::Result;

use crate::error::limit;
use crate::{Item, Limits};

/// Items, and for each what its reader needs to find it again.
#[derive(Debug)]
pub(crate) struct Listing<'l, S> {
    limits: &'l Limits,
    pub(crate) items: Vec<Item>,
    pub(crate) spots: Vec<S>,
    bytes: usize,
}

impl<'l, S> Listing<'l, S> {
    pub(crate) fn new(limits: &'l Limits) -> Self {
        Self { limits, items: Vec::new(), spots: Vec::new(), bytes: 0 }
    }

    /// Adds an item, unless there are too many, or their texts, which may repeat a long path, outgrow what an input may have.
    pub(crate) fn push(&mut self, item: Item, spot: S) -> Result<()> {
        let texts = [&item.id, &item.method, &item.url, &item.auth, &item.inherited_from];
        let texts = texts.into_iter().flatten().chain(&item.path).chain([&item.pointer]);
        self.bytes = texts.fold(self.bytes, |bytes, text| bytes.saturating_add(text.len()));
        if self.items.len() >= self.limits.items {
            return Err(limit("input", format!("more than {} operations", self.limits.items)));
        }
        if self.bytes > self.limits.input {
            return Err(limit(
                "input",
                format!("the names of its operations are longer than {} bytes", self.limits.input),
            ));
        }
        self.items.push(item);
        self.spots.push(spot);
        Ok(())
    }
}
