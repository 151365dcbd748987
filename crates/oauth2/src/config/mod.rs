//! What is configured: the token, or the grant that gets one. Pure data.

mod authorization_code;
mod client;
mod client_credentials;
mod consent;
mod device_code;
mod endpoint;
mod grant;
mod implicit;
#[cfg(feature = "serde")]
mod json;
mod jwt_bearer;
mod password;
mod refresh_token;
mod token_endpoint;
mod token_exchange;

use countersign_core::Secret;
use countersign_core::config::bearer;

pub use authorization_code::{AuthorizationCode, CodeChallengeMethod};
pub use client::Client;
pub use client_credentials::ClientCredentials;
pub use consent::Consent;
pub use device_code::DeviceCode;
pub(crate) use endpoint::{endpoint, is_loopback};
pub use grant::{Grant, GrantType};
pub use implicit::Implicit;
pub use jwt_bearer::JwtBearer;
pub use password::Password;
pub use refresh_token::RefreshToken;
pub use token_endpoint::{ClientAuthentication, DpopKey, TokenEndpoint};
pub use token_exchange::{ActorToken, TokenExchange};

/// Which token to send, where it goes, and how to get it.
///
/// As JSON, with a token at hand: `{ "access_token": "…" }`; with a grant, whose fields stand side by side whatever struct holds
/// them in code:
/// `{ "grant": { "grant_type": "client_credentials", "access_token_url": "https://…", "client_id": "…", "client_secret": "…" } }`.
///
/// An optional text that is empty counts as left out.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// A token that is at hand. With a grant, it is used until it expires or is refused.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub access_token: Option<Secret>,
    /// What stands before the token in the header, trimmed; when it is blank, the header holds the token only. `Bearer` unless set.
    #[cfg_attr(
        feature = "serde",
        serde(default = "bearer", skip_serializing_if = "countersign_core::config::is_bearer")
    )]
    pub header_prefix: String,
    /// Where the token goes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub add_to: AddTo,
    /// How to get a token.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub grant: Option<Box<Grant>>,
    /// Replaces the token once after a 401 that does not say why, as after one that says `invalid_token` (RFC 6750 section 3.1).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "countersign_core::config::is_default"))]
    pub refresh_on_bare_401: bool,
}

/// Where a token goes (RFC 6750 section 2). A token in the other place is removed: only one counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum AddTo {
    /// The `Authorization` header.
    #[default]
    Header,
    /// The query parameter `access_token`. URLs end up in logs: for servers that take nothing else.
    Query,
}

impl Config {
    /// A token that is at hand.
    #[must_use]
    pub fn new(access_token: impl Into<Secret>) -> Self {
        Self { access_token: Some(access_token.into()), ..Self::empty() }
    }

    /// A grant that gets one.
    #[must_use]
    pub fn of(grant: impl Into<Grant>) -> Self {
        Self { grant: Some(Box::new(grant.into())), ..Self::empty() }
    }

    fn empty() -> Self {
        Self {
            access_token: None,
            header_prefix: bearer(),
            add_to: AddTo::Header,
            grant: None,
            refresh_on_bare_401: false,
        }
    }
}
