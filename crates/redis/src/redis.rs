use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use countersign_core::{Error, ErrorKind, Result};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, RedisError};
use tokio::runtime::Handle;

/// How long a command may take, connecting included, unless it is said.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A Redis, and under which names things are kept there. Clones share its connection, which is made when it is needed, and made again when
/// it is lost.
#[derive(Clone)]
pub struct Redis {
    connection: ConnectionManager,
    prefix: Arc<str>,
    timeout: Duration,
    runtime: Handle,
}

impl Redis {
    /// The Redis at a URL: `redis://user:password@host:port/database`, `redis+unix:///path`, or with the feature `tls`
    /// `rediss://host`, by the roots of the system. Names begin with `countersign:`.
    ///
    /// Nothing is sent yet. The runtime in which this is called does the work from then on.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the URL cannot be used, or outside a Tokio runtime.
    pub fn open(url: &str) -> Result<Self> {
        install_crypto(url);
        Self::of(Client::open(url))
    }

    /// [`Redis::open`] by TLS, with a root certificate of your own in place of the system's (PEM), and with a certificate and key of
    /// the client's (both PEM) where the server asks for them.
    ///
    /// # Errors
    /// As [`Redis::open`]; and when a certificate or key cannot be read.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn open_with_tls(url: &str, root: Option<&[u8]>, client: Option<(&[u8], &[u8])>) -> Result<Self> {
        install_crypto(url);
        Self::of(Client::build_with_tls(
            url,
            redis::TlsCertificates {
                root_cert: root.map(<[u8]>::to_vec),
                client_tls: client.map(|(certificate, key)| redis::ClientTlsConfig {
                    client_cert: certificate.to_vec(),
                    client_key: key.to_vec(),
                }),
            },
        ))
    }

    fn of(client: redis::RedisResult<Client>) -> Result<Self> {
        let invalid = |why: &'static str| Error::new(ErrorKind::InvalidConfig, why);
        // The error's own text could quote the URL, which has a password.
        let client = client.map_err(|_| {
            invalid("the URL of Redis, or a certificate, cannot be used: `redis://host:port/0` or (feature `tls`) `rediss://host`")
        })?;
        let runtime = Handle::try_current().map_err(|why| {
            invalid("`Redis::open` was called outside a Tokio runtime, which it needs").with_source(why)
        })?;
        // One attempt per command: who fails closed does not wait for a minute.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(10))
            .set_max_delay(Duration::from_millis(100));
        let connection = ConnectionManager::new_lazy_with_config(client, config)
            .map_err(|why| invalid("Redis cannot be used so").with_source(why))?;
        Ok(Self { connection, prefix: "countersign:".into(), timeout: TIMEOUT, runtime })
    }

    /// Begins all names with this, in place of `countersign:`. Services that share a Redis have different ones.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a command may take, connecting included, in place of two seconds.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// A name with the prefix.
    pub(crate) fn name(&self, kind: &str, name: &str) -> String {
        format!("{}{kind}:{name}", self.prefix)
    }

    pub(crate) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Does something on the runtime, whichever thread waits for it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let done = self.runtime.spawn(work).await;
        done.unwrap_or_else(|why| Err(failed("the runtime ended before Redis answered").with_source(why)))
    }

    /// Sends a command that may be sent twice: a connection that was lost in the meantime is found out only by using it.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T> {
        match self.send(command).await {
            Err(why) if why.is_lost => self.send(command).await,
            answer => answer,
        }
        .map_err(|why| why.error)
    }

    /// Sends a command once.
    pub(crate) async fn send<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Failure> {
        let mut connection = self.connection.clone();
        match tokio::time::timeout(self.timeout, command.query_async(&mut connection)).await {
            Ok(answer) => answer.map_err(Failure::from),
            Err(why) => {
                let error = failed("Redis did not answer in time").with_source(why);
                Err(Failure { error, is_lost: false })
            }
        }
    }
}

/// Why a command failed.
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The connection was lost: it may do better on another.
    pub(crate) is_lost: bool,
}

impl From<RedisError> for Failure {
    fn from(why: RedisError) -> Self {
        let is_lost = why.is_io_error() || why.is_connection_dropped();
        Self { error: failed("Redis failed").with_source(why), is_lost }
    }
}

pub(crate) fn failed(why: &'static str) -> Error {
    Error::new(ErrorKind::StoreFailed, why)
}

/// `rustls` takes a default for the process, and panics where two crates of it have been built in and none was chosen.
#[cfg(feature = "tls")]
fn install_crypto(url: &str) {
    if url.starts_with("rediss") && rustls::crypto::CryptoProvider::get_default().is_none() {
        // Somebody who was faster chose as well.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
    }
}

#[cfg(not(feature = "tls"))]
const fn install_crypto(_: &str) {}

/// Without the URL, which has a password.
impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("prefix", &self.prefix).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
