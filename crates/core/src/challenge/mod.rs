//! Reads `WWW-Authenticate` and `Proxy-Authenticate`, and the credentials of `Authorization`, which have the same form
//! ([RFC 9110] sections 11.3 to 11.6.1).
//!
//! ```
//! use countersign_core::challenge::challenges;
//!
//! let value = br#"Digest realm="a, \"b\"", nonce=abc, Negotiate dG9rZW4=, Basic realm="c""#;
//! let read: Vec<_> = challenges(value).collect::<Result<_, _>>()?;
//!
//! assert_eq!(read.iter().map(|challenge| challenge.scheme()).collect::<Vec<_>>(), ["Digest", "Negotiate", "Basic"]);
//! assert_eq!(read[0].param("REALM").as_deref(), Some(&b"a, \"b\""[..]));
//! assert_eq!(read[1].token68(), Some("dG9rZW4="));
//! # Ok::<(), countersign_core::Error>(())
//! ```
//!
//! It works on bytes, in linear time, and allocates only to undo a backslash. Unknown schemes and parameters are kept. Some
//! forms that the grammar forbids, and that servers send all the same, are read too: missing commas between parameters, no
//! quotes around a value that needs them, an empty value, tabs and spaces around `=`.
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};

use crate::Result;

mod cursor;
mod reader;
mod side;

pub use reader::Reader;
pub use side::Side;

use cursor::Cursor;

/// Appends a quoted string (RFC 9110 section 5.6.4): in double quotes, `"` and `\` escaped.
///
/// ```
/// let mut out = Vec::new();
/// countersign_core::challenge::push_quoted(&mut out, br#"a "b""#);
/// assert_eq!(out, br#""a \"b\"""#);
/// ```
pub fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    // Nearly always there is nothing to escape.
    if is_plain(text) {
        out.extend_from_slice(text);
    } else {
        for &byte in text {
            if is_special(byte) {
                out.push(b'\\');
            }
            out.push(byte);
        }
    }
    out.push(b'"');
}

/// Whether a byte is written with a backslash in a quoted string.
const fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\')
}

/// Whether nothing in a text needs a backslash.
fn is_plain(text: &[u8]) -> bool {
    match text.last_chunk() {
        // The last sixteen are looked at twice, if need be: together they cost what one of them does.
        Some(last) => text.as_chunks().0.iter().all(is_plain_chunk) && is_plain_chunk(last),
        None => !text.iter().any(|&byte| is_special(byte)),
    }
}

/// No early end inside a chunk, so that it is one comparison.
fn is_plain_chunk(chunk: &[u8; 16]) -> bool {
    !chunk.iter().fold(false, |any, &byte| any | is_special(byte))
}

/// One challenge of a server, or one client's credentials, borrowed from the header value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Challenge<'a> {
    scheme: &'a str,
    content: Content<'a>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Content<'a> {
    Token68(&'a str),
    /// The parameters' text, already seen to be well-formed.
    Params(&'a [u8]),
}

/// A parameter of a [`Challenge`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Param<'a> {
    /// Its name, as written; names compare without case.
    pub name: &'a str,
    /// Its value as it stands: between the quotes, if it has them, with backslashes.
    pub raw: &'a [u8],
    /// Whether it stands in quotes.
    pub quoted: bool,
    /// Whether a backslash stands in the quotes.
    escaped: bool,
}

impl<'a> Param<'a> {
    /// The value, backslashes undone.
    #[must_use]
    pub fn value(&self) -> Cow<'a, [u8]> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut value = Vec::with_capacity(self.raw.len());
        let mut bytes = self.raw.iter().copied();
        while let Some(byte) = bytes.next() {
            // A backslash at the very end cannot be: it would have escaped the quote.
            value.push(if byte == b'\\' { bytes.next().unwrap_or(byte) } else { byte });
        }
        Cow::Owned(value)
    }
}

impl<'a> Challenge<'a> {
    /// The scheme's name, as written; names compare without case.
    #[must_use]
    pub const fn scheme(&self) -> &'a str {
        self.scheme
    }

    /// Whether this is the scheme of that name, without case.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The single token in place of parameters (`Basic`, `Bearer`, `Negotiate`, `NTLM`).
    #[must_use]
    pub const fn token68(&self) -> Option<&'a str> {
        match self.content {
            Content::Token68(token) => Some(token),
            Content::Params(_) => None,
        }
    }

    /// The parameters, in order.
    #[must_use]
    pub const fn params(&self) -> Params<'a> {
        match self.content {
            Content::Token68(_) => Params(Cursor::new(b"")),
            Content::Params(bytes) => Params(Cursor::new(bytes)),
        }
    }

    /// The value of the first parameter of that name, without case.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.params().find(|param| param.name.eq_ignore_ascii_case(name)).map(|param| param.value())
    }
}

/// The parameters of a [`Challenge`], in order.
#[derive(Clone, Debug)]
pub struct Params<'a>(Cursor<'a>);

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        self.0.skip_separators();
        let name = self.0.name()?;
        self.0.value(name).ok()
    }
}

/// The challenges of one header value, in order. An empty value has none. After an error there is nothing more.
#[must_use]
pub const fn challenges(value: &[u8]) -> Challenges<'_> {
    Challenges(Reader::new(value))
}

/// The parameters of a header value that names no scheme (`Authentication-Info`, RFC 7615 section 3), as far as they can
/// be read.
///
/// ```
/// let names: Vec<_> = countersign_core::challenge::params(b"qop=auth, rspauth=\"6629\"").map(|param| param.name).collect();
/// assert_eq!(names, ["qop", "rspauth"]);
/// ```
#[must_use]
pub const fn params(value: &[u8]) -> Params<'_> {
    Params(Cursor::new(value))
}

/// The challenges of all values of a header, in order. A value that cannot be read does not hide the next one.
pub fn in_headers<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = Result<Challenge<'a>>> {
    headers.get_all(name).into_iter().flat_map(|value| challenges(value.as_bytes()))
}

/// Iterates the challenges of one header value; see [`challenges`].
#[derive(Clone, Debug)]
pub struct Challenges<'a>(Reader<'a>);

impl<'a> Iterator for Challenges<'a> {
    type Item = Result<Challenge<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let scheme = match self.0.next_scheme()? {
            Ok(scheme) => scheme,
            Err(err) => return Some(Err(err)),
        };
        if let Some(token) = self.0.token68() {
            return Some(Ok(Challenge { scheme, content: Content::Token68(token) }));
        }
        let start = self.0.cursor.at;
        let mut end = start;
        while let Some(param) = self.0.next_param() {
            if let Err(err) = param {
                return Some(Err(err));
            }
            end = self.0.cursor.at;
        }
        let params = self.0.cursor.bytes.get(start..end).unwrap_or_default();
        Some(Ok(Challenge { scheme, content: Content::Params(params) }))
    }
}

#[cfg(test)]
mod tests;
