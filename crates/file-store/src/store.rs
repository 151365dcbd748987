use std::path::PathBuf;
use std::time::Duration;

use countersign_core::encode::hex;
use countersign_core::{Error, ErrorKind, Result};
use countersign_oauth2::{Answer, Leasing, Token, TokenKey, TokenStore};
use sha2::{Digest as _, Sha256};

use crate::document::{Document, Entry, read, write};
use crate::folder::Place;
use crate::lease::lease;

/// Keeps tokens in a file that several processes may share; see the [crate's documentation](crate).
#[derive(Clone, Debug)]
pub struct FileTokenStore {
    place: Place,
}

impl FileTokenStore {
    /// Keeps tokens in this file. It is made when the first token is kept, with the folders above it; its locks stand beside it, under
    /// its name and `.lock` and `.lease-…`.
    ///
    /// One file has room for the tokens of many clients and users.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { place: Place::new(path.into()) }
    }

    fn replace_now(&self, key: &TokenKey, expected: Option<&Token>, new: Option<&Token>) -> Result<bool> {
        let _lock = self.place.lock()?;
        let mut document: Document = read(&self.place)?;
        let old = document.tokens.iter().position(|entry| entry.key == *key);
        let old = old.map(|index| document.tokens.remove(index).token);
        if !Token::are_same(old.as_ref(), expected) {
            return Ok(false);
        }
        document.tokens.extend(new.map(|token| Entry { key: key.clone(), token: token.clone() }));
        write(&self.place, &document)?;
        Ok(true)
    }
}

impl TokenStore for FileTokenStore {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Answer<'a, Option<Token>> {
        let find = |document: Document| document.tokens.into_iter().find(|entry| entry.key == *key);
        Answer::ready(read(&self.place).map(|document| find(document).map(|entry| entry.token)))
    }

    fn replace<'a>(
        &'a self,
        key: &'a TokenKey,
        expected: Option<&'a Token>,
        new: Option<&'a Token>,
    ) -> Answer<'a, bool> {
        Answer::ready(self.replace_now(key, expected, new))
    }

    fn lease<'a>(&'a self, key: &'a TokenKey, time: Duration) -> Answer<'a, Leasing> {
        Answer::ready(lease(&self.place, key, time))
    }

    fn list(&self) -> Answer<'_, Vec<TokenKey>> {
        let keys = |document: Document| document.tokens.into_iter().map(|entry| entry.key).collect();
        Answer::ready(read(&self.place).map(keys))
    }
}

/// A key as a name of files: 64 hex digits.
pub(crate) fn key_name(key: &TokenKey) -> Result<String> {
    let json = serde_json::to_vec(key)
        .map_err(|why| Error::new(ErrorKind::StoreFailed, "the key makes no JSON").with_source(why))?;
    Ok(hex(&Sha256::digest(json)))
}

#[cfg(test)]
mod tests;
