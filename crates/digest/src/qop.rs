use std::fmt;

/// A quality of protection: what the response covers (RFC 7616 section 3.3). Names are read without case; in JSON it is its
/// name.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(from = "String"))]
#[non_exhaustive]
pub enum Qop {
    /// `auth`: method and URI.
    Auth,
    /// `auth-int`: method, URI and body.
    AuthInt,
    /// A name that this build does not know, as it was given. [`Signer::new`](crate::Signer::new) refuses it.
    Other(String),
}

/// A quality of protection that can be computed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Protection {
    Auth,
    AuthInt,
}

impl Qop {
    /// Its registered name; of [`Qop::Other`] the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Auth => Protection::Auth.as_str(),
            Self::AuthInt => Protection::AuthInt.as_str(),
            Self::Other(name) => name,
        }
    }

    pub(crate) const fn protection(&self) -> Option<Protection> {
        match self {
            Self::Auth => Some(Protection::Auth),
            Self::AuthInt => Some(Protection::AuthInt),
            Self::Other(_) => None,
        }
    }
}

impl Protection {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }

    /// Finds a quality of protection by its name, in any case.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        [Self::Auth, Self::AuthInt].into_iter().find(|qop| qop.as_str().as_bytes().eq_ignore_ascii_case(name))
    }
}

impl From<Protection> for Qop {
    fn from(protection: Protection) -> Self {
        match protection {
            Protection::Auth => Self::Auth,
            Protection::AuthInt => Self::AuthInt,
        }
    }
}

impl From<&str> for Qop {
    fn from(name: &str) -> Self {
        Protection::named(name.as_bytes()).map_or_else(|| Self::Other(name.to_owned()), Self::from)
    }
}

impl From<String> for Qop {
    fn from(name: String) -> Self {
        Protection::named(name.as_bytes()).map_or_else(|| Self::Other(name), Self::from)
    }
}

impl fmt::Display for Qop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Qop {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
