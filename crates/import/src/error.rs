//! The errors of every reader. None holds a value of the input; names of it only through [`Quoted`].

use std::fmt::Display;

use countersign::scheme::Quoted;
use countersign::{Error, ErrorKind};

/// The input is not in its form. `place` is a line, a JSON pointer or an option.
pub(crate) fn invalid(place: impl Display, what: impl Display) -> Error {
    Error::new(ErrorKind::InvalidImport, format!("{place}: {what}"))
}

/// The input asks for a scheme that is not here.
pub(crate) fn unsupported(place: impl Display, what: impl Display) -> Error {
    Error::new(ErrorKind::UnsupportedScheme, format!("{place}: {what}"))
}

/// The input describes no authentication.
pub(crate) fn nothing_described(what: impl Display) -> Error {
    Error::new(ErrorKind::NothingDescribed, what.to_string())
}

/// A limit is passed.
pub(crate) fn limit(place: impl Display, what: impl Display) -> Error {
    Error::new(ErrorKind::LimitExceeded, format!("{place}: {what}"))
}

/// A name of the input, to be shown.
pub(crate) fn quoted(name: &str) -> String {
    Quoted(name.as_bytes()).to_string()
}

/// A JSON error: its line and column, and for a fault of the syntax its text. A fault of the data quotes the value, so its
/// text stays out.
pub(crate) fn json(what: &str, why: &serde_json::Error) -> Error {
    use serde_json::error::Category;
    let place = format!("line {}, column {}", why.line(), why.column());
    let text = why.to_string();
    if text.starts_with("recursion limit exceeded") {
        return limit(place, "objects and lists lie too deep in each other");
    }
    match why.classify() {
        Category::Eof => invalid(place, format!("{what} ends too early")),
        Category::Syntax => {
            let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
            invalid(place, format!("{what} is not JSON: {text}"))
        }
        Category::Data | Category::Io => invalid(place, format!("{what} is not in its form here")),
    }
}
