//! The attributes of Hawk's headers: `Authorization`, `WWW-Authenticate`, `Server-Authorization`.

use std::borrow::Cow;

use countersign_core::{Error, ErrorKind, Quoted, Result, challenge};

/// A longer header is refused, as the reference implementation does.
const MOST: usize = 4096;

/// The attributes of one header, by name. Each at most once, all known.
pub(crate) struct Attributes<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl<'a> Attributes<'a> {
    /// Reads a header's value; `None` when it is another scheme's.
    pub(crate) fn read(value: &'a [u8], known: &[&str], kind: ErrorKind) -> Result<Option<Self>> {
        let invalid = |why: String| Error::new(kind, format!("the Hawk header cannot be read: {why}"));
        if value.len() > MOST {
            return Err(invalid(format!("it is longer than {MOST} bytes")));
        }
        let Some(read) = challenge::challenges(value).find(|read| read.as_ref().map_or(true, |read| read.is("Hawk")))
        else {
            return Ok(None);
        };
        let read = read.map_err(|err| invalid("it is malformed".to_owned()).with_source(err))?;
        if read.token68().is_some() {
            return Err(invalid("it has no attributes".to_owned()));
        }
        let mut all: Vec<(&str, Cow<'_, str>)> = Vec::new();
        for param in read.params() {
            if !known.contains(&param.name) {
                return Err(invalid(format!("the attribute {} is unknown", Quoted(param.name.as_bytes()))));
            }
            if all.iter().any(|(name, _)| *name == param.name) {
                return Err(invalid(format!("the attribute {} occurs twice", Quoted(param.name.as_bytes()))));
            }
            let text = match param.value() {
                Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
                Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
            };
            let text = text.filter(|text| is_printable(text));
            all.push((param.name, text.ok_or_else(|| invalid(format!("`{}` is not printable ASCII", param.name)))?));
        }
        Ok(Some(Self(all)))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }

    /// The text, empty where it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

/// Whether a text can stand in a quoted header value.
pub(crate) fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

/// Whether the reference server takes a text unescaped.
pub(crate) fn is_plain(text: &str) -> bool {
    is_printable(text) && !text.contains(['"', '\\'])
}

/// Appends a text with quotes and backslashes escaped.
pub(crate) fn push_escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
}
