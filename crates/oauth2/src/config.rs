use countersign_core::Secret;

/// Which token, where it goes, and how to get it. As JSON, with a token at hand: `{ "access_token": "…" }`; with a grant:
/// `{ "grant": { "grant_type": "client_credentials", "access_token_url": "https://…", "client_id": "…", "client_secret": "…" } }`.
///
/// An optional text that is empty counts as left out.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// A token that is at hand. With a grant, it is used until it expires or is refused.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub access_token: Option<Secret>,
    /// What stands before the token in the header, trimmed; when blank the token stands alone. `Bearer` unless set.
    #[cfg_attr(feature = "serde", serde(default = "bearer", skip_serializing_if = "is_bearer"))]
    pub header_prefix: String,
    /// Where the token goes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub add_to: AddTo,
    /// How to get a token.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub grant: Option<Box<Grant>>,
}

/// Where a token goes (RFC 6750 section 2); only one place counts, so a token in the other is removed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum AddTo {
    /// The `Authorization` header.
    #[default]
    Header,
    /// The query parameter `access_token`. URLs end up in logs: for servers that take nothing else.
    Query,
}

/// How to get a token: one form for all grants; what a grant does not use is left alone.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Grant {
    /// Which grant.
    pub grant_type: GrantType,
    /// The token endpoint. `https`, or on loopback, unless `allow_insecure`. All grants but implicit.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "String::is_empty"))]
    pub access_token_url: String,
    /// The authorization endpoint, for authorization code and implicit.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub auth_url: Option<String>,
    /// The device authorization endpoint (RFC 8628).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub device_url: Option<String>,
    /// The endpoint of pushed authorization requests (RFC 9126).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub par_url: Option<String>,
    /// Where the browser comes back to (`redirect_uri`).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub callback_url: Option<String>,
    /// The client's id.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "String::is_empty"))]
    pub client_id: String,
    /// The client's secret. Without one it is a public client.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub client_secret: Option<Secret>,
    /// How the client authenticates itself at the token endpoint.
    #[cfg_attr(feature = "serde", serde(default))]
    pub client_authentication: ClientAuthentication,
    /// The client's private key, for `private_key_jwt`: of the curve P-256, PEM in PKCS#8, not encrypted.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub private_key: Option<Secret>,
    /// The key's id (`kid`), where the server wants it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub key_id: Option<String>,
    /// Binds tokens to a key (DPoP, RFC 9449): what is stolen is then of no use. Needs the feature `jwt`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
    pub dpop: bool,
    /// DPoP's key, as `private_key`. Left out, one is drawn; with a token store, give one, or tokens do not outlive the process.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub dpop_key: Option<Secret>,
    /// The scopes, parted by spaces.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub scope: Option<String>,
    /// The state, in place of a drawn one. It must not be guessed.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub state: Option<String>,
    /// PKCE's method (RFC 7636).
    #[cfg_attr(feature = "serde", serde(default))]
    pub code_challenge_method: CodeChallengeMethod,
    /// PKCE's verifier, in place of a drawn one: 43 to 128 of `A-Z a-z 0-9 - . _ ~`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub code_verifier: Option<Secret>,
    /// The issuer, if known: the callback's `iss` must be it (RFC 9207).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub issuer: Option<String>,
    /// The user's name, for the password grant.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub username: Option<String>,
    /// The user's password, for the password grant.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub password: Option<Secret>,
    /// A refresh token that is at hand; the whole of the refresh grant, and for the others used before anything else.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub refresh_token: Option<Secret>,
    /// The assertion of the JWT bearer grant (RFC 7523).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub assertion: Option<Secret>,
    /// The subject token of a token exchange (RFC 8693).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub subject_token: Option<Secret>,
    /// Its type: `urn:ietf:params:oauth:token-type:access_token` unless set.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub subject_token_type: Option<String>,
    /// The actor token of a token exchange.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub actor_token: Option<Secret>,
    /// Its type; needed with an actor token.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub actor_token_type: Option<String>,
    /// The type of the token that a token exchange is to give.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub requested_token_type: Option<String>,
    /// The resources that the token is for (RFC 8707): absolute URIs. In JSON one text, or a list.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_more")
    )]
    pub resource: Vec<String>,
    /// The audience that the token is for, as some servers ask.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub audience: Option<String>,
    /// Further parameters of the authorization request.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub auth_request_params: Vec<(String, String)>,
    /// Further parameters of each token request.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub token_request_params: Vec<(String, String)>,
    /// The token's name, where several are kept for a configuration.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub token_name: Option<String>,
    /// Takes endpoints of plain `http` that are not on loopback.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
    pub allow_insecure: bool,
}

/// The grants.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum GrantType {
    /// Authorization code with PKCE (RFC 6749 section 4.1): a person in a browser.
    AuthorizationCode,
    /// Implicit (RFC 6749 section 4.2): the token comes in the callback's fragment. For old servers.
    Implicit,
    /// The user's password (RFC 6749 section 4.3). For old servers.
    Password,
    /// The client's own credentials (RFC 6749 section 4.4).
    ClientCredentials,
    /// A refresh token that is at hand (RFC 6749 section 6).
    RefreshToken,
    /// A device without a browser (RFC 8628): a person at another one.
    #[cfg_attr(feature = "serde", serde(alias = "urn:ietf:params:oauth:grant-type:device_code"))]
    DeviceCode,
    /// One token for another (RFC 8693).
    #[cfg_attr(feature = "serde", serde(alias = "urn:ietf:params:oauth:grant-type:token-exchange"))]
    TokenExchange,
    /// A JWT that somebody signed (RFC 7523 section 2.1).
    #[cfg_attr(feature = "serde", serde(alias = "urn:ietf:params:oauth:grant-type:jwt-bearer"))]
    JwtBearer,
}

impl GrantType {
    /// `grant_type` of the token request; none for implicit, which has no such request.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::Implicit => "implicit",
            Self::Password => "password",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }

    /// Whether a person must take part.
    #[must_use]
    pub const fn needs_person(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::Implicit | Self::DeviceCode)
    }
}

/// How a client authenticates itself (RFC 6749 section 2.3, RFC 7523 section 2.2).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// HTTP Basic, with id and secret percent-encoded first. Without a secret, the id goes into the body.
    #[default]
    Header,
    /// Id and secret in the body.
    Body,
    /// The id alone, in the body: a public client.
    None,
    /// A JWT under the client's secret (HS256).
    ClientSecretJwt,
    /// A JWT under the client's private key (ES256). Needs the feature `jwt`.
    PrivateKeyJwt,
}

/// PKCE's methods (RFC 7636 section 4.2).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum CodeChallengeMethod {
    /// The verifier's SHA-256.
    #[default]
    S256,
    /// The verifier itself: only for servers that know no other.
    #[cfg_attr(feature = "serde", serde(rename = "plain"))]
    Plain,
}

impl Config {
    /// A token that is at hand.
    #[must_use]
    pub fn new(access_token: impl Into<Secret>) -> Self {
        Self { access_token: Some(access_token.into()), header_prefix: bearer(), add_to: AddTo::Header, grant: None }
    }

    /// A grant that gets one.
    #[must_use]
    pub fn with_grant(grant: Grant) -> Self {
        Self { access_token: None, header_prefix: bearer(), add_to: AddTo::Header, grant: Some(Box::new(grant)) }
    }
}

impl Grant {
    /// A grant at a token endpoint.
    #[must_use]
    pub fn new(grant_type: GrantType, access_token_url: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            grant_type,
            access_token_url: access_token_url.into(),
            auth_url: None,
            device_url: None,
            par_url: None,
            callback_url: None,
            client_id: client_id.into(),
            client_secret: None,
            client_authentication: ClientAuthentication::Header,
            private_key: None,
            key_id: None,
            dpop: false,
            dpop_key: None,
            scope: None,
            state: None,
            code_challenge_method: CodeChallengeMethod::S256,
            code_verifier: None,
            issuer: None,
            username: None,
            password: None,
            refresh_token: None,
            assertion: None,
            subject_token: None,
            subject_token_type: None,
            actor_token: None,
            actor_token_type: None,
            requested_token_type: None,
            resource: Vec::new(),
            audience: None,
            auth_request_params: Vec::new(),
            token_request_params: Vec::new(),
            token_name: None,
            allow_insecure: false,
        }
    }

    /// The client's own credentials.
    #[must_use]
    pub fn client_credentials(
        access_token_url: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        let mut grant = Self::new(GrantType::ClientCredentials, access_token_url, client_id);
        grant.client_secret = Some(client_secret.into());
        grant
    }

    /// Authorization code with PKCE, for a public client.
    #[must_use]
    pub fn authorization_code(
        auth_url: impl Into<String>,
        access_token_url: impl Into<String>,
        client_id: impl Into<String>,
        callback_url: impl Into<String>,
    ) -> Self {
        let mut grant = Self::new(GrantType::AuthorizationCode, access_token_url, client_id);
        grant.auth_url = Some(auth_url.into());
        grant.callback_url = Some(callback_url.into());
        grant
    }
}

fn bearer() -> String {
    "Bearer".to_owned()
}

#[cfg(feature = "serde")]
fn is_bearer(prefix: &str) -> bool {
    prefix == "Bearer"
}

#[cfg(feature = "serde")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(feature = "serde")]
fn one_or_more<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Given {
        One(String),
        More(Vec<String>),
    }
    Ok(match <Option<Given> as serde::Deserialize>::deserialize(deserializer)? {
        Some(Given::One(one)) if !one.is_empty() => vec![one],
        Some(Given::More(more)) => more,
        _ => Vec::new(),
    })
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn json_is_short_and_comes_back() {
        let json = r#"{"add_to":"header","grant":{"grant_type":"client_credentials","access_token_url":"https://h/token","client_id":"i","client_secret":"s","client_authentication":"body","code_challenge_method":"S256"}}"#;
        let config: Config = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&config).unwrap(), json);
        assert!(!format!("{config:?}").contains("\"s\""));
        let device =
            r#"{"grant":{"grant_type":"urn:ietf:params:oauth:grant-type:device_code","resource":"https://r"}}"#;
        let config: Config = serde_json::from_str(device).unwrap();
        let grant = config.grant.unwrap();
        assert_eq!((grant.grant_type, grant.resource.len()), (GrantType::DeviceCode, 1));
        let error = serde_json::from_str::<Config>(r#"{"grant":{"grant_type":"password","user":"u"}}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `user`"), "{error}");
    }
}
