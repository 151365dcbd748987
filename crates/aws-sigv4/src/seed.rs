use std::sync::Arc;

use countersign_core::{Error, ErrorKind, Result};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::headers::{X_AMZ_DATE, text};
use crate::keys::ScopedKey;
use crate::prepared::Prepared;
use crate::scope::{Scope, Timestamp};
use crate::signature::Hex64;

/// What a chain of signatures (of chunks, of messages) begins with: the request's own signature, and its key and time.
pub(crate) struct Seed {
    pub(crate) key: Arc<ScopedKey>,
    pub(crate) timestamp: Timestamp,
    pub(crate) signature: Hex64,
}

impl Seed {
    /// Reads it from a signed request's headers; `what` names what is to be signed.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the request is not signed in its header by this key;
    /// [`ErrorKind::UnsupportedAlgorithm`] for SigV4A.
    pub(crate) fn of(own: &Prepared, headers: &HeaderMap, what: &'static str) -> Result<Self> {
        let unsigned =
            || Error::new(ErrorKind::InvalidRequest, "the request is not signed in its header with SigV4 and this key");
        let authorization = text(headers, &AUTHORIZATION);
        let (_, rest) = authorization.split_once(" Credential=").ok_or_else(unsigned)?;
        let (credential, _) = rest.split_once(',').ok_or_else(unsigned)?;
        let (_, signature) = rest.rsplit_once("Signature=").ok_or_else(unsigned)?;
        let (timestamp, _) = Timestamp::parse(text(headers, &X_AMZ_DATE)).ok_or_else(unsigned)?;
        let mut credential = credential.split('/');
        if credential.next() != Some(&own.config.access_key_id) || credential.next() != Some(timestamp.date()) {
            return Err(unsigned());
        }
        let (Some(region), Some(service)) = (credential.next(), credential.next()) else { return Err(unsigned()) };
        let scope = Scope { timestamp, region: Some(region), service };
        let key = own.mac(&scope, what)?;
        Ok(Self { key, timestamp, signature: Hex64::parse(signature).ok_or_else(unsigned)? })
    }
}
