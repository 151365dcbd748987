use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::adapter::{Journey, Kept, Plan};
use countersign::scheme::target::Origin;
use countersign::{Authenticator, Error, ErrorKind};
use ureq::Agent;
use ureq::config::Config;

use crate::connection::Connection;

/// How many authenticated connections are kept unless the session says otherwise, and for how long.
const KEPT: usize = 16;
const IDLE: Duration = Duration::from_secs(60);

/// The longest reply that is read whole to check the server's proof over it, in bytes, unless the session says otherwise.
const MOST_READ: u64 = 8 << 20;

/// An [`Authenticator`] with what else [`run_with`](crate::RunWith::run_with) may need. Clones share the connections that are kept.
///
/// ```
/// use countersign::{AuthConfig, Authenticator};
/// use countersign_ureq::Session;
///
/// let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
/// let session = Session::new(&auth).with_token_agent(ureq::Agent::new_with_defaults());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Session {
    pub(crate) auth: Authenticator,
    pub(crate) token_agent: Option<Agent>,
    pub(crate) most_read: u64,
    make: Option<Arc<dyn Fn() -> Connection + Send + Sync>>,
    kept: Option<Arc<Kept<Connection>>>,
}

impl Session {
    /// A session of one user.
    #[must_use]
    pub fn new(auth: &Authenticator) -> Self {
        Self { auth: auth.clone(), token_agent: None, most_read: MOST_READ, make: None, kept: None }
    }

    /// Gives NTLM connections of its own, made by ureq's own connector and resolver with this configuration. If your agent has a connector
    /// or a resolver of yours, use [`Session::with_agents`].
    #[must_use]
    pub fn with_connections(self, config: &Config) -> Self {
        let config = config.clone();
        self.made_by(move || Connection::with_config(&config))
    }

    /// Gives NTLM connections of its own, made by agents that `make` returns: a new one each time, which shares its pool with nobody, and
    /// may keep at least one idle connection. A connection that a server closes between two legs without announcing it then looks like
    /// a refusal.
    ///
    /// ```
    /// # use countersign::{AuthConfig, Authenticator};
    /// use countersign_ureq::Session;
    ///
    /// # let auth = Authenticator::new(&AuthConfig::None)?;
    /// let session = Session::new(&auth).with_agents(|| {
    ///     ureq::Agent::new_with_defaults() // or `Agent::with_parts`, with your own connector and resolver
    /// });
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_agents(self, make: impl Fn() -> Agent + Send + Sync + 'static) -> Self {
        self.made_by(move || Connection::of_agent(make()))
    }

    /// Keeps at most `most` authenticated connections, each for at most `idle` after its last use, in place of 16 and a minute.
    /// ureq's own `max_idle_age` (15 seconds unless set) counts too.
    #[must_use]
    pub fn with_kept(mut self, most: usize, idle: Duration) -> Self {
        self.kept = Some(Arc::new(Kept::new(most, idle)));
        self
    }

    /// Sends token requests by another agent: another proxy, another trust in certificates, other timeouts.
    #[must_use]
    pub fn with_token_agent(mut self, agent: Agent) -> Self {
        self.token_agent = Some(agent);
        self
    }

    /// Reads at most so many bytes of a reply whose body the server's proof covers (Digest with `auth-int`, Hawk), in place of 8 MiB. A
    /// longer one is an error. Other replies are left to the caller as streams.
    #[must_use]
    pub const fn with_most_read(mut self, bytes: u64) -> Self {
        self.most_read = bytes;
        self
    }

    fn made_by(mut self, make: impl Fn() -> Connection + Send + Sync + 'static) -> Self {
        self.make = Some(Arc::new(make));
        self.kept.get_or_insert_with(|| Arc::new(Kept::new(KEPT, IDLE)));
        self
    }

    /// A connection for a journey that needs one: one that was kept, or a new one. Whether it was kept is told too.
    pub(crate) fn connection(&self, journey: &Journey) -> Result<(Connection, bool), Error> {
        let (Some(make), Some(kept)) = (&self.make, &self.kept) else {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "NTLM authenticates a connection, and an agent's pool shares its connections: use `Session::with_connections`, or `Session::with_agents` if the agent has a connector or resolver of its own",
            ));
        };
        if let Some(home) = journey.home()
            && let Some(connection) = kept.take(&self.auth, &Plan::new(), home, Instant::now())
        {
            return Ok((connection, true));
        }
        let connection = make();
        connection.check()?;
        Ok((connection, false))
    }

    pub(crate) fn keep(&self, connection: Connection, origin: &Origin) {
        if let Some(kept) = &self.kept {
            kept.put(&self.auth, &Plan::new(), origin, connection, Instant::now());
        }
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
        f.debug_struct("Session").field("auth", &self.auth).field("kept", &self.kept).finish_non_exhaustive()
    }
}
