//! A token that is kept: for how long it is good, where it is stored, and who fetches the next one.

mod answer;
mod dialogue;
mod flight;
mod keeping;
mod key;
mod login;
mod placement;
mod store;
mod turn;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_core::sync::lock;
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Result, Scheme, Signed};
use http::Request;
use http::header::HeaderValue;
use http::request::Parts;

pub use answer::Answer;
pub use key::TokenKey;
pub use store::{Lease, Leasing, MemoryTokenStore, TokenStore};

use self::answer::{Outlook, outlook};
use self::dialogue::{Conversation, Wanted};
use self::flight::State;
use crate::config::{AddTo, Config, Grant};
use crate::proof::{self, Prover};
use crate::server::Token;

/// Gets tokens, keeps them fresh, and adds them to requests: one request fetches a token, however many wait for it. Create one per
/// config, and share it.
///
/// ```
/// use std::sync::Arc;
///
/// use countersign_core::{Context, Exchange, Payload, Step};
/// use countersign_oauth2::{Config, Grant, MemoryTokenStore, Session};
///
/// let grant = Grant::client_credentials("https://server.example.com/token", "s6BhdRkqt3", "gX1fBat3bV");
/// let session = Session::new(&Config::of(grant))?.with_store(Arc::new(MemoryTokenStore::default()));
///
/// let request = http::Request::get("https://api.example.com/items").body(Payload::empty())?;
/// let (_exchange, step) = Exchange::start(Arc::new(session), request, &Context::now())?;
/// let Step::Send(token_request) = step else { unreachable!() };
/// assert_eq!(token_request.uri(), "https://server.example.com/token");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # With a store that processes share
///
/// A session asks its [`TokenStore`] before it refreshes, takes the store's lease so that no two processes send one refresh token, and
/// asks again after `invalid_grant`. A new login replaces whatever is there; a logout is not undone by a refresh that was under way.
/// Where a token cannot be written, the session goes on with it, reports it once ([`Session::with_store_watch`]) and tries again.
///
/// One loss nobody can prevent: a process that dies after the server has rotated a refresh token and before the new one is written
/// takes it along, and a person must consent again.
pub struct Session {
    config: Config,
    store: Option<Store>,
    prover: Prover,
    state: Mutex<State>,
    /// The header of the token that was last placed.
    header: Mutex<Option<(Arc<Token>, HeaderValue)>>,
}

/// A store, and how it is used.
struct Store {
    store: Arc<dyn TokenStore>,
    key: TokenKey,
    lease: Duration,
    watch: Option<Watch>,
    /// Whether the watch was told that the store fails.
    told: Mutex<bool>,
}

type Watch = Box<dyn Fn(&Error) + Send + Sync>;

impl Session {
    /// Checks the config, and reads its keys.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when there is neither token nor grant, when a token or prefix cannot stand in a header, or when
    /// the grant lacks an endpoint or a credential, or has an endpoint of plain http; [`ErrorKind::InvalidKey`] when a key cannot be
    /// read; [`ErrorKind::UnsupportedAlgorithm`] when a key needs the feature `jwt`.
    pub fn new(config: &Config) -> Result<Self> {
        let invalid = |message: &'static str| Err(Error::new(ErrorKind::InvalidConfig, message));
        let token = config.access_token.clone().filter(|token| !token.is_empty()).map(Token::new);
        let grant = config.grant.as_deref();
        let Some(grant) = grant else {
            if token.is_none() {
                return invalid("there is neither an `access_token` nor a `grant` to get one");
            }
            return Self::build(config, token, State::default());
        };
        grant.check()?;
        proof::check(grant)?;
        let endpoint = grant.token_endpoint();
        if config.add_to == AddTo::Query && endpoint.is_some_and(|endpoint| endpoint.dpop.is_some()) {
            return invalid("a DPoP token never goes into a query: `add_to` must be `header`");
        }
        let refresh_token = endpoint.and_then(|endpoint| endpoint.refresh_token.clone());
        let refresh_token = refresh_token.filter(|token| !token.is_empty());
        Self::build(config, token, State { refresh_token, ..State::default() })
    }

    fn build(config: &Config, token: Option<Token>, state: State) -> Result<Self> {
        if let Some(token) = &token {
            placement::header(config, token)?;
        }
        let state = Mutex::new(State { token: token.map(Arc::new), ..state });
        let prover = Prover::new(config.grant.as_deref())?;
        Ok(Self { config: config.clone(), store: None, prover, state, header: Mutex::default() })
    }

    /// Keeps tokens in a store. A config without a grant has nothing to keep.
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn TokenStore>) -> Self {
        const LEASE: Duration = Duration::from_secs(30);
        self.store = self.config.grant.as_deref().map(|grant| Store {
            store,
            key: TokenKey::of(grant),
            lease: LEASE,
            watch: None,
            told: Mutex::new(false),
        });
        self
    }

    /// For how long one process may take to refresh before another tries: longer than the HTTP client's timeout. 30 seconds unless
    /// set. Call it after [`Session::with_store`].
    #[must_use]
    pub fn with_lease(mut self, time: Duration) -> Self {
        if let Some(store) = &mut self.store {
            store.lease = time;
        }
        self
    }

    /// Hears that the store cannot be written or read, once until it can be again: for a log. Call it after [`Session::with_store`].
    #[must_use]
    pub fn with_store_watch(mut self, watch: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        if let Some(store) = &mut self.store {
            store.watch = Some(Box::new(watch));
        }
        self
    }

    /// The token that would be used now, if there is one.
    pub fn token<'a>(&'a self, ctx: &Context) -> Answer<'a, Option<Token>> {
        let ctx = ctx.clone();
        Answer::new(async move {
            self.load().await?;
            let state = lock(&self.state);
            Ok(state.token.as_deref().filter(|token| token.is_valid(&ctx)).cloned())
        })
    }

    /// Uses this token from now on, and keeps it in the store, in place of whatever is there: a login.
    ///
    /// The answer is an error when the token cannot stand in a header. A store that fails is no error: the token is kept here, and
    /// written later.
    pub fn keep<'a>(&'a self, token: Token, ctx: &Context) -> Answer<'a, ()> {
        let ctx = ctx.clone();
        Answer::new(async move {
            self.check_token(&token)?;
            self.log_in(Arc::new(token), &ctx).await;
            Ok(())
        })
    }

    /// Forgets the token, here and in the store: a logout, which a refresh that is under way does not undo. Returns it, to be revoked.
    ///
    /// The answer is an error when the store fails; the token is then forgotten here only.
    pub fn forget(&self) -> Answer<'_, Option<Token>> {
        Answer::new(async move {
            let loaded = self.load().await;
            let token = {
                let mut state = lock(&self.state);
                let token = state.token.take();
                state.clear();
                token
            };
            loaded?;
            self.remove_stored().await?;
            Ok(token.map(|token| Token::clone(&token)))
        })
    }

    /// A conversation that sees to it that there is a token that can be used now, for
    /// [`Exchange::converse`](countersign_core::Exchange::converse).
    #[must_use]
    pub fn fetch(self: &Arc<Self>) -> Box<dyn Dialogue> {
        Box::new(Conversation::new(Arc::clone(self), None, Wanted::Valid))
    }

    /// A conversation that gets another token than the one that there is, by its refresh token where it has one.
    #[must_use]
    pub fn refresh(self: &Arc<Self>) -> Box<dyn Dialogue> {
        let token = lock(&self.state).token.clone();
        Box::new(Conversation::new(Arc::clone(self), None, Wanted::Another(token)))
    }

    /// The grant that tokens are got by; `None` where the config has only a token.
    #[must_use]
    pub fn grant(&self) -> Option<&Grant> {
        self.config.grant.as_deref()
    }

    fn needs_person(&self) -> Error {
        let why = match self.grant() {
            None => "the token has expired, and the config has no `grant` to get another",
            Some(Grant::DeviceCode(_)) => {
                "there is no token, and a person must consent at another device: see `server::device_request`"
            }
            Some(Grant::RefreshToken(_)) => "there is no token, and the refresh token is not accepted: get another one",
            _ => "there is no token, and a person must consent in a browser: see `Session::login`",
        };
        Error::new(ErrorKind::NeedsAuthorization, why)
    }
}

impl Scheme for Session {
    fn compute(&self, parts: &Parts, _: &Payload, ctx: &Context) -> Result<Signed> {
        if let Some(token) = self.current(ctx) {
            return self.place(parts, &token, ctx);
        }
        match &self.store {
            Some(store) if !lock(&self.state).loaded => {
                let (store, key) = (Arc::clone(&store.store), store.key.clone());
                // A store that answers later is asked through an exchange.
                if let Outlook::Now(stored) = outlook(async move { store.load(&key).await }) {
                    lock(&self.state).adopt(stored?);
                }
            }
            _ => {}
        }
        match self.current(ctx) {
            Some(token) => self.place(parts, &token, ctx),
            None if self.grant().is_some_and(|grant| grant.grant_type().needs_person()) => Err(self.needs_person()),
            None => {
                const WHY: &str = "there is no token yet: get one through an exchange, which fetches it";
                Err(Error::new(ErrorKind::NeedsExchange, WHY))
            }
        }
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Box::new(Conversation::new(self, Some(request), Wanted::Valid))
    }
}

/// Shows how tokens are got and where they go, never one.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("config", &self.config).finish_non_exhaustive()
    }
}
