//! The server's side: checks a request that was signed in its header or its query. For local stand-ins of AWS, and tests.
//!
//! ```
//! use countersign_aws_sigv4::{Config, Signer, verify::Verifier};
//! use countersign_core::{Context, Payload, Scheme as _, Secret};
//! use http::Request;
//!
//! let ctx = Context::now();
//! let (mut parts, ()) = Request::get("https://example.amazonaws.com/").body(())?.into_parts();
//! let signer = Signer::new(&Config::new("AKIDEXAMPLE", "secret"))?;
//! signer.sign(&mut parts, &mut Payload::empty(), &ctx)?;
//!
//! let verifier = Verifier::new(|access_key_id: &str| (access_key_id == "AKIDEXAMPLE").then(|| Secret::from("secret")));
//! let verified = verifier.verify(&parts, &Payload::empty(), &ctx)?;
//! assert_eq!((verified.access_key_id.as_str(), verified.service.as_str()), ("AKIDEXAMPLE", "example"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::borrow::Cow;
use std::fmt;

use countersign_core::encode::form_decode;
use countersign_core::{Context, Error, ErrorKind, Payload, Quoted, Result, Secret, query, target};
use http::header::{AUTHORIZATION, HeaderName};
use http::request::Parts;
use subtle::ConstantTimeEq as _;

use crate::canonical::{self, PathStyle};
use crate::headers::{SignedHeaders, X_AMZ_CONTENT_SHA256, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN};
use crate::placement::push_string_to_sign;
use crate::scope::{Scope, Timestamp};
use crate::signature::{ALGORITHM, SigningKey, sha256_hex};
use crate::signer::signed_host;

/// Checks signatures, given a way to find the secret of an access key.
pub struct Verifier<F> {
    secret: F,
    /// How far the signed time may be from ours, in seconds, either way. 300 unless set, as AWS; S3 takes 900.
    pub clock_skew: u64,
}

/// Who signed a request, and for what.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Verified {
    /// The access key.
    pub access_key_id: String,
    /// The region of the credential scope.
    pub region: String,
    /// The service of the credential scope.
    pub service: String,
    /// The headers that were signed, in lower case, sorted.
    pub signed_headers: Vec<String>,
    /// What was signed of the body: 64 hex digits that it was seen to have, or a marker such as `UNSIGNED-PAYLOAD`. A
    /// marker for signed chunks is the caller's to follow up.
    pub payload_hash: String,
    /// The signature, in hex: the seed of signed chunks.
    pub signature: String,
}

/// What a request says of its signature.
struct Claim<'a> {
    credential: Cow<'a, str>,
    signed_headers: Cow<'a, str>,
    signature: Cow<'a, str>,
    date: Cow<'a, str>,
    /// For how many seconds it holds, if it is in the query.
    expires: Option<u64>,
}

impl<F: Fn(&str) -> Option<Secret>> Verifier<F> {
    /// `secret` finds the secret access key of an access key id; `None` where there is no such key.
    #[must_use]
    pub const fn new(secret: F) -> Self {
        Self { secret, clock_skew: 300 }
    }

    /// Checks a request as it came in. With [`Payload::Streaming`] the body is taken as its signed hash says, and its hash is
    /// the caller's to check.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidRequest`] when there is no signature of this algorithm, two, or one that cannot be read.
    /// * [`ErrorKind::Rejected`] for an unknown access key, a signature that differs, an `x-amz-*` header or `host` that is not
    ///   signed (S3's rule, kept here for every service), a body that is not the signed one, a time
    ///   outside [`Verifier::clock_skew`], or an expired URL.
    pub fn verify(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Verified> {
        let in_query =
            parts.uri.query().is_some_and(|query| query::pairs(query).any(|(name, _)| name == "X-Amz-Signature"));
        if parts.headers.get_all(AUTHORIZATION).iter().nth(1).is_some() {
            return Err(unreadable("it has two Authorization headers"));
        }
        let claim = match (parts.headers.get(AUTHORIZATION), in_query) {
            (Some(_), true) => return Err(unreadable("it is signed in its header and in its query")),
            (Some(value), false) => Claim::of_header(parts, value.to_str().unwrap_or_default())?,
            (None, true) => Claim::of_query(parts.uri.query().unwrap_or_default())?,
            (None, false) => return Err(unreadable("it is not signed")),
        };
        let (timestamp, time) =
            Timestamp::parse(&claim.date).ok_or_else(|| unreadable("its date is not of the form 20150830T123600Z"))?;
        let mut credential = claim.credential.rsplitn(5, '/');
        let (Some("aws4_request"), Some(service), Some(region), Some(date), Some(access_key_id)) =
            (credential.next(), credential.next(), credential.next(), credential.next(), credential.next())
        else {
            return Err(unreadable("its credential is not KEY/DATE/REGION/SERVICE/aws4_request"));
        };
        let scope = Scope { timestamp, region: Some(region), service };
        if scope.timestamp.date() != date {
            return Err(rejected("the credential's date is not the signature's"));
        }
        self.check_time(time, claim.expires, ctx.unix_time())?;

        let names: Vec<&str> = claim.signed_headers.split(';').collect();
        if !names.contains(&"host") {
            return Err(rejected("the header `host` is not signed"));
        }
        if parts.headers.keys().any(|name| must_be_signed(name) && !names.contains(&name.as_str())) {
            return Err(rejected("an `x-amz-*` header is not signed: it may have been added on the way"));
        }
        let payload_hash = payload_hash(parts, payload, service, claim.expires.is_some())?;
        let is_given = parts.headers.contains_key(http::header::HOST);
        let host = signed_host(parts)?;
        let mut headers = SignedHeaders::default();
        for (name, value) in &parts.headers {
            if names.contains(&name.as_str()) {
                headers.push(name.as_str(), value.as_bytes());
            }
        }
        if !is_given {
            headers.push("host", host.as_bytes());
        }
        headers.sort();
        if headers.names() != *claim.signed_headers {
            return Err(rejected("the signed headers are not all there, or not in order"));
        }
        let edit = query::Edit::without(&parts.uri, |name| name == b"X-Amz-Signature");
        let path_and_query = if claim.expires.is_some() {
            Cow::Borrowed(edit.path_and_query())
        } else {
            target::path_and_query(&parts.uri)
        };
        let style = PathStyle::of(service);
        let mut text = Vec::new();
        canonical::push_request(
            &mut text,
            parts.method.as_str(),
            crate::placement::split(&path_and_query),
            style,
            &headers,
            &payload_hash,
        )?;
        let hash = sha256_hex(&text);
        text.clear();
        push_string_to_sign(&mut text, ALGORITHM, scope.timestamp.as_str(), &scope.text(), &hash);
        let known = (self.secret)(access_key_id);
        // An unknown key takes as long as a known one, and gives the same answer.
        let secret = known.clone().unwrap_or_default();
        let expected = SigningKey::derive(&secret, date, region, service).sign_hex(&text);
        let same = bool::from(expected.as_str().as_bytes().ct_eq(claim.signature.as_bytes()));
        if !same || known.is_none_or(|secret| secret.is_empty()) {
            return Err(rejected("the signature is not that of this request, or the access key is unknown"));
        }
        Ok(Verified {
            access_key_id: access_key_id.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: names.into_iter().map(str::to_owned).collect(),
            payload_hash: payload_hash.into_owned(),
            signature: claim.signature.into_owned(),
        })
    }

    fn check_time(&self, signed: u64, expires: Option<u64>, now: u64) -> Result<()> {
        if signed > now.saturating_add(self.clock_skew) {
            return Err(rejected("it is signed for a time that is yet to come"));
        }
        let holds = expires.unwrap_or(self.clock_skew);
        if now > signed.saturating_add(holds) {
            return Err(rejected("its signature has expired"));
        }
        Ok(())
    }
}

impl<F> fmt::Debug for Verifier<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("clock_skew", &self.clock_skew).finish_non_exhaustive()
    }
}

impl<'a> Claim<'a> {
    /// `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`
    fn of_header(parts: &'a Parts, text: &'a str) -> Result<Self> {
        let (algorithm, fields) = text.split_once(' ').unwrap_or((text, ""));
        if algorithm != ALGORITHM {
            return Err(unreadable("its Authorization is not of AWS4-HMAC-SHA256"));
        }
        let field = |wanted: &str| {
            let mut values =
                fields.split(',').filter_map(|field| field.trim().split_once('=')).filter(|(name, _)| *name == wanted);
            match (values.next(), values.next()) {
                (Some((_, value)), None) => Ok(Cow::Borrowed(value)),
                _ => Err(unreadable_field(wanted)),
            }
        };
        let date = parts.headers.get(X_AMZ_DATE).or_else(|| parts.headers.get(http::header::DATE));
        Ok(Self {
            credential: field("Credential")?,
            signed_headers: field("SignedHeaders")?,
            signature: field("Signature")?,
            date: Cow::Borrowed(date.and_then(|date| date.to_str().ok()).unwrap_or_default()),
            expires: None,
        })
    }

    fn of_query(text: &'a str) -> Result<Self> {
        let field = |wanted: &str| {
            let mut values = query::pairs(text).filter(|(name, _)| *form_decode(name.as_bytes()) == *wanted.as_bytes());
            match (values.next(), values.next()) {
                (Some((_, value)), None) => match form_decode(value.unwrap_or_default().as_bytes()) {
                    Cow::Borrowed(bytes) => {
                        str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| unreadable_field(wanted))
                    }
                    Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| unreadable_field(wanted)),
                },
                _ => Err(unreadable_field(wanted)),
            }
        };
        if field("X-Amz-Algorithm")? != ALGORITHM {
            return Err(unreadable("its X-Amz-Algorithm is not AWS4-HMAC-SHA256"));
        }
        let expires = field("X-Amz-Expires")?.parse().ok().filter(|expires| (1..=604_800).contains(expires));
        Ok(Self {
            credential: field("X-Amz-Credential")?,
            signed_headers: field("X-Amz-SignedHeaders")?,
            signature: field("X-Amz-Signature")?,
            date: field("X-Amz-Date")?,
            expires: Some(expires.ok_or_else(|| unreadable("its X-Amz-Expires is not 1 to 604800 seconds"))?),
        })
    }
}

/// Whether S3 takes this header only signed, for it can change what the request does (`x-amz-acl`). Date and hash are signed in
/// the string to sign and the canonical request even if they are not listed; a token may be added after signing.
fn must_be_signed(name: &HeaderName) -> bool {
    name.as_str().starts_with("x-amz-") && ![X_AMZ_CONTENT_SHA256, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN].contains(name)
}

/// What was signed for the body, once the body is seen to agree.
fn payload_hash<'a>(parts: &'a Parts, payload: &Payload, service: &str, in_query: bool) -> Result<Cow<'a, str>> {
    let given = parts.headers.get(X_AMZ_CONTENT_SHA256).map(|value| value.to_str().unwrap_or_default());
    let bytes = payload.bytes();
    match (given, bytes) {
        (Some(given), Some(bytes)) if given.len() == 64 => {
            if !given.eq_ignore_ascii_case(sha256_hex(bytes).as_str()) {
                return Err(rejected("the body's SHA-256 is not the given X-Amz-Content-Sha256"));
            }
            Ok(Cow::Borrowed(given))
        }
        (Some(given), _) => Ok(Cow::Borrowed(given)),
        (None, _) if in_query && PathStyle::of(service) == PathStyle::S3 => Ok(Cow::Borrowed("UNSIGNED-PAYLOAD")),
        (None, Some(bytes)) => Ok(Cow::Owned(sha256_hex(bytes).as_str().to_owned())),
        (None, None) => {
            Err(Error::new(ErrorKind::PayloadRequired, "its body is needed, for its hash is not in a header"))
        }
    }
}

fn unreadable(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("the request's signature cannot be read: {why}"))
}

fn unreadable_field(name: &str) -> Error {
    let message = format!("the request's signature cannot be read: {} is missing or twice", Quoted(name.as_bytes()));
    Error::new(ErrorKind::InvalidRequest, message)
}

fn rejected(why: &'static str) -> Error {
    Error::new(ErrorKind::Rejected, why)
}

#[cfg(test)]
mod tests {
    use countersign_core::Scheme as _;
    use http::Request;

    use super::*;
    use crate::{AddTo, Config, Signer};

    const NOW: u64 = 1_440_938_160;

    fn signed(add_to: AddTo, service: &str) -> (Parts, Payload) {
        let mut config = Config::new("AKID/EXAMPLE".replace('/', ""), "secret");
        config.service = Some(service.into());
        config.add_to = add_to;
        config.session_token = Some("tok/en=".into());
        let uri = "https://bucket.example.com/a%20b//c?b=2&a=1+1&a=%7E";
        let request =
            Request::put(uri).header("x-a", " 1  2 ").header("content-type", "text/plain").body("body").unwrap();
        let (mut parts, body) = request.into_parts();
        let mut payload = Payload::from(body);
        let signer = Signer::new(&config).unwrap();
        signer.sign(&mut parts, &mut payload, &Context::at(NOW)).unwrap();
        (parts, payload)
    }

    fn verify_at(parts: &Parts, payload: &Payload, secret: &str, now: u64) -> Result<Verified> {
        let verifier = Verifier::new(|id: &str| (id == "AKIDEXAMPLE").then(|| Secret::from(secret)));
        verifier.verify(parts, payload, &Context::at(now))
    }

    #[test]
    fn what_we_sign_we_accept_and_nothing_else() {
        for (add_to, service) in
            [(AddTo::Header, "s3"), (AddTo::Header, "service"), (AddTo::Query, "s3"), (AddTo::Query, "service")]
        {
            let (parts, payload) = signed(add_to, service);
            let verified = verify_at(&parts, &payload, "secret", NOW).unwrap();
            assert_eq!((verified.service.as_str(), verified.region.as_str()), (service, "us-east-1"));
            assert_eq!(verify_at(&parts, &payload, "other", NOW).unwrap_err().kind(), ErrorKind::Rejected);

            let mut other = parts.clone();
            other.headers.insert("x-a", "1 3".parse().unwrap());
            assert_eq!(verify_at(&other, &payload, "secret", NOW).unwrap_err().kind(), ErrorKind::Rejected);
            let mut other = parts.clone();
            other.method = http::Method::GET;
            assert_eq!(verify_at(&other, &payload, "secret", NOW).unwrap_err().kind(), ErrorKind::Rejected);
            let mut other = parts.clone();
            other.uri = other.uri.to_string().replace("b=2", "b=3").parse().unwrap();
            assert_eq!(verify_at(&other, &payload, "secret", NOW).unwrap_err().kind(), ErrorKind::Rejected);
            let hashes_nothing = add_to == AddTo::Query && service == "s3";
            assert_eq!(verify_at(&parts, &Payload::from("bodY"), "secret", NOW).is_ok(), hashes_nothing);
        }
    }

    #[test]
    fn what_is_added_on_the_way_is_refused() {
        for add_to in [AddTo::Header, AddTo::Query] {
            let (mut parts, payload) = signed(add_to, "s3");
            parts.headers.insert("x-added", "1".parse().unwrap());
            assert!(verify_at(&parts, &payload, "secret", NOW).is_ok());
            parts.headers.insert("x-amz-acl", "public-read-write".parse().unwrap());
            assert_eq!(verify_at(&parts, &payload, "secret", NOW).unwrap_err().kind(), ErrorKind::Rejected);
        }
        let (mut parts, payload) = signed(AddTo::Header, "s3");
        parts.headers.append(AUTHORIZATION, "Basic eDp5".parse().unwrap());
        assert_eq!(verify_at(&parts, &payload, "secret", NOW).unwrap_err().kind(), ErrorKind::InvalidRequest);
    }

    #[test]
    fn the_host_is_signed_whatever_the_lists_say() {
        for add_to in [AddTo::Header, AddTo::Query] {
            let mut config = Config::new("AKIDEXAMPLE", "secret");
            config.add_to = add_to;
            config.unsigned_headers = vec!["Host".into()];
            config.signed_headers = Some(Vec::new());
            let (mut parts, ()) = Request::get("https://h/").header("host", "h:1").body(()).unwrap().into_parts();
            let signer = Signer::new(&config).unwrap();
            signer.sign(&mut parts, &mut Payload::empty(), &Context::at(NOW)).unwrap();
            let verified = verify_at(&parts, &Payload::empty(), "secret", NOW).unwrap();
            assert!(verified.signed_headers.iter().any(|name| name == "host"));
        }
    }

    #[test]
    fn time_runs_out() {
        let (parts, payload) = signed(AddTo::Header, "s3");
        for (now, accepted) in [(NOW - 300, true), (NOW - 301, false), (NOW + 300, true), (NOW + 301, false)] {
            assert_eq!(verify_at(&parts, &payload, "secret", now).is_ok(), accepted);
        }
        let (parts, payload) = signed(AddTo::Query, "s3");
        for (now, accepted) in [(NOW + 86_400, true), (NOW + 86_401, false), (NOW - 301, false)] {
            assert_eq!(verify_at(&parts, &payload, "secret", now).is_ok(), accepted);
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_rejection() {
        let unreadable = |request: http::request::Builder| {
            let (parts, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(
                verify_at(&parts, &Payload::empty(), "secret", NOW).unwrap_err().kind(),
                ErrorKind::InvalidRequest
            );
        };
        unreadable(Request::get("https://h/"));
        unreadable(Request::get("https://h/").header("authorization", "Basic abc="));
        unreadable(Request::get("https://h/").header("authorization", "AWS4-HMAC-SHA256 Credential=a"));
        unreadable(Request::get("https://h/?X-Amz-Signature=a"));
        unreadable(Request::get("https://h/?X-Amz-Signature=a").header("authorization", "AWS4-HMAC-SHA256 x"));
        let (mut parts, payload) = signed(AddTo::Header, "s3");
        parts.headers.insert("x-amz-date", "now".parse().unwrap());
        assert_eq!(verify_at(&parts, &payload, "secret", NOW).unwrap_err().kind(), ErrorKind::InvalidRequest);
    }
}
