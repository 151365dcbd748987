//! The header's value (RFC 7616 section 3.4), as far as it is the same for every request under one nonce.

use std::ops::Range;

use countersign_core::challenge::push_quoted;
use countersign_core::encode;

use crate::challenge::Challenge;
use crate::qop::Protection;
use crate::signature::Hash;

/// What stands before the URI, what follows the count, and what is hashed between the count and H(A2), in one allocation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Template {
    text: Vec<u8>,
    /// Where the realm and the nonce stand, with their quotes.
    realm: Range<usize>,
    nonce: Range<usize>,
    /// Where the three texts end.
    head: usize,
    tail: usize,
    cnonce: Range<usize>,
}

impl Template {
    pub(crate) fn new(username: &str, challenge: &Challenge<'_>, cnonce: &[u8]) -> Self {
        // Room for all but escapes.
        let texts =
            [challenge.realm.len(), challenge.nonce.len(), challenge.opaque.as_ref().map_or(0, |text| text.len())];
        let texts = texts.iter().sum::<usize>() + username.len() + 2 * cnonce.len();
        let mut text = Vec::with_capacity(192 + texts);
        push_username(&mut text, username, challenge);
        text.extend_from_slice(b", realm=");
        let realm = quoted(&mut text, &challenge.realm);
        text.extend_from_slice(b", nonce=");
        let nonce = quoted(&mut text, &challenge.nonce);
        text.extend_from_slice(b", uri=");
        let head = text.len();
        push_tail(&mut text, challenge, cnonce);
        let tail = text.len();
        text.push(b':');
        text.extend_from_slice(cnonce);
        let cnonce = tail + 1..text.len();
        text.push(b':');
        text.extend_from_slice(challenge.qop.map_or("", Protection::as_str).as_bytes());
        text.push(b':');
        Self { text, realm, nonce, head, tail, cnonce }
    }

    /// The same text with another nonce.
    pub(crate) fn with_nonce(&self, nonce: &[u8]) -> Self {
        let mut text = Vec::with_capacity(self.text.len() + nonce.len());
        text.extend_from_slice(self.text.get(..self.nonce.start).unwrap_or_default());
        let new = quoted(&mut text, nonce);
        text.extend_from_slice(self.text.get(self.nonce.end..).unwrap_or_default());
        let moved = |place: usize| place + new.end - self.nonce.end;
        Self {
            realm: self.realm.clone(),
            head: moved(self.head),
            tail: moved(self.tail),
            cnonce: moved(self.cnonce.start)..moved(self.cnonce.end),
            nonce: new,
            text,
        }
    }

    /// `Digest username=…, realm=…, nonce=…, uri=`
    pub(crate) fn head(&self) -> &[u8] {
        self.text.get(..self.head).unwrap_or_default()
    }

    /// What follows the response and the count.
    pub(crate) fn tail(&self) -> &[u8] {
        self.text.get(self.head..self.tail).unwrap_or_default()
    }

    /// `:cnonce:qop:`, as it is hashed.
    pub(crate) fn between(&self) -> &[u8] {
        self.text.get(self.tail..).unwrap_or_default()
    }

    pub(crate) fn cnonce(&self) -> &[u8] {
        self.text.get(self.cnonce.clone()).unwrap_or_default()
    }

    /// The realm as it is written, with its quotes.
    pub(crate) fn realm(&self) -> &[u8] {
        self.text.get(self.realm.clone()).unwrap_or_default()
    }

    /// The nonce as it is written, with its quotes.
    pub(crate) fn nonce(&self) -> &[u8] {
        self.text.get(self.nonce.clone()).unwrap_or_default()
    }
}

/// Appends a quoted string, and returns where it stands.
fn quoted(out: &mut Vec<u8>, text: &[u8]) -> Range<usize> {
    let start = out.len();
    push_quoted(out, text);
    start..out.len()
}

fn push_username(out: &mut Vec<u8>, username: &str, challenge: &Challenge<'_>) {
    out.extend_from_slice(b"Digest username");
    if challenge.userhash {
        let hash = Hash::of(challenge.suite.function, &[username.as_bytes(), b":", &challenge.realm]);
        out.push(b'=');
        push_quoted(out, hash.as_bytes());
    } else if username.chars().any(char::is_control) || (challenge.utf8 && !username.is_ascii()) {
        // RFC 8187, for what a quoted string cannot hold, or not in a known character set.
        out.extend_from_slice(b"*=UTF-8''");
        out.extend_from_slice(encode::percent(username.as_bytes()).as_bytes());
    } else {
        out.push(b'=');
        push_quoted(out, username.as_bytes());
    }
}

fn push_tail(out: &mut Vec<u8>, challenge: &Challenge<'_>, cnonce: &[u8]) {
    if let Some(qop) = challenge.qop {
        out.extend_from_slice(b", qop=");
        out.extend_from_slice(qop.as_str().as_bytes());
        out.extend_from_slice(b", cnonce=");
        push_quoted(out, cnonce);
    }
    if let Some(text) = &challenge.algorithm {
        out.extend_from_slice(b", algorithm=");
        out.extend_from_slice(text);
    }
    if let Some(opaque) = &challenge.opaque {
        out.extend_from_slice(b", opaque=");
        push_quoted(out, opaque);
    }
    if challenge.userhash {
        out.extend_from_slice(b", userhash=true");
    }
}
