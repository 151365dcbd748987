use std::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A password, key or token: wiped on drop, compared in constant time, never printed, read only by [`Secret::expose`].
///
/// There is no `Display`, and `Debug` prints `[redacted]`. With the feature `serde`, serializing shows the text: a config is
/// a file format and must survive a round trip.
///
/// ```
/// use countersign_core::Secret;
///
/// let secret = Secret::from("open sesame");
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// assert_eq!(secret.expose(), "open sesame");
/// ```
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself. Search for this name to find every use of a secret.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// In constant time for texts of equal length; the length is not hidden.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(feature = "serde")]
mod serde {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Secret;

    /// Of a text. A format's own error quotes what else it finds, a password of digits for example: only that nothing was found is
    /// passed on.
    impl<'de> Deserialize<'de> for Secret {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            String::deserialize(deserializer).map(Self::from).map_err(|why| {
                if why.to_string().starts_with("missing field") {
                    why
                } else {
                    D::Error::custom("invalid type: expected a secret, which is a text")
                }
            })
        }
    }

    /// Shows the text: a config must survive a round trip.
    impl Serialize for Secret {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self.expose())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_of_the_text() {
        assert_eq!(Secret::from("a"), Secret::from("a"));
        assert_ne!(Secret::from("a"), Secret::from("b"));
        assert_ne!(Secret::from("a"), Secret::from("ab"));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn what_is_no_text_is_not_quoted() {
        assert_eq!(serde_json::from_str::<Secret>("\"12345\"").unwrap(), Secret::from("12345"));
        for json in
            ["12345", "-12345", "12345.5", "12345e300", "true", "null", "[12345]", "{\"12345\":12345}", "\"12345"]
        {
            let why = serde_json::from_str::<Secret>(json).unwrap_err().to_string();
            assert!(why.contains("expected a secret") && !why.contains("12345"), "{why}");
        }
        #[derive(Debug, ::serde::Deserialize)]
        struct Config {
            #[expect(dead_code, reason = "it is missing")]
            password: Secret,
        }
        let why = serde_json::from_str::<Config>("{}").unwrap_err().to_string();
        assert!(why.starts_with("missing field `password`"), "{why}");
    }
}
