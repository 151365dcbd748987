//! Where tokens are kept between programs' runs, and between processes.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Mutex;

use countersign_core::sync::lock;

use countersign_core::{Result, Secret};

use crate::config::Grant;
use crate::token::Token;

/// Whose token, and for what: tokens of two keys never stand in for each other.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct TokenKey {
    /// The token's name; empty if it has none.
    pub name: String,
    /// The token endpoint.
    pub access_token_url: String,
    /// The client.
    pub client_id: String,
    /// The user, where the grant names one.
    pub username: String,
    /// The scopes that were asked for.
    pub scope: String,
    /// The resources, parted by spaces.
    pub resource: String,
    /// The audience.
    pub audience: String,
}

impl TokenKey {
    /// The key of a grant's token.
    #[must_use]
    pub fn of(grant: &Grant) -> Self {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        Self {
            name: text(&grant.token_name),
            access_token_url: grant.access_token_url.clone(),
            client_id: grant.client_id.clone(),
            username: text(&grant.username),
            scope: text(&grant.scope),
            resource: grant.resource.join(" "),
            audience: text(&grant.audience),
        }
    }
}

/// Keeps tokens. [`MemoryTokenStore`] keeps them as long as the process; implement it over a file or a keyring to keep them longer.
/// Its methods are called between requests, not while a lock is held that requests wait for.
pub trait TokenStore: Debug + Send + Sync {
    /// The token of a key.
    ///
    /// # Errors
    /// When the storage fails.
    fn load(&self, key: &TokenKey) -> Result<Option<Token>>;

    /// Puts a token in place of the one whose refresh token is `expected_refresh` (`None`: of none, or one without), or removes it.
    /// False, and nothing is changed, when another process was there before: its token is the newer.
    ///
    /// # Errors
    /// When the storage fails.
    fn replace(&self, key: &TokenKey, expected_refresh: Option<&Secret>, new: Option<&Token>) -> Result<bool>;

    /// The keys of all tokens.
    ///
    /// # Errors
    /// When the storage fails.
    fn list(&self) -> Result<Vec<TokenKey>>;
}

/// Keeps tokens in memory.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<BTreeMap<TokenKey, Token>>);

impl TokenStore for MemoryTokenStore {
    fn load(&self, key: &TokenKey) -> Result<Option<Token>> {
        Ok(lock(&self.0).get(key).cloned())
    }

    fn replace(&self, key: &TokenKey, expected_refresh: Option<&Secret>, new: Option<&Token>) -> Result<bool> {
        // No step below can panic half-way, so a poisoned map is a whole one.
        let mut tokens = lock(&self.0);
        if tokens.get(key).and_then(|token| token.refresh_token.as_ref()) != expected_refresh {
            return Ok(false);
        }
        match new {
            Some(token) => tokens.insert(key.clone(), token.clone()),
            None => tokens.remove(key),
        };
        Ok(true)
    }

    fn list(&self) -> Result<Vec<TokenKey>> {
        Ok(lock(&self.0).keys().cloned().collect())
    }
}
