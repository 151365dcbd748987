use countersign_core::Secret;
use countersign_core::encode::hex;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::config::{ClientAuthentication, Grant};

/// Whose token, and for what: tokens of two keys never stand in for each other.
///
/// It holds no secret. Credentials that decide whose token it is (subject token, actor token, assertion, password, a configured
/// refresh token) are in it as an HMAC-SHA-256 under the client's own credential. A public client has none: who reads the keys of its
/// tokens can test guesses of a password against them.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct TokenKey {
    /// The token's name; empty if it has none.
    pub name: String,
    /// The grant, as [`GrantType::as_str`](crate::GrantType::as_str); empty in keys of version 0.1.
    #[cfg_attr(feature = "serde", serde(default))]
    pub grant_type: String,
    /// The issuer; where it is not known, the token endpoint, or for the implicit grant the authorization endpoint.
    #[cfg_attr(feature = "serde", serde(alias = "access_token_url"))]
    pub issuer: String,
    /// The client.
    pub client_id: String,
    /// The user, where the grant names one.
    pub username: String,
    /// The scopes that were asked for.
    pub scope: String,
    /// The resources, separated by spaces.
    pub resource: String,
    /// The audience.
    pub audience: String,
    /// The HMAC of the credentials that decide whose token it is, in hex; empty where there are none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub credentials: String,
}

impl TokenKey {
    /// The key of a grant's token.
    #[must_use]
    pub fn of(grant: &Grant) -> Self {
        let client = grant.client();
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let username = match grant {
            Grant::Password(grant) => grant.username.clone(),
            _ => String::new(),
        };
        Self {
            name: text(&client.token_name),
            grant_type: grant.grant_type().as_str().to_owned(),
            issuer: client.issuer.clone().filter(|issuer| !issuer.is_empty()).unwrap_or_else(|| endpoint(grant)),
            client_id: client.client_id.clone(),
            username,
            scope: text(&client.scope),
            resource: client.resource.join(" "),
            audience: text(&client.audience),
            credentials: credentials(grant),
        }
    }

    /// The key under which version 0.1 kept the token. `None` where it did not tell users apart.
    pub(crate) fn of_first_version(grant: &Grant) -> Option<Self> {
        let key = Self::of(grant);
        key.credentials.is_empty().then(|| Self { grant_type: String::new(), issuer: endpoint(grant), ..key })
    }
}

fn endpoint(grant: &Grant) -> String {
    let token = grant.token_endpoint().map(|token| token.access_token_url.clone());
    token.or_else(|| grant.consent().map(|consent| consent.auth_url.clone())).unwrap_or_default()
}

fn credentials(grant: &Grant) -> String {
    let token = grant.token_endpoint();
    let mut texts: Vec<(&str, &Secret)> = match grant {
        Grant::Password(grant) => vec![("password", &grant.password)],
        Grant::JwtBearer(grant) => vec![("assertion", &grant.assertion)],
        Grant::TokenExchange(grant) => {
            let mut texts = vec![("subject_token", &grant.subject_token)];
            texts.extend(grant.actor.as_ref().map(|actor| ("actor_token", &actor.token)));
            texts
        }
        _ => Vec::new(),
    };
    texts.extend(token.and_then(|token| token.refresh_token.as_ref()).map(|token| ("refresh_token", token)));
    texts.retain(|(_, text)| !text.is_empty());
    if texts.is_empty() {
        return String::new();
    }
    let key = match token.map(|token| &token.client_authentication) {
        Some(
            ClientAuthentication::Header(key)
            | ClientAuthentication::Body(key)
            | ClientAuthentication::ClientSecretJwt(key)
            | ClientAuthentication::PrivateKeyJwt { private_key: key, .. },
        ) => key.expose(),
        Some(ClientAuthentication::None) | None => "",
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        // HMAC takes keys of every length.
        return String::new();
    };
    mac.update(b"countersign-oauth2 token key");
    for (name, text) in texts {
        for part in [name, text.expose()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
    }
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ActorToken, AuthorizationCode, JwtBearer, Password, RefreshToken, TokenExchange};

    /// Each pair was one key in version 0.1, or would be one without the field.
    #[test]
    fn what_decides_whose_token_it_is_is_in_the_key() {
        let url = "https://as/token";
        let exchange = |subject: &str, actor: &str| {
            let mut grant = TokenExchange::new(url, "i", subject);
            grant.actor = Some(ActorToken::new(actor, "t"));
            grant.into()
        };
        let with = |set: &dyn Fn(&mut AuthorizationCode)| {
            let mut grant = AuthorizationCode::new("https://as/auth", url, "i", "https://app/");
            set(&mut grant);
            grant.into()
        };
        let grants: Vec<Grant> = vec![
            exchange("alice", "a"),
            exchange("bob", "a"),
            exchange("alice", "b"),
            Password::new(url, "i", "alice", "right").into(),
            Password::new(url, "i", "alice", "wrong").into(),
            Password::new(url, "i", "bob", "right").into(),
            JwtBearer::new(url, "i", "alice").into(),
            JwtBearer::new(url, "i", "bob").into(),
            RefreshToken::new(url, "i", "alice").into(),
            RefreshToken::new(url, "i", "bob").into(),
            Grant::client_credentials(url, "i", "s"),
            with(&|_| {}),
            with(&|grant| grant.client.issuer = Some("https://other".into())),
            with(&|grant| grant.client.scope = Some("a".into())),
            with(&|grant| grant.client.resource = vec!["https://r".into()]),
            with(&|grant| grant.client.audience = Some("a".into())),
            with(&|grant| grant.client.token_name = Some("bob".into())),
            with(&|grant| grant.token.refresh_token = Some("bob".into())),
        ];
        let keys: std::collections::BTreeSet<_> = grants.iter().map(TokenKey::of).collect();
        assert_eq!(keys.len(), grants.len());
        assert!(!format!("{keys:?}").contains("right"));
    }

    #[test]
    fn the_hash_needs_the_clients_secret() {
        let key = |secret: &str| {
            let mut grant = Password::new("https://as/token", "i", "u", "p");
            grant.token.client_authentication = ClientAuthentication::Header(secret.into());
            TokenKey::of(&grant.into()).credentials
        };
        assert!(key("a") != key("b") && key("a").len() == 64);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn keys_of_the_first_version_are_read() {
        let json = r#"{"name":"","access_token_url":"https://as/token","client_id":"i","username":"","scope":"a","resource":"","audience":""}"#;
        let mut grant = AuthorizationCode::new("https://as/auth", "https://as/token", "i", "https://app/");
        grant.client.scope = Some("a".into());
        grant.client.issuer = Some("https://as".into());
        let old: TokenKey = serde_json::from_str(json).unwrap();
        assert_eq!(Some(old), TokenKey::of_first_version(&grant.into()));
        assert_eq!(TokenKey::of_first_version(&Password::new("https://as/token", "i", "u", "p").into()), None);
    }
}
