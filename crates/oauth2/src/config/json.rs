//! The flat form of a grant: the fields of all grants side by side, as a config file has them.

use countersign_core::Secret;
use countersign_core::config::is_default;
use serde::{Deserialize, Serialize};

use super::{
    ActorToken, AuthorizationCode, Client, ClientAuthentication, ClientCredentials, CodeChallengeMethod, Consent,
    DeviceCode, DpopKey, Grant, GrantType, Implicit, JwtBearer, Password, RefreshToken, TokenEndpoint, TokenExchange,
};

/// Every field but the first may be left out; what the grant does not have is dropped.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flat {
    grant_type: GrantType,
    #[serde(default, skip_serializing_if = "is_default")]
    access_token_url: String,
    #[serde(default, skip_serializing_if = "is_default")]
    auth_url: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    device_url: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    par_url: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    callback_url: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    client_id: String,
    #[serde(default, skip_serializing_if = "is_default")]
    client_secret: Option<Secret>,
    #[serde(default, skip_serializing_if = "is_default")]
    client_authentication: Option<Method>,
    #[serde(default, skip_serializing_if = "is_default")]
    private_key: Option<Secret>,
    #[serde(default, skip_serializing_if = "is_default")]
    key_id: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    dpop: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    dpop_key: Option<Secret>,
    #[serde(default, skip_serializing_if = "is_default")]
    scope: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    state: Option<Secret>,
    #[serde(default, skip_serializing_if = "is_default")]
    code_challenge_method: Option<CodeChallengeMethod>,
    #[serde(default, skip_serializing_if = "is_default")]
    code_verifier: Option<Secret>,
    #[serde(default, skip_serializing_if = "is_default")]
    issuer: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    require_iss: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    username: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    password: Option<Secret>,
    #[serde(default, skip_serializing_if = "is_default")]
    refresh_token: Option<Secret>,
    #[serde(default, skip_serializing_if = "is_default")]
    assertion: Option<Secret>,
    #[serde(default, skip_serializing_if = "is_default")]
    subject_token: Option<Secret>,
    #[serde(default, skip_serializing_if = "is_default")]
    subject_token_type: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    actor_token: Option<Secret>,
    #[serde(default, skip_serializing_if = "is_default")]
    actor_token_type: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    requested_token_type: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_more")]
    resource: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    audience: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    auth_request_params: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "is_default")]
    token_request_params: Vec<(String, Secret)>,
    #[serde(default, skip_serializing_if = "is_default")]
    token_name: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    allow_insecure: bool,
}

/// The methods of [`ClientAuthentication`], without what they take.
#[derive(Clone, Copy, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    Header,
    Body,
    None,
    ClientSecretJwt,
    PrivateKeyJwt,
}

impl From<Flat> for Grant {
    fn from(flat: Flat) -> Self {
        match flat.grant_type {
            GrantType::AuthorizationCode => Self::AuthorizationCode(AuthorizationCode {
                client: flat.client(),
                token: flat.token(),
                consent: flat.consent(),
                par_url: flat.par_url,
                code_challenge_method: flat.code_challenge_method.unwrap_or_default(),
                code_verifier: flat.code_verifier,
            }),
            GrantType::Implicit => Self::Implicit(Implicit { client: flat.client(), consent: flat.consent() }),
            GrantType::Password => Self::Password(Password {
                client: flat.client(),
                token: flat.token(),
                username: flat.username.unwrap_or_default(),
                password: flat.password.unwrap_or_default(),
            }),
            GrantType::ClientCredentials => {
                Self::ClientCredentials(ClientCredentials { client: flat.client(), token: flat.token() })
            }
            GrantType::RefreshToken => Self::RefreshToken(RefreshToken { client: flat.client(), token: flat.token() }),
            GrantType::DeviceCode => Self::DeviceCode(DeviceCode {
                client: flat.client(),
                token: flat.token(),
                device_url: flat.device_url.unwrap_or_default(),
                auth_request_params: flat.auth_request_params,
            }),
            GrantType::TokenExchange => Self::TokenExchange(TokenExchange {
                client: flat.client(),
                token: flat.token(),
                subject_token: flat.subject_token.unwrap_or_default(),
                subject_token_type: flat.subject_token_type,
                actor: flat
                    .actor_token
                    .filter(|token| !token.is_empty())
                    .map(|token| ActorToken { token, token_type: flat.actor_token_type.unwrap_or_default() }),
                requested_token_type: flat.requested_token_type,
            }),
            GrantType::JwtBearer => Self::JwtBearer(JwtBearer {
                client: flat.client(),
                token: flat.token(),
                assertion: flat.assertion.unwrap_or_default(),
            }),
        }
    }
}

impl Flat {
    fn client(&self) -> Client {
        Client {
            client_id: self.client_id.clone(),
            scope: self.scope.clone(),
            resource: self.resource.clone(),
            audience: self.audience.clone(),
            issuer: self.issuer.clone(),
            token_name: self.token_name.clone(),
            allow_insecure: self.allow_insecure,
        }
    }

    fn token(&self) -> TokenEndpoint {
        let key = || self.dpop_key.clone().filter(|key| !key.is_empty()).map_or(DpopKey::Drawn, DpopKey::Given);
        TokenEndpoint {
            access_token_url: self.access_token_url.clone(),
            client_authentication: self.authentication(),
            dpop: self.dpop.then(key),
            refresh_token: self.refresh_token.clone(),
            token_request_params: self.token_request_params.clone(),
        }
    }

    /// A secret that is there but empty is one that is missing: only who names none at all has a public client.
    fn authentication(&self) -> ClientAuthentication {
        let is_public = self.client_secret.is_none() && self.grant_type != GrantType::ClientCredentials;
        let method = self.client_authentication.unwrap_or(if is_public { Method::None } else { Method::Header });
        let secret = || self.client_secret.clone().unwrap_or_default();
        match method {
            Method::None => ClientAuthentication::None,
            Method::Header => ClientAuthentication::Header(secret()),
            Method::Body => ClientAuthentication::Body(secret()),
            Method::ClientSecretJwt => ClientAuthentication::ClientSecretJwt(secret()),
            Method::PrivateKeyJwt => ClientAuthentication::PrivateKeyJwt {
                private_key: self.private_key.clone().unwrap_or_default(),
                key_id: self.key_id.clone(),
            },
        }
    }

    fn consent(&self) -> Consent {
        Consent {
            auth_url: self.auth_url.clone().unwrap_or_default(),
            callback_url: self.callback_url.clone().unwrap_or_default(),
            state: self.state.clone(),
            auth_request_params: self.auth_request_params.clone(),
            require_iss: self.require_iss,
        }
    }

    /// What all grants share.
    fn of(grant_type: GrantType, client: Client) -> Self {
        Self {
            grant_type,
            client_id: client.client_id,
            scope: client.scope,
            resource: client.resource,
            audience: client.audience,
            issuer: client.issuer,
            token_name: client.token_name,
            allow_insecure: client.allow_insecure,
            access_token_url: String::new(),
            auth_url: None,
            device_url: None,
            par_url: None,
            callback_url: None,
            client_secret: None,
            client_authentication: None,
            private_key: None,
            key_id: None,
            dpop: false,
            dpop_key: None,
            state: None,
            code_challenge_method: None,
            code_verifier: None,
            require_iss: false,
            username: None,
            password: None,
            refresh_token: None,
            assertion: None,
            subject_token: None,
            subject_token_type: None,
            actor_token: None,
            actor_token_type: None,
            requested_token_type: None,
            auth_request_params: Vec::new(),
            token_request_params: Vec::new(),
        }
    }

    fn with_token(self, token: TokenEndpoint) -> Self {
        let mut flat = self;
        flat.access_token_url = token.access_token_url;
        flat.dpop = token.dpop.is_some();
        flat.dpop_key = match token.dpop {
            Some(DpopKey::Given(key)) => Some(key),
            Some(DpopKey::Drawn) | None => None,
        };
        flat.refresh_token = token.refresh_token;
        flat.token_request_params = token.token_request_params;
        let (method, secret) = match token.client_authentication {
            ClientAuthentication::None => (Method::None, None),
            ClientAuthentication::Header(secret) => (Method::Header, Some(secret)),
            ClientAuthentication::Body(secret) => (Method::Body, Some(secret)),
            ClientAuthentication::ClientSecretJwt(secret) => (Method::ClientSecretJwt, Some(secret)),
            ClientAuthentication::PrivateKeyJwt { private_key, key_id } => {
                (flat.private_key, flat.key_id) = (Some(private_key), key_id);
                (Method::PrivateKeyJwt, None)
            }
        };
        (flat.client_authentication, flat.client_secret) = (Some(method), secret);
        flat
    }

    fn with_consent(self, consent: Consent) -> Self {
        Self {
            auth_url: Some(consent.auth_url),
            callback_url: Some(consent.callback_url),
            state: consent.state,
            auth_request_params: consent.auth_request_params,
            require_iss: consent.require_iss,
            ..self
        }
    }
}

impl From<Grant> for Flat {
    fn from(grant: Grant) -> Self {
        let flat = Self::of(grant.grant_type(), grant.client().clone());
        match grant {
            Grant::AuthorizationCode(grant) => Self {
                par_url: grant.par_url,
                code_challenge_method: Some(grant.code_challenge_method),
                code_verifier: grant.code_verifier,
                ..flat.with_token(grant.token).with_consent(grant.consent)
            },
            Grant::Implicit(grant) => flat.with_consent(grant.consent),
            Grant::Password(grant) => {
                Self { username: Some(grant.username), password: Some(grant.password), ..flat.with_token(grant.token) }
            }
            Grant::ClientCredentials(grant) => flat.with_token(grant.token),
            Grant::RefreshToken(grant) => flat.with_token(grant.token),
            Grant::DeviceCode(grant) => Self {
                device_url: Some(grant.device_url),
                auth_request_params: grant.auth_request_params,
                ..flat.with_token(grant.token)
            },
            Grant::TokenExchange(grant) => {
                let (actor_token, actor_token_type) =
                    grant.actor.map_or((None, None), |actor| (Some(actor.token), Some(actor.token_type)));
                Self {
                    subject_token: Some(grant.subject_token),
                    subject_token_type: grant.subject_token_type,
                    actor_token,
                    actor_token_type,
                    requested_token_type: grant.requested_token_type,
                    ..flat.with_token(grant.token)
                }
            }
            Grant::JwtBearer(grant) => Self { assertion: Some(grant.assertion), ..flat.with_token(grant.token) },
        }
    }
}

fn one_or_more<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        One(String),
        More(Vec<String>),
    }
    Ok(match Option::<Given>::deserialize(deserializer)? {
        Some(Given::One(one)) if !one.is_empty() => vec![one],
        Some(Given::More(more)) => more,
        _ => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn read(json: &str) -> Grant {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn json_is_flat_short_and_comes_back() {
        let json = r#"{"add_to":"header","grant":{"grant_type":"client_credentials","access_token_url":"https://h/token","client_id":"i","client_secret":"s","client_authentication":"body"}}"#;
        let config: Config = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&config).unwrap(), json);
        assert!(!format!("{config:?}").contains("\"s\""));
        for json in [
            r#"{"grant_type":"authorization_code","access_token_url":"https://h/t","auth_url":"https://h/a","par_url":"https://h/p","callback_url":"https://app/","client_id":"i","client_authentication":"none","state":"s","code_challenge_method":"plain","code_verifier":"v","require_iss":true}"#,
            r#"{"grant_type":"implicit","auth_url":"https://h/a","callback_url":"https://app/","client_id":"i","scope":"a b","auth_request_params":[["a","b"]]}"#,
            r#"{"grant_type":"password","access_token_url":"https://h/t","client_id":"i","client_authentication":"none","username":"u","password":"p","token_request_params":[["a","b"]]}"#,
            r#"{"grant_type":"refresh_token","access_token_url":"https://h/t","client_id":"i","client_authentication":"none","dpop":true,"dpop_key":"k","refresh_token":"r"}"#,
            r#"{"grant_type":"device_code","access_token_url":"https://h/t","device_url":"https://h/d","client_id":"i","client_secret":"","client_authentication":"header"}"#,
            r#"{"grant_type":"token_exchange","access_token_url":"https://h/t","client_id":"i","client_authentication":"private_key_jwt","private_key":"k","key_id":"1","subject_token":"s","actor_token":"a","actor_token_type":"t","resource":["https://r"]}"#,
            r#"{"grant_type":"jwt_bearer","access_token_url":"https://h/t","client_id":"i","client_authentication":"none","assertion":"a","audience":"x","token_name":"n","allow_insecure":true}"#,
        ] {
            assert_eq!(serde_json::to_string(&read(json)).unwrap(), json);
        }
    }

    #[test]
    fn what_another_grant_has_is_accepted_and_what_none_has_is_named() {
        let grant = read(
            r#"{"grant_type":"urn:ietf:params:oauth:grant-type:device_code","resource":"https://r","username":"u","auth_url":""}"#,
        );
        assert_eq!((grant.grant_type(), grant.client().resource.len()), (GrantType::DeviceCode, 1));
        let error = serde_json::from_str::<Grant>(r#"{"grant_type":"password","user":"u"}"#).err().unwrap();
        assert!(error.to_string().contains("unknown field `user`"), "{error}");
    }

    #[test]
    fn only_who_names_no_secret_has_a_public_client() {
        let of = |json: &str| read(json).token_endpoint().unwrap().client_authentication.clone();
        let empty = || ClientAuthentication::Header(Secret::default());
        assert_eq!(of(r#"{"grant_type":"authorization_code"}"#), ClientAuthentication::None);
        assert_eq!(of(r#"{"grant_type":"authorization_code","client_secret":""}"#), empty());
        assert_eq!(of(r#"{"grant_type":"authorization_code","client_authentication":"header"}"#), empty());
        assert_eq!(of(r#"{"grant_type":"client_credentials"}"#), empty());
        assert_eq!(of(r#"{"grant_type":"password","client_secret":"s"}"#), ClientAuthentication::Header("s".into()));
    }
}
