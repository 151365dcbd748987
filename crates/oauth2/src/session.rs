//! The token that all requests share, and who fetches the next one: one at a time, while the others wait for it or use the old one.

use std::sync::{Arc, Mutex, Weak};

use countersign_core::sync::lock;
use countersign_core::{Context, Error, ErrorKind, Result, Secret, Wait};

use crate::authorization::AuthorizationRequest;
use crate::config::Grant;
use crate::store::{TokenKey, TokenStore};
use crate::token::{ServerError, Token};
use crate::turn::Turn;

pub(crate) struct Session {
    grant: Option<Grant>,
    store: Option<(Arc<dyn TokenStore>, TokenKey)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Arc<Token>>,
    /// A refresh token without a token: of the config, or of a token that was refused.
    refresh_token: Option<Secret>,
    /// The token that the store was seen to have.
    loaded: bool,
    flight: Option<(Weak<Turn>, Outcome)>,
    pending: Option<AuthorizationRequest>,
}

/// How a flight ended: shared by those who waited for it. Empty where its leader gave up half-way.
pub(crate) type Outcome = Arc<Mutex<Option<Result<(), Failure>>>>;

/// An error for many.
#[derive(Clone)]
pub(crate) struct Failure {
    kind: ErrorKind,
    message: String,
    cause: Option<ServerError>,
}

impl Failure {
    pub(crate) fn of(error: &Error) -> Self {
        Self { kind: error.kind(), message: error.to_string(), cause: ServerError::cause_of(error).cloned() }
    }

    pub(crate) fn into_error(self) -> Error {
        let error = Error::new(self.kind, self.message);
        match self.cause {
            Some(cause) => error.with_source(cause),
            None => error,
        }
    }
}

/// What one exchange is to do for its token.
pub(crate) enum Acquired {
    Use(Arc<Token>),
    /// Fetch it, for all. The old token serves if that fails.
    Fetch(Lead, How),
    Wait(Wait, Outcome),
    /// A person must consent first.
    Person,
}

/// How a token is fetched.
#[derive(Clone)]
pub(crate) enum How {
    Refresh(Secret),
    Grant,
}

/// The right and duty to fetch. When it is dropped, the next one may.
pub(crate) struct Lead {
    _turn: Arc<Turn>,
    outcome: Outcome,
    /// Still good, if the fetching fails.
    pub(crate) old: Option<Arc<Token>>,
}

impl Lead {
    /// Ends the turn with a failure that those who wait share.
    pub(crate) fn fail(self, error: &Error) {
        *lock(&self.outcome) = Some(Err(Failure::of(error)));
    }

    fn succeed(self) {
        *lock(&self.outcome) = Some(Ok(()));
    }
}

impl Session {
    pub(crate) fn new(grant: Option<Grant>, token: Option<Token>, store: Option<Arc<dyn TokenStore>>) -> Self {
        let refresh_token =
            grant.as_ref().and_then(|grant| grant.refresh_token.clone()).filter(|token| !token.is_empty());
        let store = store.and_then(|store| grant.as_ref().map(|grant| (store, TokenKey::of(grant))));
        let state = State { token: token.map(Arc::new), refresh_token, loaded: store.is_none(), ..State::default() };
        Self { grant, store, state: Mutex::new(state) }
    }

    /// The token, if one can be used now.
    pub(crate) fn current(&self, ctx: &Context) -> Result<Option<Arc<Token>>> {
        self.load()?;
        Ok(lock(&self.state).token.clone().filter(|token| token.is_valid(ctx)))
    }

    fn load(&self) -> Result<()> {
        let Some((store, key)) = self.store.as_ref().filter(|_| !lock(&self.state).loaded) else { return Ok(()) };
        let token = store.load(key)?;
        let mut state = lock(&self.state);
        if !std::mem::replace(&mut state.loaded, true) {
            state.token = token.map(Arc::new).or(state.token.take());
        }
        Ok(())
    }

    /// What to do for a token now. `refused` is one that a server did not take.
    pub(crate) fn acquire(&self, refused: Option<&Token>, ctx: &Context) -> Result<Acquired> {
        self.load()?;
        let mut state = lock(&self.state);
        if let (Some(token), Some(refused)) = (&state.token, refused)
            && token.access_token == refused.access_token
        {
            state.refresh_token = token.refresh_token.clone().or(state.refresh_token.take());
            state.token = None;
        }
        let valid = state.token.clone().filter(|token| token.is_valid(ctx));
        if let Some(token) = valid.as_ref().filter(|token| !token.is_due(ctx)) {
            return Ok(Acquired::Use(Arc::clone(token)));
        }
        if let Some((turn, outcome)) =
            state.flight.as_ref().and_then(|(turn, outcome)| Some((turn.upgrade()?, outcome)))
        {
            return Ok(match valid {
                Some(token) => Acquired::Use(token),
                None => Acquired::Wait(turn.wait(), Arc::clone(outcome)),
            });
        }
        let refresh =
            state.token.as_ref().and_then(|token| token.refresh_token.clone()).or(state.refresh_token.clone());
        let how = match (refresh, &self.grant) {
            (Some(refresh), Some(_)) => How::Refresh(refresh),
            (None, Some(grant)) if !grant.grant_type.needs_person() => How::Grant,
            _ => return Ok(valid.map_or(Acquired::Person, Acquired::Use)),
        };
        let (turn, outcome) = (Arc::new(Turn::default()), Outcome::default());
        state.flight = Some((Arc::downgrade(&turn), Arc::clone(&outcome)));
        Ok(Acquired::Fetch(Lead { _turn: turn, outcome, old: valid }, how))
    }

    /// Keeps a fetched token and lets the others go on.
    pub(crate) fn fetched(&self, lead: Lead, how: &How, mut token: Token) -> Result<Arc<Token>> {
        if let How::Refresh(old) = how {
            // No new one in the reply keeps the old (RFC 6749 section 6).
            token.refresh_token = token.refresh_token.or_else(|| Some(old.clone()));
        }
        let kept = self.keep(token);
        match &kept {
            Ok(_) => lead.succeed(),
            Err(why) => lead.fail(why),
        }
        kept
    }

    /// Keeps a token in place of the one that is there.
    pub(crate) fn keep(&self, token: Token) -> Result<Arc<Token>> {
        let mut token = Arc::new(token);
        if let Some((store, key)) = &self.store {
            let stored = store.load(key)?;
            let before = self.refresh_token()?;
            let expected = stored.as_ref().and_then(|token| token.refresh_token.as_ref());
            // Another process's newer token wins over ours only where both come from a refresh of the same.
            let raced = expected.is_some() && before.is_some() && expected != before.as_ref();
            if raced || !store.replace(key, expected, Some(&token))? {
                token = store.load(key)?.map_or(token, Arc::new);
            }
        }
        let mut state = lock(&self.state);
        state.token = Some(Arc::clone(&token));
        state.refresh_token = None;
        state.pending = None;
        Ok(token)
    }

    pub(crate) fn refresh_token(&self) -> Result<Option<Secret>> {
        self.load()?;
        let state = lock(&self.state);
        Ok(state.token.as_ref().and_then(|token| token.refresh_token.clone()).or(state.refresh_token.clone()))
    }

    /// Forgets a refresh token that the server does not know.
    pub(crate) fn drop_refresh(&self, refresh: &Secret) -> Result<()> {
        {
            let mut state = lock(&self.state);
            if state.refresh_token.as_ref() == Some(refresh) {
                state.refresh_token = None;
            }
            if let Some(token) = state.token.as_ref().filter(|token| token.refresh_token.as_ref() == Some(refresh)) {
                state.token = Some(Arc::new(Token { refresh_token: None, ..Token::clone(token) }));
            }
        }
        if let Some((store, key)) = &self.store {
            let without = store.load(key)?.map(|token| Token { refresh_token: None, ..token });
            // False: another process has put a newer token there, which stays.
            let _newer_stays = store.replace(key, Some(refresh), without.as_ref())?;
        }
        Ok(())
    }

    /// Forgets the token altogether.
    pub(crate) fn forget(&self) -> Result<Option<Arc<Token>>> {
        self.load()?;
        if let Some((store, key)) = &self.store {
            let expected = store.load(key)?.and_then(|token| token.refresh_token);
            let _newer_stays = store.replace(key, expected.as_ref(), None)?;
        }
        let mut state = lock(&self.state);
        state.refresh_token = None;
        Ok(state.token.take())
    }

    /// A request for a person's consent, remembered until it is answered.
    pub(crate) fn ask(&self, ctx: &Context) -> Result<AuthorizationRequest> {
        let Some(grant) = &self.grant else {
            return Err(Error::new(ErrorKind::InvalidConfig, "the config has no grant to ask a person for"));
        };
        let request = AuthorizationRequest::new(grant, ctx)?;
        lock(&self.state).pending = Some(request.clone());
        Ok(request)
    }

    pub(crate) fn pending(&self) -> Option<AuthorizationRequest> {
        lock(&self.state).pending.clone()
    }

    pub(crate) const fn grant(&self) -> Option<&Grant> {
        self.grant.as_ref()
    }
}
