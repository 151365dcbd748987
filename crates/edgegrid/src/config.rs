use countersign_core::Secret;

/// An API client's credentials, and what is signed beyond method, URL and body. As JSON:
/// `{ "access_token": "akab-…", "client_token": "akab-…", "client_secret": "…=" }`.
///
/// An optional text that is empty counts as left out. [`Config::from_edgerc`] reads it from Akamai's own files,
/// [`Config::from_env`] from environment variables.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The access token; may not be empty, nor hold `;` or control characters.
    pub access_token: String,
    /// The client token; as the access token.
    pub client_token: String,
    /// The client secret; may not be empty.
    pub client_secret: Secret,
    /// The nonce, in place of a drawn UUID.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub nonce: Option<String>,
    /// The time of signing in seconds since the Unix epoch, in place of the context's. In JSON a number, its digits as text, or the
    /// form that EdgeGrid writes, `20140321T19:34:21+0000`; the empty text counts as left out.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "timestamp::deserialize")
    )]
    pub timestamp: Option<u64>,
    /// Whose host is signed, as `https://akab-….luna.akamaiapis.net` or the host alone. Left out, it is the request's own. Its scheme
    /// counts only where the request's URI has none; left out there too, it is `https`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub base_url: Option<String>,
    /// Headers that are signed, in this order, in any case. One that the request is without, or that is empty, is left out.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub headers_to_sign: Vec<String>,
    /// How many bytes of a POST's body are hashed at most: 131,072 unless set, never 0.
    #[cfg_attr(feature = "serde", serde(default = "max_body"))]
    pub max_body: u64,
    /// The account to act for, where a client may switch: goes into the query as `accountSwitchKey`. Beyond format 1 of the vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub account_key: Option<String>,
}

impl Config {
    /// Signs for the host that the request names, and no headers.
    #[must_use]
    pub fn new(
        access_token: impl Into<String>,
        client_token: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        Self {
            access_token: access_token.into(),
            client_token: client_token.into(),
            client_secret: client_secret.into(),
            nonce: None,
            timestamp: None,
            base_url: None,
            headers_to_sign: Vec::new(),
            max_body: max_body(),
            account_key: None,
        }
    }
}

pub(crate) const fn max_body() -> u64 {
    131_072
}

#[cfg(feature = "serde")]
mod timestamp {
    use serde::de::{Deserializer, Error, Unexpected, Visitor};

    use crate::timestamp;

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        deserializer.deserialize_any(Timestamp)
    }

    struct Timestamp;

    impl Visitor<'_> for Timestamp {
        type Value = Option<u64>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a time of the form 20140321T19:34:21+0000, or seconds since 1970 as a number or as text")
        }

        fn visit_u64<E: Error>(self, time: u64) -> Result<Self::Value, E> {
            Ok(Some(time))
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
            let time = if is_decimal { text.parse().ok() } else { timestamp::read(text) };
            match time {
                _ if text.is_empty() => Ok(None),
                Some(time) => Ok(Some(time)),
                None => Err(Error::invalid_value(Unexpected::Str(text), &self)),
            }
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn json_is_short_and_comes_back() {
        let json = r#"{"access_token":"a","client_token":"c","client_secret":"s"}"#;
        let config: Config = serde_json::from_str(json).unwrap();
        let whole = r#"{"access_token":"a","client_token":"c","client_secret":"s","max_body":131072}"#;
        assert_eq!(serde_json::to_string(&config).unwrap(), whole);
        let error = serde_json::from_str::<Config>(&json.replace("client_token", "clienttoken")).unwrap_err();
        assert!(error.to_string().contains("unknown field `clienttoken`"), "{error}");
        assert!(!format!("{config:?}").contains("\"s\""));
    }

    #[test]
    fn times_are_of_edgegrids_form_or_seconds() {
        let read = |json: &str| {
            let json = format!(r#"{{"access_token":"a","client_token":"c","client_secret":"s","timestamp":{json}}}"#);
            serde_json::from_str::<Config>(&json).map(|config| config.timestamp).map_err(|err| err.to_string())
        };
        assert_eq!(read(r#""20140321T19:34:21+0000""#), Ok(Some(1_395_430_461)));
        for (json, seconds) in [("7", Some(7)), (r#""007""#, Some(7)), (r#""""#, None), ("null", None)] {
            assert_eq!(read(json), Ok(seconds), "{json}");
        }
        for json in ["-1", "1.5", "true", r#""+1""#, r#""2014-03-21""#, r#""20140321T19:34:21+0100""#] {
            assert!(read(json).unwrap_err().contains("20140321T19:34:21+0000, or seconds since 1970"), "{json}");
        }
        let mut config = Config::new("a", "c", "s");
        config.timestamp = Some(1_395_430_461);
        let again: Config = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
        assert_eq!(again.timestamp, config.timestamp);
    }
}
