//! The server's side: checks requests and bewits, and proves replies. For tests and small services.
//!
//! ```
//! use countersign_core::{Context, Payload, Scheme as _};
//! use countersign_hawk::verify::{Credentials, Verifier};
//! use countersign_hawk::{Config, SERVER_AUTHORIZATION, Signer};
//! use http::{HeaderMap, Request};
//!
//! let signer = Signer::new(&Config::new("dh37fgj492je", "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"))?;
//! let (mut sent, ()) = Request::get("https://example.com/").body(())?.into_parts();
//! signer.sign(&mut sent, &mut Payload::empty(), &Context::now())?;
//!
//! let verifier = Verifier::new(|id: &str| {
//!     (id == "dh37fgj492je").then(|| Credentials::new("werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"))
//! });
//! let verified = verifier.verify(&sent, &Payload::empty(), &Context::now())?;
//!
//! // The reply proves the server in turn.
//! let mut headers = HeaderMap::new();
//! headers.insert("content-type", "text/plain".parse()?);
//! headers.insert(SERVER_AUTHORIZATION, verified.server_authorization("text/plain", b"hello", "")?);
//! signer.check_response(&sent, &headers, Some(b"hello"))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use countersign_core::replay::{MemoryNonceStore, NonceStore};
use countersign_core::{Context, Error, ErrorKind, Payload, Result, Secret, query, target};
use http::Method;
use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Parts;
use subtle::ConstantTimeEq as _;

use crate::Algorithm;
use crate::attributes::{Attributes, is_printable};
use crate::bewit::{self, BEWIT, Bewit};
use crate::canonical::{Artifacts, Kind, Target, push_normalized};
use crate::message::Message;
use crate::response::REQUEST;
use crate::signature::Key;
use crate::signer::{header_value, push_attribute};

/// Checks requests, given a way to find the key of an id.
pub struct Verifier<F> {
    credentials: F,
    nonces: Box<dyn NonceStore>,
    /// How far the signed time may be from ours, in seconds, either way: 60 unless set.
    pub clock_skew: u64,
    /// The scheme of the URIs that are signed, for requests whose own is in origin form: it says the port where the Host header
    /// names none. `https` unless set.
    pub scheme: &'static str,
    /// Whether a request must sign its body: not unless set. A hash that is there is checked all the same.
    pub require_payload_hash: bool,
}

/// A key, and what it is used with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Credentials {
    /// The key.
    pub key: Secret,
    /// The algorithm: SHA-256 unless set.
    pub algorithm: Algorithm,
}

impl Credentials {
    /// A key for SHA-256.
    #[must_use]
    pub fn new(key: impl Into<Secret>) -> Self {
        Self { key: key.into(), algorithm: Algorithm::Sha256 }
    }
}

/// Why a request is refused, and what to answer.
#[derive(Debug)]
pub struct Refusal {
    error: Error,
    www_authenticate: HeaderValue,
}

impl Refusal {
    /// The value of the `WWW-Authenticate` header of the 401. For a request that is right but for its time, it says and proves
    /// ours (`ts`, `tsm`), so that the client can sign again.
    #[must_use]
    pub const fn www_authenticate(&self) -> &HeaderValue {
        &self.www_authenticate
    }

    /// The error: [`ErrorKind::InvalidRequest`] when there is nothing to check, [`ErrorKind::Rejected`] for what is wrong,
    /// [`ErrorKind::PayloadRequired`] when a signed body is streamed.
    #[must_use]
    pub const fn error(&self) -> &Error {
        &self.error
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, www_authenticate: HeaderValue::from_static("Hawk") }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// A request that was checked.
#[derive(Clone)]
#[non_exhaustive]
pub struct Verified {
    /// Whose key signed it.
    pub id: String,
    /// The text of the application's own; empty if there is none.
    pub ext: String,
    /// The application's id (Oz), and who delegated to it; empty if there is none.
    pub app: String,
    /// See `app`.
    pub dlg: String,
    /// Whether the body is signed.
    pub payload_is_signed: bool,
    key: Key,
    ts: String,
    nonce: String,
    method: String,
    resource: String,
    host: String,
    port: u16,
}

impl<F: Fn(&str) -> Option<Credentials>> Verifier<F> {
    /// `credentials` finds the key of an id; `None` where there is none.
    #[must_use]
    pub fn new(credentials: F) -> Self {
        let nonces = Box::new(MemoryNonceStore::default());
        Self { credentials, nonces, clock_skew: 60, scheme: "https", require_payload_hash: false }
    }

    /// Remembers nonces in this store instead of the process's memory.
    #[must_use]
    pub fn with_nonce_store(mut self, store: impl NonceStore + 'static) -> Self {
        self.nonces = Box::new(store);
        self
    }

    /// Checks a request as it came in.
    ///
    /// # Errors
    /// A [`Refusal`], which has the error and what to answer.
    pub fn verify(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Verified, Refusal> {
        let value = parts.headers.get(AUTHORIZATION).ok_or_else(|| unreadable("it is not signed"))?;
        if parts.headers.get_all(AUTHORIZATION).iter().nth(1).is_some() {
            return Err(unreadable("it has two Authorization headers").into());
        }
        let claim = Attributes::read(value.as_bytes(), &REQUEST, ErrorKind::InvalidRequest)?
            .ok_or_else(|| unreadable("it is not signed by Hawk"))?;
        let required =
            |name| claim.get(name).filter(|text| !text.is_empty()).ok_or_else(|| unreadable("an attribute is missing"));
        let (id, ts, nonce, mac) = (required("id")?, required("ts")?, required("nonce")?, required("mac")?);
        let time: u64 = ts.parse().map_err(|_| unreadable("`ts` is no number of seconds"))?;
        let key = self.key(id)?;
        let target = Target::of(parts, Some(self.scheme))?;
        let artifacts = Artifacts {
            ts,
            nonce,
            hash: claim.text("hash"),
            ext: claim.text("ext"),
            app: claim.text("app"),
            dlg: claim.text("dlg"),
        };
        let mut text = String::with_capacity(256);
        push_normalized(&mut text, Kind::Header, &target, &artifacts);
        if !bool::from(key.mac(&text).as_bytes().ct_eq(mac.as_bytes())) {
            return Err(rejected("its MAC is not that of this request"));
        }
        let payload_is_signed = self.check_payload(&key, parts, payload, claim.get("hash"))?;
        self.check_fresh(&key, id, time, nonce, ctx)?;
        Ok(Verified {
            id: id.to_owned(),
            ext: artifacts.ext.to_owned(),
            app: artifacts.app.to_owned(),
            dlg: artifacts.dlg.to_owned(),
            payload_is_signed,
            ts: ts.to_owned(),
            nonce: nonce.to_owned(),
            method: target.method.into_owned(),
            resource: target.resource.into_owned(),
            host: target.host.into_owned(),
            port: target.port,
            key,
        })
    }

    /// Checks a GET or HEAD request by the bewit in its URL. Returns the id and `ext`.
    ///
    /// # Errors
    /// As [`Verifier::verify`]; it is refused when it is expired, too.
    pub fn verify_bewit(&self, parts: &Parts, ctx: &Context) -> Result<(String, String), Refusal> {
        if ![Method::GET, Method::HEAD].contains(&parts.method) {
            return Err(rejected("a bewit is good for GET and HEAD alone"));
        }
        if parts.headers.contains_key(AUTHORIZATION) {
            return Err(unreadable("it has a bewit and an Authorization header").into());
        }
        let bewit = Bewit::of(parts)?;
        let key = self.key(bewit.id())?;
        let unsigned = query::replace(&parts.uri, |name| name == BEWIT, &[])?;
        let mut get = parts.clone();
        (get.uri, get.method) = (unsigned, Method::GET);
        let expected = bewit::mac(&key, &Target::of(&get, Some(self.scheme))?, bewit.expires(), bewit.ext());
        if !bool::from(expected.as_bytes().ct_eq(bewit.mac().as_bytes())) {
            return Err(rejected("the bewit's MAC is not that of this URL"));
        }
        let expires: u64 =
            bewit.expires().parse().map_err(|_| unreadable("the bewit's expiry is no number of seconds"))?;
        if expires <= ctx.unix_time() {
            return Err(rejected("the bewit is expired"));
        }
        Ok((bewit.id().to_owned(), bewit.ext().to_owned()))
    }

    /// Checks a message that [`Signer::message`](crate::Signer::message) signed for this host and port.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    pub fn verify_message(
        &self,
        host: &str,
        port: u16,
        body: &[u8],
        message: &Message,
        ctx: &Context,
    ) -> Result<(), Refusal> {
        let key = self.key(&message.id)?;
        let expected = message.mac_of(&key, host, port);
        if !bool::from(expected.as_bytes().ct_eq(message.mac.as_bytes())) {
            return Err(rejected("the message's MAC is not for this host and port"));
        }
        if !bool::from(key.algorithm().payload_hash("", body).as_bytes().ct_eq(message.hash.as_bytes())) {
            return Err(rejected("the message is not the signed one"));
        }
        self.check_fresh(&key, &message.id, message.ts, &message.nonce, ctx)
    }

    fn key(&self, id: &str) -> Result<Key, Refusal> {
        let credentials = (self.credentials)(id).ok_or_else(|| rejected("its id is unknown"))?;
        Ok(Key::new(credentials.algorithm, credentials.key.expose())?)
    }

    fn check_payload(&self, key: &Key, parts: &Parts, payload: &Payload, hash: Option<&str>) -> Result<bool, Refusal> {
        let Some(hash) = hash.filter(|hash| !hash.is_empty()) else {
            return if self.require_payload_hash { Err(rejected("its body is not signed")) } else { Ok(false) };
        };
        let Some(bytes) = payload.bytes() else {
            return Err(
                Error::new(ErrorKind::PayloadRequired, "the body's hash is signed, and the body is streamed").into()
            );
        };
        let expected = key.algorithm().payload_hash(&target::media_type(&parts.headers), bytes);
        if !bool::from(expected.as_bytes().ct_eq(hash.as_bytes())) {
            return Err(rejected("its body is not the signed one"));
        }
        Ok(true)
    }

    /// Time and nonce. Only who has the key is told our time, and can use a nonce up.
    fn check_fresh(&self, key: &Key, id: &str, time: u64, nonce: &str, ctx: &Context) -> Result<(), Refusal> {
        let now = ctx.unix_time();
        if time.abs_diff(now) > self.clock_skew {
            let mut value = String::new();
            push_attribute(&mut value, "Hawk ts", &now.to_string());
            push_attribute(&mut value, ", tsm", &key.timestamp_mac(&now.to_string()));
            push_attribute(&mut value, ", error", "Stale timestamp");
            let error = Error::new(ErrorKind::Rejected, "the request is refused: its time is too far from ours");
            return Err(Refusal { error, www_authenticate: header_value(value)? });
        }
        if !countersign_core::replay::remember_ready(
            &*self.nonces,
            &format!("{id}\"{time}\"{nonce}"),
            time.saturating_add(self.clock_skew),
            now,
        ) {
            return Err(rejected("its nonce was seen before"));
        }
        Ok(())
    }
}

impl Verified {
    /// The value of the reply's `Server-Authorization` header: a MAC over the request, the reply's body and `ext`, a text of the
    /// application's own (may be empty). `content_type` is the reply's.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when `ext` is not printable ASCII.
    pub fn server_authorization(&self, content_type: &str, body: &[u8], ext: &str) -> Result<HeaderValue> {
        if !is_printable(ext) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "`ext` holds what no header can: only printable ASCII is taken",
            ));
        }
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let hash = self.key.algorithm().payload_hash(&media_type, body);
        let target = Target {
            method: self.method.as_str().into(),
            resource: self.resource.as_str().into(),
            host: self.host.as_str().into(),
            port: self.port,
        };
        let artifacts =
            Artifacts { ts: &self.ts, nonce: &self.nonce, hash: &hash, ext, app: &self.app, dlg: &self.dlg };
        let mut text = String::with_capacity(256);
        push_normalized(&mut text, Kind::Response, &target, &artifacts);
        let mut value = String::new();
        push_attribute(&mut value, "Hawk mac", &self.key.mac(&text));
        push_attribute(&mut value, ", hash", &hash);
        if !ext.is_empty() {
            push_attribute(&mut value, ", ext", ext);
        }
        header_value(value)
    }
}

fn unreadable(why: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("the request cannot be verified: {why}"))
}

fn rejected(why: &'static str) -> Refusal {
    let mut value = String::new();
    push_attribute(&mut value, "Hawk error", why);
    let www_authenticate = header_value(value).unwrap_or(HeaderValue::from_static("Hawk"));
    Refusal { error: Error::new(ErrorKind::Rejected, format!("the request is refused: {why}")), www_authenticate }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("id", &self.id).field("ext", &self.ext).finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for Verifier<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("clock_skew", &self.clock_skew).finish_non_exhaustive()
    }
}
