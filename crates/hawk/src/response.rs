//! The client's other half: whether a reply is the server's.

use countersign_core::{Error, ErrorKind, Result, target};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use subtle::ConstantTimeEq as _;

use crate::attributes::Attributes;
use crate::canonical::{Artifacts, Kind, Target, push_normalized};
use crate::{SERVER_AUTHORIZATION, Signer};

/// What `Authorization` may hold.
pub(crate) const REQUEST: [&str; 8] = ["id", "ts", "nonce", "hash", "ext", "mac", "app", "dlg"];

impl Signer {
    /// Checks the `Server-Authorization` header of a reply to `sent`, a request as this signer signed it. With a `body`, the
    /// header must hold its hash too, which is made with the reply's own `Content-Type`. Returns the server's `ext`.
    ///
    /// An [`Exchange`](countersign_core::Exchange) does this by itself.
    ///
    /// # Errors
    /// * [`ErrorKind::ServerNotAuthentic`] when the header is missing, cannot be read, or is not of this request, reply and key.
    /// * [`ErrorKind::InvalidRequest`] when `sent` is not signed.
    pub fn check_response(&self, sent: &Parts, headers: &HeaderMap, body: Option<&[u8]>) -> Result<Option<String>> {
        let own = sent
            .headers
            .get(AUTHORIZATION)
            .map_or(Ok(None), |value| Attributes::read(value.as_bytes(), &REQUEST, ErrorKind::InvalidRequest))?;
        let own = own.ok_or_else(|| Error::new(ErrorKind::InvalidRequest, "the request is not signed by Hawk"))?;

        let fake = |why: &'static str| Error::new(ErrorKind::ServerNotAuthentic, why);
        let mut values = headers.get_all(SERVER_AUTHORIZATION).iter();
        let value = values.next().ok_or_else(|| fake("the reply has no Server-Authorization header"))?;
        if values.next().is_some() {
            return Err(fake("the reply has two Server-Authorization headers"));
        }
        let theirs = Attributes::read(value.as_bytes(), &["mac", "ext", "hash"], ErrorKind::ServerNotAuthentic)?
            .ok_or_else(|| fake("the Server-Authorization header is not Hawk's"))?;
        let artifacts = Artifacts {
            ts: own.text("ts"),
            nonce: own.text("nonce"),
            hash: theirs.text("hash"),
            ext: theirs.text("ext"),
            app: own.text("app"),
            dlg: own.text("dlg"),
        };
        let mut text = String::with_capacity(256);
        push_normalized(&mut text, Kind::Response, &Target::of(sent, None)?, &artifacts);
        if !bool::from(self.key.mac(&text).as_bytes().ct_eq(theirs.text("mac").as_bytes())) {
            return Err(fake("the MAC of the Server-Authorization header is not of this request, reply and key"));
        }
        if let Some(body) = body {
            let hash =
                theirs.get("hash").ok_or_else(|| fake("the Server-Authorization header has no hash of the body"))?;
            let expected = self.key.algorithm().payload_hash(&target::media_type(headers), body);
            if !bool::from(expected.as_bytes().ct_eq(hash.as_bytes())) {
                return Err(fake("the reply's body is not the one that the server signed"));
            }
        }
        Ok(theirs.get("ext").map(str::to_owned))
    }
}
