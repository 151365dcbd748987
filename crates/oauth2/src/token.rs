use std::fmt;

use countersign_core::{Context, Error, ErrorKind, Quoted, Reply, Result, Secret};
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

/// A body that is longer is refused, in bytes.
const MOST: usize = 1 << 20;

/// A token, as a server gave it.
///
/// As JSON it is what servers send, with `expires_at` in place of `expires_in`. Serializing shows the tokens: they are kept in
/// files.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Token {
    /// The token itself.
    pub access_token: Secret,
    /// Its type: `Bearer` or `DPoP`, in the server's case, or `N_A` for an exchanged token that is no access token (RFC 8693).
    pub token_type: String,
    /// With what to get the next one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub refresh_token: Option<Secret>,
    /// When it expires, in seconds since the Unix epoch; if unknown, it is used until a server refuses it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub expires_at: Option<u64>,
    /// For how long it was given, in seconds.
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
    /// [`ErrorKind::TokenRequestFailed`] with the status: for an error of the server's, whose `error`, `error_description` and
    /// `error_uri` the message quotes; for a redirect, a body that is too long, is not JSON or lacks a token, for a token that no
    /// header can hold, or an unknown type.
    pub fn from_reply<'a>(reply: impl Into<Reply<'a>>, ctx: &Context) -> Result<Self> {
        let reply = reply.into();
        let object = read_object(reply)?;
        if !reply.status.is_success() {
            return Err(failed(reply, "the body has no `error`"));
        }
        Self::from_object(&object, ctx).map_err(|why| failed(reply, why))
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
            Some(given) => Some(seconds(given).ok_or("`expires_in` is no number of seconds")?),
        };
        let scope = match object.get("scope") {
            Some(Value::Array(scopes)) => {
                let scopes: Option<Vec<&str>> = scopes.iter().map(Value::as_str).collect();
                Some(scopes.ok_or("`scope` is a list of what are no texts")?.join(" "))
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

    /// Whether it is time for another: 30 seconds before the end, but never more than a quarter of the lifetime.
    pub(crate) fn is_due(&self, ctx: &Context) -> bool {
        let margin = self.expires_in.map_or(30, |lifetime| (lifetime / 4).min(30));
        self.expires_at.is_some_and(|at| ctx.unix_time() >= at.saturating_sub(margin))
    }
}

/// A whole number, a fraction (floored) or either as text; never negative.
fn seconds(given: &Value) -> Option<u64> {
    let number = match given {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "floored, not negative, and saturating"
    )]
    (number.is_finite() && number >= 0.0).then_some(number as u64)
}

/// A JSON object from an OAuth endpoint; the server's `error`, where it has one, is ours.
pub(crate) fn read_object(reply: Reply<'_>) -> Result<Map<String, Value>> {
    if reply.status.is_redirection() {
        return Err(failed(reply, "it redirects, and credentials are not sent on"));
    }
    if reply.body.len() > MOST {
        return Err(failed(reply, "the body is longer than 1 MiB"));
    }
    let Ok(Value::Object(object)) = serde_json::from_slice(reply.body) else {
        let media_type = reply.headers.get(CONTENT_TYPE).map_or(b"none".as_slice(), |value| value.as_bytes());
        let mut what = format!("the body is not a JSON object (media type {})", Quoted(media_type));
        // A body of status 2xx may hold the token.
        if !reply.status.is_success() {
            what.push_str(&format!(": {}", Quoted(reply.body)));
        }
        return Err(failed(reply, &what));
    };
    if let Some(error) = object.get("error").filter(|error| !error.is_null()) {
        return Err(ServerError::of(&object, error).into_error(reply));
    }
    Ok(object)
}

fn failed(reply: Reply<'_>, why: &str) -> Error {
    let message = format!("the endpoint's reply (status {}): {why}", reply.status.as_u16());
    Error::new(ErrorKind::TokenRequestFailed, message)
}

/// What a server says went wrong (RFC 6749 section 5.2): the [`source`](std::error::Error::source) of the error that a token
/// endpoint's reply gives.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ServerError {
    /// `error`, such as `invalid_grant`.
    pub error: String,
    /// `error_description`, for developers.
    pub error_description: Option<String>,
    /// `error_uri`: a page about it.
    pub error_uri: Option<String>,
}

impl ServerError {
    pub(crate) fn of(object: &Map<String, Value>, error: &Value) -> Self {
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            error: error.as_str().map_or_else(|| error.to_string(), str::to_owned),
            error_description: text("error_description"),
            error_uri: text("error_uri"),
        }
    }

    /// What the server says, where it is the cause of an error.
    #[must_use]
    pub fn cause_of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }

    fn into_error(self, reply: Reply<'_>) -> Error {
        failed(reply, &self.to_string()).with_source(self)
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error {}", Quoted(self.error.as_bytes()))?;
        if let Some(text) = &self.error_description {
            write!(f, ", error_description {}", Quoted(text.as_bytes()))?;
        }
        if let Some(uri) = &self.error_uri {
            write!(f, ", error_uri {}", Quoted(uri.as_bytes()))?;
        }
        Ok(())
    }
}

impl std::error::Error for ServerError {}

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
            (200, "", "no JSON object"),
            (502, page.as_str(), "status 502): the body is no JSON object (media type \"none\"): \"<html>xxx"),
            (307, r#"{"access_token":"t"}"#, "it redirects"),
        ] {
            let error = read(status, body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TokenRequestFailed);
            assert!(error.to_string().contains(part) && error.to_string().len() < 500, "{error}");
        }
        let long = " ".repeat(MOST + 1);
        assert!(read(200, &long).unwrap_err().to_string().contains("1 MiB"));
        let error = read(200, r#"{"error":"invalid_grant"}"#).unwrap_err();
        assert_eq!(ServerError::cause_of(&error).unwrap().error, "invalid_grant");
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
