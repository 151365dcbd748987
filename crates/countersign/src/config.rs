use std::sync::Arc;

use countersign_core::{Context, Dialogue, Error, ErrorKind, Once, Payload, Result, Scheme, Secret, Signed};
use http::Request;
use http::request::Parts;

#[cfg(feature = "aws-sigv4")]
use crate::aws_sigv4;
#[cfg(feature = "basic")]
use crate::basic;
use crate::builder::Making;
#[cfg(feature = "digest")]
use crate::digest;
#[cfg(feature = "edgegrid")]
use crate::edgegrid;
#[cfg(feature = "hawk")]
use crate::hawk;
#[cfg(feature = "ntlm")]
use crate::ntlm;
#[cfg(feature = "oauth1")]
use crate::oauth1;
#[cfg(feature = "oauth2")]
use crate::oauth2;
use crate::{all, api_key, bearer};

/// How requests are authenticated, as a config file says it: pure data. [`Authenticator::new`](crate::Authenticator::new)
/// makes it ready.
///
/// As JSON it is tagged by `type`; field names are those of the scheme's `Config`, and an unknown or missing one is an error
/// that names it. Serializing shows secrets: a config is a file.
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use countersign::AuthConfig;
///
/// let config: AuthConfig = serde_json::from_str(r#"{ "type": "bearer", "token": "mF_9.B5f-4.1JqM" }"#)?;
/// assert!(!format!("{config:?}").contains("mF_9"));
///
/// let error = serde_json::from_str::<AuthConfig>(r#"{ "type": "bearer", "tokn": "" }"#).unwrap_err();
/// assert!(error.to_string().contains("unknown field `tokn`"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(tag = "type", rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum AuthConfig {
    /// As the enclosing folder or collection says: see [`AuthConfig::inherit_from`].
    #[cfg_attr(feature = "serde", serde(deserialize_with = "no_fields"))]
    Inherit,
    /// Requests go out as they are.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "no_fields"))]
    None,
    /// A key in a header, in the query or in a cookie.
    ApiKey(api_key::Config),
    /// A token in the `Authorization` header (RFC 6750).
    Bearer(bearer::Config),
    /// Several that apply together.
    All(all::Config),
    /// A user name and password with every request (RFC 7617).
    #[cfg(feature = "basic")]
    Basic(basic::Config),
    /// A password's proof, as the server's challenge asks (RFC 7616).
    #[cfg(feature = "digest")]
    Digest(digest::Config),
    /// A Windows password, proved in three legs on one connection (MS-NTHT).
    #[cfg(feature = "ntlm")]
    Ntlm(ntlm::Config),
    /// A consumer's and a token's secret, by which each request is signed (RFC 5849).
    #[cfg(feature = "oauth1")]
    Oauth1(oauth1::Config),
    /// A token that a server gave, or the grant that gets one (RFC 6749).
    #[cfg(feature = "oauth2")]
    Oauth2(oauth2::Config),
    /// A key's MAC over each request, and the server's proof in return.
    #[cfg(feature = "hawk")]
    Hawk(hawk::Config),
    /// Akamai EdgeGrid.
    #[cfg(feature = "edgegrid")]
    Edgegrid(edgegrid::Config),
    /// AWS Signature Version 4.
    #[cfg(feature = "aws-sigv4")]
    AwsSigv4(aws_sigv4::Config),
}

impl AuthConfig {
    /// [`AuthConfig::ApiKey`] in a header.
    #[must_use]
    pub fn api_key(key: impl Into<String>, value: impl Into<Secret>) -> Self {
        Self::ApiKey(api_key::Config::new(key, value))
    }

    /// [`AuthConfig::Bearer`].
    #[must_use]
    pub fn bearer(token: impl Into<Secret>) -> Self {
        Self::Bearer(bearer::Config::new(token))
    }

    /// [`AuthConfig::All`].
    #[must_use]
    pub fn all(of: impl IntoIterator<Item = Self>) -> Self {
        Self::All(all::Config::new(of))
    }

    /// [`AuthConfig::Basic`].
    #[cfg(feature = "basic")]
    #[must_use]
    pub fn basic(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::Basic(basic::Config::new(username, password))
    }

    /// [`AuthConfig::Digest`].
    #[cfg(feature = "digest")]
    #[must_use]
    pub fn digest(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::Digest(digest::Config::new(username, password))
    }

    /// [`AuthConfig::AwsSigv4`] in the header, with region and service read from an AWS host.
    #[cfg(feature = "aws-sigv4")]
    #[must_use]
    pub fn aws_sigv4(access_key_id: impl Into<String>, secret_access_key: impl Into<Secret>) -> Self {
        Self::AwsSigv4(aws_sigv4::Config::new(access_key_id, secret_access_key))
    }

    /// [`AuthConfig::Ntlm`], for `DOMAIN\User` or `user@domain`.
    #[cfg(feature = "ntlm")]
    #[must_use]
    pub fn ntlm(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::Ntlm(ntlm::Config::new(username, password))
    }

    /// [`AuthConfig::Oauth1`]: HMAC-SHA1 in the header, without a token.
    #[cfg(feature = "oauth1")]
    #[must_use]
    pub fn oauth1(consumer_key: impl Into<String>, consumer_secret: impl Into<Secret>) -> Self {
        Self::Oauth1(oauth1::Config::new(consumer_key, consumer_secret))
    }

    /// [`AuthConfig::Oauth2`], with a grant that gets the token.
    #[cfg(feature = "oauth2")]
    #[must_use]
    pub fn oauth2(grant: impl Into<oauth2::Grant>) -> Self {
        Self::Oauth2(oauth2::Config::of(grant))
    }

    /// [`AuthConfig::Hawk`], with SHA-256.
    #[cfg(feature = "hawk")]
    #[must_use]
    pub fn hawk(id: impl Into<String>, key: impl Into<Secret>) -> Self {
        Self::Hawk(hawk::Config::new(id, key))
    }

    /// [`AuthConfig::Edgegrid`], for the host that each request names.
    #[cfg(feature = "edgegrid")]
    #[must_use]
    pub fn edgegrid(
        access_token: impl Into<String>,
        client_token: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        Self::Edgegrid(edgegrid::Config::new(access_token, client_token, client_secret))
    }

    /// This config, or, where it inherits, the nearest of its `parents` (nearest first: folders, then collection) that
    /// does not.
    ///
    /// ```
    /// use countersign::AuthConfig;
    ///
    /// let (folder, collection) = (AuthConfig::Inherit, AuthConfig::bearer("token"));
    /// let config = AuthConfig::Inherit.inherit_from([&folder, &collection])?.clone();
    /// assert!(matches!(config, AuthConfig::Bearer(_)));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when all of them inherit: write [`AuthConfig::None`] at the top where requests are to go
    /// out as they are.
    pub fn inherit_from<'a>(&'a self, parents: impl IntoIterator<Item = &'a Self>) -> Result<&'a Self> {
        std::iter::once(self)
            .chain(parents)
            .find(|config| !matches!(config, Self::Inherit))
            .ok_or_else(nothing_to_inherit)
    }

    /// The one place that knows every scheme.
    pub(crate) fn scheme(&self, making: &mut Making) -> Result<Arc<dyn Scheme>> {
        Ok(match self {
            Self::Inherit => return Err(nothing_to_inherit()),
            Self::None => Arc::new(NoAuth),
            Self::ApiKey(config) => Arc::new(api_key::Signer::new(config)?),
            Self::Bearer(config) => Arc::new(bearer::Signer::new(config)?),
            Self::All(config) => Arc::new(all::Signer::make(config, making)?),
            #[cfg(feature = "basic")]
            Self::Basic(config) => Arc::new(basic::Signer::new(config)?),
            #[cfg(feature = "digest")]
            Self::Digest(config) => Arc::new(digest::Signer::new(config)?),
            #[cfg(feature = "ntlm")]
            Self::Ntlm(config) => Arc::new(ntlm::Signer::new(config)?),
            #[cfg(feature = "oauth1")]
            Self::Oauth1(config) => Arc::new(oauth1::Signer::new(config)?),
            #[cfg(feature = "oauth2")]
            Self::Oauth2(config) => making.session(config)?,
            #[cfg(feature = "hawk")]
            Self::Hawk(config) => Arc::new(hawk::Signer::new(config)?),
            #[cfg(feature = "edgegrid")]
            Self::Edgegrid(config) => Arc::new(edgegrid::Signer::new(config)?),
            #[cfg(feature = "aws-sigv4")]
            Self::AwsSigv4(config) => Arc::new(aws_sigv4::Signer::new(config)?),
        })
    }
}

fn nothing_to_inherit() -> Error {
    Error::new(
        ErrorKind::InvalidConfig,
        "the config inherits, and no parent says from what (`none` means no authentication)",
    )
}

/// Changes nothing.
#[derive(Debug)]
struct NoAuth;

impl Scheme for NoAuth {
    fn compute(&self, _: &Parts, _: &Payload, _: &Context) -> Result<Signed> {
        Ok(Signed::default())
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Once::boxed(self, request)
    }
}

/// A unit variant would accept any field silently.
#[cfg(feature = "serde")]
fn no_fields<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NoFields {}
    <NoFields as serde::Deserialize>::deserialize(deserializer).map(|NoFields {}| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Authenticator;

    #[test]
    fn inheriting_from_nobody_is_an_error() {
        let error = AuthConfig::Inherit.inherit_from([&AuthConfig::Inherit]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert_eq!(Authenticator::new(&AuthConfig::Inherit).unwrap_err().kind(), ErrorKind::InvalidConfig);
    }

    #[test]
    fn none_sends_the_request_as_it_is() {
        let auth = Authenticator::new(&AuthConfig::None).unwrap();
        let request = Request::get("http://h/?a").header("x", "y").body("b").unwrap();
        let signed = auth.sign_request(request, &Context::at(0)).unwrap();
        assert_eq!((signed.uri().to_string(), signed.headers().len()), ("http://h/?a".into(), 1));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn json_is_strict_and_names_the_field() {
        let error = |json: &str| serde_json::from_str::<AuthConfig>(json).unwrap_err().to_string();
        assert!(error(r#"{ "type": "none", "x": 1 }"#).contains("unknown field `x`"));
        assert!(error(r#"{ "type": "inherit", "token": "t" }"#).contains("unknown field `token`"));
        assert!(error(r#"{ "type": "bearer" }"#).contains("missing field `token`"));
        assert!(error(r#"{ "token": "t" }"#).contains("missing field `type`"));
        assert!(error(r#"{ "type": "barer" }"#).contains("unknown variant `barer`"));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn json_survives_a_round_trip() {
        for json in [
            r#"{"type":"inherit"}"#,
            r#"{"type":"none"}"#,
            r#"{"type":"bearer","token":"t"}"#,
            r#"{"type":"api-key","key":"k","value":"v","add_to":"query"}"#,
            r#"{"type":"all","of":[{"type":"api-key","key":"k","value":"v","add_to":"cookie"},{"type":"bearer","token":"t"}]}"#,
        ] {
            let config: AuthConfig = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&config).unwrap(), json);
        }
    }
}
