//! What the configs of several schemes share.

#[cfg(feature = "serde")]
pub use unix_time::unix_time;

/// A field's text; an empty text counts as none, as in a form that was left blank.
///
/// ```
/// use countersign_core::config::given;
///
/// assert_eq!(given(Some(&"realm".to_owned())), Some("realm"));
/// assert_eq!(given(Some(&String::new())), None);
/// ```
#[must_use]
pub fn given(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

/// Whether a field has its type's default: for `#[serde(skip_serializing_if)]`.
#[must_use]
pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// `true`: for `#[serde(default)]` of a flag that is on unless it is switched off.
#[must_use]
pub const fn yes() -> bool {
    true
}

/// Whether a flag has the value of [`yes`]: for `#[serde(skip_serializing_if)]`.
#[must_use]
pub const fn is_yes(flag: &bool) -> bool {
    *flag
}

/// `Bearer`, the prefix of a token in `Authorization` unless a config says otherwise (RFC 6750 section 2.1).
#[must_use]
pub fn bearer() -> String {
    "Bearer".into()
}

/// Whether a prefix is [`bearer`]'s: for `#[serde(skip_serializing_if)]`.
#[must_use]
pub fn is_bearer(prefix: &str) -> bool {
    prefix == "Bearer"
}

#[cfg(feature = "serde")]
mod unix_time {
    use serde::Deserializer;
    use serde::de::{Error, Unexpected, Visitor};

    /// Reads an optional time, in seconds since the Unix epoch: a number, or its decimal digits as text. Nothing, `null` and the
    /// empty text are none. For `#[serde(deserialize_with)]`.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Config {
    ///     #[serde(default, deserialize_with = "countersign_core::config::unix_time")]
    ///     timestamp: Option<u64>,
    /// }
    ///
    /// let config: Config = serde_json::from_str(r#"{ "timestamp": "137131201" }"#)?;
    /// assert_eq!(config.timestamp, Some(137_131_201));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// For anything else; the text says what is expected.
    pub fn unix_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        deserializer.deserialize_any(UnixTime)
    }

    struct UnixTime;

    impl Visitor<'_> for UnixTime {
        type Value = Option<u64>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("seconds since 1970, as a number or as text")
        }

        fn visit_u64<E: Error>(self, time: u64) -> Result<Self::Value, E> {
            Ok(Some(time))
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
            match text.parse() {
                _ if text.is_empty() => Ok(None),
                Ok(time) if is_decimal => Ok(Some(time)),
                _ => Err(Error::invalid_value(Unexpected::Str(text), &self)),
            }
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn times_are_numbers_or_their_digits() {
            let read =
                |json: &str| unix_time(&mut serde_json::Deserializer::from_str(json)).map_err(|err| err.to_string());
            assert_eq!(read("7"), Ok(Some(7)));
            assert_eq!(read(r#""007""#), Ok(Some(7)));
            assert_eq!(read(r#""""#), Ok(None));
            assert_eq!(read("null"), Ok(None));
            for json in ["-1", "1.5", r#""+1""#, r#""x""#, r#""99999999999999999999""#, "true"] {
                assert!(read(json).unwrap_err().contains("seconds since 1970"), "{json}");
            }
        }
    }
}
