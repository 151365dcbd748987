use std::fmt;
use std::future::Future;

use countersign::scheme::challenge::push_quoted;
use countersign::scheme::verify::{Refusal, credentials, no_doubles, refused, unreadable};
use countersign::{Context, Error, ErrorKind, Payload, Secret};
use http::header::HeaderValue;
use http::request::Parts;

use super::{Looking, Verify};
use crate::BoxError;

/// Bearer tokens in the `Authorization` header (RFC 6750 section 2.1): whoever has the token is let in, so over TLS only. A token in
/// the query or in a form is not taken.
///
/// What is looked up is whatever you know of a token; it lands in the request's extensions. Where an authorization server knows it, ask
/// by [`Introspector`](super::Introspector).
///
/// ```
/// use countersign::Secret;
/// use countersign_tower::verify::{Bearer, VerifyLayer};
///
/// #[derive(Clone)]
/// struct Robot;
///
/// let bearer = Bearer::new(|token: Secret| async move { Ok((token == Secret::from("mF_9.B5f-4.1JqM")).then_some(Robot)) });
/// let layer = VerifyLayer::new(bearer.with_realm("example")?);
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct Bearer<F> {
    check: F,
    realm: Option<String>,
}

impl<F, T, Checking> Bearer<F>
where
    F: Fn(Secret) -> Checking + Send + Sync + 'static,
    Checking: Future<Output = Result<Option<T>, BoxError>> + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Asks `check` what a token stands for; `None` where it is unknown, expired or revoked.
    #[must_use]
    pub const fn new(check: F) -> Self {
        Self { check, realm: None }
    }

    /// Names a realm in the challenges.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] for control characters, which no header can hold.
    pub fn with_realm(mut self, realm: &str) -> Result<Self, Error> {
        if realm.chars().any(char::is_control) {
            return Err(Error::new(ErrorKind::InvalidConfig, "the realm holds what no header can hold"));
        }
        self.realm = Some(realm.to_owned());
        Ok(self)
    }
}

impl<F> Bearer<F> {
    /// `error` as in RFC 6750 section 3.1: none where there are no credentials.
    fn refusal(&self, error: Error) -> Refusal {
        let code = match error.kind() {
            ErrorKind::NoCredentials => None,
            ErrorKind::InvalidRequest => Some("invalid_request"),
            _ => Some("invalid_token"),
        };
        let mut challenge = b"Bearer".to_vec();
        let mut separator: &[u8] = b" ";
        for (name, text) in [("realm", self.realm.as_deref()), ("error", code)] {
            let Some(text) = text else { continue };
            challenge.extend_from_slice(separator);
            challenge.extend_from_slice(name.as_bytes());
            challenge.push(b'=');
            push_quoted(&mut challenge, text.as_bytes());
            separator = b", ";
        }
        // The realm was checked.
        Refusal::new(error).with_challenges(HeaderValue::from_maybe_shared(challenge))
    }
}

fn token(parts: &Parts) -> Result<Secret, Error> {
    let credentials = credentials(parts, "Bearer")?;
    no_doubles(parts)?;
    let token = credentials.token68();
    Ok(token.ok_or_else(|| unreadable("the Bearer credentials are not one token (RFC 6750 section 2.1)"))?.into())
}

impl<F, T, Checking> Verify for Bearer<F>
where
    F: Fn(Secret) -> Checking + Send + Sync + 'static,
    Checking: Future<Output = Result<Option<T>, BoxError>> + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    type Key = T;
    type Verified = T;

    fn find(&self, parts: &Parts, _: &Payload, _: &Context) -> Result<Looking<T>, Refusal> {
        let token = token(parts).map_err(|error| self.refusal(error))?;
        Ok(Box::pin((self.check)(token)))
    }

    fn verify(&self, _: &Parts, _: &Payload, known: Option<&T>, _: &Context) -> Result<T, Refusal> {
        known.cloned().ok_or_else(|| self.refusal(refused("the token is unknown, expired or revoked")))
    }
}

impl<F> fmt::Debug for Bearer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bearer").field("realm", &self.realm).finish_non_exhaustive()
    }
}
