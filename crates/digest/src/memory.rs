use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_core::target::{self, Origin};
use countersign_core::{Context, Result};
use http::request::Parts;
use http::uri::Authority;

use crate::challenge::{Challenge, Side};
use crate::session::{Credentials, Nonce, Session};

/// How many protection spaces a signer remembers, and how many nonces of each.
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
    /// The folder of the request that was refused: where realms share an origin, the deepest fits best.
    home: String,
    /// None once the server refused the password.
    session: Option<Arc<Session>>,
    realm: Vec<u8>,
    nonces: VecDeque<Arc<Nonce>>,
}

/// Where a request goes: its origin, or what stands for it in a request without one (CONNECT, relative URIs).
enum Place {
    /// With the authority as it was written when it was learnt, which most requests write again.
    Origin(Origin, Authority),
    Host(String),
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
            let Some(session) = space.session.as_ref().filter(|session| !session.nonce.is_used_up()) else { continue };
            let Some(depth) = depth(&session.challenge.domain, &space.home, path) else { continue };
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
        let cnonce = credentials.cnonce(ctx)?;
        let preset = store.preset.take();
        let server = preset
            .map(|(challenge, first)| store.adopt(Side::Server, place, parts, challenge, first, credentials, cnonce));
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
        let cnonce = credentials.cnonce(ctx)?;
        Ok(self.lock().adopt(side, place, parts, challenge, 1, credentials, cnonce))
    }

    /// Goes on with the nonce that the server names as the next one (RFC 7616 section 3.5). The session goes on too: with a
    /// -sess algorithm H(A1) stays as its first request made it.
    pub(crate) fn renew(&self, session: &Arc<Session>, nonce: &[u8], credentials: &Credentials) {
        let mut store = self.lock();
        // Gone when the server refused the password in between.
        let known = |space: &&mut Space| space.nonces.iter().any(|nonce| Arc::ptr_eq(nonce, &session.nonce));
        let Some(space) = store.spaces.iter_mut().find(known) else { return };
        if space.session.as_ref().is_some_and(|session| session.challenge.nonce == nonce) {
            return;
        }
        let challenge = Challenge { nonce: nonce.to_vec(), ..session.challenge.clone() };
        let (cnonce, ha1) = (session.cnonce.clone(), session.ha1.clone());
        let nonce = space.nonce(nonce, || Nonce::new(nonce, 1));
        space.session = Some(Arc::new(Session::with_key(credentials, challenge, nonce, cnonce, ha1)));
    }

    /// Forgets a session whose answer was refused; its nonce's count stays.
    pub(crate) fn forget(&self, session: &Session) {
        for space in &mut self.lock().spaces {
            if space.session.as_ref().is_some_and(|known| std::ptr::eq(&raw const **known, session)) {
                space.session = None;
            }
        }
    }

    /// Nothing in here can panic while the lock is held, so a poisoned store is a good one.
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    #[expect(clippy::too_many_arguments, reason = "one caller each, and a struct would only name them again")]
    fn adopt(
        &mut self,
        side: Side,
        place: Place,
        parts: &Parts,
        challenge: Challenge,
        first: u32,
        credentials: &Credentials,
        cnonce: Vec<u8>,
    ) -> Arc<Session> {
        let is_here = |space: &&Space| space.side == side && space.place.is(&place);
        let mut known = self.spaces.iter().filter(is_here).flat_map(|space| &space.nonces);
        // One counter a nonce, whatever the realm that comes with it.
        let nonce = known.find(|nonce| nonce.text == challenge.nonce).map(Arc::clone);
        let is_it = |space: &Space| is_here(&space) && space.realm == challenge.realm;
        let mut space = match self.spaces.iter().position(is_it) {
            Some(at) => self.spaces.remove(at),
            None => Space {
                side,
                place,
                home: String::new(),
                session: None,
                realm: challenge.realm.clone(),
                nonces: VecDeque::new(),
            },
        };
        home(parts.uri.path()).clone_into(&mut space.home);
        let session = match space.session.take() {
            // The server sent the same challenge again, and perhaps to another thread.
            Some(known) if known.challenge == Challenge { stale: known.challenge.stale, ..challenge.clone() } => known,
            _ => {
                let nonce =
                    space.nonce(&challenge.nonce, || nonce.unwrap_or_else(|| Nonce::new(&challenge.nonce, first)));
                Arc::new(Session::new(credentials, challenge, nonce, cnonce))
            }
        };
        space.session = Some(Arc::clone(&session));
        if self.spaces.len() >= SPACES {
            self.spaces.remove(0);
        }
        // The newest last: of equally deep spaces the last one wins.
        self.spaces.push(space);
        session
    }
}

impl Space {
    /// A nonce with the count that it had, or a new one.
    fn nonce(&mut self, text: &[u8], new: impl FnOnce() -> Arc<Nonce>) -> Arc<Nonce> {
        if let Some(known) = self.nonces.iter().find(|nonce| nonce.text == text) {
            return Arc::clone(known);
        }
        let nonce = new();
        if self.nonces.len() >= NONCES {
            self.nonces.pop_front();
        }
        self.nonces.push_back(Arc::clone(&nonce));
        nonce
    }
}

impl Place {
    fn of(parts: &Parts) -> Result<Self> {
        match (Origin::of(&parts.uri), parts.uri.authority()) {
            (Some(origin), Some(authority)) => Ok(Self::Origin(origin, authority.clone())),
            _ => Ok(Self::Host(named_host(parts)?.to_ascii_lowercase())),
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Origin(one, _), Self::Origin(other, _)) => one == other,
            (Self::Host(one), Self::Host(other)) => one == other,
            _ => false,
        }
    }

    fn holds(&self, parts: &Parts) -> bool {
        match self {
            Self::Origin(origin, written) => {
                let same = parts.uri.authority().is_some_and(|authority| authority.as_str() == written.as_str());
                (same && parts.uri.scheme_str() == Some(origin.scheme())) || origin.holds(&parts.uri)
            }
            Self::Host(host) => {
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
