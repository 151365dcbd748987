use crate::{Authenticator, redirect};

/// How a [`Journey`](super::Journey) is to go.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) most_redirects: usize,
    pub(super) last_redirect_is_reply: bool,
    pub(super) proxy: Option<Authenticator>,
}

impl Plan {
    /// Follows [`redirect::MOST`] redirects, and knows of no proxy.
    #[must_use]
    pub const fn new() -> Self {
        Self { most_redirects: redirect::MOST, last_redirect_is_reply: false, proxy: None }
    }

    /// Follows at most so many redirects; with 0 a redirect is the caller's reply.
    #[must_use]
    pub const fn with_most_redirects(mut self, most: usize) -> Self {
        self.most_redirects = most;
        self
    }

    /// Makes the redirect after the last that is followed the caller's reply; without this it is an error.
    #[must_use]
    pub const fn with_last_redirect_as_reply(mut self) -> Self {
        self.last_redirect_is_reply = true;
        self
    }

    /// Answers a proxy too: Basic, Digest and NTLM, in `Proxy-Authorization`, for requests to `http://` URLs, which a proxy sees. (To
    /// `https://` URLs a client tunnels, and the proxy's credentials belong to the `CONNECT` that opens the tunnel.)
    ///
    /// Every plain request of this client must go through the proxy: where none is, the server gets the proxy's credentials.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Authenticator) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// The proxy's credentials.
    #[must_use]
    pub const fn proxy(&self) -> Option<&Authenticator> {
        self.proxy.as_ref()
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self::new()
    }
}

/// How many redirects one request is followed at most, in its extensions: it wins over the [`Plan`]'s number.
///
/// ```
/// use countersign::adapter::MostRedirects;
///
/// let request = http::Request::get("https://example.com/").extension(MostRedirects(0)).body(())?;
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MostRedirects(pub usize);
