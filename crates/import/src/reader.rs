use std::fmt;

use countersign::Result;

use crate::{Beside, Imported, Item, Limits};

/// An input that was read, whatever its kind.
pub(crate) trait Reader: fmt::Debug + Send + Sync {
    /// Everything that can be selected, in the input's order.
    fn items(&self) -> &[Item];

    /// The names of the schemes that it defines, for `scheme:NAME`.
    fn schemes(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Whether it says how requests are authenticated that say nothing themselves.
    fn has_root(&self) -> bool {
        false
    }

    /// What it says about what was chosen.
    fn import(&self, chosen: Chosen<'_>, beside: &Beside) -> Result<Imported>;
}

/// What was selected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Chosen<'a> {
    /// The input as a whole: [`Reader::has_root`].
    Root,
    /// The item of this index in [`Reader::items`].
    Item(usize),
    /// The scheme of this name, one of [`Reader::schemes`].
    Scheme(&'a str),
}

/// What a reader is made from.
#[derive(Clone)]
pub(crate) struct Input<'a> {
    /// The input, without byte order mark.
    pub(crate) text: &'a str,
    pub(crate) limits: Limits,
}
