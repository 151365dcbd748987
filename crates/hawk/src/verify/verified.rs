use std::fmt;

use countersign_core::replay::ReplayKey;
use countersign_core::{Error, ErrorKind, Result};
use http::HeaderValue;

use crate::attributes::{is_printable, push_attribute};
use crate::canonical::{Artifacts, Kind, Target, push_normalized};
use crate::signature::Key;
use crate::signer::header_value;

/// A request that was checked.
#[derive(Clone)]
#[non_exhaustive]
pub struct Verified {
    /// Whose key signed it.
    pub id: String,
    /// The text of the application's own; empty if there is none.
    pub ext: String,
    /// The application's id (Oz); empty if there is none.
    pub app: String,
    /// The id of the application that delegated to `app` (Oz); empty if there is none.
    pub dlg: String,
    /// Whether the body is signed.
    pub payload_is_signed: bool,
    used: Used,
    ts: String,
    nonce: String,
    target: Target<'static>,
    key: Key,
}

/// A nonce that was used once, and how long it must be remembered.
#[derive(Clone)]
pub(super) struct Used {
    nonce: String,
    seen_at: u64,
    expires_at: u64,
}

impl Used {
    /// A nonce counts once for each time that it was signed with.
    pub(super) fn new(ts: &str, nonce: &str, (seen_at, expires_at): (u64, u64)) -> Self {
        Self { nonce: format!("{ts} {nonce}"), seen_at, expires_at }
    }

    pub(super) fn replay_key<'a>(&'a self, id: &'a str) -> ReplayKey<'a> {
        ReplayKey::new("hawk", id, &self.nonce, self.seen_at)
    }

    pub(super) const fn expires_at(&self) -> u64 {
        self.expires_at
    }
}

impl Verified {
    pub(super) fn new(id: &str, artifacts: &Artifacts<'_>, target: Target<'_>, key: Key, times: (u64, u64)) -> Self {
        Self {
            id: id.to_owned(),
            ext: artifacts.ext.to_owned(),
            app: artifacts.app.to_owned(),
            dlg: artifacts.dlg.to_owned(),
            payload_is_signed: !artifacts.hash.is_empty(),
            used: Used::new(artifacts.ts, artifacts.nonce, times),
            ts: artifacts.ts.to_owned(),
            nonce: artifacts.nonce.to_owned(),
            target: target.into_owned(),
            key,
        }
    }

    /// What a [`NonceStore`](countersign_core::replay::NonceStore) must not have seen.
    #[must_use]
    pub fn replay_key(&self) -> ReplayKey<'_> {
        self.used.replay_key(&self.id)
    }

    /// How long that must be remembered: until this time, in seconds since the Unix epoch.
    #[must_use]
    pub const fn expires_at(&self) -> u64 {
        self.used.expires_at()
    }

    /// The value of the reply's `Server-Authorization` header: a MAC over the request, the reply's body and `ext`, a text of the
    /// application's own (may be empty). `content_type` is the reply's.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when `ext` is not printable ASCII.
    pub fn server_authorization(&self, content_type: &str, body: &[u8], ext: &str) -> Result<HeaderValue> {
        if !is_printable(ext) {
            const WHY: &str = "`ext` holds what cannot stand in a header: only printable ASCII is accepted";
            return Err(Error::new(ErrorKind::InvalidConfig, WHY));
        }
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let hash = self.key.payload_hash(&media_type, body);
        let artifacts =
            Artifacts { ts: &self.ts, nonce: &self.nonce, hash: &hash, ext, app: &self.app, dlg: &self.dlg };
        let mut text = String::with_capacity(256);
        push_normalized(&mut text, Kind::Response, &self.target, &artifacts);
        let mut value = String::new();
        push_attribute(&mut value, "Hawk mac", &self.key.mac(&text));
        push_attribute(&mut value, ", hash", &hash);
        if !ext.is_empty() {
            push_attribute(&mut value, ", ext", ext);
        }
        header_value(value)
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("id", &self.id).field("ext", &self.ext).finish_non_exhaustive()
    }
}
