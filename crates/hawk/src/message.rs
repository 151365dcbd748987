//! Messages that are not HTTP requests: a text for a host and port, over whatever carries it. Source: the reference
//! implementation's `message`.

use countersign_core::encode::decimal_in;
use countersign_core::{Context, Result};

use crate::Signer;
use crate::canonical::{Artifacts, Kind, Target, push_normalized};

/// What authenticates a message, to be sent beside it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The id of the key that signed it.
    pub id: String,
    /// The time of signing, in seconds since the Unix epoch.
    pub ts: u64,
    /// The nonce.
    pub nonce: String,
    /// The message's hash, in base64.
    pub hash: String,
    /// The MAC, in base64.
    pub mac: String,
}

impl Signer {
    /// Signs a message for a host and port.
    ///
    /// ```
    /// use countersign_hawk::{Config, Context, Signer};
    ///
    /// let signer = Signer::new(&Config::new("dh37fgj492je", "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"))?;
    /// let message = signer.message("example.com", 8000, b"some message", &Context::at(1_353_832_234).with_nonce("j4h3g2"))?;
    /// assert_eq!(message.mac, "qO7t6DepMRR9+ttVR8+zvHywrcOCBX0mZIWbnaKTT68=");
    /// # Ok::<(), countersign_hawk::Error>(())
    /// ```
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
            hash: self.key.payload_hash("", body),
            mac: String::new(),
        };
        message.mac = self.key.mac(&message.text(host, port));
        Ok(message)
    }
}

impl Message {
    /// A message's signature as it was received.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        ts: u64,
        nonce: impl Into<String>,
        hash: impl Into<String>,
        mac: impl Into<String>,
    ) -> Self {
        Self { id: id.into(), ts, nonce: nonce.into(), hash: hash.into(), mac: mac.into() }
    }

    /// What the MAC is of.
    pub(crate) fn text(&self, host: &str, port: u16) -> String {
        let host = host.to_ascii_lowercase();
        let target = Target { method: "".into(), resource: "".into(), host: host.into(), port };
        let mut digits = [0; 20];
        let ts = decimal_in(self.ts, &mut digits);
        let artifacts = Artifacts { ts, nonce: &self.nonce, hash: &self.hash, ..Artifacts::default() };
        let mut text = String::with_capacity(192);
        push_normalized(&mut text, Kind::Message, &target, &artifacts);
        text
    }
}
