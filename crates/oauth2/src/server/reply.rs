//! How every endpoint's reply is read.

use std::borrow::Cow;

use countersign_core::{Context, Error, ErrorKind, Quoted, Reply, Result};
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::ServerError;

/// A body that is longer is refused, in bytes.
pub(super) const MOST: usize = 1 << 20;

/// A JSON object from an endpoint. The server's `error`, where it has one, is ours, whatever the status.
pub(super) fn read_object(reply: Reply<'_>, ctx: &Context) -> Result<Map<String, Value>> {
    let failed = |why: &str| ServerError::of_reply(reply, ctx).into_error(why);
    if reply.status.is_redirection() {
        return Err(failed("it redirects, and credentials are not sent on"));
    }
    if reply.body.len() > MOST {
        return Err(failed("the body is longer than 1 MiB"));
    }
    let Some(object) = object(reply) else {
        let media_type = reply.headers.get(CONTENT_TYPE).map_or(b"none".as_slice(), |value| value.as_bytes());
        let mut what = format!("the body is not a JSON object (media type {})", Quoted(media_type));
        // A body that comes with a success may hold a token.
        if !reply.status.is_success() {
            what.push_str(": ");
            what.push_str(&Quoted(reply.body).to_string());
        }
        return Err(failed(&what));
    };
    if object.get("error").is_some_and(|error| !error.is_null()) {
        let error = ServerError::of_body(&object, reply, ctx);
        let why = error.to_string();
        return Err(error.into_error(&why));
    }
    Ok(object)
}

/// [`read_object`] of a reply that must be a success.
pub(super) fn success(reply: Reply<'_>, ctx: &Context) -> Result<Map<String, Value>> {
    let object = read_object(reply, ctx)?;
    if reply.status.is_success() {
        return Ok(object);
    }
    Err(ServerError::of_reply(reply, ctx).into_error("the body has no `error`"))
}

/// What a reply that lacks a field leads to.
pub(super) fn lacks(field: &str) -> Error {
    Error::new(ErrorKind::TokenRequestFailed, format!("the endpoint's reply lacks `{field}`"))
}

/// What a reply whose field has an impossible value leads to.
pub(super) fn unusable(field: &str, text: &str) -> Error {
    let message = format!("the endpoint's reply has a `{field}` that cannot be used: {}", Quoted(text.as_bytes()));
    Error::new(ErrorKind::TokenRequestFailed, message)
}

/// A refusal whose description is not UTF-8 is still read.
fn object(reply: Reply<'_>) -> Option<Map<String, Value>> {
    let body = match reply.status.is_success() {
        true => Cow::Borrowed(reply.body),
        false => match String::from_utf8_lossy(reply.body) {
            Cow::Borrowed(_) => Cow::Borrowed(reply.body),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
    };
    match serde_json::from_slice(&body) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// A number of seconds, as servers write it: whole, a fraction (floored), or either as text; never negative.
pub(super) fn seconds(given: &Value) -> Option<u64> {
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
