use countersign_core::Secret;

use crate::{Algorithm, Qop};

/// A user name and password, and what is known of the server's challenge beforehand. As JSON:
/// `{ "username": "Mufasa", "password": "Circle of Life" }`.
///
/// With `realm` and `nonce` given, the first request is signed with them, without a challenge. An optional text that is
/// empty counts as left out.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The user name.
    pub username: String,
    /// The password; may be empty.
    pub password: Secret,
    /// If true, a 401 or 407 is returned to the caller; its challenge is not answered or stored.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "countersign_core::config::is_default"))]
    pub disable_retry: bool,
    /// The realm of the first request. Used together with `nonce`, else not at all.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub realm: Option<String>,
    /// The server's nonce for the first request. It is used for one origin only: the first that is asked for.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub nonce: Option<String>,
    /// The only algorithm to answer with. Left out, it is the strongest that the server offers; where the first request is
    /// signed without a challenge, MD5.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "named"))]
    pub algorithm: Option<Algorithm>,
    /// The only quality of protection to answer with. Left out, it is `auth`, or `auth-int` where the server offers nothing
    /// else; where the first request is signed without a challenge, none (RFC 2069).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "named"))]
    pub qop: Option<Qop>,
    /// The count of the first request under the `nonce` of this config: 1 unless set, never 0. In JSON a number, or a text
    /// of hex digits as the header has it (`"0000000a"` is 10). Nonces that the server sends count from 1.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nonce_count")
    )]
    pub nonce_count: Option<u32>,
    /// The client's nonce (`cnonce`), in place of a random one. Safe only where the server's nonces do not repeat.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub client_nonce: Option<String>,
    /// The server's `opaque` for the first request, sent back as it is.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub opaque: Option<String>,
}

impl Config {
    /// A user name and password; everything else as the server asks.
    #[must_use]
    pub fn new(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self {
            username: username.into(),
            password: password.into(),
            disable_retry: false,
            realm: None,
            nonce: None,
            algorithm: None,
            qop: None,
            nonce_count: None,
            client_nonce: None,
            opaque: None,
        }
    }
}

/// A name, or nothing: an empty text counts as left out.
#[cfg(feature = "serde")]
fn named<'de, D: serde::Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let name: Option<String> = serde::Deserialize::deserialize(deserializer)?;
    Ok(name.filter(|name| !name.is_empty()).map(T::from))
}

#[cfg(feature = "serde")]
fn nonce_count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    struct Count;

    impl serde::de::Visitor<'_> for Count {
        type Value = Option<u32>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a number below 2^32, or up to 8 hex digits as text")
        }

        fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<Self::Value, E> {
            let unexpected = serde::de::Unexpected::Unsigned(count);
            u32::try_from(count).map(Some).map_err(|_| E::invalid_value(unexpected, &self))
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            let is_hex = text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            match u32::from_str_radix(text, 16) {
                _ if text.is_empty() => Ok(None),
                Ok(count) if is_hex => Ok(Some(count)),
                _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
            }
        }

        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    deserializer.deserialize_any(Count)
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn json_is_short_and_comes_back() {
        let json = r#"{"username":"Mufasa","password":"Circle of Life"}"#;
        let config: Config = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&config).unwrap(), json);
        let error = serde_json::from_str::<Config>(r#"{"username":"","password":"","cnonce":""}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `cnonce`"), "{error}");
    }

    #[test]
    fn names_that_are_not_known_are_kept() {
        let config = |json: &str| serde_json::from_str::<Config>(json).unwrap();
        let json = r#"{"username":"u","password":"p","algorithm":"SHA-1","qop":"auth-conf"}"#;
        assert_eq!(config(json).algorithm, Some(Algorithm::Other("SHA-1".into())));
        assert_eq!(serde_json::to_string(&config(json)).unwrap(), json);
        let known = config(r#"{"username":"u","password":"p","algorithm":"md5-sess","qop":"Auth-Int"}"#);
        assert_eq!((known.algorithm, known.qop), (Some(Algorithm::Md5Sess), Some(Qop::AuthInt)));
        let left_out = config(r#"{"username":"u","password":"p","algorithm":"","qop":null}"#);
        assert_eq!((left_out.algorithm, left_out.qop), (None, None));
    }

    #[test]
    fn counts_are_numbers_or_hex() {
        let count = |json: &str| {
            let json = format!(r#"{{"username":"u","password":"p","nonce_count":{json}}}"#);
            serde_json::from_str::<Config>(&json).map(|config| config.nonce_count).map_err(|err| err.to_string())
        };
        assert_eq!(count("10"), Ok(Some(10)));
        assert_eq!(count(r#""0000000a""#), Ok(Some(10)));
        assert_eq!(count(r#""""#), Ok(None));
        assert_eq!(count("null"), Ok(None));
        for json in ["-1", "4294967296", r#""+1""#, r#""000000001""#, r#""x""#, "true"] {
            assert!(count(json).unwrap_err().contains("hex digits"), "{json}");
        }
    }
}
