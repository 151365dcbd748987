use std::fmt;

/// A Digest algorithm (RFC 7616 section 6.1). Names are read without case; in JSON it is its name.
///
/// ```
/// use countersign_digest::Algorithm;
///
/// assert_eq!(Algorithm::from("sha-256"), Algorithm::Sha256);
/// assert_eq!(Algorithm::from("SHA-1"), Algorithm::Other("SHA-1".into()));
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(from = "String"))]
#[non_exhaustive]
pub enum Algorithm {
    /// `MD5`: what is meant when nothing is said.
    Md5,
    /// `MD5-sess`.
    Md5Sess,
    /// `SHA-256`.
    Sha256,
    /// `SHA-256-sess`.
    Sha256Sess,
    /// `SHA-512-256`: SHA-512/256 of FIPS 180-4, not the front of SHA-512.
    Sha512Trunc256,
    /// `SHA-512-256-sess`.
    Sha512Trunc256Sess,
    /// A name that this build does not know, as it was given. [`Signer::new`](crate::Signer::new) refuses it.
    Other(String),
}

/// An algorithm that can be computed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Suite {
    pub(crate) function: Function,
    /// Whether H(A1) covers both nonces too (RFC 7616 section 3.4.2).
    pub(crate) is_session: bool,
}

/// A hash function, weakest first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Function {
    Md5,
    Sha256,
    Sha512Trunc256,
}

impl Algorithm {
    /// Its registered name; of [`Algorithm::Other`] the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => known.suite().map_or("", Suite::as_str),
        }
    }

    pub(crate) const fn suite(&self) -> Option<Suite> {
        let (function, is_session) = match self {
            Self::Md5 => (Function::Md5, false),
            Self::Md5Sess => (Function::Md5, true),
            Self::Sha256 => (Function::Sha256, false),
            Self::Sha256Sess => (Function::Sha256, true),
            Self::Sha512Trunc256 => (Function::Sha512Trunc256, false),
            Self::Sha512Trunc256Sess => (Function::Sha512Trunc256, true),
            Self::Other(_) => return None,
        };
        Some(Suite { function, is_session })
    }
}

impl Suite {
    /// What is meant when nothing is said.
    pub(crate) const MD5: Self = Self { function: Function::Md5, is_session: false };

    pub(crate) const fn as_str(self) -> &'static str {
        match (self.function, self.is_session) {
            (Function::Md5, false) => "MD5",
            (Function::Md5, true) => "MD5-sess",
            (Function::Sha256, false) => "SHA-256",
            (Function::Sha256, true) => "SHA-256-sess",
            (Function::Sha512Trunc256, false) => "SHA-512-256",
            (Function::Sha512Trunc256, true) => "SHA-512-256-sess",
        }
    }

    /// Finds an algorithm by its name, in any case.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        use Function::{Md5, Sha256, Sha512Trunc256};
        [(Md5, false), (Md5, true), (Sha256, false), (Sha256, true), (Sha512Trunc256, false), (Sha512Trunc256, true)]
            .into_iter()
            .map(|(function, is_session)| Self { function, is_session })
            .find(|suite| suite.as_str().as_bytes().eq_ignore_ascii_case(name))
    }
}

impl From<Suite> for Algorithm {
    fn from(suite: Suite) -> Self {
        match (suite.function, suite.is_session) {
            (Function::Md5, false) => Self::Md5,
            (Function::Md5, true) => Self::Md5Sess,
            (Function::Sha256, false) => Self::Sha256,
            (Function::Sha256, true) => Self::Sha256Sess,
            (Function::Sha512Trunc256, false) => Self::Sha512Trunc256,
            (Function::Sha512Trunc256, true) => Self::Sha512Trunc256Sess,
        }
    }
}

impl From<&str> for Algorithm {
    fn from(name: &str) -> Self {
        Suite::named(name.as_bytes()).map_or_else(|| Self::Other(name.to_owned()), Self::from)
    }
}

impl From<String> for Algorithm {
    fn from(name: String) -> Self {
        Suite::named(name.as_bytes()).map_or_else(|| Self::Other(name), Self::from)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Algorithm {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_whatever_their_case() {
        for name in ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"] {
            let algorithm = Algorithm::from(name.to_lowercase());
            assert_eq!(algorithm.to_string(), name);
            assert_eq!(algorithm.suite().map(Algorithm::from), Some(algorithm));
        }
        assert_eq!(Algorithm::from("SHA-512").to_string(), "SHA-512");
        assert_eq!(Algorithm::from("SHA-512").suite(), None);
    }
}
