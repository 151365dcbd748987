//! The texts that are hashed (RFC 7616 section 3.4), the header that carries the result, and the quoting of both.

use std::borrow::Cow;

use countersign_core::{Error, ErrorKind, Payload, Result, target};
use http::{Method, Uri};

use crate::signature::{Hash, Hex};
use crate::{Algorithm, Qop};

/// A text that is hashed on the way, and kept for people when asked for.
pub(crate) struct Line {
    hash: Hash,
    shown: Option<Vec<u8>>,
}

impl Line {
    /// Goes on from `hash`, whose text so far is shown as `so_far`.
    pub(crate) fn after(hash: Hash, so_far: Option<Vec<u8>>) -> Self {
        Self { hash, shown: so_far }
    }

    pub(crate) fn push(&mut self, part: &[u8]) {
        self.hash.update(part);
        if let Some(shown) = &mut self.shown {
            shown.extend_from_slice(part);
        }
    }

    pub(crate) fn finish(self) -> (Hex, Option<String>) {
        (self.hash.finish(), self.shown.map(|shown| String::from_utf8_lossy(&shown).into_owned()))
    }
}

/// H(A2): method, URI, and with `auth-int` the body's hash (RFC 7616 section 3.4.3). A server's proof has no method.
pub(crate) fn a2(
    algorithm: Algorithm,
    method: &str,
    uri: &str,
    body: Option<&[u8]>,
    explaining: bool,
) -> (Hex, Option<String>) {
    let mut line = Line::after(Hash::new(algorithm), explaining.then(Vec::new));
    line.push(method.as_bytes());
    line.push(b":");
    line.push(uri.as_bytes());
    if let Some(body) = body {
        line.push(b":");
        line.push(Hash::of(algorithm, &[body]).as_bytes());
    }
    line.finish()
}

/// The rest of the text whose hash is the response, after `H(A1):nonce:` (RFC 7616 section 3.4.1): the count, what stands
/// `:between:` it and H(A2), and H(A2) alone where there is no qop (RFC 2069 section 2.1.2).
pub(crate) fn response(mut line: Line, counted: Option<(u32, &[u8])>, a2: &Hex) -> (Hex, Option<String>) {
    if let Some((nc, between)) = counted {
        line.push(&nc_text(nc));
        line.push(between);
    }
    line.push(a2.as_bytes());
    line.finish()
}

/// What `uri` says: the path and query as they go out, for CONNECT the authority (RFC 7616 section 3.4, RFC 9112 section 3.2).
pub(crate) fn uri<'a>(method: &Method, uri: &'a Uri) -> Cow<'a, str> {
    match uri.authority() {
        Some(authority) if method == Method::CONNECT => Cow::Borrowed(target::without_user_info(authority)),
        _ => target::path_and_query(uri),
    }
}

/// The body that `auth-int` covers.
pub(crate) fn body(qop: Option<Qop>, payload: &Payload) -> Result<Option<&[u8]>> {
    match (qop, payload.bytes()) {
        (Some(Qop::AuthInt), Some(bytes)) => Ok(Some(bytes)),
        (Some(Qop::AuthInt), None) => Err(Error::new(
            ErrorKind::PayloadRequired,
            "Digest with qop=auth-int hashes the body before it is sent: give its bytes",
        )),
        _ => Ok(None),
    }
}

/// A nonce count on the wire: 8 lower-case hex digits.
pub(crate) fn nc_text(nc: u32) -> [u8; 8] {
    let mut text = [0; 8];
    for (at, digit) in text.iter_mut().rev().enumerate() {
        let nibble = (nc >> (4 * at)) as u8 & 0xf;
        *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    }
    text
}

/// Appends a quoted string (RFC 9110 section 5.6.4).
pub(crate) fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    if !text.iter().any(|byte| matches!(byte, b'"' | b'\\')) {
        out.extend_from_slice(text);
        return out.push(b'"');
    }
    for piece in text.split_inclusive(|byte| matches!(byte, b'"' | b'\\')) {
        match piece {
            [plain @ .., special @ (b'"' | b'\\')] => {
                out.extend_from_slice(plain);
                out.extend_from_slice(&[b'\\', *special]);
            }
            plain => out.extend_from_slice(plain),
        }
    }
    out.push(b'"');
}
