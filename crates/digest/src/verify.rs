use std::borrow::Cow;
use std::fmt;

use countersign_core::challenge::push_quoted;
use countersign_core::challenge::{self, challenges};
use countersign_core::replay::NonceStore;
use countersign_core::{Context, Error, ErrorKind, Payload, Result, Secret, encode};
use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;
use zeroize::Zeroizing;

use crate::canonical;
use crate::signature::{Hash, NonceMac};
use crate::{Algorithm, Qop};

/// The server's side: demands Digest, and checks the answers, with `qop` of `auth` or `auth-int` only.
///
/// Its nonces hold their time and a MAC, so it keeps no memory of them; that no answer counts twice is the caller's
/// [`NonceStore`]'s work. For tests and small services: it must know the passwords.
///
/// ```
/// use countersign_core::replay::MemoryNonceStore;
/// use countersign_core::{Context, Payload, Scheme as _};
/// use countersign_digest::{Account, Config, Signer, User, Verifier};
///
/// let verifier = Verifier::new("users@example.org", &[7; 32])?; // a secret key of your own, from a random source
/// let seen = MemoryNonceStore::default();
/// let ctx = Context::now();
/// let users = |user: &User<'_>| (*user == User::Name("Mufasa".into())).then(|| Account::new("Mufasa", "Circle of Life"));
///
/// let request = http::Request::get("http://example.org/").body(())?;
/// let (mut parts, ()) = request.into_parts();
/// let refusal = verifier.verify(&parts, &Payload::empty(), users, &seen, &ctx).unwrap_err();
/// let challenges = verifier.challenges(refusal.stale, &ctx)?; // each a `WWW-Authenticate` of the 401
///
/// # let challenge = challenges[0].to_str()?;
/// # let nonce = challenge.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
/// let mut config = Config::new("Mufasa", "Circle of Life");
/// # (config.realm, config.nonce) = (Some("users@example.org".into()), Some(nonce.into()));
/// # (config.algorithm, config.qop) = (Some("SHA-256".into()), Some("auth".into()));
/// Signer::new(&config)?.sign(&mut parts, &mut Payload::empty(), &ctx)?;
/// assert_eq!(verifier.verify(&parts, &Payload::empty(), users, &seen, &ctx)?.username, "Mufasa");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    realm: String,
    mac: NonceMac,
    algorithms: Vec<Algorithm>,
    lifetime: u64,
    userhash: bool,
}

/// Whom an answer names.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum User<'a> {
    /// By name.
    Name(Cow<'a, str>),
    /// By the hash of name and realm (`userhash`, RFC 7616 section 3.4.4), with this algorithm: compare with
    /// [`Verifier::userhash`].
    Hash(Algorithm, Cow<'a, str>),
}

/// A user's name and password.
#[derive(Clone, Debug)]
pub struct Account {
    username: String,
    password: Secret,
}

impl Account {
    /// A user's name and password.
    #[must_use]
    pub fn new(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { username: username.into(), password: password.into() }
    }
}

/// An answer that is right and new.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verified {
    /// Who it is.
    pub username: String,
    /// What the answer covers: with [`Qop::AuthInt`] the body too.
    pub qop: Qop,
    algorithm: Algorithm,
    prefix: Hash,
    uri: String,
    nc: u32,
    cnonce: Vec<u8>,
}

/// Why an answer was refused.
#[derive(Debug)]
pub struct Refusal {
    /// The password is right, and only the nonce is too old or was used before: say so in the next challenge, and the
    /// client answers it without asking its user again.
    pub stale: bool,
    /// What was wrong: [`ErrorKind::Rejected`], or [`ErrorKind::PayloadRequired`] for `auth-int` without the body's bytes.
    pub error: Error,
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
        let algorithms = vec![Algorithm::Sha256, Algorithm::Md5];
        Ok(Self { realm, mac: NonceMac::new(key), algorithms, lifetime: 300, userhash: false })
    }

    /// Asks for these algorithms, best first, and takes no other.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: impl Into<Vec<Algorithm>>) -> Self {
        self.algorithms = algorithms.into();
        self
    }

    /// How long a nonce lasts, in seconds.
    #[must_use]
    pub const fn with_nonce_lifetime(mut self, seconds: u64) -> Self {
        self.lifetime = seconds;
        self
    }

    /// Asks clients to hide the user's name (`userhash=true`).
    #[must_use]
    pub const fn with_userhash(mut self) -> Self {
        self.userhash = true;
        self
    }

    /// The `WWW-Authenticate` values of a 401, one an algorithm, with a new nonce. Pass [`Refusal::stale`].
    ///
    /// # Errors
    /// [`ErrorKind::Randomness`] when there is none.
    pub fn challenges(&self, stale: bool, ctx: &Context) -> Result<Vec<HeaderValue>> {
        let nonce = self.nonce(ctx)?;
        self.algorithms.iter().map(|algorithm| self.challenge(*algorithm, &nonce, stale)).collect()
    }

    fn challenge(&self, algorithm: Algorithm, nonce: &str, stale: bool) -> Result<HeaderValue> {
        let mut value = b"Digest realm=".to_vec();
        push_quoted(&mut value, self.realm.as_bytes());
        let rest = format!(
            ", qop=\"auth, auth-int\", algorithm={algorithm}, nonce=\"{nonce}\", charset=UTF-8{}{}",
            if self.userhash { ", userhash=true" } else { "" },
            if stale { ", stale=true" } else { "" },
        );
        value.extend_from_slice(rest.as_bytes());
        header_value(&value)
    }

    /// Time, randomness, and their MAC with the realm, in base64.
    fn nonce(&self, ctx: &Context) -> Result<String> {
        let (time, mut random) = (ctx.unix_time().to_be_bytes(), [0; 8]);
        ctx.random(&mut random)?;
        let tag = self.mac.of(&[&time, &random, self.realm.as_bytes()]);
        Ok(encode::base64_url(&[&time[..], &random, &tag].concat()))
    }

    /// When a nonce of ours ends; none for another's, and for one that is over or lies ahead of the clock.
    fn expiry(&self, nonce: &[u8], now: u64) -> Option<u64> {
        let raw = encode::base64_url_decode(nonce)?;
        let (time, rest) = raw.split_first_chunk::<8>()?;
        let (random, tag) = rest.split_first_chunk::<8>()?;
        let made = u64::from_be_bytes(*time);
        let until = made.saturating_add(self.lifetime);
        let is_ours = self.mac.verify(&[time, random, self.realm.as_bytes()], tag);
        (is_ours && made <= now.saturating_add(1) && now < until).then_some(until)
    }

    /// What [`User::Hash`] holds for this user.
    #[must_use]
    pub fn userhash(&self, algorithm: Algorithm, username: &str) -> String {
        let hash = Hash::of(algorithm, &[username.as_bytes(), b":", self.realm.as_bytes()]);
        String::from_utf8_lossy(hash.as_bytes()).into_owned()
    }

    /// Checks a request's `Authorization`: whether it is right, of this request, and new. `users` finds an account.
    ///
    /// # Errors
    /// A [`Refusal`]: answer with a 401 and [`Verifier::challenges`]. It does not tell an unknown user from a wrong password.
    pub fn verify(
        &self,
        parts: &Parts,
        payload: &Payload,
        users: impl Fn(&User<'_>) -> Option<Account>,
        seen: &dyn NonceStore,
        ctx: &Context,
    ) -> Result<Verified, Refusal> {
        let answer = Answer::read(parts)?;
        let algorithm = answer.algorithm()?;
        if !self.algorithms.contains(&algorithm) {
            return Err(rejected("the answer's algorithm was not asked for").into());
        }
        if *answer.realm != *self.realm.as_bytes() {
            return Err(rejected("the answer is of another realm").into());
        }
        let uri = canonical::uri(&parts.method, &parts.uri);
        if *answer.uri != *uri.as_bytes() {
            return Err(rejected("the answer is of another URI").into());
        }
        let qop = Qop::named(&answer.qop).ok_or_else(|| rejected("the answer has no known qop"))?;
        let body = canonical::body(Some(qop), payload)?;
        let nc = answer.nc()?;

        // An unknown user costs as much time as a wrong password.
        let account = users(&answer.user(algorithm)?);
        let (known, account) = (account.is_some(), account.unwrap_or_else(|| Account::new("", "")));
        let prefix = self.prefix(algorithm, &account, &answer);
        let (a2, _) = canonical::a2(algorithm, parts.method.as_str(), &uri, body, false);
        let (response, _) = canonical::response(&prefix, Some((nc, &between(qop, &answer.cnonce))), &a2, None);
        if !response.is(&answer.response) || !known {
            return Err(rejected("the user name or the password is wrong").into());
        }

        let stale = |why| Refusal { stale: true, error: rejected(why) };
        let until = self.expiry(&answer.nonce, ctx.unix_time()).ok_or_else(|| stale("the nonce is over"))?;
        let key = format!("{}:{nc:08x}", String::from_utf8_lossy(&answer.nonce));
        if !countersign_core::replay::remember_ready(seen, &key, until, ctx.unix_time()) {
            return Err(stale("the nonce count was used before"));
        }
        let (uri, cnonce) = (uri.into_owned(), answer.cnonce.into_owned());
        Ok(Verified { username: account.username, qop, algorithm, prefix, uri, nc, cnonce })
    }

    /// The hash after `H(A1):nonce:`.
    fn prefix(&self, algorithm: Algorithm, account: &Account, answer: &Answer<'_>) -> Hash {
        let mut ha1 = Hash::of_password(algorithm, &account.username, self.realm.as_bytes(), &account.password);
        if algorithm.is_session() {
            ha1 = Zeroizing::new(Hash::of(algorithm, &[ha1.as_bytes(), b":", &answer.nonce, b":", &answer.cnonce]));
        }
        let mut prefix = Hash::new(algorithm);
        for part in [ha1.as_bytes(), b":", &answer.nonce, b":"] {
            prefix.update(part);
        }
        prefix
    }
}

impl Verified {
    /// The `Authentication-Info` of the reply, which proves that the server knows the password too (RFC 7616 section 3.5).
    /// With [`Qop::AuthInt`] it covers the reply's body.
    ///
    /// # Errors
    /// None that the caller can cause: what goes into the header came out of one.
    pub fn authentication_info(&self, body: &[u8]) -> Result<HeaderValue> {
        let body = (self.qop == Qop::AuthInt).then_some(body);
        let (a2, _) = canonical::a2(self.algorithm, "", &self.uri, body, false);
        let counted = Some((self.nc, &*between(self.qop, &self.cnonce)));
        let (proof, _) = canonical::response(&self.prefix, counted, &a2, None);
        let mut value = format!("qop={}, nc={:08x}, cnonce=", self.qop, self.nc).into_bytes();
        push_quoted(&mut value, &self.cnonce);
        value.extend_from_slice(b", rspauth=");
        push_quoted(&mut value, proof.as_bytes());
        header_value(&value)
    }
}

/// What is hashed between the count and H(A2).
fn between(qop: Qop, cnonce: &[u8]) -> Vec<u8> {
    [b":", cnonce, b":", qop.as_str().as_bytes(), b":"].concat()
}

fn header_value(bytes: &[u8]) -> Result<HeaderValue> {
    HeaderValue::from_bytes(bytes)
        .map_err(|err| Error::new(ErrorKind::InvalidRequest, "not a header value").with_source(err))
}

fn rejected(why: &'static str) -> Error {
    Error::new(ErrorKind::Rejected, why)
}

/// The parameters of an `Authorization` header (RFC 7616 section 3.4), unescaped.
#[derive(Default)]
struct Answer<'a> {
    username: Option<Cow<'a, [u8]>>,
    username_ext: Option<Cow<'a, [u8]>>,
    userhash: Cow<'a, [u8]>,
    realm: Cow<'a, [u8]>,
    nonce: Cow<'a, [u8]>,
    uri: Cow<'a, [u8]>,
    response: Cow<'a, [u8]>,
    algorithm: Cow<'a, [u8]>,
    qop: Cow<'a, [u8]>,
    nc: Cow<'a, [u8]>,
    cnonce: Cow<'a, [u8]>,
}

impl<'a> Answer<'a> {
    fn read(parts: &'a Parts) -> Result<Self> {
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(rejected("the request has no single Authorization header"));
        };
        let mut read = challenges(value.as_bytes());
        let (Some(Ok(credentials)), None) = (read.next(), read.next()) else {
            return Err(rejected("the Authorization header cannot be read"));
        };
        if !credentials.is("Digest") {
            return Err(rejected("the Authorization header is not Digest"));
        }
        Self::of(&credentials)
    }

    fn of(credentials: &challenge::Challenge<'a>) -> Result<Self> {
        let mut answer = Self::default();
        let mut names: Vec<String> = Vec::new();
        for param in credentials.params() {
            let name = param.name.to_ascii_lowercase();
            if names.contains(&name) {
                return Err(rejected("the answer has a parameter twice"));
            }
            match &*name {
                "username" => answer.username = Some(param.value()),
                "username*" => answer.username_ext = Some(param.value()),
                "userhash" => answer.userhash = param.value(),
                "realm" => answer.realm = param.value(),
                "nonce" => answer.nonce = param.value(),
                "uri" => answer.uri = param.value(),
                "response" => answer.response = param.value(),
                "algorithm" => answer.algorithm = param.value(),
                "qop" => answer.qop = param.value(),
                "nc" => answer.nc = param.value(),
                "cnonce" => answer.cnonce = param.value(),
                _ => continue,
            }
            names.push(name);
        }
        Ok(answer)
    }

    fn algorithm(&self) -> Result<Algorithm> {
        if self.algorithm.is_empty() {
            return Ok(Algorithm::Md5);
        }
        Algorithm::named(&self.algorithm).ok_or_else(|| rejected("the answer's algorithm was not asked for"))
    }

    fn nc(&self) -> Result<u32> {
        let digits = str::from_utf8(&self.nc).ok().filter(|nc| nc.len() == 8 && !nc.starts_with('+'));
        digits
            .and_then(|nc| u32::from_str_radix(nc, 16).ok())
            .ok_or_else(|| rejected("the answer's `nc` is not 8 hex digits"))
    }

    fn user(&self, algorithm: Algorithm) -> Result<User<'_>> {
        let no_text = || rejected("the answer's user name cannot be read");
        match (&self.username, &self.username_ext) {
            (Some(name), None) => {
                let name = str::from_utf8(name).map_err(|_| no_text())?;
                let hashed = self.userhash.eq_ignore_ascii_case(b"true");
                Ok(if hashed { User::Hash(algorithm, name.into()) } else { User::Name(name.into()) })
            }
            // RFC 8187 section 3.2.1; the language is of no use here.
            (None, Some(name)) => {
                let text = str::from_utf8(name).ok().and_then(|text| {
                    let (charset, rest) = text.split_once('\'')?;
                    charset.eq_ignore_ascii_case("UTF-8").then(|| rest.split_once('\'')).flatten()
                });
                let (_, encoded) = text.ok_or_else(no_text)?;
                let name = String::from_utf8(encode::percent_decode(encoded.as_bytes()).into_owned());
                Ok(User::Name(name.map_err(|_| no_text())?.into()))
            }
            _ => Err(rejected("the answer names no single user")),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { stale: false, error }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}
