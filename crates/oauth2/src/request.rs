//! Requests to an authorization server, and what their replies say. Each is a plain `http::Request` that any client can send;
//! a client that follows redirects must not follow these.

use countersign_core::{Context, Error, ErrorKind, Payload, Reply, Result, Secret};
use http::{Request, Uri};
use serde_json::{Map, Value};

use crate::client::{Form, endpoint};
use crate::config::{Grant, GrantType};
use crate::token::read_object;

/// The token request of a grant that needs no person: password, client credentials, token exchange, JWT bearer, refresh token.
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] when the grant lacks what it needs, or needs a person.
pub fn token_request(grant: &Grant, ctx: &Context) -> Result<Request<Payload>> {
    let missing = |field: &str| {
        Error::new(
            ErrorKind::InvalidConfig,
            format!("`{field}` is missing, which the grant {} needs", grant.grant_type.as_str()),
        )
    };
    let required = |field: &'static str, secret: &Option<Secret>| -> Result<Secret> {
        secret.clone().filter(|secret| !secret.is_empty()).ok_or_else(|| missing(field))
    };
    let mut form = Form::default();
    form.push("grant_type", grant.grant_type.as_str());
    match grant.grant_type {
        GrantType::ClientCredentials => {}
        GrantType::Password => {
            form.push("username", grant.username.as_deref().ok_or_else(|| missing("username"))?);
            form.push("password", grant.password.as_ref().map_or("", Secret::expose));
        }
        GrantType::RefreshToken => {
            form.push("refresh_token", required("refresh_token", &grant.refresh_token)?.expose());
        }
        GrantType::JwtBearer => form.push("assertion", required("assertion", &grant.assertion)?.expose()),
        GrantType::TokenExchange => {
            form.push("subject_token", required("subject_token", &grant.subject_token)?.expose());
            let default = "urn:ietf:params:oauth:token-type:access_token";
            form.push("subject_token_type", grant.subject_token_type.as_deref().unwrap_or(default));
            if let Some(actor) = grant.actor_token.as_ref().filter(|actor| !actor.is_empty()) {
                form.push("actor_token", actor.expose());
                let actor_type = grant.actor_token_type.as_deref().ok_or_else(|| missing("actor_token_type"))?;
                form.push("actor_token_type", actor_type);
            }
            form.push_some("requested_token_type", grant.requested_token_type.as_deref());
        }
        GrantType::AuthorizationCode | GrantType::Implicit | GrantType::DeviceCode => {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "the grant needs a person: it has no token request of its own",
            ));
        }
    }
    form.push_some("scope", grant.scope.as_deref());
    send(grant, form, ctx)
}

/// The refresh of a token (RFC 6749 section 6), for the scopes that it has.
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] when the grant has no token endpoint.
pub fn refresh_request(grant: &Grant, refresh_token: &Secret, ctx: &Context) -> Result<Request<Payload>> {
    let mut form = Form::default();
    form.push("grant_type", GrantType::RefreshToken.as_str());
    form.push("refresh_token", refresh_token.expose());
    send(grant, form, ctx)
}

/// What every token request has: resources, audience, and the config's own parameters.
pub(crate) fn send(grant: &Grant, mut form: Form, ctx: &Context) -> Result<Request<Payload>> {
    let uri = endpoint("access_token_url", &grant.access_token_url, grant)?;
    grant.resource.iter().for_each(|resource| form.push("resource", resource));
    form.push_some("audience", grant.audience.as_deref());
    grant.token_request_params.iter().for_each(|(name, value)| form.push(name, value));
    form.into_request(grant, uri, ctx)
}

/// Asks a server to forget a token (RFC 7009). `hint` is `access_token` or `refresh_token`. Any success is one, whatever the body:
/// a server need not know the token.
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] when `revocation_url` may not be used.
pub fn revocation_request(
    grant: &Grant,
    revocation_url: &str,
    token: &Secret,
    hint: Option<&str>,
    ctx: &Context,
) -> Result<Request<Payload>> {
    about_token(grant, endpoint("revocation_url", revocation_url, grant)?, token, hint, ctx)
}

/// Asks a server what it knows of a token (RFC 7662); for the reply, [`introspection`].
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] when `introspection_url` may not be used.
pub fn introspection_request(
    grant: &Grant,
    introspection_url: &str,
    token: &Secret,
    hint: Option<&str>,
    ctx: &Context,
) -> Result<Request<Payload>> {
    about_token(grant, endpoint("introspection_url", introspection_url, grant)?, token, hint, ctx)
}

fn about_token(grant: &Grant, uri: Uri, token: &Secret, hint: Option<&str>, ctx: &Context) -> Result<Request<Payload>> {
    let mut form = Form::default();
    form.push("token", token.expose());
    form.push_some("token_type_hint", hint);
    form.into_request(grant, uri, ctx)
}

/// What a server knows of a token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Introspection {
    /// Whether it can be used.
    pub active: bool,
    /// The scopes, parted by spaces.
    pub scope: Option<String>,
    /// Whose client it was given to.
    pub client_id: Option<String>,
    /// The user's name.
    pub username: Option<String>,
    /// The user's identifier.
    pub sub: Option<String>,
    /// When it expires, in seconds since the Unix epoch.
    pub exp: Option<u64>,
}

/// Reads the reply to [`introspection_request`].
///
/// # Errors
/// [`ErrorKind::TokenRequestFailed`] when the server refuses, or the reply lacks `active`.
pub fn introspection<'a>(reply: impl Into<Reply<'a>>) -> Result<Introspection> {
    let reply = reply.into();
    let object = success(reply)?;
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Introspection {
        active: object.get("active").and_then(Value::as_bool).ok_or_else(|| lacks("active"))?,
        scope: text("scope"),
        client_id: text("client_id"),
        username: text("username"),
        sub: text("sub"),
        exp: object.get("exp").and_then(Value::as_u64),
    })
}

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

/// Where an issuer's metadata may be, to be asked for in this order: RFC 8414's place, then OpenID's.
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] when the issuer is no URL.
pub fn metadata_urls(issuer: &str) -> Result<[Uri; 2]> {
    let invalid = || Error::new(ErrorKind::InvalidConfig, "the issuer is no absolute URL");
    let uri: Uri = issuer.parse().map_err(|err| invalid().with_source(err))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(invalid()) };
    let path = uri.path().trim_end_matches('/');
    let parse = |text: String| text.parse().map_err(|err: http::uri::InvalidUri| invalid().with_source(err));
    Ok([
        parse(format!("{scheme}://{authority}/.well-known/oauth-authorization-server{path}"))?,
        parse(format!("{scheme}://{authority}{path}/.well-known/openid-configuration"))?,
    ])
}

/// Reads an issuer's metadata.
///
/// # Errors
/// [`ErrorKind::TokenRequestFailed`] when there is none; [`ErrorKind::ServerNotAuthentic`] when it is another issuer's.
pub fn metadata<'a>(issuer: &str, reply: impl Into<Reply<'a>>) -> Result<Metadata> {
    let reply = reply.into();
    let object = success(reply)?;
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = |name: &str| {
        let values = object.get(name).and_then(Value::as_array).into_iter().flatten();
        values.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let given = text("issuer").ok_or_else(|| lacks("issuer"))?;
    if given != issuer {
        return Err(Error::new(ErrorKind::ServerNotAuthentic, "the metadata is of another issuer than was asked for"));
    }
    Ok(Metadata {
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

fn success(reply: Reply<'_>) -> Result<Map<String, Value>> {
    let object = read_object(reply)?;
    if reply.status.is_success() {
        return Ok(object);
    }
    let message = format!("the endpoint's reply (status {}): the body has no `error`", reply.status.as_u16());
    Err(Error::new(ErrorKind::TokenRequestFailed, message))
}

pub(crate) fn lacks(field: &str) -> Error {
    Error::new(ErrorKind::TokenRequestFailed, format!("the endpoint's reply lacks `{field}`"))
}

/// The first request of the device flow (RFC 8628 section 3.1); for the reply, [`DeviceAuthorization::from_reply`].
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] without a `device_url`.
pub fn device_request(grant: &Grant, ctx: &Context) -> Result<Request<Payload>> {
    let uri = endpoint("device_url", grant.device_url.as_deref().unwrap_or_default(), grant)?;
    let mut form = Form::default();
    form.push_some("scope", grant.scope.as_deref());
    grant.resource.iter().for_each(|resource| form.push("resource", resource));
    form.push_some("audience", grant.audience.as_deref());
    grant.auth_request_params.iter().for_each(|(name, value)| form.push(name, value));
    form.into_request(grant, uri, ctx)
}

/// What a person has to do at another device, and how often to ask whether it is done.
///
/// The loop: show code and URI; wait [`DeviceAuthorization::interval`] seconds; send [`DeviceAuthorization::token_request`]; if its
/// reply gives an error for which [`DeviceAuthorization::goes_on`] is true, wait and ask again.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceAuthorization {
    device_code: Secret,
    /// What the person types in.
    pub user_code: String,
    /// Where the person goes.
    pub verification_uri: String,
    /// The same with the code, for a picture to scan.
    pub verification_uri_complete: Option<String>,
    /// Until when to ask, in seconds since the Unix epoch.
    pub expires_at: u64,
    /// How long to wait before each asking, in seconds.
    pub interval: u64,
}

impl DeviceAuthorization {
    /// Reads the reply to [`device_request`], received now.
    ///
    /// # Errors
    /// [`ErrorKind::TokenRequestFailed`] when the server refuses, or the reply lacks a field.
    pub fn from_reply<'a>(reply: impl Into<Reply<'a>>, ctx: &Context) -> Result<Self> {
        let object = success(reply.into())?;
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| object.get(name).and_then(Value::as_u64);
        // `verification_url` is what Google calls it.
        let uri = text("verification_uri").or_else(|| text("verification_url"));
        Ok(Self {
            device_code: text("device_code").ok_or_else(|| lacks("device_code"))?.into(),
            user_code: text("user_code").ok_or_else(|| lacks("user_code"))?,
            verification_uri: uri.ok_or_else(|| lacks("verification_uri"))?,
            verification_uri_complete: text("verification_uri_complete"),
            expires_at: ctx.unix_time().saturating_add(number("expires_in").ok_or_else(|| lacks("expires_in"))?),
            interval: number("interval").unwrap_or(5),
        })
    }

    /// Asks whether the person is done.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the grant has no token endpoint.
    pub fn token_request(&self, grant: &Grant, ctx: &Context) -> Result<Request<Payload>> {
        let mut form = Form::default();
        form.push("grant_type", GrantType::DeviceCode.as_str());
        form.push("device_code", self.device_code.expose());
        send(grant, form, ctx)
    }

    /// Whether to ask again after this error: the person is not done yet. A server that is asked too often is asked more slowly
    /// from then on (RFC 8628 section 3.5).
    pub fn goes_on(&mut self, error: &Error, ctx: &Context) -> bool {
        let Some(cause) = crate::ServerError::cause_of(error) else { return false };
        if cause.error == "slow_down" {
            self.interval = self.interval.saturating_add(5);
        }
        ctx.unix_time() < self.expires_at && ["authorization_pending", "slow_down"].contains(&cause.error.as_str())
    }
}
