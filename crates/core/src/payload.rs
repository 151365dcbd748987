use bytes::Bytes;

/// What a scheme may know of a request's body. Owned and cheap to clone, so no lifetime reaches the user.
///
/// ```
/// use countersign_core::Payload;
///
/// let request = http::Request::post("https://example.com/").body("{}")?.map(Payload::from);
/// assert_eq!(request.body().bytes().map(|bytes| bytes.len()), Some(2));
/// assert!(Payload::Streaming.bytes().is_none());
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug)]
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
