use http::header::{AUTHORIZATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderName, StatusCode};

/// Who asks: the server itself, or the proxy on the way to it (RFC 9110 sections 11.6 and 11.7).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Side {
    /// The server: 401.
    Server,
    /// A proxy: 407.
    Proxy,
}

impl Side {
    /// Who asks with this status: 401 and 407; nobody with any other.
    #[must_use]
    pub const fn asking(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::UNAUTHORIZED => Some(Self::Server),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => Some(Self::Proxy),
            _ => None,
        }
    }

    /// The header of the challenges: `WWW-Authenticate`, `Proxy-Authenticate`.
    #[must_use]
    pub const fn asks_in(self) -> HeaderName {
        match self {
            Self::Server => WWW_AUTHENTICATE,
            Self::Proxy => PROXY_AUTHENTICATE,
        }
    }

    /// The header of the answer: `Authorization`, `Proxy-Authorization`.
    #[must_use]
    pub const fn answers_in(self) -> HeaderName {
        match self {
            Self::Server => AUTHORIZATION,
            Self::Proxy => PROXY_AUTHORIZATION,
        }
    }

    /// The header of what follows a good answer (RFC 7615): `Authentication-Info`, `Proxy-Authentication-Info`.
    #[must_use]
    pub const fn informs_in(self) -> HeaderName {
        match self {
            Self::Server => HeaderName::from_static("authentication-info"),
            Self::Proxy => HeaderName::from_static("proxy-authentication-info"),
        }
    }
}
