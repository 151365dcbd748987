//! What each config of several does to a request, and where.

use std::borrow::Cow;
use std::fmt;

use crate::{AuthConfig, api_key};

/// What a config does to a request.
pub(super) enum Part {
    /// It adds an API key.
    Key,
    /// It adds something else that is known beforehand.
    Known,
    /// It signs the request as it goes out.
    Signs,
    /// It talks to a server, and then adds what that takes.
    #[cfg_attr(
        not(any(feature = "digest", feature = "ntlm", feature = "oauth2")),
        expect(dead_code, reason = "no scheme of this build converses")
    )]
    Converses,
}

impl Part {
    pub(super) fn of(config: &AuthConfig) -> Self {
        match config {
            AuthConfig::ApiKey(_) => Self::Key,
            AuthConfig::None | AuthConfig::Inherit | AuthConfig::Bearer(_) => Self::Known,
            #[cfg(feature = "basic")]
            AuthConfig::Basic(_) => Self::Known,
            #[cfg(feature = "oauth2")]
            AuthConfig::Oauth2(config) if config.grant.is_none() => Self::Known,
            #[cfg(feature = "oauth2")]
            AuthConfig::Oauth2(_) => Self::Converses,
            #[cfg(feature = "digest")]
            AuthConfig::Digest(_) => Self::Converses,
            #[cfg(feature = "ntlm")]
            AuthConfig::Ntlm(_) => Self::Converses,
            _ => Self::Signs,
        }
    }
}

/// What a config fills in a request.
#[derive(Eq, PartialEq)]
pub(super) enum Place<'a> {
    /// In lower case.
    Header(Cow<'a, str>),
    Query(Cow<'a, str>),
    Cookie(&'a str),
}

impl<'a> Place<'a> {
    /// None for what fills nothing.
    pub(super) fn of(config: &'a AuthConfig) -> Option<Self> {
        let authorization = Self::Header("authorization".into());
        Some(match config {
            AuthConfig::None | AuthConfig::Inherit | AuthConfig::All(_) => return None,
            AuthConfig::ApiKey(config) => match config.add_to {
                api_key::AddTo::Header => Self::Header(config.key.to_ascii_lowercase().into()),
                api_key::AddTo::Query => Self::Query(config.key.as_str().into()),
                api_key::AddTo::Cookie => Self::Cookie(&config.key),
            },
            #[cfg(feature = "oauth2")]
            AuthConfig::Oauth2(config) if config.add_to == crate::oauth2::AddTo::Query => {
                Self::Query("access_token".into())
            }
            #[cfg(feature = "aws-sigv4")]
            AuthConfig::AwsSigv4(config) if config.add_to == crate::aws_sigv4::AddTo::Query => {
                Self::Query("X-Amz-Signature".into())
            }
            #[cfg(feature = "oauth1")]
            AuthConfig::Oauth1(config) if config.add_to == crate::oauth1::AddTo::Request => {
                Self::Query("oauth_signature".into())
            }
            _ => authorization,
        })
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, name) = match self {
            Self::Header(name) => ("header", name.as_ref()),
            Self::Query(name) => ("query parameter", name.as_ref()),
            Self::Cookie(name) => ("cookie", *name),
        };
        write!(f, "the {what} {}", countersign_core::Quoted(name.as_bytes()))
    }
}
