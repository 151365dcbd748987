use std::borrow::Cow;

use countersign_core::challenge::{Param, Reader, Side};
use countersign_core::{Error, ErrorKind, Quoted, Result};
use http::HeaderMap;

use crate::algorithm::Suite;
use crate::qop::Protection;

/// What the config allows as an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Accepted {
    pub(crate) suite: Option<Suite>,
    pub(crate) qop: Option<Protection>,
}

/// One Digest challenge that can be answered (RFC 7616 section 3.3), values unescaped.
#[derive(Debug)]
pub(crate) struct Challenge<'a> {
    pub(crate) realm: Cow<'a, [u8]>,
    pub(crate) nonce: Cow<'a, [u8]>,
    pub(crate) opaque: Option<Cow<'a, [u8]>>,
    pub(crate) suite: Suite,
    /// As the server wrote it, if it did; some devices refuse an `algorithm` that they did not send.
    pub(crate) algorithm: Option<Cow<'a, [u8]>>,
    /// What to answer with; none is RFC 2069.
    pub(crate) qop: Option<Protection>,
    pub(crate) userhash: bool,
    /// `charset=UTF-8` was offered, so the server reads RFC 7616, `username*` included.
    pub(crate) utf8: bool,
    pub(crate) stale: bool,
    /// The protection space as the server lists it. A proxy's is the proxy: its list is ignored (RFC 7616 section 3.3).
    pub(crate) domain: Option<Cow<'a, [u8]>>,
}

impl<'a> Challenge<'a> {
    /// The strongest challenge in a reply that can be answered; of equally strong ones the first.
    pub(crate) fn strongest(headers: &'a HeaderMap, side: Side, accepted: Accepted) -> Result<Self> {
        let mut found = Found { accepted, best: None, refused: None, unreadable: None };
        for value in headers.get_all(side.asks_in()) {
            if let Err(err) = found.look_through(Reader::new(value.as_bytes())) {
                found.unreadable.get_or_insert(err);
            }
        }
        let mut best = found.best.ok_or_else(|| {
            found.refused.or(found.unreadable).unwrap_or_else(|| {
                let header = side.asks_in();
                Error::new(ErrorKind::NoChallenge, format!("the reply has no Digest challenge in `{header}`"))
            })
        })?;
        best.domain = best.domain.filter(|_| side == Side::Server);
        Ok(best)
    }

    fn read(given: &mut Given<'a>, accepted: Accepted) -> Result<Self> {
        let missing = |name| Error::new(ErrorKind::InvalidChallenge, format!("the Digest challenge has no `{name}`"));
        let algorithm = given.algorithm.take().filter(|text| !text.is_empty());
        let suite = match &algorithm {
            None => Suite::MD5,
            Some(text) => Suite::named(text).ok_or_else(|| {
                let why = format!("the server asks for the Digest algorithm {}", Quoted(text));
                Error::new(ErrorKind::UnsupportedAlgorithm, why)
            })?,
        };
        if let Some(only) = accepted.suite.filter(|only| *only != suite) {
            let why = format!("the server asks for the Digest algorithm {suite}, and the config allows only {only}");
            return Err(Error::new(ErrorKind::UnsupportedAlgorithm, why));
        }
        let qop = choose_qop(given.qop.as_deref().unwrap_or_default(), accepted.qop)?;
        if suite.is_session && qop.is_none() {
            let why = format!("the server asks for {suite} without a `qop`, which leaves H(A1) without a cnonce");
            return Err(Error::new(ErrorKind::InvalidChallenge, why));
        }
        Ok(Self {
            realm: given.realm.take().ok_or_else(|| missing("realm"))?,
            nonce: given.nonce.take().filter(|nonce| !nonce.is_empty()).ok_or_else(|| missing("nonce"))?,
            opaque: given.opaque.take(),
            suite,
            algorithm,
            qop,
            userhash: is(given.userhash.as_deref(), "true"),
            utf8: is(given.charset.as_deref(), "UTF-8"),
            stale: is(given.stale.as_deref(), "true"),
            domain: given.domain.take(),
        })
    }
}

fn is(value: Option<&[u8]>, text: &str) -> bool {
    value.is_some_and(|value| value.eq_ignore_ascii_case(text.as_bytes()))
}

/// What a search through challenges has come to.
struct Found<'a> {
    accepted: Accepted,
    best: Option<Challenge<'a>>,
    /// Why the first Digest challenge that cannot be answered cannot.
    refused: Option<Error>,
    /// The first error of a value that cannot be read.
    unreadable: Option<Error>,
}

impl<'a> Found<'a> {
    fn look_through(&mut self, mut reader: Reader<'a>) -> Result<()> {
        while let Some(scheme) = reader.next_scheme() {
            if !scheme?.eq_ignore_ascii_case("Digest") {
                continue;
            }
            let mut given = Given::default();
            while let Some(param) = reader.next_param() {
                given.take(param?);
            }
            match Challenge::read(&mut given, self.accepted) {
                Ok(new) if self.best.as_ref().is_none_or(|best| best.suite.function < new.suite.function) => {
                    self.best = Some(new);
                }
                Ok(_) => {}
                Err(err) => {
                    self.refused.get_or_insert(err);
                }
            }
        }
        Ok(())
    }
}

/// The parameters of a challenge, the first of each name.
#[derive(Default)]
struct Given<'a> {
    realm: Option<Cow<'a, [u8]>>,
    nonce: Option<Cow<'a, [u8]>>,
    opaque: Option<Cow<'a, [u8]>>,
    algorithm: Option<Cow<'a, [u8]>>,
    qop: Option<Cow<'a, [u8]>>,
    userhash: Option<Cow<'a, [u8]>>,
    charset: Option<Cow<'a, [u8]>>,
    stale: Option<Cow<'a, [u8]>>,
    domain: Option<Cow<'a, [u8]>>,
}

impl<'a> Given<'a> {
    fn take(&mut self, param: Param<'a>) {
        let named = |name: &str| param.name == name || param.name.eq_ignore_ascii_case(name);
        // By length first, and as most write it: one comparison of a word per parameter.
        let place = match param.name.len() {
            3 if named("qop") => &mut self.qop,
            5 if named("realm") => &mut self.realm,
            5 if named("nonce") => &mut self.nonce,
            5 if named("stale") => &mut self.stale,
            6 if named("opaque") => &mut self.opaque,
            6 if named("domain") => &mut self.domain,
            7 if named("charset") => &mut self.charset,
            8 if named("userhash") => &mut self.userhash,
            9 if named("algorithm") => &mut self.algorithm,
            _ => return,
        };
        if place.is_none() {
            *place = Some(param.value());
        }
    }
}

/// `auth` before `auth-int`; an empty or absent list is RFC 2069; a config that names one allows no other.
fn choose_qop(offered: &[u8], only: Option<Protection>) -> Result<Option<Protection>> {
    let names = offered.split(|byte| matches!(byte, b',' | b' ' | b'\t')).filter(|name| !name.is_empty());
    let (mut any, mut auth, mut auth_int) = (false, false, false);
    for name in names {
        any = true;
        match Protection::named(name) {
            Some(Protection::Auth) => auth = true,
            Some(Protection::AuthInt) => auth_int = true,
            None => {}
        }
    }
    let unsupported = |wanted: &str| {
        let offered = Quoted(offered);
        let why = format!("the server offers the Digest qop {offered}, where {wanted} would be accepted");
        Err(Error::new(ErrorKind::UnsupportedQop, why))
    };
    match only {
        Some(Protection::Auth) if auth => Ok(only),
        Some(Protection::AuthInt) if auth_int => Ok(only),
        Some(only) => unsupported(only.as_str()),
        None if !any => Ok(None),
        None if auth => Ok(Some(Protection::Auth)),
        None if auth_int => Ok(Some(Protection::AuthInt)),
        None => unsupported("auth or auth-int"),
    }
}
