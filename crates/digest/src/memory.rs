use std::fmt;
use std::sync::{Arc, RwLock};

use countersign_core::challenge::Side;
use countersign_core::{Context, Payload, Result, sync};
use http::request::Parts;
use smallvec::SmallVec;

use crate::canonical;
use crate::challenge::Challenge;
use crate::client::Credentials;
use crate::counts::Counts;
use crate::header::Template;
use crate::place::{Place, protection_space};
use crate::session::Session;

/// How many protection spaces a signer remembers.
const SPACES: usize = 1024;

/// What a signer knows of its servers: shared by clones and threads, and never used for another origin.
///
/// Counts are drawn only while this is locked, from sessions that are in it: what leaves it is not counted on.
#[derive(Default)]
pub(crate) struct Sessions(RwLock<Store>);

/// A session, and the count of its nonce that one request has.
#[derive(Clone)]
pub(crate) struct Drawn {
    pub(crate) session: Arc<Session>,
    pub(crate) nc: u32,
    pub(crate) space: SpaceId,
}

/// Of proxy and server.
pub(crate) type Both<T> = [Option<T>; 2];

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct SpaceId {
    /// Of the origin: its place's.
    key: u64,
    number: u64,
}

#[derive(Default)]
struct Store {
    /// The challenge that the config brings along, and the count before its first, until an origin took it.
    preset: Option<(Challenge<'static>, u32)>,
    /// Sorted by origin; of one origin the newest last. Most signers have one server: no allocation for that one.
    spaces: SmallVec<[Space; 1]>,
    /// How many challenges were adopted so far.
    adopted: u64,
    counts: Counts,
}

/// One realm of one origin.
struct Space {
    id: SpaceId,
    side: Side,
    place: Place,
    session: Arc<Session>,
    /// The server refused the password: the session is not used again.
    refused: bool,
    /// Which of the challenges adopted was its last.
    age: u64,
}

impl Sessions {
    pub(crate) fn with_preset(challenge: Challenge<'static>, used: u32) -> Self {
        Self(RwLock::new(Store { preset: Some((challenge, used)), ..Store::default() }))
    }

    /// Draws from the sessions whose protection spaces hold the request.
    pub(crate) fn known(
        &self,
        parts: &Parts,
        payload: &Payload,
        credentials: &Credentials,
        ctx: &Context,
    ) -> Result<Both<Drawn>> {
        let store = sync::read(&self.0);
        let found = store.find(parts);
        if found.iter().flatten().any(|space| space.side == Side::Server) || store.preset.is_none() {
            return draw(found, payload);
        }
        drop(store);
        let place = Place::of(parts)?;
        let mut buf = [0; 32];
        let cnonce = credentials.cnonce(ctx, &mut buf)?;
        let mut store = sync::write(&self.0);
        if let Some((challenge, used)) = store.preset.take() {
            let mut session = Session::new(credentials, &challenge, cnonce, Vec::new());
            session.count_from(used);
            store.add(Side::Server, place, Arc::new(session));
        }
        draw(store.find(parts), payload)
    }

    /// Remembers a challenge, in place of the one before of its realm.
    pub(crate) fn adopt(
        &self,
        side: Side,
        parts: &Parts,
        challenge: &Challenge<'_>,
        credentials: &Credentials,
        ctx: &Context,
    ) -> Result<SpaceId> {
        let place = Place::of(parts)?;
        let mut buf = [0; 32];
        let cnonce = credentials.cnonce(ctx, &mut buf)?;
        let domain = challenge.domain.as_ref().map(|domain| protection_space(domain, &parts.uri)).unwrap_or_default();
        // Shared from the start: what is long is not moved.
        let session = Arc::new(Session::new(credentials, challenge, cnonce, domain));
        // The server sent the same challenge again, and perhaps to another thread.
        let is_again = |known: &Session| {
            let again = Template::new(&credentials.username, challenge, known.template.cnonce());
            known.template == again && known.domain == session.domain
        };
        let mut store = sync::write(&self.0);
        match store.realm(side, &place, session.template.realm()) {
            Some((at, known)) => {
                if known.refused || !is_again(&known.session) {
                    store.go_on_with(at, session);
                }
                Ok(store.move_up(at, place))
            }
            None => Ok(store.add(side, place, session)),
        }
    }

    /// Draws from these spaces, whatever they hold: one was just adopted, the other answered the last request.
    pub(crate) fn draw(&self, spaces: Both<SpaceId>, payload: &Payload) -> Result<Both<Drawn>> {
        let store = sync::read(&self.0);
        draw(spaces.map(|id| store.spaces.get(store.position(id?)?)), payload)
    }

    /// Goes on with the nonce that the server names as the next one (RFC 7616 section 3.5).
    pub(crate) fn renew(&self, drawn: &Drawn, nonce: &[u8]) {
        let renewed = Arc::new(drawn.session.renewed(nonce));
        let mut store = sync::write(&self.0);
        let Some(at) = store.position(drawn.space) else { return };
        let is_there = |space: &Space| !space.refused && space.session.template.nonce() == renewed.template.nonce();
        if !store.spaces.get(at).is_some_and(is_there) {
            store.go_on_with(at, renewed);
        }
    }

    /// Forgets a session whose answer was refused; its nonce's count stays.
    pub(crate) fn forget(&self, drawn: &Drawn) {
        let mut store = sync::write(&self.0);
        let at = store.position(drawn.space);
        if let Some(space) = at.and_then(|at| store.spaces.get_mut(at)) {
            space.refused |= Arc::ptr_eq(&space.session, &drawn.session);
        }
    }
}

/// One count of each.
fn draw(spaces: Both<&Space>, payload: &Payload) -> Result<Both<Drawn>> {
    // A count is used up only when there is an answer.
    for space in spaces.iter().flatten() {
        canonical::body(space.session.qop, payload)?;
    }
    let mut drawn = [None, None];
    for (space, place) in spaces.into_iter().zip(&mut drawn) {
        if let Some(Space { session, id, .. }) = space {
            *place = Some(Drawn { nc: session.count()?, session: Arc::clone(session), space: *id });
        }
    }
    Ok(drawn)
}

impl Store {
    /// The spaces of an origin, and perhaps some of others.
    fn at(&self, key: u64) -> &[Space] {
        let start = self.spaces.partition_point(|space| space.id.key < key);
        let end = self.spaces.partition_point(|space| space.id.key <= key);
        self.spaces.get(start..end).unwrap_or_default()
    }

    /// As [`Store::at`]; few are not worth a search.
    fn near(&self, parts: &Parts) -> &[Space] {
        if self.spaces.len() < 8 { &self.spaces } else { self.at(Place::key_of(parts)) }
    }

    /// Of proxy and server, the space that fits a request best.
    fn find(&self, parts: &Parts) -> Both<&Space> {
        let mut found = [None, None];
        let path = parts.uri.path();
        for space in self.near(parts) {
            if space.refused || space.session.is_used_up() || !space.place.holds(parts) {
                continue;
            }
            let best = match (space.side, &mut found) {
                (Side::Proxy, [best, _]) | (Side::Server, [_, best]) => best,
            };
            let Some(depth) = space.place.depth(&space.session.domain, path) else { continue };
            // If two match equally well, the later one is newer.
            if best.is_none_or(|(other, _)| other <= depth) {
                *best = Some((depth, space));
            }
        }
        found.map(|best| best.map(|(_, space)| space))
    }

    fn realm(&self, side: Side, place: &Place, realm: &[u8]) -> Option<(usize, &Space)> {
        let is_it =
            |space: &Space| space.side == side && space.session.template.realm() == realm && space.place.is(place);
        let space = self.at(place.key).iter().find(|space| is_it(space))?;
        Some((self.position(space.id)?, space))
    }

    fn position(&self, id: SpaceId) -> Option<usize> {
        let start = self.spaces.partition_point(|space| space.id.key < id.key);
        let of_origin = self.spaces.get(start..)?;
        Some(start + of_origin.iter().position(|space| space.id == id)?)
    }

    fn add(&mut self, side: Side, place: Place, mut session: Arc<Session>) -> SpaceId {
        if self.spaces.len() >= SPACES {
            let oldest = self.spaces.iter().enumerate().min_by_key(|(_, space)| space.age).map(|(at, _)| at);
            let oldest = oldest.map(|at| self.spaces.remove(at));
            if let Some(space) = oldest {
                self.retire(&space.session, space.id, space.side);
            }
        }
        self.adopted += 1;
        let id = SpaceId { key: place.key, number: self.adopted };
        self.count(&mut session, id, side, &place);
        self.insert(Space { id, side, place, session, refused: false, age: self.adopted })
    }

    /// Makes a space the newest of all.
    fn move_up(&mut self, at: usize, place: Place) -> SpaceId {
        self.adopted += 1;
        let space = self.spaces.remove(at);
        self.insert(Space { place, age: self.adopted, ..space })
    }

    fn insert(&mut self, space: Space) -> SpaceId {
        let id = space.id;
        let end = self.spaces.partition_point(|space| space.id.key <= id.key);
        self.spaces.insert(end, space);
        id
    }

    /// Takes another session.
    fn go_on_with(&mut self, at: usize, mut session: Arc<Session>) {
        let Some(space) = self.spaces.get(at) else { return };
        let (id, side, before) = (space.id, space.side, Arc::clone(&space.session));
        self.retire(&before, id, side);
        let Some(space) = self.spaces.get(at) else { return };
        self.count(&mut session, id, side, &space.place);
        if let Some(space) = self.spaces.get_mut(at) {
            space.session = session;
            space.refused = false;
        }
    }

    /// Keeps the count of a session that is used no more.
    fn retire(&mut self, session: &Session, id: SpaceId, side: Side) {
        self.counts.remember((id.key, side, session.template.nonce()), session.used());
    }

    /// Lets a new session count on where its nonce was left. One counter per nonce, even if the realm differs.
    fn count(&self, session: &mut Arc<Session>, id: SpaceId, side: Side, place: &Place) {
        let Some(session) = Arc::get_mut(session) else { return };
        let nonce = session.template.nonce();
        let shares = |space: &&Space| {
            space.id != id && space.side == side && space.session.template.nonce() == nonce && space.place.is(place)
        };
        if let Some(other) = self.at(id.key).iter().find(shares) {
            session.count_with(&other.session);
        } else {
            let used = self.counts.of((id.key, side, nonce)).max(session.used());
            session.count_from(used);
        }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("known", &sync::read(&self.0).spaces.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drawn").field("session", &self.session).field("nc", &self.nc).finish_non_exhaustive()
    }
}
