use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_core::{Error, ErrorKind, Result};

use super::{Journey, Kept, Plan};
use crate::Authenticator;

/// How many authenticated connections are kept unless the session says otherwise, and for how long.
const KEPT: usize = 16;
const IDLE: Duration = Duration::from_secs(60);

/// The longest reply that is read whole to check the server's proof over it, in bytes, unless the session says otherwise.
const MOST_READ: u64 = 8 << 20;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Make<N> = dyn Fn() -> Result<N> + Send + Sync;

/// An [`Authenticator`] with what else an adapter may need: `C` is its client, `N` a connection of one user. An adapter names its own
/// with a type alias. Clones share the connections that are kept.
///
/// ```
/// use std::time::Duration;
///
/// use countersign::adapter::Session;
/// use countersign::{AuthConfig, Authenticator};
///
/// // Stand for a client and for a connection.
/// struct Client;
/// struct Connection;
///
/// let auth = Authenticator::new(&AuthConfig::ntlm("DOMAIN\\user", "password"))?;
/// let session = Session::<Client, Connection>::new(&auth)
///     .with_most_redirects(3)
///     .with_token_client(Client)
///     .with_connections(|| Connection)
///     .with_kept(4, Duration::from_secs(15));
/// assert!(session.authenticator().shares_with(&auth));
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct Session<C, N> {
    auth: Authenticator,
    proxy: Option<Authenticator>,
    most_redirects: Option<usize>,
    most_read: u64,
    token_client: Option<C>,
    make: Option<Arc<Make<N>>>,
    kept: Arc<Kept<N>>,
}

impl<C, N> Session<C, N> {
    /// A session of one user.
    #[must_use]
    pub fn new(auth: &Authenticator) -> Self {
        Self {
            auth: auth.clone(),
            proxy: None,
            most_redirects: None,
            most_read: MOST_READ,
            token_client: None,
            make: None,
            kept: Arc::new(Kept::new(KEPT, IDLE)),
        }
    }

    /// Follows at most so many redirects, in place of what the client says (ten where it says nothing); with 0 a redirect is the caller's
    /// response.
    #[must_use]
    pub const fn with_most_redirects(mut self, most: usize) -> Self {
        self.most_redirects = Some(most);
        self
    }

    /// Answers a proxy too, by credentials of their own, for requests to `http://` URLs: see [`Plan::with_proxy`], whose warning holds
    /// here. The `CONNECT` that `https://` URLs take is the client's own.
    #[must_use]
    pub fn with_proxy(mut self, proxy: &Authenticator) -> Self {
        self.proxy = Some(proxy.clone());
        self
    }

    /// Sends token requests by another client: another proxy, another trust in certificates, other timeouts.
    #[must_use]
    pub fn with_token_client(mut self, client: C) -> Self {
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

    /// Gives NTLM connections of its own, as it authenticates a connection, which must never serve anybody else, and a client's pool cannot
    /// promise that. `make` returns what a connection is made of, anew each time; which that is, the adapter says.
    #[must_use]
    pub fn with_connections<T>(mut self, make: impl Fn() -> T + Send + Sync + 'static) -> Self
    where
        N: TryFrom<T, Error: Into<BoxError>>,
    {
        self.make = Some(Arc::new(move || N::try_from(make()).map_err(not_made)));
        self
    }

    /// Keeps at most `most` authenticated connections, each for at most `idle` after its last use, in place of 16 and a minute.
    #[must_use]
    pub fn with_kept(mut self, most: usize, idle: Duration) -> Self {
        self.kept = Arc::new(Kept::new(most, idle));
        self
    }

    /// Whose session it is.
    #[must_use]
    pub const fn authenticator(&self) -> &Authenticator {
        &self.auth
    }

    /// The proxy's credentials.
    #[must_use]
    pub const fn proxy(&self) -> Option<&Authenticator> {
        self.proxy.as_ref()
    }

    /// The client for token requests, where it is another.
    #[must_use]
    pub const fn token_client(&self) -> Option<&C> {
        self.token_client.as_ref()
    }

    /// How much is read of a reply to `journey` whose body must be read, in bytes.
    #[must_use]
    pub const fn most_read(&self, journey: &Journey) -> u64 {
        if journey.is_own_leg() { Journey::MOST_READ } else { self.most_read }
    }

    /// What the client plans, except where this session says otherwise.
    #[must_use]
    pub fn plan(&self, mut of_client: Plan) -> Plan {
        if let Some(most) = self.most_redirects {
            of_client = Plan { last_redirect_is_reply: false, ..of_client.with_most_redirects(most) };
        }
        Plan { proxy: self.proxy.clone(), ..of_client }
    }

    /// A connection for a journey that needs one: one that was kept, or a new one. Whether it was kept is told too: then
    /// [`Journey::on_kept_connection`] has the step.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when nobody said how connections are made; [`ErrorKind::InvalidConfig`] when none can be.
    pub fn connection(&self, journey: &Journey) -> Result<(N, bool)> {
        const WHY: &str = "NTLM authenticates a connection, and a client's pool shares its connections: use `Session::with_connections`";
        let make = self.make.as_ref().ok_or_else(|| Error::new(ErrorKind::InvalidRequest, WHY))?;
        let kept =
            journey.home().and_then(|home| self.kept.take(&self.auth, &self.plan(Plan::new()), home, Instant::now()));
        match kept {
            Some(connection) => Ok((connection, true)),
            None => Ok((make()?, false)),
        }
    }

    /// Keeps a connection that was authenticated for an origin, with nothing under way on it.
    pub fn keep(&self, connection: N, origin: &countersign_core::target::Origin) {
        self.kept.put(&self.auth, &self.plan(Plan::new()), origin, connection, Instant::now());
    }
}

fn not_made(why: impl Into<BoxError>) -> Error {
    let why = why.into();
    Error::new(ErrorKind::InvalidConfig, format!("no connection can be made for NTLM: {why}")).with_source(why)
}

impl<C: Clone, N> Clone for Session<C, N> {
    fn clone(&self) -> Self {
        Self {
            auth: self.auth.clone(),
            proxy: self.proxy.clone(),
            most_redirects: self.most_redirects,
            most_read: self.most_read,
            token_client: self.token_client.clone(),
            make: self.make.clone(),
            kept: Arc::clone(&self.kept),
        }
    }
}

impl<C, N> From<&Authenticator> for Session<C, N> {
    fn from(auth: &Authenticator) -> Self {
        Self::new(auth)
    }
}

impl<C: Clone, N> From<&Self> for Session<C, N> {
    fn from(session: &Self) -> Self {
        session.clone()
    }
}

impl<C, N> fmt::Debug for Session<C, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("auth", &self.auth).field("kept", &self.kept).finish_non_exhaustive()
    }
}
