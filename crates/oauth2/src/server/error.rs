use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use countersign_core::{Context, Error, ErrorKind, Quoted, Reply};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Map, Value};

/// What an authorization server said went wrong (RFC 6749 sections 4.1.2.1 and 5.2): the cause of every error that one of its
/// replies or callbacks leads to.
///
/// ```
/// use countersign_core::Context;
/// use countersign_oauth2::{ServerError, Token};
///
/// let reply = http::Response::builder().status(429).header("retry-after", "30").body(r#"{"error":"slow_down"}"#)?;
/// let error = Token::from_reply(&reply, &Context::now()).unwrap_err();
/// let cause = ServerError::cause_of(&error).unwrap();
/// assert_eq!(cause.status.map(|status| status.as_u16()), Some(429));
/// assert!(cause.is("slow_down"));
/// assert_eq!(cause.retry_after.map(|wait| wait.as_secs()), Some(30));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", Shown(self))]
#[non_exhaustive]
pub struct ServerError {
    /// The reply's status; `None` for a callback.
    pub status: Option<StatusCode>,
    /// `error`, such as `invalid_grant`; `None` where the reply has none: a proxy's page, say.
    pub error: Option<String>,
    /// `error_description`, for developers.
    pub error_description: Option<String>,
    /// `error_uri`: a page about it.
    pub error_uri: Option<String>,
    /// How long the server asks to be left alone (`Retry-After`, RFC 9110 section 10.2.3), counted from the reply.
    pub retry_after: Option<Duration>,
}

impl ServerError {
    /// What the server said, where that is the cause of an error.
    #[must_use]
    pub fn cause_of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }

    /// Whether the server's `error` is this one.
    #[must_use]
    pub fn is(&self, error: &str) -> bool {
        self.error.as_deref() == Some(error)
    }

    /// Whether the same request may succeed later: status 408, 429 or 5xx, or `temporarily_unavailable`.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        let by_status = |status: StatusCode| {
            status.is_server_error() || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status)
        };
        self.status.is_some_and(by_status) || self.is("temporarily_unavailable")
    }

    /// Of a callback's parameters.
    pub(crate) fn of_callback(parameters: &Map<String, Value>) -> Self {
        let text = |name: &str| parameters.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            status: None,
            error: text("error"),
            error_description: text("error_description"),
            error_uri: text("error_uri"),
            retry_after: None,
        }
    }

    /// Of a reply that says so in its body.
    pub(super) fn of_body(body: &Map<String, Value>, reply: Reply<'_>, ctx: &Context) -> Self {
        let error = body.get("error").map(|error| error.as_str().map_or_else(|| error.to_string(), str::to_owned));
        Self { status: Some(reply.status), error, retry_after: retry_after(reply, ctx), ..Self::of_callback(body) }
    }

    /// Of a reply that does not say what is wrong.
    pub(super) fn of_reply(reply: Reply<'_>, ctx: &Context) -> Self {
        Self {
            status: Some(reply.status),
            error: None,
            error_description: None,
            error_uri: None,
            retry_after: retry_after(reply, ctx),
        }
    }

    /// The error of an endpoint's reply; `why` says what is wrong with it.
    pub(super) fn into_error(self, why: &str) -> Error {
        let status = self.status.unwrap_or_default().as_u16();
        let message = format!("the endpoint's reply (status {status}): {why}");
        Error::new(ErrorKind::TokenRequestFailed, message).with_source(self)
    }
}

/// Seconds, or a date.
fn retry_after(reply: Reply<'_>, ctx: &Context) -> Option<Duration> {
    let text = reply.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(at.saturating_sub(Duration::from_secs(ctx.unix_time())))
}

struct Shown<'a>(&'a ServerError);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(error) = &self.0.error else {
            return match self.0.status {
                Some(status) => write!(f, "status {}", status.as_u16()),
                None => f.write_str("no error is named"),
            };
        };
        write!(f, "error {}", Quoted(error.as_bytes()))?;
        if let Some(text) = &self.0.error_description {
            write!(f, ", error_description {}", Quoted(text.as_bytes()))?;
        }
        if let Some(uri) = &self.0.error_uri {
            write!(f, ", error_uri {}", Quoted(uri.as_bytes()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let wait = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            let reply = Reply::new(StatusCode::SERVICE_UNAVAILABLE, &headers, b"");
            ServerError::of_reply(reply, &Context::at(784_111_777)).retry_after.map(|wait| wait.as_secs())
        };
        assert_eq!(wait("120"), Some(120));
        // RFC 9110 section 5.6.7: 784111777 is 1994-11-06T08:49:37Z.
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(wait("Sun, 06 Nov 1994 08:48:37 GMT"), Some(0));
        assert_eq!(wait("soon"), None);
    }
}
