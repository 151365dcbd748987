use std::fmt;

use countersign_core::replay::ReplayKey;
use countersign_core::verify::{Refusal, refused, unreadable};
use countersign_core::{Context, Result};

use super::verified::Used;
use super::{Credentials, Verifier, fitting, refuse};
use crate::Message;
use crate::attributes::is_plain;
use crate::signature::is_same;

/// What a message's signature says of itself. Nothing of it is believed yet.
pub struct MessageClaim<'a> {
    message: &'a Message,
    text: String,
}

/// A message that was checked.
#[derive(Clone)]
#[non_exhaustive]
pub struct VerifiedMessage {
    /// Whose key signed it.
    pub id: String,
    used: Used,
}

impl MessageClaim<'_> {
    /// Whose key is to be found.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.message.id
    }
}

impl Verifier {
    /// Reads the signature of a message that [`Signer::message`](crate::Signer::message) signed for this host and port: ours, not what
    /// the message says.
    ///
    /// ```
    /// use countersign_hawk::verify::{Credentials, Verifier};
    /// use countersign_hawk::{Config, Context, Signer};
    ///
    /// let message = Signer::new(&Config::new("id", "key"))?.message("example.com", 8000, b"hello", &Context::now())?;
    ///
    /// let verifier = Verifier::new();
    /// let claim = verifier.read_message(&message, "example.com", 8000)?;
    /// assert_eq!(claim.id(), "id");
    /// let verified = verifier.verify_message(claim, Some(&Credentials::new("key")), b"hello", &Context::now())?;
    /// // Remember `verified.replay_key()`, as for requests.
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](countersign_core::ErrorKind::InvalidRequest) for a nonce that no client makes.
    pub fn read_message<'a>(&self, message: &'a Message, host: &str, port: u16) -> Result<MessageClaim<'a>, Refusal> {
        if message.nonce.is_empty() || !is_plain(&message.nonce) {
            return Err(refuse(unreadable("the message's nonce is empty, or is not plain text")));
        }
        Ok(MessageClaim { message, text: message.text(host, port) })
    }

    /// Checks a message with the key of its id; `None` where there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`](countersign_core::ErrorKind::Rejected) for what is refused.
    pub fn verify_message(
        &self,
        claim: MessageClaim<'_>,
        key: Option<&Credentials>,
        body: &[u8],
        ctx: &Context,
    ) -> Result<VerifiedMessage, Refusal> {
        let MessageClaim { message, text } = claim;
        let key = fitting(key, &text, &message.mac)?;
        self.check_time(&key, message.ts, ctx)?;
        if !is_same(&key.payload_hash("", body), &message.hash) {
            return Err(refuse(refused("the message is not the signed one")));
        }
        let times = (ctx.unix_time(), message.ts.saturating_add(self.clock_skew));
        Ok(VerifiedMessage { id: message.id.clone(), used: Used::new(&message.ts.to_string(), &message.nonce, times) })
    }
}

impl VerifiedMessage {
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
}

/// Shows whose claim it is, and no more.
impl fmt::Debug for MessageClaim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageClaim").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// Shows whose message it was, and no more.
impl fmt::Debug for VerifiedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedMessage").field("id", &self.id).finish_non_exhaustive()
    }
}
