//! Cookies of browsers and curl. They are no scheme: a [`Jar`] has the header for a URL.

#[cfg(feature = "cookies")]
mod date;
#[cfg(feature = "cookies")]
mod file;
#[cfg(feature = "cookies")]
mod jar;
#[cfg(feature = "cookies")]
mod set_cookie;

use countersign::{Error, ErrorKind, Result};

#[cfg(feature = "cookies")]
pub use self::jar::Jar;
use crate::clues::{Clues, Notation};
use crate::reader::{Input, Reader};

/// curl's and browsers' `cookies.txt`, EditThisCookie's list, and the storage state of browser automation.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    match clues.notation {
        Notation::List => ["domain", "name", "value"].iter().all(|key| clues.has(key)),
        Notation::Object => clues.has("cookies") && clues.has("origins"),
        Notation::Xml => false,
        Notation::Text => clues.text.lines().find_map(is_netscape).unwrap_or(false),
    }
}

/// Whether a line is of a `cookies.txt`; none for an empty one and for a comment.
fn is_netscape(line: &str) -> Option<bool> {
    let line = line.strip_prefix("#HttpOnly_").unwrap_or(line);
    if let Some(comment) = line.strip_prefix('#') {
        return (comment.contains("HTTP Cookie File")).then_some(true);
    }
    if line.trim().is_empty() {
        return None;
    }
    let fields: Vec<&str> = line.split('\t').collect();
    let is_flag = |index: usize| fields.get(index).is_some_and(|flag| ["TRUE", "FALSE"].contains(flag));
    Some(fields.len() >= 6 && is_flag(1) && is_flag(3))
}

pub(crate) fn read<'a>(_: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let what = "cookies are no scheme; `Jar` (feature `cookies`) has the header for a URL, as `import --url` prints it";
    Err(Error::new(ErrorKind::NothingDescribed, what))
}
