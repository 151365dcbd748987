use std::fmt;

use countersign_core::Secret;
#[cfg(feature = "serde")]
use countersign_core::config::is_default;

/// Whose key signs, and what is signed beside the request. As JSON:
/// `{ "id": "dh37fgj492je", "key": "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn" }`.
///
/// An optional text that is empty counts as left out. `id`, `nonce`, `app` and `dlg` hold printable ASCII without `"` and `\`, which
/// the reference server refuses.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The key's identifier; may not be empty.
    pub id: String,
    /// The key; may not be empty.
    pub key: Secret,
    /// The hash function of the MAC and of the payload hash.
    #[cfg_attr(feature = "serde", serde(default))]
    pub algorithm: Algorithm,
    /// A user name. It is not sent and does not change the signature: it is here because Postman's form has it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub user: Option<String>,
    /// The nonce, in place of a drawn one. A server takes each only once.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub nonce: Option<String>,
    /// Text of the application's own, signed and sent: printable ASCII. The reference server and mohawk refuse one with `"` or `\`,
    /// because it is sent escaped.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub ext: Option<String>,
    /// The application's id (Oz).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub app: Option<String>,
    /// The id of the application that delegated its credentials (Oz). It counts only together with `app`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub dlg: Option<String>,
    /// The time of signing in seconds since the Unix epoch, in place of the context's; then a server's clock is not followed. In
    /// JSON a number, or its digits as text.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "countersign_core::config::unix_time"
        )
    )]
    pub timestamp: Option<u64>,
    /// Signs the body too. A request without a body signs the empty one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_default"))]
    pub include_payload_hash: bool,
    /// Demands that the server prove itself in each exchange: a `Server-Authorization` header with the hash of the reply's body,
    /// which is then read whole. Without this, a header that is there is checked all the same, but not the body.
    ///
    /// A 401 is not held to it, for a server that does not know the key cannot prove anything: nothing in an unproved 401, its body
    /// included, is known to be the server's word. A `Server-Authorization` that a 401 does carry is checked. Not part of format 1
    /// of the vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_default"))]
    pub require_server_authorization: bool,
}

impl Config {
    /// SHA-256, and nothing signed but the request.
    #[must_use]
    pub fn new(id: impl Into<String>, key: impl Into<Secret>) -> Self {
        Self {
            id: id.into(),
            key: key.into(),
            algorithm: Algorithm::default(),
            user: None,
            nonce: None,
            ext: None,
            app: None,
            dlg: None,
            timestamp: None,
            include_payload_hash: false,
            require_server_authorization: false,
        }
    }
}

/// The hash function of MACs and payload hashes. In JSON its name.
///
/// ```
/// use countersign_hawk::Algorithm;
///
/// assert_eq!(Algorithm::from("sha1"), Algorithm::Sha1);
/// assert_eq!(Algorithm::from("md5"), Algorithm::Other("md5".into()));
/// ```
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(from = "String", into = "String"))]
#[non_exhaustive]
pub enum Algorithm {
    /// `sha256`.
    #[default]
    Sha256,
    /// `sha1`.
    Sha1,
    /// A name that is neither, exactly as it was given: [`Signer::new`](crate::Signer::new) refuses it.
    Other(String),
}

impl Algorithm {
    /// The name, as configs have it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha1 => "sha1",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for Algorithm {
    fn from(name: &str) -> Self {
        match name {
            "sha256" => Self::Sha256,
            "sha1" => Self::Sha1,
            _ => Self::Other(name.to_owned()),
        }
    }
}

impl From<String> for Algorithm {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl From<Algorithm> for String {
    fn from(algorithm: Algorithm) -> Self {
        algorithm.as_str().to_owned()
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn json_is_short_and_comes_back() {
        let config: Config = serde_json::from_str(r#"{"id":"i","key":"k","timestamp":"7"}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&config).unwrap(),
            r#"{"id":"i","key":"k","algorithm":"sha256","timestamp":7}"#
        );
        let error = serde_json::from_str::<Config>(r#"{"id":"i","key":"k","keys":""}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `keys`"), "{error}");
        assert!(!format!("{config:?}").contains("\"k\""));
    }

    #[test]
    fn an_unknown_algorithm_comes_back_as_it_was() {
        for name in ["sha1", "sha256", "SHA256", ""] {
            let json = format!(r#"{{"id":"i","key":"k","algorithm":"{name}"}}"#);
            let config: Config = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&config).unwrap(), json);
            assert_eq!(matches!(config.algorithm, Algorithm::Other(_)), !["sha1", "sha256"].contains(&name));
        }
    }
}
