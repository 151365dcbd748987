use countersign_core::Secret;

use crate::Algorithm;

/// Whose key signs, and what beside the request. As JSON: `{ "id": "dh37fgj492je", "key": "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn" }`.
///
/// An optional text that is empty counts as left out. `id`, `nonce`, `app` and `dlg` hold printable ASCII but `"` and `\`, which
/// the reference server refuses.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The key's identifier; may not be empty.
    pub id: String,
    /// The key; may not be empty.
    pub key: Secret,
    /// The hash of MAC and payload: a name of [`Algorithm`], exactly.
    #[cfg_attr(feature = "serde", serde(default = "sha256"))]
    pub algorithm: String,
    /// A user name. Nothing of it goes on the wire, nor does it change a signature: it is here for Postman's form, which asks for
    /// it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub user: Option<String>,
    /// The nonce, in place of a drawn one. A server takes each only once.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub nonce: Option<String>,
    /// Text of the application's own, signed and sent: printable ASCII. The reference server and mohawk refuse one with `"` or `\`,
    /// for it arrives escaped.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub ext: Option<String>,
    /// The application's id (Oz).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub app: Option<String>,
    /// The id of the application that delegated its credentials (Oz); counts only together with `app`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub dlg: Option<String>,
    /// The time of signing in seconds since the Unix epoch, in place of the context's; then a server's clock is not followed. In
    /// JSON a number, or its digits.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "countersign_core::config::unix_time"
        )
    )]
    pub timestamp: Option<u64>,
    /// Signs the body too; where there is none, the empty body.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
    pub include_payload_hash: bool,
    /// Demands that the server prove itself in each exchange: a `Server-Authorization` header with the hash of the reply's body,
    /// which is then read whole. Without it, a header that is there is checked all the same, but not the body. Beyond format 1 of
    /// the vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
    pub require_server_authorization: bool,
}

impl Config {
    /// SHA-256, and nothing signed but the request.
    #[must_use]
    pub fn new(id: impl Into<String>, key: impl Into<Secret>) -> Self {
        Self {
            id: id.into(),
            key: key.into(),
            algorithm: sha256(),
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

fn sha256() -> String {
    Algorithm::Sha256.into()
}

#[cfg(feature = "serde")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(flag: &bool) -> bool {
    !*flag
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
}
