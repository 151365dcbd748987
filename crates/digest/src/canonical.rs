//! The texts that are hashed (RFC 7616 section 3.4).

use std::borrow::Cow;

use countersign_core::{Error, ErrorKind, Payload, Result, target};
use http::{Method, Uri};

use crate::algorithm::Function;
use crate::qop::Protection;
use crate::signature::{Hash, Hex};

/// A hash, and the text that was hashed if it is to be shown.
pub(crate) type Shown = (Hex, Option<String>);

/// H(A2): method, URI, and with `auth-int` the body's hash (RFC 7616 section 3.4.3). A server's proof has no method.
pub(crate) fn a2(function: Function, method: &str, uri: &str, body: Option<&[u8]>, explaining: bool) -> Shown {
    let body = body.map(|body| Hash::of(function, &[body]));
    let [colon, body] = body.as_ref().map_or([&b""[..]; 2], |body| [b":", body.as_bytes()]);
    let parts = [method.as_bytes(), b":", uri.as_bytes(), colon, body];
    (Hash::of(function, &parts), explaining.then(|| shown(&parts)))
}

/// The response (RFC 7616 section 3.4.1): after `H(A1):nonce:`, whose hash is `prefix`, the count, what stands `:between:` it
/// and H(A2), and H(A2); where there is no qop, only H(A2) (RFC 2069 section 2.1.2).
pub(crate) fn response(prefix: &Hash, counted: Option<(&[u8], &[u8])>, a2: &Hex, shown_prefix: Option<&[u8]>) -> Shown {
    let (nc, between) = counted.unwrap_or_default();
    let parts = [nc, between, a2.as_bytes()];
    (prefix.with(&parts), shown_prefix.map(|prefix| shown(&[prefix, nc, between, a2.as_bytes()])))
}

/// What is hashed between the count and H(A2).
pub(crate) fn between(cnonce: &[u8], qop: &str) -> Vec<u8> {
    [b":", cnonce, b":", qop.as_bytes(), b":"].concat()
}

/// The text that parts are hashed as.
fn shown(parts: &[&[u8]]) -> String {
    String::from_utf8_lossy(&parts.concat()).into_owned()
}

/// What `uri` says: the path and query as they go out, for CONNECT the authority (RFC 7616 section 3.4, RFC 9112 section 3.2).
pub(crate) fn uri<'a>(method: &Method, uri: &'a Uri) -> Cow<'a, str> {
    match uri.authority() {
        Some(authority) if method == Method::CONNECT => Cow::Borrowed(target::without_user_info(authority)),
        _ => target::path_and_query(uri),
    }
}

/// The body that `auth-int` covers.
pub(crate) fn body(qop: Option<Protection>, payload: &Payload) -> Result<Option<&[u8]>> {
    match (qop, payload.bytes()) {
        (Some(Protection::AuthInt), Some(bytes)) => Ok(Some(bytes)),
        (Some(Protection::AuthInt), None) => Err(Error::new(
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
