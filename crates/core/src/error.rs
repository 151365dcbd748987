use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The one error of every countersign crate: branch on [`Error::kind`], show the text to people.
///
/// The text says what was wrong, where, and what would be accepted. It holds no secret, and of a server's text only what
/// [`Quoted`] lets through: escaped and short.
///
/// ```
/// use countersign_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::InvalidConfig, "`username` holds a colon");
/// assert_eq!(error.kind().as_str(), "invalid-config");
/// assert_eq!(error.to_string(), "`username` holds a colon");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What went wrong, as programs may ask. [`ErrorKind::as_str`] is its stable name.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `invalid-config`: a field of the config is missing, out of range, or contradicts another.
    InvalidConfig,
    /// `invalid-key`: a key could not be read.
    InvalidKey,
    /// `invalid-request`: the request cannot be signed as it stands.
    InvalidRequest,
    /// `payload-required`: the scheme must see the body, or send it again, and it is streamed.
    PayloadRequired,
    /// `needs-exchange`: the scheme needs the server's word first; sign through an [`Exchange`](crate::Exchange).
    NeedsExchange,
    /// `needs-authorization`: there is no token, and only a person's consent can get one.
    NeedsAuthorization,
    /// `no-challenge`: the server refused the request and asked for nothing that this scheme can answer.
    NoChallenge,
    /// `invalid-challenge`: the server's challenge cannot be read, or lacks what the scheme needs.
    InvalidChallenge,
    /// `unsupported-algorithm`: an algorithm that this build does not have.
    UnsupportedAlgorithm,
    /// `unsupported-qop`: no quality of protection that Digest knows (RFC 7616 section 3.3).
    UnsupportedQop,
    /// `rejected`: the server refused the credentials; or, on the server's side, the signature is refused.
    Rejected,
    /// `server-not-authentic`: the server failed to prove itself.
    ServerNotAuthentic,
    /// `token-request-failed`: a token could not be had, or what came is not a token.
    TokenRequestFailed,
    /// `state-mismatch`: a callback is not the answer to our own request.
    StateMismatch,
    /// `randomness`: the randomness source failed.
    Randomness,
    /// `no-credentials`: on the server's side, the request has no `Authorization` of the scheme at all.
    NoCredentials,
    /// `store-failed`: a store of tokens or nonces could not be reached, or is full.
    StoreFailed,
    /// `invalid-import`: what is to be imported is not in its form.
    InvalidImport,
    /// `unsupported-scheme`: what is to be imported asks for a scheme that is not here.
    UnsupportedScheme,
    /// `unknown-item`: what is to be imported has no item of that name.
    UnknownItem,
    /// `ambiguous-item`: what is to be imported has several items that could be meant.
    AmbiguousItem,
    /// `limit-exceeded`: an input is larger, deeper or more entangled than its limits allow.
    LimitExceeded,
    /// `nothing-described`: what is to be imported says nothing of authentication.
    NothingDescribed,
}

impl Error {
    /// An error of this kind. The message holds no secret: that is the caller's care.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), source: None }))
    }

    /// Adds the cause, which [`std::error::Error::source`] returns.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl ErrorKind {
    /// The stable kebab-case name, as signature vectors write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidConfig => "invalid-config",
            Self::InvalidKey => "invalid-key",
            Self::InvalidRequest => "invalid-request",
            Self::PayloadRequired => "payload-required",
            Self::NeedsExchange => "needs-exchange",
            Self::NeedsAuthorization => "needs-authorization",
            Self::NoChallenge => "no-challenge",
            Self::InvalidChallenge => "invalid-challenge",
            Self::UnsupportedAlgorithm => "unsupported-algorithm",
            Self::UnsupportedQop => "unsupported-qop",
            Self::Rejected => "rejected",
            Self::ServerNotAuthentic => "server-not-authentic",
            Self::TokenRequestFailed => "token-request-failed",
            Self::StateMismatch => "state-mismatch",
            Self::Randomness => "randomness",
            Self::NoCredentials => "no-credentials",
            Self::StoreFailed => "store-failed",
            Self::InvalidImport => "invalid-import",
            Self::UnsupportedScheme => "unsupported-scheme",
            Self::UnknownItem => "unknown-item",
            Self::AmbiguousItem => "ambiguous-item",
            Self::LimitExceeded => "limit-exceeded",
            Self::NothingDescribed => "nothing-described",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Shows somebody else's text in a message: in double quotes, with everything but printable ASCII escaped, and cut after
/// 200 characters.
///
/// ```
/// use countersign_core::Quoted;
///
/// assert_eq!(Quoted(b"no such\r\nuser").to_string(), r#""no such\r\nuser""#);
/// assert!(Quoted(&[b'x'; 10_000]).to_string().len() < 220);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 200;
        f.write_char('"')?;
        let mut escaped = self.0.escape_ascii().map(char::from);
        for character in escaped.by_ref().take(MOST) {
            f.write_char(character)?;
        }
        f.write_str(if escaped.next().is_some() { "…\"" } else { "\"" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_kept_and_shown() {
        let error = Error::new(ErrorKind::InvalidKey, "not a PEM key").with_source("line 3");
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "line 3");
        assert!(format!("{error:?}").contains("line 3"), "{error:?}");
    }
}
