use std::fmt;

use http::request::Parts;
use http::{HeaderName, HeaderValue, Uri};
use smallvec::SmallVec;

use crate::Payload;

/// What authenticates one request, and how it was reached.
///
/// A scheme builds it; [`Signed::apply`] writes it. When the [`Context`](crate::Context) was explaining, it also holds the
/// texts that were hashed and signed: the first thing to compare when a server says 403.
#[derive(Clone, Default)]
pub struct Signed {
    removed: Vec<HeaderName>,
    /// Most schemes set one: no allocation for that one. Room for two would make every move of a result slower by more than the
    /// allocation costs that it spares AWS SigV4.
    headers: SmallVec<[(HeaderName, HeaderValue); 1]>,
    /// Apart, so that what most schemes do without does not make every move of the rest long.
    more: Option<Box<More>>,
}

#[derive(Clone, Default)]
struct More {
    uri: Option<Uri>,
    payload: Option<Payload>,
    canonical_request: Option<String>,
    string_to_sign: Option<String>,
}

impl Signed {
    /// Sets a header, in place of all of that name; its value is marked sensitive, so that `Debug` does not show it.
    #[must_use]
    #[inline]
    pub fn with_header(self, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.with_plain_header(name, value)
    }

    /// Sets a header that holds no credential (a date, a content type), in place of all of that name.
    #[must_use]
    #[inline]
    pub fn with_plain_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if self.headers.len() == 1 {
            self.headers.reserve_exact(3);
        }
        self.headers.push((name, value));
        self
    }

    /// Removes what an earlier signing in another form left in the headers.
    #[must_use]
    #[inline]
    pub fn without_header(mut self, name: HeaderName) -> Self {
        self.removed.push(name);
        self
    }

    /// Replaces the URI (signatures that travel in the query).
    #[must_use]
    #[inline]
    pub fn with_uri(mut self, uri: Uri) -> Self {
        self.more_mut().uri = Some(uri);
        self
    }

    /// Replaces the body (signatures that travel in a form).
    #[must_use]
    pub fn with_payload(mut self, payload: Payload) -> Self {
        self.more_mut().payload = Some(payload);
        self
    }

    /// Keeps the canonical request.
    #[must_use]
    pub fn with_canonical_request(mut self, text: String) -> Self {
        self.more_mut().canonical_request = Some(text);
        self
    }

    /// Keeps the text that was signed. It may not hold what is as good as a key.
    #[must_use]
    pub fn with_string_to_sign(mut self, text: String) -> Self {
        self.more_mut().string_to_sign = Some(text);
        self
    }

    /// Both results as one: what applying this and then `next` does. Of the explaining texts those of `next` count, where it
    /// has any.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        let replaced =
            |name: &HeaderName| next.removed.contains(name) || next.headers.iter().any(|(other, _)| other == name);
        self.headers.retain(|(name, _)| !replaced(name));
        self.removed.extend(next.removed);
        self.headers.extend(next.headers);
        if let Some(next) = next.more {
            let more = self.more_mut();
            let More { uri, payload, canonical_request, string_to_sign } = *next;
            more.uri = uri.or(more.uri.take());
            more.payload = payload.or(more.payload.take());
            more.canonical_request = canonical_request.or(more.canonical_request.take());
            more.string_to_sign = string_to_sign.or(more.string_to_sign.take());
        }
        self
    }

    /// Writes the result into the request. Cannot fail: every value is already of its wire type.
    pub fn apply(&self, parts: &mut Parts, payload: &mut Payload) {
        for name in &self.removed {
            parts.headers.remove(name);
        }
        for (name, value) in &self.headers {
            parts.headers.insert(name, value.clone());
        }
        if let Some(uri) = self.uri() {
            parts.uri = uri.clone();
        }
        if let Some(new) = self.payload() {
            *payload = new.clone();
        }
    }

    /// As [`Signed::apply`], for a result that nobody asks for afterwards: it is moved, not copied.
    #[inline]
    pub fn apply_owned(self, parts: &mut Parts, payload: &mut Payload) {
        for name in &self.removed {
            parts.headers.remove(name);
        }
        for (name, value) in self.headers {
            parts.headers.insert(name, value);
        }
        let Some(more) = self.more else { return };
        if let Some(uri) = more.uri {
            parts.uri = uri;
        }
        if let Some(new) = more.payload {
            *payload = new;
        }
    }

    /// The headers that are set, in order.
    #[must_use]
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// The URI in place of the request's, where the scheme changes it.
    #[must_use]
    pub fn uri(&self) -> Option<&Uri> {
        self.more.as_ref()?.uri.as_ref()
    }

    /// The body in place of the request's, where the scheme changes it.
    #[must_use]
    pub fn payload(&self) -> Option<&Payload> {
        self.more.as_ref()?.payload.as_ref()
    }

    /// The canonical request, when the context was explaining and the scheme has one.
    #[must_use]
    pub fn canonical_request(&self) -> Option<&str> {
        self.more.as_ref()?.canonical_request.as_deref()
    }

    /// The text that was signed, when the context was explaining and the scheme has one.
    #[must_use]
    pub fn string_to_sign(&self) -> Option<&str> {
        self.more.as_ref()?.string_to_sign.as_deref()
    }

    fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }
}

/// Shows which parts of a request change, never a value: a signed URI is a credential.
impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Signed")
            .field("headers", &names)
            .field("removed", &self.removed)
            .field("uri", &self.uri().is_some())
            .field("payload", &self.payload().is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http::header::{AUTHORIZATION, COOKIE, DATE};

    use super::*;

    #[test]
    fn one_after_the_other_is_both() {
        let header = |name, value| Signed::default().with_plain_header(name, HeaderValue::from_static(value));
        let first = header(DATE, "a")
            .with_plain_header(AUTHORIZATION, HeaderValue::from_static("b"))
            .with_uri(Uri::from_static("/1"));
        let second =
            header(AUTHORIZATION, "c").without_header(DATE).without_header(COOKIE).with_string_to_sign("s".into());
        let new = || Request::get("/0").header("cookie", "c").body(()).unwrap().into_parts().0;
        let (mut apart, mut together) = (new(), new());
        first.apply(&mut apart, &mut Payload::empty());
        second.apply(&mut apart, &mut Payload::empty());
        let both = first.then(second);
        both.apply(&mut together, &mut Payload::empty());
        assert_eq!((&apart.headers, &apart.uri), (&together.headers, &together.uri));
        assert_eq!((both.string_to_sign(), together.headers.len()), (Some("s"), 1));
    }

    #[test]
    fn applying_replaces_and_removes() {
        let request = Request::get("/").header("authorization", "a").header("authorization", "b").header("cookie", "c");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let signed = Signed::default()
            .with_header(AUTHORIZATION, HeaderValue::from_static("new"))
            .with_plain_header(DATE, HeaderValue::from_static("today"))
            .without_header(COOKIE);
        signed.apply(&mut parts, &mut Payload::empty());
        let values: Vec<_> = parts.headers.get_all(AUTHORIZATION).iter().collect();
        assert_eq!(values, ["new"]);
        assert!(values[0].is_sensitive() && !parts.headers[DATE].is_sensitive());
        assert!(!parts.headers.contains_key(COOKIE));
        assert!(!format!("{signed:?}").contains("new"));
    }
}
