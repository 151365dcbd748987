use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use countersign_core::challenge::push_quoted;
use countersign_core::{Context, Error, ErrorKind, Payload, Result, Secret, encode};
use http::HeaderValue;
use http::request::Parts;
use zeroize::Zeroizing;

use crate::Qop;
use crate::canonical;
use crate::challenge::Challenge;
use crate::signature::{Hash, Hex};

/// Whose password, and the client nonce where the config sets one.
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: Secret,
    pub(crate) client_nonce: Option<String>,
}

/// Everything of an answer that does not change from request to request, under one nonce of the server.
pub(crate) struct Session {
    pub(crate) challenge: Challenge,
    pub(crate) nonce: Arc<Nonce>,
    /// `:cnonce:qop:`, as it is hashed.
    middle: Vec<u8>,
    cnonce_len: usize,
    ha1: Zeroizing<Hex>,
    /// After `H(A1):nonce:`.
    prefix: Hash,
    /// The header's value before the URI, and after the response and the count, which begins at `tail_at`.
    fixed: Vec<u8>,
    tail_at: usize,
}

/// A nonce of the server, and how often it was used: kept when another takes its place, so that no count occurs twice.
#[derive(Debug)]
pub(crate) struct Nonce {
    pub(crate) text: Bytes,
    used: AtomicU32,
}

/// An answer, with what a test of the server's own proof needs.
pub(crate) struct Answer {
    pub(crate) value: HeaderValue,
    pub(crate) nc: u32,
    pub(crate) canonical_request: Option<String>,
    pub(crate) string_to_sign: Option<String>,
}

impl Session {
    pub(crate) fn new(credentials: &Credentials, challenge: Challenge, nonce: Arc<Nonce>, cnonce: &[u8]) -> Self {
        let algorithm = challenge.algorithm;
        let mut ha1 = Hash::of_password(algorithm, &credentials.username, &challenge.realm, &credentials.password);
        if algorithm.is_session() {
            ha1 = Zeroizing::new(Hash::of(algorithm, &[ha1.as_bytes(), b":", &challenge.nonce, b":", cnonce]));
        }
        Self::with_key(credentials, challenge, nonce, cnonce, ha1)
    }

    /// Goes on with another nonce. With a -sess algorithm H(A1) stays as the session's first request made it.
    pub(crate) fn renewed(&self, credentials: &Credentials, nonce: Arc<Nonce>) -> Self {
        let challenge = Challenge { nonce: nonce.text.clone(), ..self.challenge.clone() };
        let cnonce = self.middle.get(1..=self.cnonce_len).unwrap_or_default();
        Self::with_key(credentials, challenge, nonce, cnonce, self.ha1.clone())
    }

    fn with_key(
        credentials: &Credentials,
        challenge: Challenge,
        nonce: Arc<Nonce>,
        cnonce: &[u8],
        ha1: Zeroizing<Hex>,
    ) -> Self {
        let mut prefix = Hash::new(challenge.algorithm);
        for part in [ha1.as_bytes(), b":", &challenge.nonce, b":"] {
            prefix.update(part);
        }
        // Room for all but escapes.
        let texts = [challenge.realm.len(), challenge.nonce.len(), challenge.opaque.as_ref().map_or(0, Bytes::len)];
        let texts = texts.iter().sum::<usize>() + credentials.username.len() + cnonce.len();
        let mut fixed = Vec::with_capacity(192 + texts);
        push_head(&mut fixed, &credentials.username, &challenge);
        let tail_at = fixed.len();
        push_tail(&mut fixed, &challenge, cnonce);
        let qop = challenge.qop.map_or("", Qop::as_str);
        let middle = [b":", cnonce, b":", qop.as_bytes(), b":"].concat();
        Self { challenge, nonce, middle, cnonce_len: cnonce.len(), ha1, prefix, fixed, tail_at }
    }

    /// Answers for one request. A count is used up only when there is an answer.
    pub(crate) fn answer(&self, parts: &Parts, payload: &Payload, explaining: bool) -> Result<Answer> {
        let Challenge { algorithm, qop, .. } = self.challenge;
        let uri = canonical::uri(&parts.method, &parts.uri);
        let body = canonical::body(qop, payload)?;
        let (a2, canonical_request) = canonical::a2(algorithm, parts.method.as_str(), &uri, body, explaining);
        let nc = self.nonce.count()?;
        let (response, string_to_sign) = self.response(nc, &a2, explaining);

        let (head, tail) = self.fixed.split_at_checked(self.tail_at).unwrap_or_default();
        // Exact, but for escapes in the URI: what becomes `Bytes` is then not allocated again.
        let counted = if qop.is_some() { 13 } else { 0 };
        let fixed = self.fixed.len() + response.as_bytes().len() + counted;
        let mut value = Vec::with_capacity(fixed + uri.len() + 15);
        value.extend_from_slice(head);
        push_quoted(&mut value, uri.as_bytes());
        value.extend_from_slice(b", response=\"");
        value.extend_from_slice(response.as_bytes());
        value.push(b'"');
        if qop.is_some() {
            value.extend_from_slice(b", nc=");
            value.extend_from_slice(&canonical::nc_text(nc));
        }
        value.extend_from_slice(tail);
        let value = HeaderValue::from_maybe_shared(Bytes::from(value)).map_err(|err| {
            let why = "the Digest answer is no header value: the client nonce holds control characters";
            Error::new(ErrorKind::InvalidConfig, why).with_source(err)
        })?;
        Ok(Answer { value, nc, canonical_request, string_to_sign })
    }

    /// Whether the server's proof is of this answer (`rspauth`, RFC 7616 section 3.5): as the response, with no method.
    pub(crate) fn is_proven_by(&self, rspauth: &[u8], nc: u32, uri: &str, body: &[u8]) -> bool {
        let body = (self.challenge.qop == Some(Qop::AuthInt)).then_some(body);
        let (a2, _) = canonical::a2(self.challenge.algorithm, "", uri, body, false);
        self.response(nc, &a2, false).0.is(rspauth)
    }

    fn response(&self, nc: u32, a2: &Hex, explaining: bool) -> (Hex, Option<String>) {
        let shown_prefix = explaining.then(|| [b"H(A1):", &*self.challenge.nonce, b":"].concat());
        let counted = self.challenge.qop.map(|_| (nc, &*self.middle));
        canonical::response(&self.prefix, counted, a2, shown_prefix.as_deref())
    }
}

impl Nonce {
    /// A nonce whose first use has the count `first`.
    pub(crate) fn new(text: Bytes, first: u32) -> Arc<Self> {
        Arc::new(Self { text, used: AtomicU32::new(first.saturating_sub(1)) })
    }

    fn count(&self) -> Result<u32> {
        let next = |used: u32| used.checked_add(1);
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) {
            Ok(before) => Ok(before.saturating_add(1)),
            Err(_) => {
                Err(Error::new(ErrorKind::NeedsExchange, "the nonce was used 4,294,967,295 times: ask for a new one"))
            }
        }
    }

    pub(crate) fn is_used_up(&self) -> bool {
        self.used.load(Ordering::Relaxed) == u32::MAX
    }
}

/// `Digest username=…, realm=…, nonce=…, uri=`
fn push_head(out: &mut Vec<u8>, username: &str, challenge: &Challenge) {
    out.extend_from_slice(b"Digest username");
    if challenge.userhash {
        let hash = Hash::of(challenge.algorithm, &[username.as_bytes(), b":", &challenge.realm]);
        out.push(b'=');
        push_quoted(out, hash.as_bytes());
    } else if username.chars().any(char::is_control) || (challenge.utf8 && !username.is_ascii()) {
        // RFC 8187, for what a quoted string cannot hold, or not in a known character set.
        out.extend_from_slice(b"*=UTF-8''");
        out.extend_from_slice(encode::percent(username.as_bytes()).as_bytes());
    } else {
        out.push(b'=');
        push_quoted(out, username.as_bytes());
    }
    out.extend_from_slice(b", realm=");
    push_quoted(out, &challenge.realm);
    out.extend_from_slice(b", nonce=");
    push_quoted(out, &challenge.nonce);
    out.extend_from_slice(b", uri=");
}

/// What follows the response and the count.
fn push_tail(out: &mut Vec<u8>, challenge: &Challenge, cnonce: &[u8]) {
    if let Some(qop) = challenge.qop {
        out.extend_from_slice(b", qop=");
        out.extend_from_slice(qop.as_str().as_bytes());
        out.extend_from_slice(b", cnonce=");
        push_quoted(out, cnonce);
    }
    if let Some(text) = &challenge.algorithm_text {
        out.extend_from_slice(b", algorithm=");
        out.extend_from_slice(text);
    }
    if let Some(opaque) = &challenge.opaque {
        out.extend_from_slice(b", opaque=");
        push_quoted(out, opaque);
    }
    if challenge.userhash {
        out.extend_from_slice(b", userhash=true");
    }
}

impl Credentials {
    /// The config's, else the context's, into `buf`.
    pub(crate) fn cnonce<'a>(&'a self, ctx: &'a Context, buf: &'a mut [u8; 32]) -> Result<&'a [u8]> {
        match &self.client_nonce {
            Some(nonce) => Ok(nonce.as_bytes()),
            None => Ok(ctx.nonce_in(buf)?.as_bytes()),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("algorithm", &self.challenge.algorithm).finish_non_exhaustive()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}
