use std::fmt;
use std::sync::Arc;

use countersign_core::{Context, Result};

use crate::authenticator::Clock;
#[cfg(feature = "oauth2")]
use crate::oauth2::{Session, TokenStore};
use crate::{AuthConfig, Authenticator};

/// Prepares an [`Authenticator`]: made by [`Authenticator::builder`].
///
/// ```
/// # #[cfg(feature = "oauth2")] {
/// use std::sync::Arc;
///
/// use countersign::oauth2::{Grant, MemoryTokenStore};
/// use countersign::{AuthConfig, Authenticator};
///
/// let grant = Grant::client_credentials("https://server.example.com/token", "s6BhdRkqt3", "gX1fBat3bV");
/// let store = Arc::new(MemoryTokenStore::default()); // or of files, of Redis, your own
/// let auth = Authenticator::builder(&AuthConfig::oauth2(grant)).with_store(store).build()?;
/// assert!(auth.session().is_some());
/// # }
/// # Ok::<(), countersign::Error>(())
/// ```
#[must_use]
pub struct Builder<'a> {
    config: &'a AuthConfig,
    clock: Option<Clock>,
    #[cfg(feature = "oauth2")]
    store: Option<Arc<dyn TokenStore>>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(config: &'a AuthConfig) -> Self {
        Self {
            config,
            clock: None,
            #[cfg(feature = "oauth2")]
            store: None,
        }
    }

    /// As [`Authenticator::with_clock`].
    pub fn with_clock(mut self, clock: impl Fn() -> Context + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Keeps the tokens of the config's OAuth 2 grant here: over a restart, or for several processes.
    #[cfg(feature = "oauth2")]
    pub fn with_store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Checks the config, reads its keys, and prepares what every request needs.
    ///
    /// # Errors
    /// As [`Authenticator::new`]; [`InvalidConfig`](crate::ErrorKind::InvalidConfig) too when there is a store and the config has no
    /// OAuth 2 grant, since only its tokens could be kept.
    pub fn build(self) -> Result<Authenticator> {
        let mut making = Making::default();
        #[cfg(feature = "oauth2")]
        {
            making.store = self.store;
        }
        let mut auth = Authenticator::from_arc(self.config.scheme(&mut making)?);
        auth.clock = self.clock;
        #[cfg(feature = "oauth2")]
        {
            auth.session = making.finish()?;
        }
        Ok(auth)
    }
}

impl fmt::Debug for Builder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What is given to the schemes of a config, and what is kept of them.
#[derive(Default)]
pub(crate) struct Making {
    #[cfg(feature = "oauth2")]
    store: Option<Arc<dyn TokenStore>>,
    /// That of the grant. A config has at most one: two would converse.
    #[cfg(feature = "oauth2")]
    session: Option<Arc<Session>>,
}

#[cfg(feature = "oauth2")]
impl Making {
    pub(crate) fn session(&mut self, config: &crate::oauth2::Config) -> Result<Arc<Session>> {
        let mut session = Session::new(config)?;
        if let Some(store) = &self.store {
            session = session.with_store(Arc::clone(store));
        }
        let session = Arc::new(session);
        if config.grant.is_some() {
            self.session = Some(Arc::clone(&session));
        }
        Ok(session)
    }

    fn finish(self) -> Result<Option<Arc<Session>>> {
        use countersign_core::{Error, ErrorKind};

        if self.store.is_some() && self.session.is_none() {
            const WHY: &str = "a store keeps the tokens of an OAuth 2 grant, and the config has none";
            return Err(Error::new(ErrorKind::InvalidConfig, WHY));
        }
        Ok(self.session)
    }
}
