use std::borrow::Cow;
use std::fmt;

use countersign_core::encode::form_decode;
use countersign_core::verify::{authorization, unreadable};
use countersign_core::{Error, ErrorKind, Quoted, Result, query};
use http::header::{AUTHORIZATION, DATE, HeaderName};
use http::request::Parts;

use crate::headers::{X_AMZ_CONTENT_SHA256, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN, text};
use crate::payload::is_marker;
use crate::scope::Timestamp;
use crate::signature::{ALGORITHM, Hex64};

/// The most headers that a request may list as signed.
const MOST_SIGNED_HEADERS: usize = 1024;

/// The key that a request names, and the proof that it gives: read, and not yet believed.
pub struct Claim<'a> {
    pub(super) parts: &'a Parts,
    credential: Credential<'a>,
    pub(super) timestamp: Timestamp,
    /// The same, in seconds since the Unix epoch.
    pub(super) time: u64,
    /// Lower-case names in strict order, separated by semicolons.
    pub(super) signed_headers: Cow<'a, str>,
    /// 64 lower-case hex digits.
    pub(super) signature: Cow<'a, str>,
    /// For how many seconds it counts, if it is in the query.
    pub(super) expires: Option<u64>,
    session_token: Option<Cow<'a, str>>,
}

/// `AKIDEXAMPLE/20150830/us-east-1/service/aws4_request`: five parts, none of them empty.
struct Credential<'a>(Cow<'a, str>);

/// The texts of a signature, as its place holds them.
struct Fields<'a> {
    credential: Cow<'a, str>,
    signed_headers: Cow<'a, str>,
    signature: Cow<'a, str>,
    date: Cow<'a, str>,
    expires: Option<u64>,
    session_token: Option<Cow<'a, str>>,
}

impl Claim<'_> {
    /// The access key id: whose secret is to be found.
    #[must_use]
    pub fn id(&self) -> &str {
        self.credential.part(0)
    }

    /// The region that the signature is for.
    #[must_use]
    pub fn region(&self) -> &str {
        self.credential.part(2)
    }

    /// The service that the signature is for, by its signing name.
    #[must_use]
    pub fn service(&self) -> &str {
        self.credential.part(3)
    }

    /// The session token that came with temporary credentials. Whether it goes with the key is for whoever issued both to say.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// Whether the signature is in the query.
    #[must_use]
    pub const fn is_presigned(&self) -> bool {
        self.expires.is_some()
    }

    /// `20150830/us-east-1/service/aws4_request`.
    pub(super) fn scope(&self) -> &str {
        self.credential.0.split_once('/').map_or("", |(_, scope)| scope)
    }
}

impl<'a> Claim<'a> {
    pub(super) fn read(parts: &'a Parts) -> Result<Self> {
        let fields = Fields::of(parts)?;
        for name in [X_AMZ_DATE, X_AMZ_CONTENT_SHA256, X_AMZ_SECURITY_TOKEN, DATE] {
            check_once(parts, &name)?;
        }
        let (timestamp, time) = Timestamp::parse(&fields.date)
            .ok_or_else(|| unreadable("the signature's date is not of the form 20150830T123600Z"))?;
        let credential = Credential::read(fields.credential)?;
        if credential.part(1) != timestamp.date() {
            return Err(unreadable("the signature's date is not of the day in its credential scope"));
        }
        check_order(&fields.signed_headers)?;
        if Hex64::parse(&fields.signature).is_none() || fields.signature.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(unreadable("the signature is not 64 hex digits in lower case"));
        }
        check_given_hash(parts)?;
        let Fields { signed_headers, signature, expires, session_token, .. } = fields;
        Ok(Self { parts, credential, timestamp, time, signed_headers, signature, expires, session_token })
    }
}

/// Refuses a header that counts once and is given twice.
fn check_once(parts: &Parts, name: &HeaderName) -> Result<()> {
    if parts.headers.get_all(name).iter().nth(1).is_some() {
        return Err(unreadable(format!("the request has two `{name}` headers")));
    }
    Ok(())
}

/// Demands strict order, so that no name stands twice and each is found by halves.
fn check_order(signed_headers: &str) -> Result<()> {
    let mut before = "";
    for (index, name) in signed_headers.split(';').enumerate() {
        if index >= MOST_SIGNED_HEADERS {
            return Err(unreadable("more than 1024 headers are listed as signed"));
        }
        if name <= before {
            return Err(unreadable("the signed headers are not in order, each once"));
        }
        before = name;
    }
    Ok(())
}

fn check_given_hash(parts: &Parts) -> Result<()> {
    let given = text(&parts.headers, &X_AMZ_CONTENT_SHA256).trim();
    if parts.headers.contains_key(X_AMZ_CONTENT_SHA256) && Hex64::parse(given).is_none() && !is_marker(given) {
        return Err(unreadable("X-Amz-Content-Sha256 is neither 64 hex digits, nor UNSIGNED-PAYLOAD or STREAMING-…"));
    }
    Ok(())
}

impl<'a> Credential<'a> {
    fn read(text: Cow<'a, str>) -> Result<Self> {
        let parts = text.split('/');
        if parts.clone().count() == 5 && parts.clone().all(|part| !part.is_empty()) && text.ends_with("/aws4_request") {
            Ok(Self(text))
        } else {
            Err(unreadable("the signature's credential is not KEY/DATE/REGION/SERVICE/aws4_request"))
        }
    }

    /// Key, date, region, service.
    fn part(&self, number: usize) -> &str {
        self.0.split('/').nth(number).unwrap_or_default()
    }
}

impl<'a> Fields<'a> {
    fn of(parts: &'a Parts) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        let in_query = query::pairs(query).any(|(name, _)| *form_decode(name.as_bytes()) == *b"X-Amz-Signature");
        match (parts.headers.contains_key(AUTHORIZATION), in_query) {
            (true, true) => {
                Err(unreadable("the request has both an Authorization header and a signature in its query"))
            }
            (true, false) => Self::of_header(parts),
            (false, true) if parts.headers.contains_key(X_AMZ_SECURITY_TOKEN) => {
                Err(unreadable("the signature is in the query, and the session token in a header"))
            }
            (false, true) => Self::of_query(query),
            (false, false) => Err(Error::new(ErrorKind::NoCredentials, "the request is not signed with SigV4")),
        }
    }

    /// `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`
    fn of_header(parts: &'a Parts) -> Result<Self> {
        let value = authorization(parts, ALGORITHM)?;
        let wrong = || {
            unreadable("the Authorization header is not AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…")
        };
        let fields = value.to_str().ok().and_then(|text| text.strip_prefix(ALGORITHM)).ok_or_else(wrong)?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for field in fields.split(',') {
            let (name, value) = field.trim().split_once('=').ok_or_else(wrong)?;
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(wrong()),
            };
            if place.replace(Cow::Borrowed(value)).is_some() {
                return Err(wrong());
            }
        }
        let date = if parts.headers.contains_key(X_AMZ_DATE) { X_AMZ_DATE } else { DATE };
        let token = folded(text(&parts.headers, &X_AMZ_SECURITY_TOKEN));
        Ok(Self {
            credential: credential.ok_or_else(wrong)?,
            signed_headers: signed_headers.ok_or_else(wrong)?,
            signature: signature.ok_or_else(wrong)?,
            date: Cow::Borrowed(text(&parts.headers, &date)),
            expires: None,
            session_token: (!token.is_empty()).then_some(token),
        })
    }

    fn of_query(query: &'a str) -> Result<Self> {
        let required = |name: &str| {
            parameter(query, name)?.ok_or_else(|| unreadable(format!("the query has no {}", Quoted(name.as_bytes()))))
        };
        if required("X-Amz-Algorithm")? != ALGORITHM {
            return Err(unreadable("the query's X-Amz-Algorithm is not AWS4-HMAC-SHA256"));
        }
        let expires = required("X-Amz-Expires")?;
        let is_number = expires.bytes().all(|byte| byte.is_ascii_digit());
        let expires = expires.parse().ok().filter(|expires| is_number && (1..=604_800).contains(expires));
        let too_long = || unreadable("the query's X-Amz-Expires is not 1 to 604800 seconds (seven days)");
        Ok(Self {
            credential: required("X-Amz-Credential")?,
            signed_headers: required("X-Amz-SignedHeaders")?,
            signature: required("X-Amz-Signature")?,
            date: required("X-Amz-Date")?,
            expires: Some(expires.ok_or_else(too_long)?),
            session_token: parameter(query, "X-Amz-Security-Token")?,
        })
    }
}

/// A header's value as it is signed: white space around it does not count, nor how much of it there is within.
fn folded(value: &str) -> Cow<'_, str> {
    if value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(value);
    }
    let words: Vec<_> = value.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    Cow::Owned(words.join(" "))
}

/// The value of a parameter, decoded; its name is compared decoded.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] for one that is given twice, or is not UTF-8.
fn parameter<'a>(query: &'a str, wanted: &str) -> Result<Option<Cow<'a, str>>> {
    let wrong = |what: &str| unreadable(format!("the query's {} {what}", Quoted(wanted.as_bytes())));
    let mut values = query::pairs(query).filter(|(name, _)| *form_decode(name.as_bytes()) == *wanted.as_bytes());
    let Some((_, value)) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(wrong("is given twice"));
    }
    let text = match form_decode(value.unwrap_or_default().as_bytes()) {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    };
    text.map(Some).ok_or_else(|| wrong("is not UTF-8"))
}

/// Shows whose claim it is and for what, and no more.
impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("id", &self.id()).field("scope", &self.scope()).finish_non_exhaustive()
    }
}
