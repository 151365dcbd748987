use super::{Param, is_plain_chunk, is_special};
use crate::{Error, ErrorKind, Result};

/// A place in a header value, and the words that can be read from there.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    /// The same, where it is text: seen once, so that its tokens need not be looked at again.
    text: Option<&'a str>,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        let text = match str::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(_) => None,
        };
        Self { bytes, text, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|&byte| !fits(byte)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// A token; empty where there is none. All its characters are ASCII.
    pub(super) fn token(&mut self) -> &'a str {
        let start = self.at;
        let token = self.take_while(|byte| TOKEN.get(usize::from(byte)).copied().unwrap_or_default());
        match self.text {
            Some(text) => text.get(start..self.at).unwrap_or_default(),
            None => str::from_utf8(token).unwrap_or_default(),
        }
    }

    pub(super) fn skip_blanks(&mut self) -> usize {
        self.take_while(|byte| byte == b' ' || byte == b'\t').len()
    }

    /// Skips blanks and commas: an empty list element is no element (RFC 9110 section 5.6.1).
    pub(super) fn skip_separators(&mut self) {
        self.take_while(|byte| matches!(byte, b' ' | b'\t' | b','));
    }

    pub(super) fn broken(&self, what: &str) -> Error {
        Error::new(ErrorKind::InvalidChallenge, format!("cannot read the challenge: {what} at byte {}", self.at))
    }

    /// The name of a parameter, a token before `=`: then the cursor stands where the value begins, else where it was.
    pub(super) fn name(&mut self) -> Option<&'a str> {
        let start = self.at;
        let name = self.token();
        if self.peek() != Some(b'=') {
            self.skip_blanks();
        }
        if name.is_empty() || self.peek() != Some(b'=') {
            self.at = start;
            return None;
        }
        self.at += 1;
        self.skip_blanks();
        Some(name)
    }

    /// A parameter's value, quoted or not.
    ///
    /// # Errors
    /// Where a quoted string does not end.
    pub(super) fn value(&mut self, name: &'a str) -> Result<Param<'a>> {
        if self.peek() != Some(b'"') {
            let raw = self.take_while(|byte| !matches!(byte, b' ' | b'\t' | b',' | b'"'));
            return Ok(Param { name, raw, quoted: false, escaped: false });
        }
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'"') => break,
                Some(_) => {
                    escaped = true;
                    self.at += 2;
                }
                None => return Err(self.broken("an open quoted string")),
            }
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        self.at += 1;
        Ok(Param { name, raw, quoted: true, escaped })
    }

    /// A token68 that nothing follows but a comma; else the cursor stays.
    pub(super) fn token68(&mut self) -> Option<&'a str> {
        let start = self.at;
        let token = self.take_while(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
        self.take_while(|byte| byte == b'=');
        let end = self.at;
        self.skip_blanks();
        if token.is_empty() || !matches!(self.peek(), None | Some(b',')) {
            self.at = start;
            return None;
        }
        str::from_utf8(self.bytes.get(start..end)?).ok()
    }

    /// Skips to the next quote or backslash, sixteen bytes at a time as long as there is none: most of a challenge is quoted.
    fn skip_plain(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += 16 * rest.as_chunks().0.iter().take_while(|chunk| is_plain_chunk(chunk)).count();
        self.take_while(|byte| !is_special(byte));
    }
}

/// Which bytes a token may have: one look-up in place of ten comparisons.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let (mut rest, mut byte): (&mut [bool], u8) = (&mut table, 0);
    while let [place, after @ ..] = rest {
        *place = is_token(byte);
        byte = byte.wrapping_add(1);
        rest = after;
    }
    table
};

/// RFC 9110 section 5.6.2.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}
