//! What a session does with its store. Each step holds the state's lock for moments, and none of them while the store is asked.

use std::sync::Arc;

use countersign_core::sync::lock;
use countersign_core::{Context, Error, ErrorKind, Result, Secret, Wait};

use super::flight::{Acquired, BackOff, Failure, How, Lead, Pause, Prepared, Refused, State, Unfit, Unsaved};
use super::{Leasing, Session, Store};
use crate::config::{Grant, GrantType};
use crate::server::{ServerError, Token};
use crate::session::TokenKey;

impl Session {
    /// The token that can be used now.
    pub(super) fn current(&self, ctx: &Context) -> Option<Arc<Token>> {
        lock(&self.state).token.clone().filter(|token| token.is_valid(ctx))
    }

    /// What to do for a token.
    pub(super) fn acquire(&self, unfit: Option<&Unfit>, ctx: &Context) -> Acquired {
        let mut state = lock(&self.state);
        let valid = state.valid(unfit, ctx);
        if let Some(token) = valid.as_ref().filter(|token| !token.is_due(ctx)) {
            let is_unsaved = state.unsaved.as_ref().is_some_and(|unsaved| unsaved.pause.until <= ctx.unix_time());
            if !is_unsaved {
                return Acquired::Use(Arc::clone(token));
            }
        }
        if let Some((turn, outcome)) = state.flight() {
            return match valid {
                Some(token) => Acquired::Use(token),
                None => Acquired::Wait(turn.wait(), Arc::clone(outcome)),
            };
        }
        Acquired::Lead(Lead::of(&mut state, valid))
    }

    /// Sees what there is, and whether a token must be fetched.
    pub(super) async fn prepare(self: Arc<Self>, mut lead: Lead, unfit: Option<Unfit>, ctx: Context) -> Prepared {
        if let Some(store) = &self.store {
            match self.consult(store, &mut lead, unfit.as_ref(), &ctx).await {
                Ok(Found::Token(token)) => {
                    lead.succeed(&token);
                    return Prepared::Use(token);
                }
                Ok(Found::Busy(wait)) => {
                    wait.await;
                    lock(&self.state).loaded = false;
                    return Prepared::Again;
                }
                Ok(Found::Nothing) => {}
                Err(why) if !self.can_do_without_store() => return self.without(lead, why),
                // Nothing can be lost: the grant gets a token at any time.
                Err(_) => {}
            }
        }
        let how = {
            let state = lock(&self.state);
            if let Some(back_off) = state.back_off.as_ref().filter(|back_off| back_off.pause.until > ctx.unix_time()) {
                let why = back_off.failure.clone().into_error();
                drop(state);
                return self.without(lead, why);
            }
            match (state.refresh_token().cloned(), self.grant()) {
                (Some(refresh), Some(grant)) if grant.token_endpoint().is_some() => Some(How::Refresh(refresh)),
                (_, Some(grant)) if gets_another(grant) => Some(How::Grant),
                _ => None,
            }
        };
        match how {
            Some(how) => Prepared::Fetch(lead, how),
            None => {
                let why = self.needs_person();
                self.without(lead, why)
            }
        }
    }

    /// The old token, as long as it is good; else an error that those who wait share.
    fn without(&self, lead: Lead, why: Error) -> Prepared {
        match lead.old.clone() {
            Some(token) => {
                lead.succeed(&token);
                Prepared::Use(token)
            }
            None => {
                lead.fail(&why);
                Prepared::Fail(why)
            }
        }
    }

    /// The store's token, if it will do; else its leave to fetch another.
    async fn consult(&self, store: &Store, lead: &mut Lead, unfit: Option<&Unfit>, ctx: &Context) -> Result<Found> {
        self.save_again(ctx).await;
        if !lock(&self.state).loaded {
            self.reload(store).await?;
        }
        if let Some(token) = self.will_do(lead, unfit, ctx) {
            return Ok(Found::Token(token));
        }
        match store.heard(store.store.lease(&store.key, store.lease).await)? {
            Leasing::Held(lease) => lead.lease = Some(lease),
            Leasing::Busy(wait) => return Ok(lead.old.clone().map_or(Found::Busy(wait), Found::Token)),
        }
        // Whoever had the lease before may have left another token.
        self.reload(store).await?;
        Ok(self.will_do(lead, unfit, ctx).map_or(Found::Nothing, Found::Token))
    }

    /// The token, unless it is unfit, or time for another.
    fn will_do(&self, lead: &mut Lead, unfit: Option<&Unfit>, ctx: &Context) -> Option<Arc<Token>> {
        let mut state = lock(&self.state);
        lead.old = state.valid(unfit, ctx);
        lead.generation = state.generation;
        lead.old.clone().filter(|token| !token.is_due(ctx))
    }

    pub(super) async fn load(&self) -> Result<()> {
        match &self.store {
            Some(store) if !lock(&self.state).loaded => self.reload(store).await,
            _ => Ok(()),
        }
    }

    async fn reload(&self, store: &Store) -> Result<()> {
        let mut stored = store.heard(store.store.load(&store.key).await)?;
        if stored.is_none() {
            stored = self.move_from_first_version(store).await?;
        }
        lock(&self.state).adopt(stored);
        Ok(())
    }

    /// A token that version 0.1 kept, from its key to today's.
    async fn move_from_first_version(&self, store: &Store) -> Result<Option<Token>> {
        let has_old_key = self.grant().filter(|_| !lock(&self.state).loaded).and_then(TokenKey::of_first_version);
        let Some(old) = has_old_key else { return Ok(None) };
        let Some(token) = store.heard(store.store.load(&old).await)? else { return Ok(None) };
        if store.heard(store.store.replace(&store.key, None, Some(&token)).await)? {
            store.heard(store.store.replace(&old, Some(&token), None).await)?;
        }
        store.heard(store.store.load(&store.key).await)
    }

    /// Whether nothing is lost by a token request that the store does not know of.
    fn can_do_without_store(&self) -> bool {
        self.grant().is_some_and(gets_another) && lock(&self.state).refresh_token().is_none()
    }

    /// Keeps a fetched token, here and in the store, and lets the others go on with it.
    pub(super) async fn settle(
        self: Arc<Self>,
        lead: Lead,
        how: How,
        mut token: Token,
        ctx: Context,
    ) -> Result<Arc<Token>> {
        if let Err(why) = self.check_token(&token) {
            lead.fail(&why);
            return Err(why);
        }
        if let How::Refresh(old) = &how {
            // No new one in the reply keeps the old (RFC 6749 section 6). Of refreshes only: a new consent replaces everything.
            token.refresh_token = token.refresh_token.or_else(|| Some(old.clone()));
        }
        let token = Arc::new(token);
        let kept = if how.is_login() {
            self.log_in(Arc::clone(&token), &ctx).await;
            Ok(token)
        } else {
            self.keep_fetched(lead.generation, &how, token, &ctx).await
        };
        match &kept {
            Ok(token) => lead.succeed(token),
            Err(why) => lead.fail(why),
        }
        kept
    }

    /// In place of the token that was there when the fetching began; a login or logout in between stays.
    async fn keep_fetched(&self, generation: u64, how: &How, token: Arc<Token>, ctx: &Context) -> Result<Arc<Token>> {
        let superseded = || match how {
            // The token belongs to nobody who logged out: the client's own.
            How::Grant => Ok(Arc::clone(&token)),
            _ => self.current(ctx).ok_or_else(|| self.needs_person()),
        };
        let expected = {
            let mut state = lock(&self.state);
            if state.generation != generation {
                drop(state);
                return superseded();
            }
            let expected = state.stored.clone();
            state.take(&token, self.store.is_some().then(|| expected.clone()), ctx);
            expected
        };
        let Some(store) = &self.store else { return Ok(token) };
        match store.heard(store.store.replace(&store.key, expected.as_deref(), Some(&token)).await) {
            Ok(true) => lock(&self.state).saved(&token),
            Ok(false) => {
                lock(&self.state).unsaved = None;
                // Somebody else was there: their login, their logout, or their newer token.
                self.reload(store).await?;
                return superseded();
            }
            Err(_) => lock(&self.state).not_saved(ctx),
        }
        Ok(token)
    }

    /// Keeps a token whatever is there.
    pub(super) async fn log_in(&self, token: Arc<Token>, ctx: &Context) {
        {
            let mut state = lock(&self.state);
            let stored = state.stored.clone();
            state.generation += 1;
            state.take(&token, self.store.is_some().then_some(stored), ctx);
        }
        let Some(store) = &self.store else { return };
        if store.heard(store.put(Some(&token)).await).is_ok() {
            lock(&self.state).saved(&token);
        } else {
            lock(&self.state).not_saved(ctx);
        }
    }

    /// Removes the store's token, whatever it is.
    pub(super) async fn remove_stored(&self) -> Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        store.heard(store.put(None).await)?;
        let mut state = lock(&self.state);
        (state.stored, state.loaded) = (None, true);
        Ok(())
    }

    /// Writes a token that the store could not take before.
    async fn save_again(&self, ctx: &Context) {
        let Some(store) = &self.store else { return };
        let (token, expected) = {
            let state = lock(&self.state);
            let (Some(token), Some(unsaved)) = (&state.token, &state.unsaved) else { return };
            (Arc::clone(token), unsaved.expected.clone())
        };
        match store.heard(store.store.replace(&store.key, expected.as_deref(), Some(&token)).await) {
            Ok(true) => lock(&self.state).saved(&token),
            Ok(false) => {
                let mut state = lock(&self.state);
                (state.unsaved, state.loaded) = (None, false);
            }
            Err(_) => lock(&self.state).not_saved(ctx),
        }
    }

    /// The server does not know a refresh token any more: another one that the store has by now, the grant, or a person.
    pub(super) async fn reconsider(self: Arc<Self>, mut lead: Lead, refused: Refused, ctx: Context) -> Prepared {
        let Refused { sent, why, is_first } = refused;
        if let Some(store) = &self.store {
            if let Err(why) = self.reload(store).await {
                return self.without(lead, why);
            }
            let token = self.will_do(&mut lead, None, &ctx).filter(|token| token.refresh_token.as_ref() != Some(&sent));
            if let Some(token) = token {
                lead.succeed(&token);
                return Prepared::Use(token);
            }
            let newer = lock(&self.state).refresh_token().filter(|refresh| **refresh != sent).cloned();
            if let Some(newer) = newer.filter(|_| is_first) {
                return Prepared::Fetch(lead, How::Refresh(newer));
            }
        }
        self.drop_refresh(&sent).await;
        if lead.old.is_none() && self.grant().is_some_and(gets_another) {
            return Prepared::Fetch(lead, How::Grant);
        }
        let needed = self.needs_person();
        let needed = Error::new(needed.kind(), format!("{needed} ({why})"));
        let cause = ServerError::cause_of(&why).cloned();
        self.without(
            lead,
            match cause {
                Some(cause) => needed.with_source(cause),
                None => needed,
            },
        )
    }

    /// Forgets a refresh token that the server does not know.
    async fn drop_refresh(&self, refresh: &Secret) {
        let (stored, without) = {
            let mut state = lock(&self.state);
            state.refresh_token.take_if(|token| token == refresh);
            if let Some(token) = state.token.as_ref().filter(|token| token.refresh_token.as_ref() == Some(refresh)) {
                state.token = Some(Arc::new(Token { refresh_token: None, ..Token::clone(token) }));
            }
            let stored = state.stored.clone().filter(|token| token.refresh_token.as_ref() == Some(refresh));
            (stored, state.token.clone().filter(|token| token.refresh_token.is_none()))
        };
        let (Some(store), Some(stored)) = (&self.store, stored) else { return };
        let new = without.as_deref().filter(|token| token.access_token == stored.access_token);
        let replaced = store.heard(store.store.replace(&store.key, Some(&stored), new).await);
        // False: another process has put a newer token there, which stays. An error: the watch has heard it.
        if replaced.unwrap_or_default() {
            lock(&self.state).stored = new.cloned().map(Arc::new);
        }
    }

    /// Remembers that the token endpoint failed, where it may do better later.
    pub(super) fn back_off(&self, why: &Error, ctx: &Context) {
        let cause = ServerError::cause_of(why);
        if cause.is_some_and(|cause| !cause.is_temporary()) {
            return;
        }
        let mut state = lock(&self.state);
        let pause = state.back_off.as_ref().map_or(Pause::default(), |back_off| back_off.pause);
        let pause = pause.longer(cause.and_then(|cause| cause.retry_after), ctx);
        state.back_off = Some(BackOff { pause, failure: Failure::of(why) });
    }
}

/// What the store has to say.
enum Found {
    Token(Arc<Token>),
    Busy(Wait),
    Nothing,
}

/// Whether a grant gets another token at any time.
fn gets_another(grant: &Grant) -> bool {
    !grant.grant_type().needs_person() && grant.grant_type() != GrantType::RefreshToken
}

impl State {
    /// Uses a fetched token. `stored` is what a store has in its place, until the token is written.
    fn take(&mut self, token: &Arc<Token>, stored: Option<Option<Arc<Token>>>, ctx: &Context) {
        /// Long enough for the write that is about to begin, in seconds.
        const WRITING: u64 = 30;
        self.token = Some(Arc::clone(token));
        (self.refresh_token, self.back_off) = (None, None);
        self.unsaved = stored.map(|expected| Unsaved {
            expected,
            pause: Pause { until: ctx.unix_time().saturating_add(WRITING), failures: 0 },
        });
    }

    fn saved(&mut self, token: &Arc<Token>) {
        (self.stored, self.loaded) = (Some(Arc::clone(token)), true);
        // Unless another came in the meantime.
        if self.token.as_ref().is_some_and(|known| Arc::ptr_eq(known, token)) {
            self.unsaved = None;
        }
    }

    fn not_saved(&mut self, ctx: &Context) {
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.pause = unsaved.pause.longer(None, ctx);
        }
    }
}

impl Store {
    /// In place of whatever is there.
    async fn put(&self, new: Option<&Token>) -> Result<()> {
        // Each round that fails is one in which somebody else wrote.
        for _ in 0..16 {
            let stored = self.store.load(&self.key).await?;
            if self.store.replace(&self.key, stored.as_ref(), new).await? {
                return Ok(());
            }
        }
        Err(Error::new(ErrorKind::StoreFailed, "the token store is written faster than it can be read"))
    }

    /// Tells the watch of a failure, once until the store answers again.
    fn heard<T>(&self, answer: Result<T>) -> Result<T> {
        let mut told = lock(&self.told);
        match &answer {
            Ok(_) => *told = false,
            Err(why) => {
                if !std::mem::replace(&mut *told, true) {
                    drop(told);
                    if let Some(watch) = &self.watch {
                        watch(why);
                    }
                }
            }
        }
        answer
    }
}
