//! Where tokens are kept between programs' runs, and between processes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use countersign_core::Wait;
use countersign_core::sync::lock;

use super::turn::Turn;
use super::{Answer, TokenKey};
use crate::server::Token;

/// Keeps tokens. [`MemoryTokenStore`] keeps them as long as the process; the crates `countersign-file-store` and `countersign-redis`
/// keep them longer, for many processes.
///
/// Its methods return [`Answer`]s: ready ones from a store that blocks, or futures that any thread can poll. A session calls them
/// between requests, and holds no lock while it does.
///
/// To implement it, take [`MemoryTokenStore`]'s source as the pattern. What counts: `replace` is one step, whoever else writes; and
/// at most one process has the lease of a key, until it is given back, or its time is over.
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// The token of a key.
    fn load<'a>(&'a self, key: &'a TokenKey) -> Answer<'a, Option<Token>>;

    /// Puts `new` in place of `expected`, or removes it: compare and swap. `None` is no token. False, and nothing is changed, when
    /// another token is there ([`Token::is_same`]): somebody else was first.
    fn replace<'a>(
        &'a self,
        key: &'a TokenKey,
        expected: Option<&'a Token>,
        new: Option<&'a Token>,
    ) -> Answer<'a, bool>;

    /// Takes the right to refresh a key's token, for at most `time`: what a token request may take. Where somebody else has it, says so
    /// at once.
    fn lease<'a>(&'a self, key: &'a TokenKey, time: Duration) -> Answer<'a, Leasing>;

    /// The keys of all tokens.
    fn list(&self) -> Answer<'_, Vec<TokenKey>>;
}

/// Whether a lease could be had.
#[derive(Debug)]
#[non_exhaustive]
pub enum Leasing {
    /// It is ours until it is dropped, or its time is over.
    Held(Lease),
    /// Somebody else has it. The wait ends when it is worth asking again: they gave it back, died, or their time is over.
    Busy(Wait),
}

/// The right to refresh a key's token. Dropped, it is given back.
pub struct Lease(Option<Box<dyn FnOnce() + Send>>);

impl Lease {
    /// A lease that `release` gives back. It is called once, on drop; it must not block for long, and may hand the work to a task.
    #[must_use]
    pub fn new(release: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(release)))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(release) = self.0.take() {
            release();
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}

/// Keeps tokens in memory, for the sessions of one process. A lease has no time there: it ends with its holder.
#[derive(Debug, Default)]
pub struct MemoryTokenStore {
    tokens: Mutex<BTreeMap<TokenKey, Token>>,
    leases: Mutex<BTreeMap<TokenKey, Weak<Turn>>>,
}

impl TokenStore for MemoryTokenStore {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Answer<'a, Option<Token>> {
        Answer::ready(Ok(lock(&self.tokens).get(key).cloned()))
    }

    fn replace<'a>(
        &'a self,
        key: &'a TokenKey,
        expected: Option<&'a Token>,
        new: Option<&'a Token>,
    ) -> Answer<'a, bool> {
        // No step below can panic half-way, so a poisoned map is a whole one.
        let mut tokens = lock(&self.tokens);
        if !Token::are_same(tokens.get(key), expected) {
            return Answer::ready(Ok(false));
        }
        match new {
            Some(token) => tokens.insert(key.clone(), token.clone()),
            None => tokens.remove(key),
        };
        Answer::ready(Ok(true))
    }

    fn lease<'a>(&'a self, key: &'a TokenKey, _: Duration) -> Answer<'a, Leasing> {
        let mut leases = lock(&self.leases);
        leases.retain(|_, turn| turn.strong_count() > 0);
        Answer::ready(Ok(match leases.get(key).and_then(Weak::upgrade) {
            Some(turn) => Leasing::Busy(turn.wait()),
            None => {
                let turn = Arc::new(Turn::default());
                leases.insert(key.clone(), Arc::downgrade(&turn));
                Leasing::Held(Lease::new(move || drop(turn)))
            }
        }))
    }

    fn list(&self) -> Answer<'_, Vec<TokenKey>> {
        Answer::ready(Ok(lock(&self.tokens).keys().cloned().collect()))
    }
}
