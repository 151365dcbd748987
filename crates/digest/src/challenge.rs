use std::borrow::Cow;

use bytes::Bytes;
use countersign_core::challenge::{self, Param, Side};
use countersign_core::{Error, ErrorKind, Quoted, Result, target};
use http::{HeaderMap, Uri};

use crate::{Algorithm, Qop};

/// What the config allows as an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Accepted {
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) qop: Option<Qop>,
}

/// One Digest challenge that can be answered (RFC 7616 section 3.3), values unescaped. Its texts share one allocation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Challenge {
    pub(crate) realm: Bytes,
    pub(crate) nonce: Bytes,
    pub(crate) opaque: Option<Bytes>,
    pub(crate) algorithm: Algorithm,
    /// As the server wrote it, if it did; some devices refuse an `algorithm` that they did not send.
    pub(crate) algorithm_text: Option<Bytes>,
    /// What to answer with; none is RFC 2069.
    pub(crate) qop: Option<Qop>,
    pub(crate) userhash: bool,
    /// `charset=UTF-8` was offered, so the server reads RFC 7616, `username*` included.
    pub(crate) utf8: bool,
    pub(crate) stale: bool,
    /// The protection space: absolute paths of this origin. Empty is the whole origin.
    pub(crate) domain: Vec<String>,
}

impl Challenge {
    /// The strongest challenge in a reply that can be answered, the first of equals.
    pub(crate) fn strongest(headers: &HeaderMap, side: Side, uri: &Uri, accepted: Accepted) -> Result<Self> {
        let mut best: Option<Self> = None;
        let mut why: Option<Error> = None;
        let mut unreadable = None;
        for challenge in challenge::in_headers(headers, &side.asks_in()) {
            match challenge {
                Ok(challenge) if challenge.is("Digest") => match Self::read(&challenge, side, uri, accepted) {
                    Ok(new)
                        if best.as_ref().is_none_or(|best| best.algorithm.strength() < new.algorithm.strength()) =>
                    {
                        best = Some(new);
                    }
                    Ok(_) => {}
                    Err(err) => why = why.or(Some(err)),
                },
                Ok(_) => {}
                Err(err) => unreadable = unreadable.or(Some(err)),
            }
        }
        best.ok_or_else(|| {
            why.or(unreadable).unwrap_or_else(|| {
                let header = side.asks_in();
                Error::new(ErrorKind::NoChallenge, format!("the reply has no Digest challenge in `{header}`"))
            })
        })
    }

    /// Whether this is the other one, sent again; whether it was stale that time does not matter.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Self { stale: other.stale, ..self.clone() } == *other
    }

    fn read(challenge: &challenge::Challenge<'_>, side: Side, uri: &Uri, accepted: Accepted) -> Result<Self> {
        let mut given = Given::default();
        for param in challenge.params() {
            given.take(param);
        }
        let missing = |name| Error::new(ErrorKind::InvalidChallenge, format!("the Digest challenge has no `{name}`"));
        let text = given.algorithm.as_deref().filter(|text| !text.is_empty());
        let algorithm = text.map_or(Some(Algorithm::Md5), Algorithm::named).ok_or_else(|| {
            let text = Quoted(text.unwrap_or_default());
            Error::new(ErrorKind::UnsupportedAlgorithm, format!("the server asks for the Digest algorithm {text}"))
        })?;
        if let Some(only) = accepted.algorithm.filter(|only| *only != algorithm) {
            let why =
                format!("the server asks for the Digest algorithm {algorithm}, and the config allows only {only}");
            return Err(Error::new(ErrorKind::UnsupportedAlgorithm, why));
        }
        let qop = choose_qop(given.qop.as_deref().unwrap_or_default(), accepted.qop)?;
        if algorithm.is_session() && qop.is_none() {
            let why = format!("the server asks for {algorithm} without a `qop`, which leaves H(A1) without a cnonce");
            return Err(Error::new(ErrorKind::InvalidChallenge, why));
        }
        let realm = given.realm.as_deref().ok_or_else(|| missing("realm"))?;
        let nonce = given.nonce.as_deref().filter(|nonce| !nonce.is_empty()).ok_or_else(|| missing("nonce"))?;
        let [realm, nonce, opaque, algorithm_text] =
            shared([realm, nonce, given.opaque.as_deref().unwrap_or_default(), text.unwrap_or_default()]);
        Ok(Self {
            realm,
            nonce,
            opaque: given.opaque.is_some().then_some(opaque),
            algorithm,
            algorithm_text: text.is_some().then_some(algorithm_text),
            qop,
            userhash: is(given.userhash.as_deref(), "true"),
            utf8: is(given.charset.as_deref(), "UTF-8"),
            stale: is(given.stale.as_deref(), "true"),
            // A proxy's protection space is the proxy: its `domain` must be ignored (RFC 7616 section 3.3).
            domain: match given.domain {
                Some(domain) if side == Side::Server => protection_space(&domain, uri),
                _ => Vec::new(),
            },
        })
    }
}

/// Copies of texts, in one allocation.
fn shared<const N: usize>(texts: [&[u8]; N]) -> [Bytes; N] {
    let mut all = Bytes::from(texts.concat());
    texts.map(|text| all.split_to(text.len()))
}

fn is(value: Option<&[u8]>, text: &str) -> bool {
    value.is_some_and(|value| value.eq_ignore_ascii_case(text.as_bytes()))
}

/// The parameters of a challenge, the first of each name, in one pass.
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
        let named = |name: &str| param.name.eq_ignore_ascii_case(name);
        // By length first: one comparison a parameter.
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
fn choose_qop(offered: &[u8], only: Option<Qop>) -> Result<Option<Qop>> {
    let names = offered.split(|byte| matches!(byte, b',' | b' ' | b'\t')).filter(|name| !name.is_empty());
    let (mut any, mut auth, mut auth_int) = (false, false, false);
    for name in names {
        any = true;
        match Qop::named(name) {
            Some(Qop::Auth) => auth = true,
            Some(Qop::AuthInt) => auth_int = true,
            None => {}
        }
    }
    let unsupported = |wanted: &str| {
        let offered = Quoted(offered);
        let why = format!("the server offers the Digest qop {offered}, where {wanted} would be accepted");
        Err(Error::new(ErrorKind::UnsupportedQop, why))
    };
    match only {
        Some(Qop::Auth) if auth => Ok(only),
        Some(Qop::AuthInt) if auth_int => Ok(only),
        Some(only) => unsupported(only.as_str()),
        None if !any => Ok(None),
        None if auth => Ok(Some(Qop::Auth)),
        None if auth_int => Ok(Some(Qop::AuthInt)),
        None => unsupported("auth or auth-int"),
    }
}

/// The paths of a `domain` list that lie on the origin of `uri`; others are not ours to answer to.
fn protection_space(domain: &[u8], uri: &Uri) -> Vec<String> {
    let listed = domain.split(|byte| byte.is_ascii_whitespace()).filter_map(|item| str::from_utf8(item).ok());
    listed
        .filter_map(|item| match item.parse::<Uri>() {
            Ok(path) if item.starts_with('/') && !item.starts_with("//") => Some(path.path().to_owned()),
            Ok(absolute) if target::same_origin(uri, &absolute) => Some(absolute.path().to_owned()),
            _ => None,
        })
        .collect()
}
