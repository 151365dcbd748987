//! Signed messages of an event stream (Transcribe, Lex, Bedrock's bidirectional calls): each one wraps an encoded message and
//! signs it, chained to the one before.
//!
//! ```
//! use countersign_aws_sigv4::{Config, PayloadSigning, Signer};
//! use countersign_core::{Context, Payload, Scheme as _};
//! use http::Request;
//!
//! let mut config = Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
//! config.payload = PayloadSigning::StreamingEvents;
//! let signer = Signer::new(&config)?;
//!
//! let (mut parts, ()) = Request::post("https://transcribestreaming.us-east-1.amazonaws.com/s").body(())?.into_parts();
//! signer.sign(&mut parts, &mut Payload::Streaming, &Context::now())?;
//!
//! let mut events = signer.event_signer(&parts)?;
//! let headers = events.sign(b"an encoded message", &Context::now())?;
//! assert_eq!(headers.signature.len(), 32);
//! // With the feature `event-stream`: `headers.frame(b"an encoded message")` is what goes on the wire.
//! events.sign(b"", &Context::now())?; // an empty message ends the stream
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Source: "Event stream encoding" and "Signing event streams", Amazon Transcribe Developer Guide.

use std::fmt;
use std::sync::Arc;

use countersign_core::{Context, Result};
#[cfg(feature = "event-stream")]
use countersign_core::{Error, ErrorKind};
use http::request::Parts;

use crate::Signer;
use crate::keys::ScopedKey;
use crate::scope::{Scope, Timestamp};
use crate::seed::Seed;
use crate::signature::{Hex64, sha256_hex};

/// A header's value type: bytes, with a length of two bytes.
#[cfg(feature = "event-stream")]
const TYPE_BYTES: u8 = 6;
/// A header's value type: a time, in milliseconds since the Unix epoch, as a signed number of eight bytes.
const TYPE_TIMESTAMP: u8 = 8;

/// Signs the messages of one stream, each signature chained to the one before.
pub struct EventSigner<'a> {
    signer: &'a Signer,
    /// Of the day of the request, or of the message before.
    key: Arc<ScopedKey>,
    previous: Hex64,
}

/// The headers of a signed message.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct EventHeaders {
    /// `:date`, in milliseconds since the Unix epoch.
    pub date: i64,
    /// `:chunk-signature`.
    pub signature: [u8; 32],
}

impl Signer {
    /// The signer of a signed request's messages: `parts` are as [`Scheme::sign`](countersign_core::Scheme::sign) left them.
    ///
    /// # Errors
    /// [`InvalidRequest`](countersign_core::ErrorKind::InvalidRequest) when the request is not signed in its header by this key;
    /// [`UnsupportedAlgorithm`](countersign_core::ErrorKind::UnsupportedAlgorithm) for SigV4A.
    pub fn event_signer(&self, parts: &Parts) -> Result<EventSigner<'_>> {
        let Seed { key, signature, .. } = Seed::of(&self.0, &parts.headers, "messages")?;
        Ok(EventSigner { signer: self, key, previous: signature })
    }
}

impl EventSigner<'_> {
    /// Signs one encoded message; an empty one ends the stream.
    ///
    /// # Errors
    /// [`InvalidRequest`](countersign_core::ErrorKind::InvalidRequest) for a time after the year 9999.
    pub fn sign(&mut self, message: &[u8], ctx: &Context) -> Result<EventHeaders> {
        let timestamp = Timestamp::new(ctx.unix_time())?;
        let date = i64::try_from(ctx.unix_time()).unwrap_or(i64::MAX).saturating_mul(1000);
        // The scope's day is each message's own; region and service are the request's.
        let scope = Scope { timestamp, region: Some(self.key.region()), service: self.key.service() };
        self.key = self.signer.0.mac(&scope, "messages")?;
        let mut header = Vec::with_capacity(15);
        push_date(&mut header, date);
        let mut text = format!("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}", timestamp.as_str(), self.key.scope);
        for line in [self.previous, sha256_hex(&header), sha256_hex(message)] {
            text.push('\n');
            text.push_str(line.as_str());
        }
        let signature = self.key.key.sign(text.as_bytes());
        self.previous = Hex64::of(&signature);
        Ok(EventHeaders { date, signature })
    }
}

/// Appends the header `:date`.
fn push_date(out: &mut Vec<u8>, date: i64) {
    push_name(out, b":date");
    out.push(TYPE_TIMESTAMP);
    out.extend_from_slice(&date.to_be_bytes());
}

fn push_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(name);
}

#[cfg(feature = "event-stream")]
impl EventHeaders {
    /// The whole signed message as it goes on the wire: lengths, checksum, headers, the encoded message, checksum.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for a message of more than 16 MiB, which no service takes.
    pub fn frame(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut headers = Vec::with_capacity(68);
        push_date(&mut headers, self.date);
        push_name(&mut headers, b":chunk-signature");
        headers.push(TYPE_BYTES);
        headers.extend_from_slice(&32_u16.to_be_bytes());
        headers.extend_from_slice(&self.signature);

        let total = 4 + 4 + 4 + headers.len() + message.len() + 4;
        let total = u32::try_from(total).ok().filter(|_| message.len() <= 16 * 1024 * 1024);
        let (Some(total), Ok(headers_length)) = (total, u32::try_from(headers.len())) else {
            return Err(Error::new(ErrorKind::InvalidRequest, "an event stream's message has at most 16 MiB"));
        };
        let mut out = Vec::with_capacity(total as usize);
        out.extend_from_slice(&total.to_be_bytes());
        out.extend_from_slice(&headers_length.to_be_bytes());
        let prelude = crc32fast::hash(&out);
        out.extend_from_slice(&prelude.to_be_bytes());
        out.extend_from_slice(&headers);
        out.extend_from_slice(message);
        let checksum = crc32fast::hash(&out);
        out.extend_from_slice(&checksum.to_be_bytes());
        Ok(out)
    }
}

impl fmt::Debug for EventSigner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSigner")
            .field("region", &self.key.region())
            .field("service", &self.key.service())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EventHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventHeaders").field("date", &self.date).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use countersign_core::encode::hex;
    use countersign_core::{ErrorKind, Payload, Scheme as _};
    use http::Request;

    use super::*;
    use crate::Config;

    fn signer() -> Signer {
        let mut config = Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        config.region = Some("us-east-1".into());
        config.service = Some("transcribe".into());
        Signer::new(&config).unwrap()
    }

    /// Computed by `EventSigner` and `EventStreamMessageSerializer` of the Python package amazon-transcribe 0.6.4, from a
    /// prior signature of 32 bytes of 7.
    const SIGNATURES: [(&[u8], &str); 2] = [
        (b"message", "99b97ccf85d30163452f880b0c81a912f5aec962193d88cf029a5f29db1a412b"),
        (b"", "a88c4bb24e04ab60448048793bcec9b0eca347c9775df21d7336989fca847917"),
    ];

    #[test]
    fn a_chain_of_signatures() {
        let signer = signer();
        let scope = Scope {
            timestamp: Timestamp::new(1_369_353_600).unwrap(),
            region: Some("us-east-1"),
            service: "transcribe",
        };
        let key = signer.0.mac(&scope, "messages").unwrap();
        let mut events = EventSigner { signer: &signer, key, previous: Hex64::of(&[7; 32]) };
        for (message, signature) in SIGNATURES {
            let headers = events.sign(message, &Context::at(1_369_353_600)).unwrap();
            assert_eq!(hex(&headers.signature), signature);
        }
    }

    #[test]
    fn the_chain_begins_with_the_requests_signature() {
        let signer = signer();
        let request = Request::post("https://transcribestreaming.us-east-1.amazonaws.com/");
        let request = request.header("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-EVENTS");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(signer.event_signer(&parts).unwrap_err().kind(), ErrorKind::InvalidRequest);
        signer.sign(&mut parts, &mut Payload::Streaming, &Context::at(1_369_353_600)).unwrap();
        let events = signer.event_signer(&parts).unwrap();
        assert!(parts.headers["authorization"].to_str().unwrap().ends_with(events.previous.as_str()));
        assert_eq!((events.key.region(), events.key.service()), ("us-east-1", "transcribe"));
    }

    #[test]
    fn the_date_as_it_is_encoded() {
        // The hash in the string to sign of `event_stream.rs`'s test in the Rust package aws-sigv4 1.6.4.
        let mut header = Vec::new();
        push_date(&mut header, 123_456_789_000);
        let published = "0c0e3b3bf66b59b976181bd7d401927bbd624107303c713fd1e5f3d3c8dd1b1e";
        assert_eq!(sha256_hex(&header).as_str(), published);
    }

    #[cfg(feature = "event-stream")]
    #[test]
    fn whole_messages() {
        let frames = [
            "0000005a00000043f8541829053a64617465080000013ed3d5bc00103a6368756e6b2d7369676e617475726506002099b97ccf85d30163452f88\
             0b0c81a912f5aec962193d88cf029a5f29db1a412b6d657373616765174826a2",
            "0000005300000043f5447a58053a64617465080000013ed3d5bc00103a6368756e6b2d7369676e6174757265060020a88c4bb24e04ab60448048\
             793bcec9b0eca347c9775df21d7336989fca847917e1ad6f8e",
        ];
        for ((message, signature), frame) in SIGNATURES.into_iter().zip(frames) {
            let signature = countersign_core::encode::hex_decode(signature).unwrap().try_into().unwrap();
            let headers = EventHeaders { date: 1_369_353_600_000, signature };
            assert_eq!(hex(&headers.frame(message).unwrap()), frame);
        }
        let headers = EventHeaders { date: 0, signature: [0; 32] };
        assert!(headers.frame(&vec![0; 16 * 1024 * 1024 + 1]).is_err());
    }
}
