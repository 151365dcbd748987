use countersign_core::Secret;

/// An API client's credentials, and what is signed beside the request. As JSON:
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
    /// The time of signing, as `20140321T19:34:21+0000`, in place of the context's. Seconds since the Unix epoch are taken too, in
    /// JSON as a number or as text.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "timestamp")
    )]
    pub timestamp: Option<String>,
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
    /// Signs the request alone, for the host that it names.
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
fn timestamp<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Given {
        Seconds(u64),
        Text(String),
    }
    let given = <Option<Given> as serde::Deserialize>::deserialize(deserializer)?;
    Ok(given.map(|given| match given {
        Given::Seconds(seconds) => seconds.to_string(),
        Given::Text(text) => text,
    }))
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
        let timed = serde_json::from_str::<Config>(&json.replace('}', r#","timestamp":7}"#)).unwrap();
        assert_eq!(timed.timestamp.as_deref(), Some("7"));
        assert!(!format!("{config:?}").contains("\"s\""));
    }
}
