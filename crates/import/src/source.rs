use std::fmt;

use countersign::Result;

use crate::reader::{Input, Reader};
use crate::{Beside, Imported, Item, Kind, Limits, depth, error, select};

/// An input that was read: list its items, import one.
pub struct Source<'a> {
    kind: Kind,
    reader: Box<dyn Reader + 'a>,
}

impl<'a> Source<'a> {
    /// Reads an input, of the given kind or of the one that its content shows.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidImport`](countersign::ErrorKind::InvalidImport) when it cannot be read, with line, JSON pointer or option;
    /// [`ErrorKind::LimitExceeded`](countersign::ErrorKind::LimitExceeded); [`ErrorKind::NothingDescribed`](countersign::ErrorKind::NothingDescribed) when no input of its kind describes authentication.
    pub fn read(bytes: &'a [u8], kind: Option<Kind>, limits: &Limits) -> Result<Self> {
        if bytes.len() > limits.input {
            return Err(error::limit("input", format!("longer than {} bytes", limits.input)));
        }
        let text = str::from_utf8(bytes).map_err(|why| {
            let before = bytes.get(..why.valid_up_to()).unwrap_or_default();
            let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
            error::invalid(format!("line {line}"), "the input is not UTF-8")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let is_json = text.trim_start().starts_with(['{', '[']);
        if is_json && depth::is_deeper(text, limits.depth) {
            return Err(error::limit("input", format!("deeper than {} objects and lists", limits.depth)));
        }
        let Some(kind) = kind.or_else(|| Kind::recognise(text)) else {
            let names: Vec<&str> = Kind::all().map(Kind::as_str).collect();
            let what = "its content shows none of the kinds that are read; say which it is:";
            return Err(error::invalid("input", format!("{what} {}", names.join(", "))));
        };
        let reader = kind.read(Input { text, limits: limits.clone() })?;
        if reader.items().len() > limits.items {
            return Err(error::limit("input", format!("more than {} items", limits.items)));
        }
        Ok(Self { kind, reader })
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Everything that can be selected, in the input's order.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        self.reader.items()
    }

    /// The names of the schemes that it defines, for `scheme:NAME`.
    #[must_use]
    pub fn schemes(&self) -> Vec<&str> {
        self.reader.schemes()
    }

    /// What the input says about an item: a path of names (`Orders/Create`, with `\/` for a slash), a path of indices
    /// (`0/2`, `#/item/0/item/2`), an `operationId`, `METHOD /path`, `scheme:NAME` or `#N`. Without one: the root's word, or
    /// the only item's, or the only scheme's.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownItem`](countersign::ErrorKind::UnknownItem) and [`ErrorKind::AmbiguousItem`](countersign::ErrorKind::AmbiguousItem), with what there is; [`ErrorKind::UnsupportedScheme`](countersign::ErrorKind::UnsupportedScheme);
    /// [`ErrorKind::NothingDescribed`](countersign::ErrorKind::NothingDescribed); [`ErrorKind::InvalidImport`](countersign::ErrorKind::InvalidImport).
    pub fn import(&self, select: Option<&str>, beside: &Beside) -> Result<Imported> {
        let chosen = select::choose(self.reader.as_ref(), select)?;
        self.reader.import(chosen, beside)
    }
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("kind", &self.kind).field("items", &self.items().len()).finish()
    }
}
