use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use countersign_core::challenge::push_quoted;
use countersign_core::{Error, ErrorKind, Payload, Result};
use http::HeaderValue;
use http::request::Parts;
use zeroize::Zeroizing;

use crate::algorithm::{Function, Suite};
use crate::canonical;
use crate::challenge::Challenge;
use crate::client::Credentials;
use crate::header::Template;
use crate::qop::Protection;
use crate::signature::{Hash, Hex};

/// Everything of an answer that does not change from request to request, under one nonce of the server.
pub(crate) struct Session {
    pub(crate) template: Template,
    function: Function,
    pub(crate) qop: Option<Protection>,
    ha1: Zeroizing<Hex>,
    /// After `H(A1):nonce:`.
    prefix: Hash,
    /// The protection space: absolute paths of its origin. Empty is the whole origin.
    pub(crate) domain: Vec<String>,
    /// How often the nonce was used; unless it began in another session, which counts on.
    used: AtomicU32,
    began_in: Option<Arc<Self>>,
}

/// An answer as its header's value, with the texts that were hashed if they are to be shown.
pub(crate) struct Answer {
    pub(crate) value: HeaderValue,
    pub(crate) canonical_request: Option<String>,
    pub(crate) string_to_sign: Option<String>,
}

impl Session {
    pub(crate) fn new(
        credentials: &Credentials,
        challenge: &Challenge<'_>,
        cnonce: &[u8],
        domain: Vec<String>,
    ) -> Self {
        let Suite { function, .. } = challenge.suite;
        let password =
            Hash::of_password(function, credentials.username.as_bytes(), &challenge.realm, &credentials.password);
        let ha1 = Hash::a1(challenge.suite, password, &challenge.nonce, cnonce);
        Self {
            template: Template::new(&credentials.username, challenge, cnonce),
            function,
            qop: challenge.qop,
            prefix: Hash::of_key_and_nonce(function, &ha1, &challenge.nonce),
            ha1,
            domain,
            used: AtomicU32::new(0),
            began_in: None,
        }
    }

    /// Goes on with another nonce. With a -sess algorithm H(A1) stays as the session's first request made it.
    pub(crate) fn renewed(&self, nonce: &[u8]) -> Self {
        Self {
            template: self.template.with_nonce(nonce),
            function: self.function,
            qop: self.qop,
            prefix: Hash::of_key_and_nonce(self.function, &self.ha1, nonce),
            ha1: self.ha1.clone(),
            domain: self.domain.clone(),
            used: AtomicU32::new(0),
            began_in: None,
        }
    }

    /// Counts on where this nonce was left.
    pub(crate) const fn count_from(&mut self, used: u32) {
        self.used = AtomicU32::new(used);
    }

    /// Counts together with another session that has the same nonce.
    pub(crate) fn count_with(&mut self, other: &Arc<Self>) {
        self.began_in = Some(Arc::clone(other.began_in.as_ref().unwrap_or(other)));
    }

    /// The next count. To be called only while the memory that the session lies in is locked: what leaves it is not counted on.
    pub(crate) fn count(&self) -> Result<u32> {
        let next = |used: u32| used.checked_add(1);
        let counter = self.began_in.as_ref().map_or(&self.used, |session| &session.used);
        counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).map(|before| before.saturating_add(1)).map_err(
            |_| Error::new(ErrorKind::NeedsExchange, "the nonce was used 4,294,967,295 times: ask for a new one"),
        )
    }

    /// How often the nonce was used.
    pub(crate) fn used(&self) -> u32 {
        self.began_in.as_ref().map_or(&self.used, |session| &session.used).load(Ordering::Relaxed)
    }

    pub(crate) fn is_used_up(&self) -> bool {
        self.used() == u32::MAX
    }

    /// The answer for one request, under the count `nc`.
    pub(crate) fn answer(&self, nc: u32, parts: &Parts, payload: &Payload, explaining: bool) -> Result<Answer> {
        let uri = canonical::uri(&parts.method, &parts.uri);
        let body = canonical::body(self.qop, payload)?;
        let (a2, canonical_request) = canonical::a2(self.function, parts.method.as_str(), &uri, body, explaining);
        let nc = canonical::nc_text(nc);
        let (response, string_to_sign) = self.response(&nc, &a2, explaining);
        Ok(Answer { value: self.value(&uri, &response, &nc)?, canonical_request, string_to_sign })
    }

    fn value(&self, uri: &str, response: &Hex, nc: &[u8]) -> Result<HeaderValue> {
        let (head, tail) = (self.template.head(), self.template.tail());
        // Exact, but for escapes in the URI: what becomes `Bytes` is then not allocated again.
        let counted = if self.qop.is_some() { 13 } else { 0 };
        let fixed = head.len() + tail.len() + response.as_bytes().len() + counted;
        let mut value = Vec::with_capacity(fixed + uri.len() + 15);
        value.extend_from_slice(head);
        push_quoted(&mut value, uri.as_bytes());
        value.extend_from_slice(b", response=\"");
        value.extend_from_slice(response.as_bytes());
        value.push(b'"');
        if self.qop.is_some() {
            value.extend_from_slice(b", nc=");
            value.extend_from_slice(nc);
        }
        value.extend_from_slice(tail);
        HeaderValue::from_maybe_shared(Bytes::from(value)).map_err(|err| {
            let why = "the Digest answer is not a header value: the client nonce holds control characters";
            Error::new(ErrorKind::InvalidConfig, why).with_source(err)
        })
    }

    /// Whether the server's proof is of this answer (`rspauth`, RFC 7616 section 3.5): as the response, with no method.
    pub(crate) fn is_proven_by(&self, rspauth: &[u8], nc: u32, uri: &str, body: &[u8]) -> bool {
        let body = (self.qop == Some(Protection::AuthInt)).then_some(body);
        let (a2, _) = canonical::a2(self.function, "", uri, body, false);
        self.response(&canonical::nc_text(nc), &a2, false).0.is(rspauth)
    }

    fn response(&self, nc: &[u8], a2: &Hex, explaining: bool) -> canonical::Shown {
        let quoted = self.template.nonce();
        let nonce = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        let shown_prefix = explaining.then(|| [b"H(A1):", nonce, b":"].concat());
        let counted = self.qop.map(|_| (nc, self.template.between()));
        canonical::response(&self.prefix, counted, a2, shown_prefix.as_deref())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("function", &self.function).field("used", &self.used()).finish_non_exhaustive()
    }
}
