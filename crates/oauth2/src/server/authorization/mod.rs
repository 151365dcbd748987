//! The authorization endpoint: a person's consent (RFC 6749 section 3.1, RFC 9126).

mod callback;
mod pkce;

use std::fmt;

use countersign_core::encode::form_decode;
use countersign_core::query;
use countersign_core::target::{Shown, path_and_query};
use countersign_core::{Context, Error, ErrorKind, Payload, Reply, Result, Secret};
use http::{Request, Uri};
use serde_json::Value;

pub use callback::Callback;
pub use pkce::code_challenge;

use self::pkce::{given_or_drawn, push_challenge};
use super::reply::{lacks, success};
use super::token::token_request;
use crate::config::{Consent, Grant, GrantType, endpoint};
use crate::form::Form;
use crate::proof::post;

/// A request for a person's consent: the URL to open, and what only its asker knows, by which the answer is recognised: state,
/// nonce, issuer, and PKCE's verifier.
///
/// It is a value. Several may be open at once, and with the feature `serde` it can be kept in a web application's session, so that
/// the callback is answered by whichever process gets it. Whoever has it can answer the callback, so keep it from others: it shows
/// secrets when it is serialized, and never in `Debug`.
///
/// ```
/// use countersign_core::{Context, ErrorKind};
/// use countersign_oauth2::{Grant, server::{AuthorizationRequest, Callback}};
///
/// let grant = Grant::authorization_code("https://as/auth", "https://as/token", "app", "http://127.0.0.1:8080/callback");
/// let ctx = Context::now();
/// let authorization = AuthorizationRequest::new(&grant, &ctx)?;
/// println!("open {}", authorization.url());
///
/// // The browser comes back with our state, or it is somebody else's answer.
/// let url = format!("http://127.0.0.1:8080/callback?code=SplxlOBeZQQYbYS6WxSbIA&state={}", authorization.state());
/// assert!(matches!(authorization.callback(&url, &ctx)?, Callback::Code(_)));
/// let forged = authorization.callback("http://127.0.0.1:8080/callback?code=x&state=y", &ctx);
/// assert_eq!(forged.unwrap_err().kind(), ErrorKind::StateMismatch);
/// # Ok::<(), countersign_core::Error>(())
/// ```
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
pub struct AuthorizationRequest {
    url: String,
    /// The parameters, until they are pushed.
    parameters: Secret,
    callback_url: String,
    is_implicit: bool,
    state: Secret,
    nonce: Option<Secret>,
    code_verifier: Option<Secret>,
    issuer: Option<String>,
    require_iss: bool,
}

impl AuthorizationRequest {
    /// Draws state and verifier, unless the grant has them; and a nonce where an id token is asked for (OpenID Connect Core section
    /// 3.1.2.1: the scope `openid`) and the grant's parameters have none.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] for a grant without a browser, one that lacks `auth_url`, `callback_url` or `client_id`, or has
    /// a verifier that is not as RFC 7636 section 4.1 demands.
    pub fn new(grant: &Grant, ctx: &Context) -> Result<Self> {
        Self::bound(grant, None, ctx)
    }

    /// [`AuthorizationRequest::new`], its code bound to a key's thumbprint (RFC 9449 section 10).
    pub(crate) fn bound(grant: &Grant, thumbprint: Option<&str>, ctx: &Context) -> Result<Self> {
        let Some(consent) = grant.consent() else {
            return Err(Error::new(ErrorKind::InvalidConfig, "the grant asks no person in a browser"));
        };
        grant.check()?;
        let client = grant.client();
        let auth_url = endpoint("auth_url", &consent.auth_url, client)?;
        let state = given_or_drawn(consent.state.as_ref(), ctx)?;
        let nonce = nonce(grant, consent, ctx)?;
        let mut form = Form::default();
        form.push("response_type", if grant.grant_type() == GrantType::Implicit { "token" } else { "code" });
        form.push("client_id", &client.client_id);
        form.push("redirect_uri", &consent.callback_url);
        form.push_some("scope", client.scope.as_deref());
        form.push("state", state.expose());
        form.push_some("nonce", nonce.as_ref().map(Secret::expose));
        let code_verifier = match grant {
            Grant::AuthorizationCode(grant) => Some(push_challenge(&mut form, grant, ctx)?),
            _ => None,
        };
        form.push_some("dpop_jkt", thumbprint);
        client.resource.iter().for_each(|resource| form.push("resource", resource));
        form.push_some("audience", client.audience.as_deref());
        consent.auth_request_params.iter().for_each(|(name, value)| form.push(name, value));
        Ok(Self {
            url: with_query(&auth_url, form.text())?,
            parameters: String::from(form).into(),
            callback_url: consent.callback_url.clone(),
            is_implicit: grant.grant_type() == GrantType::Implicit,
            state,
            nonce,
            code_verifier,
            issuer: client.issuer.clone().filter(|issuer| !issuer.is_empty()),
            require_iss: consent.require_iss,
        })
    }

    /// Where to send the person.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The state, which comes back: by it a web application finds the request that a callback answers.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.expose()
    }

    /// The nonce that the id token must have, where one was drawn.
    #[must_use]
    pub const fn nonce(&self) -> Option<&Secret> {
        self.nonce.as_ref()
    }

    /// Sends the parameters ahead, from server to server (RFC 9126 section 2.1): the request to the grant's `par_url`, whose reply
    /// goes to [`AuthorizationRequest::pushed`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] without a `par_url`.
    pub fn push_request(&self, grant: &Grant, ctx: &Context) -> Result<Request<Payload>> {
        let par_url = match grant {
            Grant::AuthorizationCode(grant) => grant.par_url.as_deref(),
            _ => None,
        };
        let uri = endpoint("par_url", par_url.unwrap_or_default(), grant.client())?;
        let mut form = Form::default();
        for (name, value) in query::pairs(self.parameters.expose()) {
            // The client names itself as it authenticates.
            if name != "client_id" {
                form.push(&decoded(name), &decoded(value.unwrap_or_default()));
            }
        }
        post(grant, uri, form, ctx)
    }

    /// Reads the reply to a pushed request, received now: from then on, the URL is short and says nothing.
    ///
    /// # Errors
    /// [`ErrorKind::TokenRequestFailed`] when the server refuses, or its reply lacks `request_uri`.
    pub fn pushed<'a>(&mut self, grant: &Grant, reply: impl Into<Reply<'a>>, ctx: &Context) -> Result<()> {
        let object = success(reply.into(), ctx)?;
        let request_uri = object.get("request_uri").and_then(Value::as_str).ok_or_else(|| lacks("request_uri"))?;
        let auth_url = grant.consent().map(|consent| consent.auth_url.as_str()).unwrap_or_default();
        let mut form = Form::default();
        form.push("client_id", &grant.client().client_id);
        form.push("request_uri", request_uri);
        self.url = with_query(&endpoint("auth_url", auth_url, grant.client())?, form.text())?;
        self.parameters = Secret::default();
        Ok(())
    }

    /// The token request for a code (RFC 6749 section 4.1.3).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the grant has no token endpoint.
    pub fn code_request(&self, grant: &Grant, code: &Secret, ctx: &Context) -> Result<Request<Payload>> {
        let mut form = Form::default();
        form.push("grant_type", GrantType::AuthorizationCode.as_str());
        form.push("code", code.expose());
        form.push("redirect_uri", &self.callback_url);
        form.push_some("code_verifier", self.code_verifier.as_ref().map(Secret::expose));
        token_request(grant, form, ctx)
    }
}

fn nonce(grant: &Grant, consent: &Consent, ctx: &Context) -> Result<Option<Secret>> {
    let scope = grant.client().scope.as_deref().unwrap_or_default();
    let is_given = consent.auth_request_params.iter().any(|(name, _)| name == "nonce");
    let is_wanted = scope.split(' ').any(|scope| scope == "openid") && !is_given;
    is_wanted.then(|| given_or_drawn(None, ctx)).transpose()
}

fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&form_decode(text.as_bytes())).into_owned()
}

fn with_query(uri: &Uri, more: &str) -> Result<String> {
    let text = path_and_query(uri);
    let separator = if text.ends_with(['?', '&']) {
        ""
    } else if text.contains('?') {
        "&"
    } else {
        "?"
    };
    query::with_path_and_query(uri, format!("{text}{separator}{more}")).map(|uri| uri.to_string())
}

/// Shows where the person goes, without the state.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri: Option<Uri> = self.url.parse().ok();
        f.debug_struct("AuthorizationRequest").field("url", &uri.as_ref().map(Shown)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
