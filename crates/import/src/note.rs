use std::fmt;

/// Something that was not carried over, or that was decided: where, and what. Never a value.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Note {
    /// A JSON pointer, a line, an option: `#/item/0/request/auth`, `line 3`, `--cert`.
    pub place: String,
    /// What happened there.
    pub text: String,
}

impl Note {
    pub(crate) fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { place: place.into(), text: text.into() }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}
