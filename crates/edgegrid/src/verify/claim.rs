use std::borrow::Cow;
use std::fmt;

use countersign_core::Result;
use countersign_core::target::Origin;
use countersign_core::verify::{self, unreadable};
use http::request::Parts;

use crate::signer::SCHEME;
use crate::timestamp;

/// What a request says of itself. Nothing of it is believed yet.
pub struct Claim<'a> {
    pub(super) parts: &'a Parts,
    pub(super) host: Cow<'a, str>,
    /// The header as far as its signature, which is signed too.
    pub(super) unsigned: &'a str,
    pub(super) client_token: &'a str,
    pub(super) access_token: &'a str,
    /// The time as it is signed, and in seconds since the Unix epoch.
    pub(super) timestamp: &'a str,
    pub(super) time: u64,
    pub(super) nonce: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Claim<'a> {
    pub(super) fn read(parts: &'a Parts, origin: Option<&Origin>) -> Result<Self> {
        let header = verify::authorization(parts, SCHEME)?;
        verify::no_doubles(parts)?;
        let host = verify::host(parts, origin)?;
        let header =
            str::from_utf8(header.as_bytes()).map_err(|_| unreadable("the Authorization header is not UTF-8"))?;
        let (unsigned, signature) = header
            .rsplit_once("signature=")
            .filter(|(unsigned, _)| unsigned.ends_with(';'))
            .ok_or_else(|| unreadable("the Authorization header does not end with a `signature`"))?;
        let fields = unsigned.get(SCHEME.len()..).unwrap_or_default().trim_start();
        let field = |name: &str| field(fields, name);
        let timestamp = field("timestamp")?;
        let time = timestamp::read(timestamp)
            .ok_or_else(|| unreadable("`timestamp` is not of the form 20140321T19:34:21+0000"))?;
        Ok(Self {
            parts,
            host,
            unsigned,
            client_token: field("client_token")?,
            access_token: field("access_token")?,
            timestamp,
            time,
            nonce: field("nonce")?,
            signature,
        })
    }

    /// The client token: whose secret is to be found.
    #[must_use]
    pub const fn id(&self) -> &str {
        self.client_token
    }

    /// The access token, which must be one that this client was given.
    #[must_use]
    pub const fn access_token(&self) -> &str {
        self.access_token
    }
}

/// The one value of this name among fields that each end with `;`.
fn field<'a>(fields: &'a str, name: &str) -> Result<&'a str> {
    let mut values = fields.split(';').filter_map(|field| field.split_once('=')).filter(|(known, _)| *known == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) if !value.is_empty() => Ok(value),
        _ => Err(unreadable(format!("the Authorization header does not have exactly one `{name}`"))),
    }
}

/// Shows whose claim it is, and no more.
impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("client_token", &self.client_token)
            .field("access_token", &self.access_token)
            .finish_non_exhaustive()
    }
}
