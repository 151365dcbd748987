use countersign_core::{Context, Error, ErrorKind, Reply, Result};
use http::Uri;
use serde_json::Value;

use super::reply::{lacks, success};

/// What an authorization server says of itself (RFC 8414, OpenID Connect Discovery).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Metadata {
    /// Who it is.
    pub issuer: String,
    /// Where authorization code and implicit begin.
    pub authorization_endpoint: Option<String>,
    /// Where tokens are given.
    pub token_endpoint: Option<String>,
    /// Where the device flow begins.
    pub device_authorization_endpoint: Option<String>,
    /// Where requests are pushed.
    pub pushed_authorization_request_endpoint: Option<String>,
    /// Where tokens are revoked.
    pub revocation_endpoint: Option<String>,
    /// Where tokens are looked up.
    pub introspection_endpoint: Option<String>,
    /// The grants, if it says.
    pub grant_types_supported: Vec<String>,
    /// PKCE's methods, if it says.
    pub code_challenge_methods_supported: Vec<String>,
    /// Whether its callbacks have `iss` (RFC 9207).
    pub authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Reads an issuer's metadata, received now.
    ///
    /// # Errors
    /// [`ErrorKind::TokenRequestFailed`] when there is none; [`ErrorKind::ServerNotAuthentic`] when it is another issuer's.
    pub fn from_reply<'a>(issuer: &str, reply: impl Into<Reply<'a>>, ctx: &Context) -> Result<Self> {
        let object = success(reply.into(), ctx)?;
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let list = |name: &str| {
            let values = object.get(name).and_then(Value::as_array).into_iter().flatten();
            values.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let given = text("issuer").ok_or_else(|| lacks("issuer"))?;
        if given != issuer {
            return Err(Error::new(
                ErrorKind::ServerNotAuthentic,
                "the metadata is of another issuer than was asked for",
            ));
        }
        Ok(Self {
            issuer: given,
            authorization_endpoint: text("authorization_endpoint"),
            token_endpoint: text("token_endpoint"),
            device_authorization_endpoint: text("device_authorization_endpoint"),
            pushed_authorization_request_endpoint: text("pushed_authorization_request_endpoint"),
            revocation_endpoint: text("revocation_endpoint"),
            introspection_endpoint: text("introspection_endpoint"),
            grant_types_supported: list("grant_types_supported"),
            code_challenge_methods_supported: list("code_challenge_methods_supported"),
            authorization_response_iss_parameter_supported: object
                .get("authorization_response_iss_parameter_supported")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
        })
    }
}

/// Where an issuer's metadata may be, to be asked for in this order: RFC 8414's place, then OpenID's.
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] when the issuer is not a URL.
pub fn metadata_urls(issuer: &str) -> Result<[Uri; 2]> {
    let invalid = || Error::new(ErrorKind::InvalidConfig, "the issuer is not an absolute URL");
    let uri: Uri = issuer.parse().map_err(|err| invalid().with_source(err))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(invalid()) };
    let path = uri.path().trim_end_matches('/');
    let parse = |text: String| text.parse().map_err(|err: http::uri::InvalidUri| invalid().with_source(err));
    Ok([
        parse(format!("{scheme}://{authority}/.well-known/oauth-authorization-server{path}"))?,
        parse(format!("{scheme}://{authority}{path}/.well-known/openid-configuration"))?,
    ])
}
