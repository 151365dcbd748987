//! The token that all requests share, and the one flight that fetches the next one, while the others wait for it or use the token
//! that is still good.

use std::sync::{Arc, Mutex, Weak};

use countersign_core::{Context, Error, ErrorKind, Secret, Wait};

use super::Lease;
use super::turn::Turn;
use crate::server::{DeviceAuthorization, ServerError, Token};

/// What a session knows. Locked for moments only, never while a store is asked.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) token: Option<Arc<Token>>,
    /// A refresh token without an access token: of the config, or of a token that was refused.
    pub(crate) refresh_token: Option<Secret>,
    /// Whether the store was asked.
    pub(crate) loaded: bool,
    /// What the store was last seen to have.
    pub(crate) stored: Option<Arc<Token>>,
    /// The token that the store could not take.
    pub(crate) unsaved: Option<Unsaved>,
    /// Counts logins and logouts: what was begun before one does not undo it.
    pub(crate) generation: u64,
    pub(crate) flight: Option<(Weak<Turn>, Outcome)>,
    pub(crate) back_off: Option<BackOff>,
}

/// A token that only this process has.
pub(crate) struct Unsaved {
    /// What the store had in its place.
    pub(crate) expected: Option<Arc<Token>>,
    /// When to try again, and how often it failed.
    pub(crate) pause: Pause,
}

/// The token endpoint failed, and is left alone for a while.
pub(crate) struct BackOff {
    pub(crate) pause: Pause,
    pub(crate) failure: Failure,
}

/// Until when to wait, and after how many failures.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pause {
    pub(crate) until: u64,
    pub(crate) failures: u32,
}

impl Pause {
    /// The longest wait, in seconds: without the server's word, and with it.
    const MOST: u64 = 60;
    const MOST_ASKED: u64 = 3600;

    /// After one more failure: twice as long as before, from a second on, less a random part of its half. A server that says how long
    /// to wait is waited for.
    pub(crate) fn longer(self, asked: Option<std::time::Duration>, ctx: &Context) -> Self {
        let most = 1_u64.checked_shl(self.failures).unwrap_or(Self::MOST).min(Self::MOST);
        let mut random = [0];
        // Without randomness everybody waits equally long, which is no reason to fail.
        let _no_jitter = ctx.random(&mut random);
        let wait = most - (most / 2) * u64::from(random[0]) / 255;
        let wait = asked.map_or(wait, |asked| asked.as_secs().clamp(wait, Self::MOST_ASKED));
        Self { until: ctx.unix_time().saturating_add(wait), failures: self.failures.saturating_add(1) }
    }
}

/// How a flight ended, for those who waited for it. Empty where its leader gave up half-way.
pub(crate) type Outcome = Arc<Mutex<Option<Result<Arc<Token>, Failure>>>>;

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

/// A token that will not do: another is wanted.
#[derive(Clone)]
pub(crate) struct Unfit {
    pub(crate) token: Arc<Token>,
    /// A server refused it: it is of no use to anybody.
    pub(crate) is_refused: bool,
}

impl Unfit {
    fn is(&self, token: &Token) -> bool {
        token.access_token == self.token.access_token
    }
}

/// A refresh token that the server does not know any more.
pub(crate) struct Refused {
    pub(crate) sent: Secret,
    pub(crate) why: Error,
    /// Whether another one may be sent.
    pub(crate) is_first: bool,
}

/// What an exchange is to do for its token.
pub(crate) enum Acquired {
    Use(Arc<Token>),
    /// Lead: see what there is, and fetch it if need be.
    Lead(Lead),
    /// Another exchange leads.
    Wait(Wait, Outcome),
}

/// What the leader found.
pub(crate) enum Prepared {
    Use(Arc<Token>),
    /// Fetch it, for all. The old token serves if that fails.
    Fetch(Lead, How),
    /// The store may have a token now: begin again, at the time that it is then.
    Again,
    Fail(Error),
}

/// How a token is fetched.
#[derive(Clone)]
pub(crate) enum How {
    Refresh(Secret),
    Grant,
    /// A person's consent: a code, with the request that it answers.
    Code(Box<(crate::server::AuthorizationRequest, Secret)>),
    Device(Box<DeviceAuthorization>),
    /// It came in a callback: the implicit grant.
    Callback,
}

impl How {
    /// Whether its token replaces whatever was there.
    pub(crate) const fn is_login(&self) -> bool {
        matches!(self, Self::Code(_) | Self::Device(_) | Self::Callback)
    }
}

/// The right and duty to fetch. When it is dropped, the next one may.
pub(crate) struct Lead {
    /// Held where others wait for it; a login is nobody's to wait for.
    _turn: Option<Arc<Turn>>,
    outcome: Outcome,
    /// Still good, if the fetching fails.
    pub(crate) old: Option<Arc<Token>>,
    /// [`State::generation`] when it began.
    pub(crate) generation: u64,
    /// The store's leave to refresh.
    pub(crate) lease: Option<Lease>,
}

impl Lead {
    /// Of the one flight of a session.
    pub(crate) fn of(state: &mut State, old: Option<Arc<Token>>) -> Self {
        let (turn, outcome) = (Arc::new(Turn::default()), Outcome::default());
        state.flight = Some((Arc::downgrade(&turn), Arc::clone(&outcome)));
        Self { _turn: Some(turn), outcome, old, generation: state.generation, lease: None }
    }

    /// Of a login.
    pub(crate) fn alone(state: &State) -> Self {
        Self { _turn: None, outcome: Outcome::default(), old: None, generation: state.generation, lease: None }
    }

    /// Ends the turn with a failure that those who wait share.
    pub(crate) fn fail(self, error: &Error) {
        *countersign_core::sync::lock(&self.outcome) = Some(Err(Failure::of(error)));
    }

    /// Ends the turn with a token that those who wait share, however short its life is.
    pub(crate) fn succeed(self, token: &Arc<Token>) {
        *countersign_core::sync::lock(&self.outcome) = Some(Ok(Arc::clone(token)));
    }
}

impl State {
    /// The flight that is under way.
    pub(crate) fn flight(&self) -> Option<(Arc<Turn>, &Outcome)> {
        self.flight.as_ref().and_then(|(turn, outcome)| Some((turn.upgrade()?, outcome)))
    }

    /// Takes a token out of use, and keeps its refresh token.
    fn set_aside(&mut self, refused: &Token) {
        if let Some(token) = self.token.take_if(|token| token.access_token == refused.access_token) {
            self.refresh_token = token.refresh_token.clone().or(self.refresh_token.take());
        }
    }

    /// The token that can be used now, unless it will not do.
    pub(crate) fn valid(&mut self, unfit: Option<&Unfit>, ctx: &Context) -> Option<Arc<Token>> {
        if let Some(unfit) = unfit.filter(|unfit| unfit.is_refused) {
            self.set_aside(&unfit.token);
        }
        let token = self.token.clone()?;
        (token.is_valid(ctx) && !unfit.is_some_and(|unfit| unfit.is(&token))).then_some(token)
    }

    pub(crate) fn refresh_token(&self) -> Option<&Secret> {
        self.token.as_ref().and_then(|token| token.refresh_token.as_ref()).or(self.refresh_token.as_ref())
    }

    /// Takes what the store has. A token that the store could not take stays: it is newer.
    pub(crate) fn adopt(&mut self, stored: Option<Token>) {
        let was_stored = std::mem::replace(&mut self.stored, stored.map(Arc::new)).is_some();
        self.loaded = true;
        if self.unsaved.is_some() {
            return;
        }
        match &self.stored {
            Some(stored) if Token::are_same(self.token.as_deref(), Some(stored)) => {}
            Some(stored) => (self.token, self.refresh_token) = (Some(Arc::clone(stored)), None),
            // It was there, and is not any more: a logout.
            None if was_stored => self.clear(),
            None => {}
        }
    }

    /// Forgets everything, for good: what is under way does not bring it back.
    pub(crate) fn clear(&mut self) {
        (self.token, self.refresh_token, self.unsaved) = (None, None, None);
        self.generation += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn pauses_grow_have_a_random_part_and_an_end() {
        let with = |byte: u8| {
            Context::at(1000).with_random(move |buf| {
                buf.fill(byte);
                Ok(())
            })
        };
        let waits = |ctx: &Context, asked| {
            let mut pause = Pause::default();
            let next = |_| {
                pause = pause.longer(asked, ctx);
                pause.until - 1000
            };
            (0..8).map(next).collect::<Vec<_>>()
        };
        assert_eq!(waits(&with(0), None), [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(waits(&with(255), None), [1, 1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(waits(&with(0), Some(Duration::from_secs(10)))[..5], [10, 10, 10, 10, 16]);
        assert_eq!(waits(&with(0), Some(Duration::from_secs(1 << 40)))[0], 3600);
        assert_eq!(Pause { until: 0, failures: u32::MAX }.longer(None, &with(0)).until, 1060);
    }
}
