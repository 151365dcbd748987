use countersign::digest::verify::{Account, Verifier};
use countersign::scheme::replay::MemoryNonceStore;
use countersign::scheme::verify::Refusal;
use countersign::{Context, ErrorKind, Payload};
use http::{Request, Response};

use super::{Guard, PASSWORD, Tally, USER, reply, with};
use crate::stand_in::Place;

/// Digest (RFC 7616), with nonces that grow old.
#[derive(Debug)]
pub struct Digest {
    verifier: Verifier,
    seen: MemoryNonceStore,
    tally: Tally,
}

impl Digest {
    /// A guard whose nonces last so many seconds.
    ///
    /// # Panics
    /// Never: the realm is a text.
    #[must_use]
    pub fn new(nonce_lifetime: u64) -> Self {
        let verifier = Verifier::new("realm", &[7; 32]).unwrap().with_nonce_lifetime(nonce_lifetime);
        Self { verifier, seen: MemoryNonceStore::new(1 << 20), tally: Tally::default() }
    }

    fn check(&self, request: &Request<Vec<u8>>) -> Result<(), Refusal> {
        let now = Context::now();
        let (parts, body) = request.clone().into_parts();
        let claim = self.verifier.read(&parts, &now)?;
        let account = (claim.id() == USER).then(|| Account::new(USER, PASSWORD));
        let verified = self.verifier.verify(claim, account.as_ref(), &Payload::from(body), &now)?;
        self.seen.remember_now(&verified.replay_key(), verified.expires_at()).map_err(|why| {
            Tally::add(&self.tally.repeated);
            self.verifier.refusal(why, &now)
        })
    }
}

impl Guard for Digest {
    fn answer(&self, _: Place, request: &Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
        Tally::add(&self.tally.requests);
        let Err(refusal) = self.check(request) else {
            Tally::add(&self.tally.let_in);
            return None;
        };
        let is_stale =
            refusal.challenges.iter().any(|challenge| challenge.as_bytes().windows(10).any(|is| is == b"stale=true"));
        if refusal.error.kind() != ErrorKind::NoCredentials && !is_stale {
            Tally::add(&self.tally.refused);
        }
        let challenges = refusal.challenges.into_iter();
        Some(challenges.fold(reply(401, "no"), |reply, challenge| with(reply, "www-authenticate", challenge)))
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}
