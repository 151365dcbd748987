//! The server's side: demands Digest and checks the answers, with `qop` of `auth` or `auth-int` only.
//!
//! Two stages, so that looking up an account may be async and is your own: [`Verifier::read`] says who a request claims to be
//! from, [`Verifier::verify`] checks it with that user's [`Account`].
//!
//! ```
//! use countersign_digest::verify::{Account, MemoryNonceStore, Refusal, Verified, Verifier};
//! use countersign_digest::{Context, Payload, http};
//!
//! fn check(
//!     verifier: &Verifier,
//!     seen: &MemoryNonceStore,
//!     request: http::Request<Payload>,
//! ) -> Result<Verified, Refusal> {
//!     let (parts, payload) = request.into_parts();
//!     let ctx = Context::now();
//!     let claim = verifier.read(&parts, &ctx)?; // who says so; nothing believed yet
//!     let account = (claim.id() == "Mufasa").then(|| Account::new("Mufasa", "Circle Of Life")); // your database
//!     let verified = verifier.verify(claim, account.as_ref(), &payload, &ctx)?;
//!     seen.remember_now(&verified.replay_key(), verified.expires_at()).map_err(|err| verifier.refusal(err, &ctx))?;
//!     Ok(verified)
//! }
//!
//! let verifier = Verifier::new("users@example.org", &[7; 32])?; // a secret key of your own, from a random source
//! let seen = MemoryNonceStore::default();
//!
//! // Without an answer, the refusal holds what to answer: a 401 with these as `WWW-Authenticate`.
//! let request = http::Request::get("/").body(Payload::empty())?;
//! let refusal = check(&verifier, &seen, request).unwrap_err();
//! assert!(refusal.challenges[0].to_str()?.starts_with("Digest realm=\"users@example.org\", "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What an answer covers
//!
//! User name, realm, password, both nonces, the count, `qop`, the method, path and query as the client sent them, and with
//! `auth-int` the body. Everything else is **not signed**:
//!
//! * every header, `Host` and `Content-Type` among them, and with `qop=auth` the body. Ask for `auth-int` by
//!   [`Verifier::with_qop`] where the body counts;
//! * scheme, host and port of the URI, unless the client's `uri` is absolute. `Host` and a URI's authority that differ, and two `Host`
//!   or `Content-Type` headers, are refused all the same;
//! * in the answer: `opaque`, `algorithm`'s case, `userhash`, order, quoting and case of the parameters, parameters that Digest
//!   does not know, and whether the name came as `username` or as `username*`.
//!
//! # Behind a router
//!
//! The answer covers the URI as the client sent it. A router that strips a prefix hides that: under axum's `Router::nest` put back
//! what its extractor `OriginalUri` holds (`parts.uri = original.0`) before [`Verifier::read`], or every answer is refused as one of
//! another URI. Behind a proxy that rewrites paths Digest cannot work at all; behind one that rewrites `Host`, name the origin that
//! clients see by [`Verifier::for_origin`].
//!
//! # What leaks
//!
//! An unknown name, a wrong password and an account that cannot be used get the same text and cost the same work. Only to who
//! knows the password a refusal says that the nonce has expired (`stale`).

use countersign_core::challenge::push_quoted;
use countersign_core::target::{default_port, split_port, without_user_info};
use countersign_core::verify::{host, no_doubles, refused, rejected};
use countersign_core::{Context, Error, ErrorKind, Payload, Result};
use http::request::Parts;
use http::{HeaderValue, Uri};

use crate::algorithm::Suite;
use crate::qop::Protection;
use crate::signature::Hash;
use crate::{Algorithm, Qop, canonical};

mod account;
mod claim;
mod nonce;
mod verified;

pub use account::Account;
pub use claim::Claim;
#[doc(no_inline)]
pub use countersign_core::replay::{MemoryNonceStore, NonceStore, ReplayKey};
#[doc(no_inline)]
pub use countersign_core::target::Origin;
#[doc(no_inline)]
pub use countersign_core::verify::Refusal;
pub use verified::Verified;

use nonce::Nonces;
use verified::header_value;

/// Demands Digest for one realm, and checks the answers; see the [module](self).
///
/// Its nonces hold their time and a MAC, so that it keeps no memory of them.
#[derive(Clone, Debug)]
pub struct Verifier {
    realm: String,
    nonces: Nonces,
    suites: Vec<Suite>,
    qop: Option<Protection>,
    userhash: bool,
    origin: Option<Origin>,
}

/// Why an answer is refused, and whether only its nonce is too old.
struct Refused {
    error: Error,
    stale: bool,
}

impl Verifier {
    /// A verifier of one realm, with a secret key for its nonces: 32 random bytes that all of a service's instances share.
    ///
    /// It asks for SHA-256 and MD5, the older for older clients, and its nonces last 5 minutes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the realm holds control characters.
    pub fn new(realm: impl Into<String>, key: &[u8; 32]) -> Result<Self> {
        let realm = realm.into();
        if realm.chars().any(char::is_control) {
            return Err(Error::new(ErrorKind::InvalidConfig, "a Digest realm may not hold control characters"));
        }
        let suites = [Algorithm::Sha256, Algorithm::Md5].iter().filter_map(Algorithm::suite).collect();
        Ok(Self { realm, nonces: Nonces::new(key, 300)?, suites, qop: None, userhash: false, origin: None })
    }

    /// Asks for these algorithms, best first, and takes no other.
    ///
    /// # Errors
    /// [`ErrorKind::UnsupportedAlgorithm`] for [`Algorithm::Other`]; [`ErrorKind::InvalidConfig`] when there is none.
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Result<Self> {
        self.suites = algorithms.into_iter().map(|algorithm| known(&algorithm)).collect::<Result<_>>()?;
        if self.suites.is_empty() {
            return Err(Error::new(ErrorKind::InvalidConfig, "a Digest verifier needs an algorithm"));
        }
        Ok(self)
    }

    /// Asks for this quality of protection, and takes no other: with [`Qop::AuthInt`] every answer covers the body. Unless set, a
    /// client may choose.
    ///
    /// # Errors
    /// [`ErrorKind::UnsupportedQop`] for [`Qop::Other`].
    pub fn with_qop(mut self, qop: &Qop) -> Result<Self> {
        let unknown = || Error::new(ErrorKind::UnsupportedQop, "a Digest verifier knows the qop auth and auth-int");
        self.qop = Some(qop.protection().ok_or_else(unknown)?);
        Ok(self)
    }

    /// How long a nonce lasts, in seconds.
    #[must_use]
    pub const fn with_nonce_lifetime(mut self, seconds: u64) -> Self {
        self.nonces.lifetime = seconds;
        self
    }

    /// Asks clients to hide the user's name (`userhash=true`): [`Claim::is_hashed`].
    #[must_use]
    pub const fn with_userhash(mut self) -> Self {
        self.userhash = true;
        self
    }

    /// Stands for this origin, whatever `Host` says: for servers behind a proxy that rewrites it. An absolute `uri` in an answer must
    /// then be of this origin.
    #[must_use]
    pub fn for_origin(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// The `WWW-Authenticate` values of a 401, one per algorithm, with a new nonce. A [`Refusal`] has them already.
    ///
    /// # Errors
    /// [`ErrorKind::Randomness`] when there is none.
    pub fn challenges(&self, ctx: &Context) -> Result<Vec<HeaderValue>> {
        self.challenges_as(false, ctx)
    }

    /// What [`Claim::id`] is for this user where [`Claim::is_hashed`]: keep it beside the name, to find the account by it.
    ///
    /// # Errors
    /// [`ErrorKind::UnsupportedAlgorithm`] for [`Algorithm::Other`].
    pub fn userhash(&self, algorithm: &Algorithm, username: &str) -> Result<String> {
        let hash = Hash::of(known(algorithm)?.function, &[username.as_bytes(), b":", self.realm.as_bytes()]);
        Ok(String::from_utf8_lossy(hash.as_bytes()).into_owned())
    }

    /// Who a request says that it is from. Nothing is believed yet: look up the account of [`Claim::id`].
    ///
    /// `ctx` makes the nonce of the challenges, should the request be refused.
    ///
    /// # Errors
    /// A [`Refusal`], to be answered with a 401 and its challenges: [`ErrorKind::NoCredentials`] when the request has no Digest
    /// answer, [`ErrorKind::InvalidRequest`] when it cannot be read, or when it names two hosts.
    pub fn read<'a>(&self, parts: &'a Parts, ctx: &Context) -> Result<Claim<'a>, Refusal> {
        self.read_claim(parts).map_err(|error| self.refuse(error, false, ctx))
    }

    /// Checks the answer with the account of its user: whether it is right, of this request, and in time. That it is new is for your
    /// nonce store to say: give it [`Verified::replay_key`], and answer its error with [`Verifier::refusal`].
    ///
    /// # Errors
    /// A [`Refusal`], to be answered with a 401 and its challenges: [`ErrorKind::Rejected`], or [`ErrorKind::PayloadRequired`] for
    /// `auth-int` without the body's bytes. It does not tell an unknown user from a wrong password. When only the nonce has expired, the
    /// challenges say `stale=true`, and the client answers them without asking its user again.
    pub fn verify(
        &self,
        claim: Claim<'_>,
        account: Option<&Account>,
        payload: &Payload,
        ctx: &Context,
    ) -> Result<Verified, Refusal> {
        self.check(claim, account, payload, ctx).map_err(|Refused { error, stale }| self.refuse(error, stale, ctx))
    }

    /// What to answer when the nonce store refuses what was verified. A count that was seen before ([`ErrorKind::Rejected`]) is
    /// answered with `stale=true`: the password was right.
    #[must_use]
    pub fn refusal(&self, error: Error, ctx: &Context) -> Refusal {
        let stale = error.kind() == ErrorKind::Rejected;
        self.refuse(error, stale, ctx)
    }

    fn refuse(&self, error: Error, stale: bool, ctx: &Context) -> Refusal {
        match self.challenges_as(stale, ctx) {
            Ok(challenges) => Refusal::new(error).with_challenges(challenges),
            Err(randomness) => randomness.into(),
        }
    }

    fn challenges_as(&self, stale: bool, ctx: &Context) -> Result<Vec<HeaderValue>> {
        let nonce = self.nonces.make(&self.realm, ctx)?;
        self.suites.iter().map(|suite| self.challenge(*suite, &nonce, stale)).collect()
    }

    fn challenge(&self, suite: Suite, nonce: &str, stale: bool) -> Result<HeaderValue> {
        let mut value = b"Digest realm=".to_vec();
        push_quoted(&mut value, self.realm.as_bytes());
        let rest = format!(
            ", qop=\"{}\", algorithm={suite}, nonce=\"{nonce}\", charset=UTF-8{}{}",
            self.qop.map_or("auth, auth-int", Protection::as_str),
            if self.userhash { ", userhash=true" } else { "" },
            if stale { ", stale=true" } else { "" },
        );
        value.extend_from_slice(rest.as_bytes());
        header_value(value)
    }

    fn read_claim<'a>(&self, parts: &'a Parts) -> Result<Claim<'a>> {
        let claim = Claim::read(parts)?;
        no_doubles(parts)?;
        // HTTP/1.0 and tests have no host at all; Digest does not sign it.
        if parts.headers.contains_key(http::header::HOST) || parts.uri.authority().is_some() {
            host(parts, self.origin.as_ref())?;
        }
        Ok(claim)
    }

    fn check(
        &self,
        claim: Claim<'_>,
        account: Option<&Account>,
        payload: &Payload,
        ctx: &Context,
    ) -> Result<Verified, Refused> {
        self.fits(&claim)?;
        let body = canonical::body(Some(claim.qop), payload)?;
        let (function, realm) = (claim.suite.function, self.realm.as_bytes());

        // An unknown user costs as much time as a wrong password.
        let stand_in = Account::stand_in(&claim.id);
        let usable = account.filter(|account| account.is_usable(function));
        let password = usable.unwrap_or(&stand_in).hash(function, realm);
        let ha1 = Hash::a1(claim.suite, password, &claim.nonce, &claim.cnonce);
        let prefix = Hash::of_key_and_nonce(function, &ha1, &claim.nonce);
        let uri = String::from_utf8_lossy(&claim.uri).into_owned();
        let (a2, _) = canonical::a2(function, claim.parts.method.as_str(), &uri, body, false);
        let between = canonical::between(&claim.cnonce, claim.qop.as_str());
        let (response, _) = canonical::response(&prefix, Some((&claim.nc_text, &between)), &a2, None);
        let is_right = response.is(&claim.response);
        let Some(account) = usable.filter(|_| is_right) else { return Err(rejected().into()) };

        let now = ctx.unix_time();
        let expires_at = self.nonces.expiry(&claim.nonce, &self.realm, now);
        let expires_at = expires_at.ok_or_else(|| Refused { error: refused("the nonce has expired"), stale: true })?;
        let nc = String::from_utf8_lossy(&claim.nc_text).into_owned();
        Ok(Verified {
            username: account.username().to_owned(),
            qop: claim.qop.into(),
            function,
            prefix,
            uri,
            nc,
            used: format!("{}:{:08x}", String::from_utf8_lossy(&claim.nonce), claim.nc),
            cnonce: claim.cnonce.into_owned(),
            verified_at: now,
            expires_at,
        })
    }

    /// Whether the answer is to what this verifier asks, and of this request.
    fn fits(&self, claim: &Claim<'_>) -> Result<()> {
        if !self.suites.contains(&claim.suite) {
            return Err(refused("the answer's algorithm was not asked for"));
        }
        if self.qop.is_some_and(|only| only != claim.qop) {
            return Err(refused("the answer's qop was not asked for"));
        }
        if *claim.realm != *self.realm.as_bytes() {
            return Err(refused("the answer is of another realm"));
        }
        if !self.is_target(claim) {
            let why = "the answer is of another URI than the request: under a nested router, verify the URI as the client sent it";
            return Err(refused(why));
        }
        Ok(())
    }

    /// Whether the answer's `uri` is the request's: as it stands, or in absolute form (RFC 7616 section 3.4.6).
    fn is_target(&self, claim: &Claim<'_>) -> bool {
        let here = canonical::uri(&claim.parts.method, &claim.parts.uri);
        if *claim.uri == *here.as_bytes() {
            return true;
        }
        let Ok(absolute) = Uri::try_from(&*claim.uri) else { return false };
        absolute.scheme().is_some()
            && countersign_core::target::path_and_query(&absolute) == here
            && self.is_here(&absolute, claim.parts)
    }

    /// Whether an absolute URI is of the origin that the request went to.
    fn is_here(&self, uri: &Uri, parts: &Parts) -> bool {
        if let Some(origin) = &self.origin {
            return origin.holds(uri);
        }
        let default = uri.scheme_str().and_then(default_port);
        let (Some(authority), Ok(host)) = (uri.authority(), host(parts, None)) else { return false };
        let ((name, port), (other, other_port)) = (split_port(without_user_info(authority)), split_port(&host));
        name.eq_ignore_ascii_case(other) && port.or(default) == other_port.or(default)
    }
}

/// The algorithm, where it can be computed.
fn known(algorithm: &Algorithm) -> Result<Suite> {
    algorithm.suite().ok_or_else(|| {
        let name = countersign_core::Quoted(algorithm.as_str().as_bytes());
        Error::new(ErrorKind::UnsupportedAlgorithm, format!("no Digest algorithm is called {name}"))
    })
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, stale: false }
    }
}
