//! The client's other half: whether a reply is the server's.

use countersign_core::{Error, ErrorKind, Reply, Result, target};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use crate::attributes::Attributes;
use crate::canonical::{Artifacts, Kind, Target, push_normalized};
use crate::signature::is_same;
use crate::{SERVER_AUTHORIZATION, Signer};

/// What `Authorization` may hold.
pub(crate) const REQUEST: [&str; 8] = ["id", "ts", "nonce", "hash", "ext", "mac", "app", "dlg"];

/// What is proved by a reply.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Proof {
    /// That the server got the request; not what it answered.
    Headers,
    /// The body too.
    Body,
}

impl Signer {
    /// Checks that a reply to `sent`, a request as this signer signed it, is the server's: its `Server-Authorization` header, which
    /// must hold the hash of the body, made with the reply's own `Content-Type`. Returns the server's `ext`.
    ///
    /// An [`Exchange`](countersign_core::Exchange) does this by itself.
    ///
    /// # Errors
    /// * [`ErrorKind::ServerNotAuthentic`] when the header is missing, cannot be read, or is not of this request, reply and key.
    /// * [`ErrorKind::InvalidRequest`] when `sent` is not signed.
    pub fn check_response<'a>(&self, sent: &Parts, reply: impl Into<Reply<'a>>) -> Result<Option<String>> {
        self.check(sent, own_header(sent)?, reply.into(), Proof::Body)
    }

    /// As [`Signer::check_response`], for a reply whose body is not at hand: it proves that the server got the request and has the
    /// key, and nothing of the body.
    ///
    /// # Errors
    /// As [`Signer::check_response`].
    pub fn check_response_headers(&self, sent: &Parts, headers: &HeaderMap) -> Result<Option<String>> {
        let reply = Reply::new(http::StatusCode::OK, headers, b"");
        self.check(sent, own_header(sent)?, reply, Proof::Headers)
    }

    /// `own` is the value of the header that `sent` was signed with.
    pub(crate) fn check(
        &self,
        sent: &Parts,
        own: &HeaderValue,
        reply: Reply<'_>,
        proof: Proof,
    ) -> Result<Option<String>> {
        let own = Attributes::of_header(own.as_bytes(), &REQUEST, ErrorKind::InvalidRequest)?;
        let theirs = server_header(reply.headers)?;
        let theirs = Attributes::of_header(theirs.as_bytes(), &["mac", "ext", "hash"], ErrorKind::ServerNotAuthentic)?;
        let artifacts = Artifacts {
            ts: own.text("ts"),
            nonce: own.text("nonce"),
            hash: theirs.text("hash"),
            ext: theirs.text("ext"),
            app: own.text("app"),
            dlg: own.text("dlg"),
        };
        let mut text = String::with_capacity(256);
        push_normalized(&mut text, Kind::Response, &Target::of(sent)?, &artifacts);
        if !self.key.is_mac(&text, theirs.text("mac")) {
            return Err(fake("the MAC of the Server-Authorization header is not of this request, reply and key"));
        }
        if proof == Proof::Body {
            self.check_body(theirs.text("hash"), reply)?;
        }
        Ok(theirs.get("ext").map(str::to_owned))
    }

    fn check_body(&self, hash: &str, reply: Reply<'_>) -> Result<()> {
        if hash.is_empty() {
            return Err(fake("the Server-Authorization header has no hash of the body"));
        }
        if reply.headers.get_all(CONTENT_TYPE).iter().nth(1).is_some() {
            return Err(fake("the media type is signed, and the reply has two Content-Type headers"));
        }
        if !is_same(&self.key.payload_hash(&target::media_type(reply.headers), reply.body), hash) {
            return Err(fake("the reply's body is not the one that the server signed"));
        }
        Ok(())
    }
}

fn own_header(sent: &Parts) -> Result<&HeaderValue> {
    let own = sent.headers.get(AUTHORIZATION);
    own.ok_or_else(|| Error::new(ErrorKind::InvalidRequest, "the request is not signed by Hawk"))
}

fn server_header(headers: &HeaderMap) -> Result<&HeaderValue> {
    let mut values = headers.get_all(SERVER_AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (None, _) => Err(fake("the reply has no Server-Authorization header")),
        _ => Err(fake("the reply has two Server-Authorization headers")),
    }
}

fn fake(why: &'static str) -> Error {
    Error::new(ErrorKind::ServerNotAuthentic, why)
}
