use std::fmt;
#[cfg(not(target_arch = "wasm32"))]
use std::{sync::Arc, time::Duration};

use countersign::Authenticator;
use countersign::adapter::Plan;
use reqwest::Client;

#[cfg(not(target_arch = "wasm32"))]
use crate::connection::Connections;

/// The longest reply that is read whole to check the server's proof over it, in bytes, unless the session says otherwise.
const MOST_READ: u64 = 8 << 20;

/// An [`Authenticator`] with what else [`send_with`](crate::SendWith::send_with) may need. Clones share the connections that are kept.
///
/// ```
/// use countersign::{AuthConfig, Authenticator};
/// use countersign_reqwest::Session;
///
/// let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
/// let session = Session::new(&auth).with_most_redirects(3);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Session {
    pub(crate) auth: Authenticator,
    pub(crate) plan: Plan,
    pub(crate) token_client: Option<Client>,
    pub(crate) most_read: u64,
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) connections: Option<Arc<Connections>>,
}

impl Session {
    /// A session of one user.
    #[must_use]
    pub fn new(auth: &Authenticator) -> Self {
        Self {
            auth: auth.clone(),
            plan: Plan::new(),
            token_client: None,
            most_read: MOST_READ,
            #[cfg(not(target_arch = "wasm32"))]
            connections: None,
        }
    }

    /// Follows at most so many redirects, in place of ten; with 0 a redirect is the caller's response.
    #[must_use]
    pub fn with_most_redirects(mut self, most: usize) -> Self {
        self.plan = self.plan.with_most_redirects(most);
        self
    }

    /// Answers a proxy too, by credentials of their own, for requests to `http://` URLs: see [`Plan::with_proxy`], whose warning holds
    /// here. The `CONNECT` that `https://` URLs take is reqwest's, and knows Basic alone: `reqwest::Proxy::basic_auth`.
    #[must_use]
    pub fn with_proxy(mut self, proxy: &Authenticator) -> Self {
        self.plan = self.plan.with_proxy(proxy.clone());
        self
    }

    /// Sends token requests by another client: another proxy, another trust in certificates, other timeouts.
    #[must_use]
    pub fn with_token_client(mut self, client: Client) -> Self {
        self.token_client = Some(client);
        self
    }

    /// Reads at most so many bytes of a reply whose body the server's proof covers (Digest with `auth-int`, Hawk), in place of 8 MiB. A
    /// longer one is an error. Other replies are left to the caller as streams.
    #[must_use]
    pub const fn with_most_read(mut self, bytes: u64) -> Self {
        self.most_read = bytes;
        self
    }

    /// Gives NTLM connections of its own, made by clients that `make` returns: a new one each time, that shares its pool with nobody.
    /// Build it as your own client, with `http1_only`, `redirect(Policy::none())`, and at least one idle connection. 16 are kept, each
    /// for a minute after its last use. The server's
    /// certificate is not given to NTLM: where a server demands extended protection, set `tls_server_end_point` in the config.
    ///
    /// ```no_run
    /// # use countersign::{AuthConfig, Authenticator};
    /// use countersign_reqwest::Session;
    /// use reqwest::{Client, redirect::Policy};
    ///
    /// let auth = Authenticator::new(&AuthConfig::ntlm("DOMAIN\\user", "password"))?;
    /// let session = Session::new(&auth)
    ///     .with_connections(|| Client::builder().http1_only().redirect(Policy::none()).build());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn with_connections(mut self, make: impl Fn() -> reqwest::Result<Client> + Send + Sync + 'static) -> Self {
        self.connections = Some(Arc::new(Connections::new(make, 16, Duration::from_secs(60))));
        self
    }
}

impl From<&Authenticator> for Session {
    fn from(auth: &Authenticator) -> Self {
        Self::new(auth)
    }
}

impl From<&Self> for Session {
    fn from(session: &Self) -> Self {
        session.clone()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("auth", &self.auth).field("plan", &self.plan).finish_non_exhaustive()
    }
}
