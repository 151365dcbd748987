use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Request};

/// What a scheme may know of a request's body. Owned and cheap to clone, so no lifetime reaches the user.
///
/// `Debug` shows its length only: a body may hold a password.
///
/// ```
/// use countersign_core::Payload;
///
/// let request = http::Request::post("https://example.com/").body("{}")?.map(Payload::from);
/// assert_eq!(request.body().bytes().map(|bytes| bytes.len()), Some(2));
/// assert!(Payload::Streaming.bytes().is_none());
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Payload {
    /// The whole body; the only form that can be sent a second time by itself.
    Bytes(Bytes),
    /// A body that the caller streams: no one can hash it before it is sent.
    Streaming,
}

impl Payload {
    /// The empty body.
    #[must_use]
    pub const fn empty() -> Self {
        Self::Bytes(Bytes::new())
    }

    /// The bytes, where they are here.
    #[must_use]
    pub const fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Streaming => None,
        }
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<()> for Payload {
    fn from((): ()) -> Self {
        Self::empty()
    }
}

macro_rules! from_bytes {
    ($($body:ty),*) => {$(
        impl From<$body> for Payload {
            fn from(body: $body) -> Self {
                Self::Bytes(Bytes::from(body))
            }
        }
    )*};
}

from_bytes!(Bytes, Vec<u8>, Box<[u8]>, String, &'static str, &'static [u8]);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Streaming => f.write_str("Streaming"),
        }
    }
}

/// Shows a request without its query and without any header's value.
pub(crate) struct Shown<'a, B>(pub(crate) &'a Request<B>);

impl<B: fmt::Debug> fmt::Debug for Shown<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = self.0;
        f.debug_struct("Request")
            .field("method", request.method())
            .field("uri", &format_args!("{}", crate::target::Shown(request.uri())))
            .field("headers", &Names(request.headers()))
            .field("body", request.body())
            .finish_non_exhaustive()
    }
}

/// Shows the names of header fields, never a value.
pub(crate) struct Names<'a>(pub(crate) &'a HeaderMap);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Step;

    #[test]
    fn no_body_query_or_header_value_is_shown() {
        let request = Request::post("https://u:hunter2@h/p?key=hunter2").header("x-key", "hunter2");
        let step = Step::Send(request.body(Payload::from("password=hunter2")).unwrap());
        let shown = format!("{step:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("https://h/p") && shown.contains("x-key") && shown.contains("16 bytes"), "{shown}");
    }
}
