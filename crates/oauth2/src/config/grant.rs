use countersign_core::{Result, Secret};

use super::{
    AuthorizationCode, Client, ClientAuthentication, ClientCredentials, Consent, DeviceCode, Implicit, JwtBearer,
    Password, RefreshToken, TokenEndpoint, TokenExchange, endpoint,
};

/// How to get a token: one struct per grant, each with what only that grant has, around [`Client`], [`TokenEndpoint`] and
/// [`Consent`], which they share.
///
/// As JSON it is flat, tagged by `grant_type`; fields that another grant has are accepted and dropped.
#[derive(Clone, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(from = "super::json::Flat", into = "super::json::Flat")
)]
#[non_exhaustive]
pub enum Grant {
    /// A person in a browser.
    AuthorizationCode(AuthorizationCode),
    /// A person in a browser, for old servers.
    Implicit(Implicit),
    /// The user's password, for old servers.
    Password(Password),
    /// The client's own credentials.
    ClientCredentials(ClientCredentials),
    /// A refresh token that is at hand.
    RefreshToken(RefreshToken),
    /// A person at another device.
    DeviceCode(DeviceCode),
    /// One token for another.
    TokenExchange(TokenExchange),
    /// An assertion for a token.
    JwtBearer(JwtBearer),
}

/// The grants' names.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum GrantType {
    /// [`AuthorizationCode`].
    AuthorizationCode,
    /// [`Implicit`].
    Implicit,
    /// [`Password`].
    Password,
    /// [`ClientCredentials`].
    ClientCredentials,
    /// [`RefreshToken`].
    RefreshToken,
    /// [`DeviceCode`].
    #[cfg_attr(feature = "serde", serde(alias = "urn:ietf:params:oauth:grant-type:device_code"))]
    DeviceCode,
    /// [`TokenExchange`].
    #[cfg_attr(feature = "serde", serde(alias = "urn:ietf:params:oauth:grant-type:token-exchange"))]
    TokenExchange,
    /// [`JwtBearer`].
    #[cfg_attr(feature = "serde", serde(alias = "urn:ietf:params:oauth:grant-type:jwt-bearer"))]
    JwtBearer,
}

impl GrantType {
    /// The name in a token request (`grant_type`).
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

impl Grant {
    /// [`ClientCredentials`] with a secret that goes into the header.
    #[must_use]
    pub fn client_credentials(
        access_token_url: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        let secret = ClientAuthentication::Header(client_secret.into());
        ClientCredentials::new(access_token_url, client_id, secret).into()
    }

    /// [`AuthorizationCode`] for a public client.
    #[must_use]
    pub fn authorization_code(
        auth_url: impl Into<String>,
        access_token_url: impl Into<String>,
        client_id: impl Into<String>,
        callback_url: impl Into<String>,
    ) -> Self {
        AuthorizationCode::new(auth_url, access_token_url, client_id, callback_url).into()
    }

    /// Which grant it is.
    #[must_use]
    pub const fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode(_) => GrantType::AuthorizationCode,
            Self::Implicit(_) => GrantType::Implicit,
            Self::Password(_) => GrantType::Password,
            Self::ClientCredentials(_) => GrantType::ClientCredentials,
            Self::RefreshToken(_) => GrantType::RefreshToken,
            Self::DeviceCode(_) => GrantType::DeviceCode,
            Self::TokenExchange(_) => GrantType::TokenExchange,
            Self::JwtBearer(_) => GrantType::JwtBearer,
        }
    }

    /// The client, and what it asks for.
    #[must_use]
    pub const fn client(&self) -> &Client {
        match self {
            Self::AuthorizationCode(grant) => &grant.client,
            Self::Implicit(grant) => &grant.client,
            Self::Password(grant) => &grant.client,
            Self::ClientCredentials(grant) => &grant.client,
            Self::RefreshToken(grant) => &grant.client,
            Self::DeviceCode(grant) => &grant.client,
            Self::TokenExchange(grant) => &grant.client,
            Self::JwtBearer(grant) => &grant.client,
        }
    }

    /// [`Grant::client`], to change it.
    #[must_use]
    pub const fn client_mut(&mut self) -> &mut Client {
        match self {
            Self::AuthorizationCode(grant) => &mut grant.client,
            Self::Implicit(grant) => &mut grant.client,
            Self::Password(grant) => &mut grant.client,
            Self::ClientCredentials(grant) => &mut grant.client,
            Self::RefreshToken(grant) => &mut grant.client,
            Self::DeviceCode(grant) => &mut grant.client,
            Self::TokenExchange(grant) => &mut grant.client,
            Self::JwtBearer(grant) => &mut grant.client,
        }
    }

    /// The token endpoint; `None` for the implicit grant, which has none.
    #[must_use]
    pub const fn token_endpoint(&self) -> Option<&TokenEndpoint> {
        match self {
            Self::AuthorizationCode(grant) => Some(&grant.token),
            Self::Implicit(_) => None,
            Self::Password(grant) => Some(&grant.token),
            Self::ClientCredentials(grant) => Some(&grant.token),
            Self::RefreshToken(grant) => Some(&grant.token),
            Self::DeviceCode(grant) => Some(&grant.token),
            Self::TokenExchange(grant) => Some(&grant.token),
            Self::JwtBearer(grant) => Some(&grant.token),
        }
    }

    /// [`Grant::token_endpoint`], to change it.
    #[must_use]
    pub const fn token_endpoint_mut(&mut self) -> Option<&mut TokenEndpoint> {
        match self {
            Self::AuthorizationCode(grant) => Some(&mut grant.token),
            Self::Implicit(_) => None,
            Self::Password(grant) => Some(&mut grant.token),
            Self::ClientCredentials(grant) => Some(&mut grant.token),
            Self::RefreshToken(grant) => Some(&mut grant.token),
            Self::DeviceCode(grant) => Some(&mut grant.token),
            Self::TokenExchange(grant) => Some(&mut grant.token),
            Self::JwtBearer(grant) => Some(&mut grant.token),
        }
    }

    /// Where a person is asked in a browser; `None` for a grant that asks nobody there.
    #[must_use]
    pub const fn consent(&self) -> Option<&Consent> {
        match self {
            Self::AuthorizationCode(grant) => Some(&grant.consent),
            Self::Implicit(grant) => Some(&grant.consent),
            _ => None,
        }
    }

    /// [`Grant::consent`], to change it.
    #[must_use]
    pub const fn consent_mut(&mut self) -> Option<&mut Consent> {
        match self {
            Self::AuthorizationCode(grant) => Some(&mut grant.consent),
            Self::Implicit(grant) => Some(&mut grant.consent),
            _ => None,
        }
    }

    /// Checks what can be checked without a server: endpoints, and that no credential is missing.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`](countersign_core::ErrorKind::InvalidConfig) that names the field.
    pub fn check(&self) -> Result<()> {
        let client = self.client();
        if let Some(consent) = self.consent() {
            endpoint("auth_url", &consent.auth_url, client)?;
            required(client.client_id.is_empty(), "client_id", self)?;
            required(consent.callback_url.is_empty(), "callback_url", self)?;
        }
        if let Some(token) = self.token_endpoint() {
            endpoint("access_token_url", &token.access_token_url, client)?;
            self.check_authentication(&token.client_authentication)?;
        }
        match self {
            Self::AuthorizationCode(grant) => {
                let par_url = grant.par_url.as_deref().filter(|url| !url.is_empty());
                par_url.map_or(Ok(()), |url| endpoint("par_url", url, client).map(|_| ()))
            }
            Self::DeviceCode(grant) => endpoint("device_url", &grant.device_url, client).map(|_| ()),
            Self::Password(grant) => required(grant.username.is_empty(), "username", self),
            Self::RefreshToken(grant) => {
                required(grant.token.refresh_token.as_ref().is_none_or(Secret::is_empty), "refresh_token", self)
            }
            Self::TokenExchange(grant) => {
                required(grant.subject_token.is_empty(), "subject_token", self)?;
                let lacks_type = grant.actor.as_ref().is_some_and(|actor| actor.token_type.is_empty());
                required(lacks_type, "actor_token_type", self)
            }
            Self::JwtBearer(grant) => required(grant.assertion.is_empty(), "assertion", self),
            Self::ClientCredentials(_) | Self::Implicit(_) => Ok(()),
        }
    }

    fn check_authentication(&self, authentication: &ClientAuthentication) -> Result<()> {
        let (missing, field) = match authentication {
            ClientAuthentication::None => (false, ""),
            ClientAuthentication::Header(secret)
            | ClientAuthentication::Body(secret)
            | ClientAuthentication::ClientSecretJwt(secret) => (secret.is_empty(), "client_secret"),
            ClientAuthentication::PrivateKeyJwt { private_key, .. } => (private_key.is_empty(), "private_key"),
        };
        required(missing, field, self)
    }
}

fn required(missing: bool, field: &str, grant: &Grant) -> Result<()> {
    use countersign_core::{Error, ErrorKind};

    if !missing {
        return Ok(());
    }
    let mut message = format!("`{field}` is missing, which the grant {} needs", grant.grant_type().as_str());
    if field == "client_secret" {
        message.push_str("; a public client has the `client_authentication` none");
    }
    Err(Error::new(ErrorKind::InvalidConfig, message))
}

macro_rules! from_each {
    ($($grant:ident),+) => {$(
        impl From<$grant> for Grant {
            fn from(grant: $grant) -> Self {
                Self::$grant(grant)
            }
        }
    )+};
}

from_each!(
    AuthorizationCode,
    Implicit,
    Password,
    ClientCredentials,
    RefreshToken,
    DeviceCode,
    TokenExchange,
    JwtBearer
);

#[cfg(test)]
mod tests {
    use countersign_core::ErrorKind;

    use super::*;

    #[test]
    fn every_grant_says_what_it_lacks() {
        let url = "https://as/token";
        let secret = |authentication| ClientCredentials::new(url, "i", authentication).into();
        let key = ClientAuthentication::PrivateKeyJwt { private_key: Secret::default(), key_id: None };
        let mut exchange = TokenExchange::new(url, "i", "s");
        exchange.actor = Some(ActorToken::new("a", ""));
        let grants: [(Grant, &str); 13] = [
            (Password::new(url, "i", "", "p").into(), "username"),
            (RefreshToken::new(url, "i", "").into(), "refresh_token"),
            (TokenExchange::new(url, "i", "").into(), "subject_token"),
            (exchange.into(), "actor_token_type"),
            (JwtBearer::new(url, "i", "").into(), "assertion"),
            (DeviceCode::new("", url, "i").into(), "device_url"),
            (AuthorizationCode::new("", url, "i", "https://app/").into(), "auth_url"),
            (AuthorizationCode::new("https://as/", url, "i", "").into(), "callback_url"),
            (Implicit::new("https://as/", "", "https://app/").into(), "client_id"),
            (secret(ClientAuthentication::Header(Secret::default())), "client_secret"),
            (secret(ClientAuthentication::Body(Secret::default())), "client_secret"),
            (secret(ClientAuthentication::ClientSecretJwt(Secret::default())), "client_secret"),
            (secret(key), "private_key"),
        ];
        for (grant, field) in grants {
            let error = grant.check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            assert!(error.to_string().contains(&format!("`{field}` is missing")), "{field}: {error}");
        }
    }

    use super::super::ActorToken;
}
