use std::fmt;

use countersign_core::{Error as AuthError, ErrorKind};

use super::Journey;

/// What can go wrong before an adapter of a client whose errors are `E` has a response.
///
/// ```
/// use countersign::ErrorKind;
/// use countersign::adapter::Error;
///
/// fn what(why: &Error<std::io::Error>) -> String {
///     match why {
///         Error::Auth(why) if why.kind() == ErrorKind::LimitExceeded => "redirected too often".into(),
///         Error::Auth(why) => format!("not authenticated: {why}"),
///         why => format!("not sent: {why}"),
///     }
/// }
///
/// let why = Error::Http(std::io::Error::other("the cable is out"));
/// assert_eq!(what(&why), "not sent: the cable is out");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error<E> {
    /// Authentication.
    Auth(AuthError),
    /// The client.
    Http(E),
}

impl<E> From<AuthError> for Error<E> {
    fn from(why: AuthError) -> Self {
        Self::Auth(why)
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth(why) => why.fmt(f),
            Self::Http(why) => why.fmt(f),
        }
    }
}

/// Says what the error within says, and names its source.
impl<E: std::error::Error> std::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Auth(why) => why.source(),
            Self::Http(why) => why.source(),
        }
    }
}

/// What an adapter says when it cannot go on.
impl Journey {
    /// A bound connection has more than [`Journey::most_drained`] to come.
    #[must_use]
    pub fn too_long_to_drain() -> AuthError {
        const WHY: &str = "a challenge of NTLM came with a body of more than 8 MiB, which is too long to keep the connection open for";
        AuthError::new(ErrorKind::InvalidChallenge, WHY)
    }

    /// A reply that must be read whole is longer than `most` bytes.
    #[must_use]
    pub fn too_long_to_read(most: u64) -> AuthError {
        let why = format!("a reply that must be read whole is longer than {most} bytes");
        AuthError::new(ErrorKind::LimitExceeded, why)
    }

    /// A leg needs a body that was streamed already.
    #[must_use]
    pub fn body_is_gone() -> AuthError {
        const WHY: &str =
            "a second request needs the body again, and it was streamed: a body of bytes can be sent again";
        AuthError::new(ErrorKind::PayloadRequired, WHY)
    }

    /// The journey is over, and nothing was sent.
    #[must_use]
    pub fn nothing_sent() -> AuthError {
        AuthError::new(ErrorKind::InvalidRequest, "the scheme sent nothing")
    }
}

pub(super) fn closed_between_legs() -> AuthError {
    AuthError::new(
        ErrorKind::InvalidChallenge,
        "the connection was closed between two requests of a scheme that authenticates the connection (NTLM): server and proxies must keep it open",
    )
}
