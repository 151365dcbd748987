use countersign_core::{Context, Payload, Reply, Result, Secret};
use http::{Request, Uri};
use serde_json::Value;

use super::reply::{lacks, seconds, success, unusable};
use crate::config::{Grant, endpoint};
use crate::form::Form;
use crate::proof::post;

/// Asks a server what it knows of a token (RFC 7662 section 2.1); the reply goes to [`Introspection::from_reply`]. `hint` is
/// `access_token` or `refresh_token`.
///
/// # Errors
/// [`InvalidConfig`](countersign_core::ErrorKind::InvalidConfig) when `introspection_url` may not be used.
pub fn introspection_request(
    grant: &Grant,
    introspection_url: &str,
    token: &Secret,
    hint: Option<&str>,
    ctx: &Context,
) -> Result<Request<Payload>> {
    about_token(grant, endpoint("introspection_url", introspection_url, grant.client())?, token, hint, ctx)
}

/// A request that names a token.
pub(super) fn about_token(
    grant: &Grant,
    uri: Uri,
    token: &Secret,
    hint: Option<&str>,
    ctx: &Context,
) -> Result<Request<Payload>> {
    let mut form = Form::default();
    form.push("token", token.expose());
    form.push_some("token_type_hint", hint);
    post(grant, uri, form, ctx)
}

/// What a server knows of a token (RFC 7662 section 2.2).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Introspection {
    /// Whether it can be used.
    pub active: bool,
    /// The scopes, separated by spaces.
    pub scope: Option<String>,
    /// The client that it was issued to.
    pub client_id: Option<String>,
    /// The user's name.
    pub username: Option<String>,
    /// The user's identifier.
    pub sub: Option<String>,
    /// When it expires, in seconds since the Unix epoch.
    pub exp: Option<u64>,
    /// From when on it counts, in seconds since the Unix epoch.
    pub nbf: Option<u64>,
    /// Who issued it.
    pub iss: Option<String>,
    /// Whom it is for: a resource server that is not among them should not take it.
    pub aud: Vec<String>,
    /// `Bearer`, `DPoP` or another.
    pub token_type: Option<String>,
    /// Whether it is bound to a key or certificate (`cnf`, RFC 7800): who shows it must prove to have that too.
    pub is_bound: bool,
}

impl Introspection {
    /// Reads the reply to [`introspection_request`], received now.
    ///
    /// # Errors
    /// [`TokenRequestFailed`](countersign_core::ErrorKind::TokenRequestFailed) when the server refuses, or the reply lacks `active`.
    pub fn from_reply<'a>(reply: impl Into<Reply<'a>>, ctx: &Context) -> Result<Self> {
        let object = success(reply.into(), ctx)?;
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        // A time that cannot be read is not one that never comes.
        let time = |name: &str| match object.get(name).filter(|value| !value.is_null()) {
            None => Ok(None),
            Some(value) => seconds(value).map(Some).ok_or_else(|| unusable(name, &value.to_string())),
        };
        Ok(Self {
            active: object.get("active").and_then(Value::as_bool).ok_or_else(|| lacks("active"))?,
            scope: text("scope"),
            client_id: text("client_id"),
            username: text("username"),
            sub: text("sub"),
            exp: time("exp")?,
            nbf: time("nbf")?,
            iss: text("iss"),
            aud: match object.get("aud") {
                Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                _ => text("aud").into_iter().collect(),
            },
            token_type: text("token_type"),
            is_bound: object.get("cnf").is_some_and(|cnf| !cnf.is_null()),
        })
    }
}
