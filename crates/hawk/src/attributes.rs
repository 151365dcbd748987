//! The attributes of Hawk's headers: `Authorization`, `WWW-Authenticate`, `Server-Authorization`.

use std::borrow::Cow;

use countersign_core::challenge::{Challenge, challenges};
use countersign_core::{Error, ErrorKind, Quoted, Result};

/// A longer header is refused, as the reference implementation does.
pub(crate) const MOST: usize = 4096;

/// The attributes of one header, by name. Each at most once, all known.
pub(crate) struct Attributes<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl<'a> Attributes<'a> {
    /// Reads a header's value that holds nothing but one set of Hawk's attributes.
    pub(crate) fn of_header(value: &'a [u8], known: &[&str], kind: ErrorKind) -> Result<Self> {
        if value.len() > MOST {
            return Err(invalid(kind, format!("it is longer than {MOST} bytes")));
        }
        let mut all = challenges(value);
        match (all.next(), all.next()) {
            (Some(Ok(only)), None) if only.is("Hawk") => Self::of(&only, known, kind),
            (Some(Ok(_)), Some(_)) => Err(invalid(kind, "it holds several credentials".to_owned())),
            (Some(Err(why)), _) => Err(invalid(kind, "it is malformed".to_owned()).with_source(why)),
            _ => Err(invalid(kind, "it is of another scheme".to_owned())),
        }
    }

    /// The attributes of what was read already.
    pub(crate) fn of(read: &Challenge<'a>, known: &[&str], kind: ErrorKind) -> Result<Self> {
        if read.token68().is_some() {
            return Err(invalid(kind, "it has no attributes".to_owned()));
        }
        // As many as there can be: the list does not grow.
        let mut all: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(known.len());
        for param in read.params() {
            let name = || Quoted(param.name.as_bytes());
            if !known.contains(&param.name) {
                return Err(invalid(kind, format!("the attribute {} is unknown", name())));
            }
            if all.iter().any(|(known, _)| *known == param.name) {
                return Err(invalid(kind, format!("the attribute {} occurs twice", name())));
            }
            let text = match param.value() {
                Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
                Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
            };
            let text = text.filter(|text| is_printable(text));
            let text = text.ok_or_else(|| invalid(kind, format!("{} is not printable ASCII", name())))?;
            all.push((param.name, text));
        }
        Ok(Self(all))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }

    /// The text, empty where it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

fn invalid(kind: ErrorKind, why: String) -> Error {
    Error::new(kind, format!("the Hawk header cannot be read: {why}"))
}

/// Whether a text can stand in a quoted header value.
pub(crate) fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

/// Whether the reference server takes a text unescaped.
pub(crate) fn is_plain(text: &str) -> bool {
    is_printable(text) && !text.contains(['"', '\\'])
}

/// Appends `name="value"`, with quotes and backslashes escaped.
pub(crate) fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str("=\"");
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
}

/// As [`push_attribute`], for a value that was seen to hold nothing to escape.
#[inline]
pub(crate) fn push_plain(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str("=\"");
    out.push_str(value);
    out.push('"');
}
