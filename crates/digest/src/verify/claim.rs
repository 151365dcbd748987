use std::borrow::Cow;
use std::fmt;

use countersign_core::challenge::{Challenge, Param};
use countersign_core::verify::{credentials, unreadable};
use countersign_core::{Result, encode};
use http::request::Parts;

use crate::Algorithm;
use crate::algorithm::Suite;
use crate::qop::Protection;

/// Who a request says that it is from, and its proof: read, and not yet believed.
pub struct Claim<'a> {
    pub(super) parts: &'a Parts,
    pub(super) id: Cow<'a, str>,
    pub(super) is_hashed: bool,
    pub(super) suite: Suite,
    pub(super) qop: Protection,
    pub(super) realm: Cow<'a, [u8]>,
    pub(super) nonce: Cow<'a, [u8]>,
    pub(super) uri: Cow<'a, [u8]>,
    pub(super) response: Cow<'a, [u8]>,
    pub(super) cnonce: Cow<'a, [u8]>,
    /// As it is hashed, and as a number.
    pub(super) nc_text: Cow<'a, [u8]>,
    pub(super) nc: u32,
}

impl<'a> Claim<'a> {
    /// The user name; where [`Claim::is_hashed`], [`Verifier::userhash`](super::Verifier::userhash) of it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether [`Claim::id`] is the hash of a user name (`userhash=true`, RFC 7616 section 3.4.4).
    #[must_use]
    pub const fn is_hashed(&self) -> bool {
        self.is_hashed
    }

    /// The algorithm of the answer, and of a hashed name.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.suite.into()
    }

    pub(super) fn read(parts: &'a Parts) -> Result<Self> {
        let mut answer = Answer::of(&credentials(parts, "Digest")?)?;
        let missing = |name| move || unreadable(format!("the Digest answer has no `{name}`"));
        let (id, is_hashed) = answer.user()?;
        let suite = match answer.algorithm.take().filter(|name| !name.is_empty()) {
            None => Suite::MD5,
            Some(name) => Suite::named(&name).ok_or_else(|| unreadable("the answer's algorithm is not known"))?,
        };
        let qop = answer.qop.take().ok_or_else(missing("qop"))?;
        let nc_text = answer.nc.take().ok_or_else(missing("nc"))?;
        Ok(Self {
            parts,
            id,
            is_hashed,
            suite,
            qop: Protection::named(&qop).ok_or_else(|| unreadable("the answer's qop is not known"))?,
            realm: answer.realm.take().ok_or_else(missing("realm"))?,
            nonce: answer.nonce.take().ok_or_else(missing("nonce"))?,
            uri: answer.uri.take().ok_or_else(missing("uri"))?,
            response: answer.response.take().ok_or_else(missing("response"))?,
            cnonce: answer.cnonce.take().ok_or_else(missing("cnonce"))?,
            nc: count(&nc_text).ok_or_else(|| unreadable("the answer's `nc` is not 8 hex digits"))?,
            nc_text,
        })
    }
}

fn count(text: &[u8]) -> Option<u32> {
    let digits = str::from_utf8(text).ok()?;
    let is_hex = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

/// The parameters of an `Authorization` header (RFC 7616 section 3.4), unescaped.
#[derive(Default)]
struct Answer<'a> {
    username: Option<Cow<'a, [u8]>>,
    username_ext: Option<Cow<'a, [u8]>>,
    userhash: Option<Cow<'a, [u8]>>,
    realm: Option<Cow<'a, [u8]>>,
    nonce: Option<Cow<'a, [u8]>>,
    uri: Option<Cow<'a, [u8]>>,
    response: Option<Cow<'a, [u8]>>,
    algorithm: Option<Cow<'a, [u8]>>,
    qop: Option<Cow<'a, [u8]>>,
    nc: Option<Cow<'a, [u8]>>,
    cnonce: Option<Cow<'a, [u8]>>,
}

impl<'a> Answer<'a> {
    fn of(credentials: &Challenge<'a>) -> Result<Self> {
        let mut answer = Self::default();
        for param in credentials.params() {
            let Some(place) = answer.place(&param) else { continue };
            if place.replace(param.value()).is_some() {
                return Err(unreadable(format!("the Digest answer has `{}` twice", param.name)));
            }
        }
        Ok(answer)
    }

    /// Where a parameter goes; what is not known is ignored (RFC 7616 section 3.4).
    fn place(&mut self, param: &Param<'a>) -> Option<&mut Option<Cow<'a, [u8]>>> {
        let named = |name: &str| param.name.eq_ignore_ascii_case(name);
        Some(match param.name.len() {
            2 if named("nc") => &mut self.nc,
            3 if named("uri") => &mut self.uri,
            3 if named("qop") => &mut self.qop,
            5 if named("realm") => &mut self.realm,
            5 if named("nonce") => &mut self.nonce,
            6 if named("cnonce") => &mut self.cnonce,
            8 if named("username") => &mut self.username,
            8 if named("userhash") => &mut self.userhash,
            8 if named("response") => &mut self.response,
            9 if named("username*") => &mut self.username_ext,
            9 if named("algorithm") => &mut self.algorithm,
            _ => return None,
        })
    }

    /// The name, and whether it is hashed.
    fn user(&mut self) -> Result<(Cow<'a, str>, bool)> {
        let no_text = || unreadable("the answer's user name cannot be read");
        let text = |bytes: Cow<'a, [u8]>| match bytes {
            Cow::Borrowed(bytes) => str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| no_text()),
            Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| no_text()),
        };
        match (self.username.take(), self.username_ext.take()) {
            (Some(name), None) => {
                let is_hashed = self.userhash.as_ref().is_some_and(|value| value.eq_ignore_ascii_case(b"true"));
                Ok((text(name)?, is_hashed))
            }
            // RFC 8187 section 3.2.1; the language is of no use here.
            (None, Some(name)) => {
                let name = text(name)?;
                let (charset, rest) = name.split_once('\'').ok_or_else(no_text)?;
                let (_, encoded) = rest.split_once('\'').ok_or_else(no_text)?;
                if !charset.eq_ignore_ascii_case("UTF-8") {
                    return Err(no_text());
                }
                let decoded = encode::percent_decode(encoded.as_bytes()).into_owned();
                Ok((String::from_utf8(decoded).map_err(|_| no_text())?.into(), false))
            }
            _ => Err(unreadable("the Digest answer names no single user")),
        }
    }
}

/// Shows the name and the algorithm, and nothing of the proof.
impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("id", &self.id).field("algorithm", &self.suite.as_str()).finish_non_exhaustive()
    }
}
