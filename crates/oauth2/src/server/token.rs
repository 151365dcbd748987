use countersign_core::{Context, Error, ErrorKind, Payload, Reply, Result, Secret};
use http::Request;
use serde_json::{Map, Value};

use super::ServerError;
use super::reply::{read_object, seconds};
use crate::config::{Grant, GrantType, TokenExchange, endpoint};
use crate::form::Form;
use crate::proof::post;

/// The token request of a grant that needs no person: password, client credentials, token exchange, JWT bearer, refresh token.
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] when the grant lacks what it needs; [`ErrorKind::NeedsAuthorization`] when it needs a person.
pub fn grant_request(grant: &Grant, ctx: &Context) -> Result<Request<Payload>> {
    grant.check()?;
    let mut form = Form::default();
    form.push("grant_type", grant.grant_type().as_str());
    match grant {
        Grant::ClientCredentials(_) => {}
        Grant::Password(grant) => {
            form.push("username", &grant.username);
            form.push("password", grant.password.expose());
        }
        Grant::RefreshToken(grant) => {
            form.push_some("refresh_token", grant.token.refresh_token.as_ref().map(Secret::expose));
        }
        Grant::JwtBearer(grant) => form.push("assertion", grant.assertion.expose()),
        Grant::TokenExchange(grant) => push_exchange(&mut form, grant),
        Grant::AuthorizationCode(_) | Grant::Implicit(_) | Grant::DeviceCode(_) => {
            const WHY: &str = "the grant has no token request of its own: a person must consent first";
            return Err(Error::new(ErrorKind::NeedsAuthorization, WHY));
        }
    }
    form.push_some("scope", grant.client().scope.as_deref());
    token_request(grant, form, ctx)
}

fn push_exchange(form: &mut Form, grant: &TokenExchange) {
    form.push("subject_token", grant.subject_token.expose());
    let given = grant.subject_token_type.as_deref().filter(|given| !given.is_empty());
    form.push("subject_token_type", given.unwrap_or("urn:ietf:params:oauth:token-type:access_token"));
    if let Some(actor) = grant.actor.as_ref().filter(|actor| !actor.token.is_empty()) {
        form.push("actor_token", actor.token.expose());
        form.push("actor_token_type", &actor.token_type);
    }
    form.push_some("requested_token_type", grant.requested_token_type.as_deref());
}

/// The refresh of a token (RFC 6749 section 6), for the scopes that it has.
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] when the grant has no token endpoint, or lacks the client's credential.
pub fn refresh_request(grant: &Grant, refresh_token: &Secret, ctx: &Context) -> Result<Request<Payload>> {
    let mut form = Form::default();
    form.push("grant_type", GrantType::RefreshToken.as_str());
    form.push("refresh_token", refresh_token.expose());
    token_request(grant, form, ctx)
}

/// What every token request has: resources, audience, and the config's own parameters.
pub(super) fn token_request(grant: &Grant, mut form: Form, ctx: &Context) -> Result<Request<Payload>> {
    let (client, token) = (grant.client(), grant.token_endpoint());
    let url = token.map(|token| token.access_token_url.as_str()).unwrap_or_default();
    let uri = endpoint("access_token_url", url, client)?;
    client.resource.iter().for_each(|resource| form.push("resource", resource));
    form.push_some("audience", client.audience.as_deref());
    let more = token.map(|token| token.token_request_params.as_slice()).unwrap_or_default();
    more.iter().for_each(|(name, value)| form.push(name, value.expose()));
    post(grant, uri, form, ctx)
}

/// A token, as a server issued it.
///
/// As JSON it is what servers send, with `expires_at` in place of `expires_in`. Serializing shows the tokens: they are kept in
/// files.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Token {
    /// The token itself.
    pub access_token: Secret,
    /// Its type: `Bearer` or `DPoP`, in upper or lower case as the server wrote it, or `N_A` for an exchanged token that is no access token (RFC 8693).
    pub token_type: String,
    /// The refresh token, which gets the next one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub refresh_token: Option<Secret>,
    /// When it expires, in seconds since the Unix epoch; if unknown, it is used until a server refuses it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub expires_at: Option<u64>,
    /// Its lifetime when it was issued, in seconds.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub expires_in: Option<u64>,
    /// The scopes that it was given for, where they are not those that were asked for.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub scope: Option<String>,
    /// OpenID Connect's id token, unread.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub id_token: Option<Secret>,
    /// What an exchanged token is (RFC 8693).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub issued_token_type: Option<String>,
}

impl Token {
    /// A bearer token that never expires, as far as we know.
    #[must_use]
    pub fn new(access_token: impl Into<Secret>) -> Self {
        Self {
            access_token: access_token.into(),
            token_type: "Bearer".to_owned(),
            refresh_token: None,
            expires_at: None,
            expires_in: None,
            scope: None,
            id_token: None,
            issued_token_type: None,
        }
    }

    /// Reads a token endpoint's reply (RFC 6749 section 5), received now.
    ///
    /// Lenient where servers are: `error` counts whatever the status, null is as good as absent, `expires_in` may be a text or a
    /// fraction, a missing `token_type` is `Bearer`, a list of scopes is joined.
    ///
    /// # Errors
    /// [`ErrorKind::TokenRequestFailed`], whose cause is a [`ServerError`]: for an error of the server's, whose `error`,
    /// `error_description` and `error_uri` the message quotes; for a redirect, a body that is too long, is not JSON or lacks a token,
    /// for a token that no header can hold, or an unknown type.
    pub fn from_reply<'a>(reply: impl Into<Reply<'a>>, ctx: &Context) -> Result<Self> {
        let reply = reply.into();
        let object = read_object(reply, ctx)?;
        let failed = |why: &str| ServerError::of_reply(reply, ctx).into_error(why);
        if !reply.status.is_success() {
            return Err(failed("the body has no `error`"));
        }
        Self::from_object(&object, ctx).map_err(failed)
    }

    /// Of the parameters of a reply, or of a callback's fragment.
    pub(crate) fn from_object(object: &Map<String, Value>, ctx: &Context) -> Result<Self, &'static str> {
        let text = |name: &str| match object.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().any(char::is_control) => Err("a token holds a control character"),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err("a field that must be a text is something else"),
        };
        let access_token = text("access_token")?.ok_or("`access_token` is missing")?;
        let token_type = text("token_type")?.unwrap_or("Bearer");
        if !["bearer", "dpop", "n_a"].iter().any(|known| token_type.eq_ignore_ascii_case(known)) {
            return Err("`token_type` is neither Bearer, DPoP nor N_A");
        }
        let expires_in = match object.get("expires_in") {
            None | Some(Value::Null) => None,
            Some(given) => Some(seconds(given).ok_or("`expires_in` is not a number of seconds")?),
        };
        let scope = match object.get("scope") {
            Some(Value::Array(scopes)) => {
                let scopes: Option<Vec<&str>> = scopes.iter().map(Value::as_str).collect();
                Some(scopes.ok_or("`scope` is a list that holds something else than texts")?.join(" "))
            }
            _ => text("scope")?.map(str::to_owned),
        };
        Ok(Self {
            access_token: access_token.into(),
            token_type: token_type.to_owned(),
            refresh_token: text("refresh_token")?.map(Secret::from),
            expires_at: expires_in.map(|seconds| ctx.unix_time().saturating_add(seconds)),
            expires_in,
            scope,
            id_token: text("id_token")?.map(Secret::from),
            issued_token_type: text("issued_token_type")?.map(str::to_owned),
        })
    }

    /// Whether the token can still be used.
    #[must_use]
    pub fn is_valid(&self, ctx: &Context) -> bool {
        self.expires_at.is_none_or(|at| ctx.unix_time() < at)
    }

    /// For how many seconds the token can still be used; `None` if that is unknown.
    #[must_use]
    pub fn time_left(&self, ctx: &Context) -> Option<u64> {
        self.expires_at.map(|at| at.saturating_sub(ctx.unix_time()))
    }

    /// Whether it is bound to a key (RFC 9449).
    pub(crate) fn is_dpop(&self) -> bool {
        self.token_type.eq_ignore_ascii_case("DPoP")
    }

    /// Whether two are one token: the same access token, with the same refresh token.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.access_token == other.access_token && self.refresh_token == other.refresh_token
    }

    /// [`Token::is_same`] of tokens that may be missing, for [`TokenStore::replace`](crate::TokenStore::replace).
    #[must_use]
    pub fn are_same(one: Option<&Self>, other: Option<&Self>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => one.is_same(other),
            (None, None) => true,
            _ => false,
        }
    }

    /// Whether it is time for another: 30 seconds before the end, but never more than a quarter of the lifetime.
    pub(crate) fn is_due(&self, ctx: &Context) -> bool {
        let margin = self.expires_in.map_or(30, |lifetime| (lifetime / 4).min(30));
        self.expires_at.is_some_and(|at| ctx.unix_time() >= at.saturating_sub(margin))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn read(status: u16, body: &str) -> Result<Token> {
        let headers = HeaderMap::new();
        let reply = Reply::new(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes());
        Token::from_reply(reply, &Context::at(1000))
    }

    #[test]
    fn lenient_where_servers_are() {
        let token =
            read(200, r#"{"access_token":"t","expires_in":"3600.9","scope":["a","b"],"refresh_token":null}"#).unwrap();
        assert_eq!((token.access_token.expose(), token.token_type.as_str()), ("t", "Bearer"));
        assert_eq!((token.expires_at, token.scope.as_deref(), token.refresh_token), (Some(4600), Some("a b"), None));
        assert_eq!(
            read(200, r#"{"access_token":"t","token_type":"bearer","expires_in":0.5}"#).unwrap().expires_at,
            Some(1000)
        );
        assert_eq!(read(201, r#"{"access_token":"t","expires_in":null}"#).unwrap().expires_at, None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let page = format!("<html>{}", "x".repeat(100_000));
        for (status, body, part) in [
            (200, r#"{"token_type":"Bearer"}"#, "`access_token` is missing"),
            (200, r#"{"access_token":""}"#, "`access_token` is missing"),
            (200, r#"{"access_token":7}"#, "must be a text"),
            (200, r#"{"access_token":"a\r\nb"}"#, "control character"),
            (200, r#"{"access_token":"t","token_type":"mac"}"#, "neither Bearer"),
            (200, r#"{"access_token":"t","expires_in":-1}"#, "`expires_in`"),
            (200, r#"{"access_token":"t","expires_in":"soon"}"#, "`expires_in`"),
            (
                200,
                r#"{"error":"invalid_grant","error_description":"gone"}"#,
                "error \"invalid_grant\", error_description \"gone\"",
            ),
            (
                400,
                r#"{"error":"invalid_client","error_uri":"https://h/e"}"#,
                "status 400): error \"invalid_client\", error_uri",
            ),
            (400, "{}", "has no `error`"),
            (200, "", "not a JSON object"),
            (502, page.as_str(), "status 502): the body is not a JSON object (media type \"none\"): \"<html>xxx"),
            (307, r#"{"access_token":"t"}"#, "it redirects"),
        ] {
            let error = read(status, body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TokenRequestFailed);
            assert!(error.to_string().contains(part) && error.to_string().len() < 500, "{error}");
        }
        let long = " ".repeat((1 << 20) + 1);
        assert!(read(200, &long).unwrap_err().to_string().contains("1 MiB"));
        let error = read(200, r#"{"error":"invalid_grant"}"#).unwrap_err();
        assert!(ServerError::cause_of(&error).unwrap().is("invalid_grant"));
    }

    /// A token endpoint that answers a success in a form of its own: its tokens must not reach a log.
    #[test]
    fn no_error_quotes_a_success() {
        for body in [
            "access_token=hunter2&token_type=bearer",
            r#"["hunter2"]"#,
            r#"{"access_token":"hunter2""#,
            "\u{feff}{\"access_token\":\"hunter2\"}",
        ] {
            let error = read(200, body).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn a_refusal_is_read_whatever_its_description_is_written_in() {
        let headers = HeaderMap::new();
        let body = b"{\"error\":\"invalid_grant\",\"error_description\":\"abgelaufen f\xfcr immer\"}";
        let error =
            Token::from_reply(Reply::new(StatusCode::BAD_REQUEST, &headers, body), &Context::at(0)).unwrap_err();
        assert!(ServerError::cause_of(&error).unwrap().is("invalid_grant"));
    }

    #[test]
    fn a_short_life_has_a_short_margin() {
        let token =
            |lifetime| Token { expires_at: Some(1000 + lifetime), expires_in: Some(lifetime), ..Token::new("t") };
        assert!(!token(60).is_due(&Context::at(1044)) && token(60).is_due(&Context::at(1045)));
        assert!(!token(3600).is_due(&Context::at(4569)) && token(3600).is_due(&Context::at(4570)));
        assert!(token(60).is_valid(&Context::at(1059)) && !token(60).is_valid(&Context::at(1060)));
        assert!(!Token::new("t").is_due(&Context::at(u64::MAX)));
        assert!(!format!("{:?}", Token::new("hunter2")).contains("hunter2"));
    }
}
