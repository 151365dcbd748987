use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use countersign_core::target::{self, same_origin};
use countersign_core::{Context, Result};
use http::Uri;
use http::request::Parts;

use crate::challenge::Challenge;
use crate::session::{Credentials, Nonce, Session};
use countersign_core::challenge::Side;

/// How many protection spaces a signer remembers, and how many nonces of each before its last.
const SPACES: usize = 256;
const NONCES: usize = 64;

/// What a signer knows of its servers: shared by clones and threads, and never used for another origin.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Store>);

#[derive(Default)]
struct Store {
    /// The challenge that the config brings along, and the count that it begins with, until an origin took it.
    preset: Option<(Challenge, u32)>,
    spaces: Vec<Space>,
}

/// One realm of one origin.
struct Space {
    side: Side,
    place: Place,
    session: Arc<Session>,
    /// The server refused the password: the session is not used again.
    refused: bool,
    /// The nonces before the session's.
    earlier: VecDeque<Arc<Nonce>>,
}

/// Where the request went that was refused.
struct Place {
    /// Its origin; and its folder, the home of the realm: where realms share an origin, the deepest fits best.
    uri: Uri,
    /// What stands for the origin in a request without one (CONNECT, relative URIs).
    host: Option<String>,
}

impl Sessions {
    pub(crate) fn with_preset(challenge: Challenge, nonce_count: u32) -> Self {
        let preset = Some((challenge, nonce_count));
        Self(Mutex::new(Store { preset, spaces: Vec::new() }))
    }

    /// The sessions, of proxy and server, whose protection spaces hold the request.
    pub(crate) fn find(
        &self,
        parts: &Parts,
        credentials: &Credentials,
        ctx: &Context,
    ) -> Result<[Option<Arc<Session>>; 2]> {
        let mut store = self.lock();
        let mut found = [None, None];
        let path = parts.uri.path();
        for space in store.spaces.iter().filter(|space| space.place.holds(parts)) {
            let best = match (space.side, &mut found) {
                (Side::Proxy, [best, _]) | (Side::Server, [_, best]) => best,
            };
            let session = &space.session;
            if space.refused || session.nonce.is_used_up() {
                continue;
            }
            let Some(depth) = depth(&session.challenge.domain, home(space.place.uri.path()), path) else { continue };
            // The last of equals is the newest.
            if best.as_ref().is_none_or(|(other, _)| *other <= depth) {
                *best = Some((depth, session));
            }
        }
        let [proxy, server] = found.map(|best| best.map(|(_, session)| Arc::clone(session)));
        if server.is_some() || store.preset.is_none() {
            return Ok([proxy, server]);
        }
        let place = Place::of(parts)?;
        let mut buf = [0; 32];
        let cnonce = credentials.cnonce(ctx, &mut buf)?;
        let preset = store.preset.take();
        let server =
            preset.map(|(challenge, first)| store.adopt(Side::Server, place, challenge, first, credentials, cnonce));
        Ok([proxy, server])
    }

    /// Remembers a challenge, in place of the one before of its realm.
    pub(crate) fn adopt(
        &self,
        side: Side,
        parts: &Parts,
        challenge: Challenge,
        credentials: &Credentials,
        ctx: &Context,
    ) -> Result<Arc<Session>> {
        let place = Place::of(parts)?;
        let mut buf = [0; 32];
        let cnonce = credentials.cnonce(ctx, &mut buf)?;
        Ok(self.lock().adopt(side, place, challenge, 1, credentials, cnonce))
    }

    /// Goes on with the nonce that the server names as the next one (RFC 7616 section 3.5).
    pub(crate) fn renew(&self, session: &Arc<Session>, nonce: &[u8], credentials: &Credentials) {
        let mut store = self.lock();
        let Some(space) = store.spaces.iter_mut().find(|space| space.knows(&session.nonce)) else { return };
        if space.session.challenge.nonce == nonce && !space.refused {
            return;
        }
        let nonce = space.nonce(nonce).unwrap_or_else(|| Nonce::new(Bytes::copy_from_slice(nonce), 1));
        space.go_on_with(Arc::new(session.renewed(credentials, nonce)));
    }

    /// Forgets a session whose answer was refused; its nonce's count stays.
    pub(crate) fn forget(&self, session: &Session) {
        for space in &mut self.lock().spaces {
            space.refused |= std::ptr::eq(&raw const *space.session, session);
        }
    }

    /// Nothing in here can panic while the lock is held, so a poisoned store is a good one.
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    fn adopt(
        &mut self,
        side: Side,
        place: Place,
        challenge: Challenge,
        first: u32,
        credentials: &Credentials,
        cnonce: &[u8],
    ) -> Arc<Session> {
        let is_here = |space: &&Space| space.side == side && space.place.is(&place);
        // One counter a nonce, whatever the realm that comes with it.
        let known = self.spaces.iter().filter(is_here).find_map(|space| space.nonce(&challenge.nonce));
        let is_it = |space: &Space| is_here(&space) && space.session.challenge.realm == challenge.realm;
        let space = self.spaces.iter().position(is_it).map(|at| self.spaces.remove(at));
        let new = |challenge: Challenge| {
            let nonce = known.unwrap_or_else(|| Nonce::new(challenge.nonce.clone(), first));
            Arc::new(Session::new(credentials, challenge, nonce, cnonce))
        };
        let space = match space {
            // The server sent the same challenge again, and perhaps to another thread.
            Some(space) if !space.refused && space.session.challenge.is(&challenge) => Space { place, ..space },
            Some(mut space) => {
                space.go_on_with(new(challenge));
                Space { place, ..space }
            }
            None => Space { side, place, session: new(challenge), refused: false, earlier: VecDeque::new() },
        };
        let session = Arc::clone(&space.session);
        if self.spaces.len() >= SPACES {
            self.spaces.remove(0);
        }
        // The newest last: of equally deep spaces the last one wins.
        self.spaces.push(space);
        session
    }
}

impl Space {
    fn nonces(&self) -> impl Iterator<Item = &Arc<Nonce>> {
        std::iter::once(&self.session.nonce).chain(&self.earlier)
    }

    /// A nonce with the count that it had.
    fn nonce(&self, text: &[u8]) -> Option<Arc<Nonce>> {
        self.nonces().find(|nonce| nonce.text == text).map(Arc::clone)
    }

    fn knows(&self, nonce: &Arc<Nonce>) -> bool {
        self.nonces().any(|known| Arc::ptr_eq(known, nonce))
    }

    /// Takes another session; the nonce of the one before keeps its count.
    fn go_on_with(&mut self, session: Arc<Session>) {
        self.earlier.retain(|nonce| !Arc::ptr_eq(nonce, &session.nonce));
        let before = std::mem::replace(&mut self.session, session);
        self.refused = false;
        if !Arc::ptr_eq(&before.nonce, &self.session.nonce) {
            if self.earlier.len() >= NONCES {
                self.earlier.pop_front();
            }
            self.earlier.push_back(Arc::clone(&before.nonce));
        }
    }
}

impl Place {
    fn of(parts: &Parts) -> Result<Self> {
        let host = match parts.uri.scheme() {
            Some(_) => None,
            None => Some(named_host(parts)?.to_ascii_lowercase()),
        };
        Ok(Self { uri: parts.uri.clone(), host })
    }

    fn is(&self, other: &Self) -> bool {
        match (&self.host, &other.host) {
            (None, None) => same_origin(&self.uri, &other.uri),
            (one, other) => one == other,
        }
    }

    fn holds(&self, parts: &Parts) -> bool {
        match &self.host {
            None => same_origin(&self.uri, &parts.uri),
            Some(host) => {
                parts.uri.scheme().is_none() && named_host(parts).is_ok_and(|name| name.eq_ignore_ascii_case(host))
            }
        }
    }
}

/// Of a request without scheme: the URI's authority, else the Host header.
fn named_host(parts: &Parts) -> Result<&str> {
    parts.uri.authority().map_or_else(|| target::host(parts), |authority| Ok(target::without_user_info(authority)))
}

/// How deep a path lies in a protection space; none when it is outside of it. Without a `domain` the space is the whole
/// origin (RFC 7616 section 3.3), and what lies below its home is deeper in.
fn depth(domain: &[String], home: &str, path: &str) -> Option<usize> {
    if domain.is_empty() {
        return Some(if path.starts_with(home) { home.len() } else { 0 });
    }
    domain.iter().filter(|prefix| path.starts_with(prefix.as_str())).map(String::len).max()
}

/// A path up to its last slash.
fn home(path: &str) -> &str {
    path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or_default()
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("known", &self.lock().spaces.len()).finish_non_exhaustive()
    }
}
