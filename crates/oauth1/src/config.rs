use countersign_core::Secret;
#[cfg(feature = "serde")]
use countersign_core::config::{is_default, is_yes, unix_time, yes};

use crate::SignatureMethod;

/// Whose keys sign, by which method, and where the signature goes. As JSON, with what may be left out left out:
/// `{ "consumer_key": "dpf43f3p2l4k3l03", "consumer_secret": "…", "token": "nnch734d00sl2jdk", "token_secret": "…" }`.
///
/// An optional text that is empty counts as left out.
///
/// ```
/// use countersign_oauth1::{AddTo, Config, SignatureMethod};
///
/// let mut config = Config::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44").with_token("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00");
/// config.signature_method = SignatureMethod::HmacSha256;
/// config.add_to = AddTo::Request;
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The signature method: `HMAC-SHA1` unless set.
    #[cfg_attr(feature = "serde", serde(default))]
    pub signature_method: SignatureMethod,
    /// The consumer key (client identifier); may not be empty.
    pub consumer_key: String,
    /// The consumer secret (client shared-secret). May be empty; the RSA methods do not use it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Secret::is_empty"))]
    pub consumer_secret: Secret,
    /// The token: of token credentials, or the temporary one in the middle of the three-legged flow.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub token: Option<String>,
    /// The token's secret; the RSA methods do not use it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub token_secret: Option<Secret>,
    /// The private key of the RSA methods: PEM, PKCS#1 (`BEGIN RSA PRIVATE KEY`) or PKCS#8 (`BEGIN PRIVATE KEY`), not
    /// encrypted, of at least 1,024 bits.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub private_key: Option<Secret>,
    /// `oauth_callback`: where the user comes back to, or `oob` (RFC 5849 section 2.1).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub callback: Option<String>,
    /// `oauth_verifier`: what the user brought back (RFC 5849 section 2.3).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub verifier: Option<String>,
    /// The time of signing in seconds since the Unix epoch, in place of the context's. In JSON a number, or its digits.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "unix_time")
    )]
    pub timestamp: Option<u64>,
    /// The nonce, in place of a drawn one. A provider takes each only once.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub nonce: Option<String>,
    /// `oauth_version`: `1.0`; if empty, it is not sent, as RFC 5849 section 3.1 allows.
    #[cfg_attr(feature = "serde", serde(default = "version"))]
    pub version: String,
    /// The realm of the header, outside the signature; sent only with [`AddTo::Header`].
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub realm: Option<String>,
    /// Signs the body as well: `oauth_body_hash`, by the method's own hash. Never for form bodies, which are signed pair by
    /// pair, nor for PLAINTEXT. Source: OAuth Request Body Hash, draft 4.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_default"))]
    pub include_body_hash: bool,
    /// Signs and sends `oauth_token` and `oauth_version` where they are empty, as some providers expect. Callback, verifier and
    /// body hash are left out all the same.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_default"))]
    pub add_empty_params_to_signature: bool,
    /// Percent-encodes the values in the header, as RFC 5849 section 3.5.1 demands; false for a provider that does not decode
    /// them. The signature is the same.
    #[cfg_attr(feature = "serde", serde(default = "yes", skip_serializing_if = "is_yes"))]
    pub encode_header_params: bool,
    /// Where the signature goes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub add_to: AddTo,
}

/// Where a signature goes (RFC 5849 section 3.5).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum AddTo {
    /// The `Authorization` header.
    #[default]
    Header,
    /// The form body of a POST or PUT that has one, else the query.
    Request,
}

impl Config {
    /// HMAC-SHA1 in the header, without a token.
    #[must_use]
    pub fn new(consumer_key: impl Into<String>, consumer_secret: impl Into<Secret>) -> Self {
        Self {
            signature_method: SignatureMethod::HmacSha1,
            consumer_key: consumer_key.into(),
            consumer_secret: consumer_secret.into(),
            token: None,
            token_secret: None,
            private_key: None,
            callback: None,
            verifier: None,
            timestamp: None,
            nonce: None,
            version: version(),
            realm: None,
            include_body_hash: false,
            add_empty_params_to_signature: false,
            encode_header_params: true,
            add_to: AddTo::Header,
        }
    }

    /// The same with a token and its secret.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>, token_secret: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self.token_secret = Some(token_secret.into());
        self
    }
}

fn version() -> String {
    "1.0".to_owned()
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn json_is_short_and_comes_back() {
        let json = r#"{"signature_method":"HMAC-SHA1","consumer_key":"k","consumer_secret":"s","version":"1.0","add_to":"header"}"#;
        let config: Config = serde_json::from_str(r#"{"consumer_key":"k","consumer_secret":"s"}"#).unwrap();
        assert_eq!(serde_json::to_string(&config).unwrap(), json);
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Config>(json).unwrap()).unwrap(), json);
        assert!(!format!("{config:?}").contains("\"s\""));
    }

    #[test]
    fn an_unknown_method_comes_back_as_it_was() {
        let config: Config = serde_json::from_str(r#"{"consumer_key":"k","signature_method":"HMAC-MD5"}"#).unwrap();
        assert_eq!(config.signature_method, SignatureMethod::Other("HMAC-MD5".to_owned()));
        assert!(serde_json::to_string(&config).unwrap().contains(r#""signature_method":"HMAC-MD5""#));
    }

    #[test]
    fn unknown_fields_are_named() {
        let error = serde_json::from_str::<Config>(r#"{"consumer_key":"k","tokn":""}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `tokn`"), "{error}");
    }
}
