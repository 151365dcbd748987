//! Messages that are no HTTP requests: a text for a host and port, over whatever carries it. Source: the reference
//! implementation's `message`.

use countersign_core::encode::decimal_in;
use countersign_core::{Context, Result};

use crate::Signer;
use crate::canonical::{Artifacts, Kind, Target, push_normalized};
use crate::signature::Key;

/// What authenticates a message, to be sent beside it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// Whose key signed it.
    pub id: String,
    /// The time of signing, in seconds since the Unix epoch.
    pub ts: u64,
    /// The nonce.
    pub nonce: String,
    /// The message's hash.
    pub hash: String,
    /// The MAC.
    pub mac: String,
}

impl Signer {
    /// Signs a message for a host and port.
    ///
    /// # Errors
    /// [`ErrorKind::Randomness`](countersign_core::ErrorKind::Randomness) when no nonce can be drawn;
    /// [`ErrorKind::InvalidConfig`](countersign_core::ErrorKind::InvalidConfig) for a fixed one that servers refuse.
    pub fn message(&self, host: &str, port: u16, body: &[u8], ctx: &Context) -> Result<Message> {
        let mut hex = [0; 16];
        let mut message = Message {
            id: self.config.id.clone(),
            ts: self.config.timestamp.unwrap_or_else(|| ctx.unix_time()),
            nonce: self.nonce(ctx, &mut hex)?.to_owned(),
            hash: self.key.algorithm().payload_hash("", body),
            mac: String::new(),
        };
        message.mac = message.mac_of(&self.key, host, port);
        Ok(message)
    }
}

impl Message {
    pub(crate) fn mac_of(&self, key: &Key, host: &str, port: u16) -> String {
        let host = host.to_ascii_lowercase();
        let target = Target { method: "".into(), resource: "".into(), host: host.into(), port };
        let mut digits = [0; 20];
        let artifacts = Artifacts {
            ts: decimal_in(self.ts, &mut digits),
            nonce: &self.nonce,
            hash: &self.hash,
            ..Artifacts::default()
        };
        let mut text = String::with_capacity(192);
        push_normalized(&mut text, Kind::Message, &target, &artifacts);
        key.mac(&text)
    }
}
