//! Bodies in signed chunks (`aws-chunked`): each chunk is signed when it is sent, so nothing need be hashed beforehand.
//!
//! ```
//! use countersign_aws_sigv4::{Config, PayloadSigning, Signer, chunk};
//! use countersign_core::{Context, Payload, Scheme as _};
//! use http::Request;
//!
//! let mut config = Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
//! config.payload = PayloadSigning::StreamingSigned;
//! let signer = Signer::new(&config)?;
//!
//! let (mut parts, ()) = Request::put("https://bucket.s3.amazonaws.com/key").body(())?.into_parts();
//! let framing = chunk::Framing::new(PayloadSigning::StreamingSigned, 100_000, 65_536);
//! framing.set_headers(&mut parts.headers)?;
//! signer.sign(&mut parts, &mut Payload::Streaming, &Context::now())?;
//!
//! let mut chunks = signer.chunk_signer(&parts)?;
//! let mut sent = 0;
//! for chunk in vec![b'x'; 100_000].chunks(65_536) {
//!     let head = chunks.head(chunk)?; // send it, then the chunk itself, then CRLF
//!     sent += head.as_ref().len() + chunk.len() + 2;
//! }
//! sent += chunks.finish(&[])?.len();
//! assert_eq!(sent as u64, framing.encoded_length());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Source: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks", Amazon S3 API
//! Reference, with and without trailing headers.

mod framing;
mod signer;
#[cfg(test)]
mod tests;

pub use framing::{Framing, LEAST_CHUNK};
pub use signer::{ChunkSigner, Head};
