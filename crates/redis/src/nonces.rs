use countersign_core::encode::base64_url;
use countersign_core::replay::{NonceStore, Remembering, ReplayKey};
use countersign_core::verify::refused;
use countersign_core::{Error, ErrorKind, Result};
use redis::Cmd;
use sha2::{Digest as _, Sha256};

use crate::Redis;
use crate::redis::failed;

/// Remembers in Redis which nonces were used, for verifiers of many processes: one `SET NX PX` each. See the [crate](crate).
///
/// ```no_run
/// use countersign_core::replay::{NonceStore as _, ReplayKey};
/// use countersign_redis::{Redis, RedisNonceStore};
///
/// # async fn run() -> countersign_core::Result<()> {
/// let nonces = RedisNonceStore::new(&Redis::open("redis://127.0.0.1/")?);
/// let key = ReplayKey::new("hawk", "dh37", "j4h3g2", 1_353_832_234);
/// nonces.remember(&key, 1_353_832_294).await?;
/// assert!(nonces.remember(&key, 1_353_832_294).await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RedisNonceStore {
    redis: Redis,
}

impl RedisNonceStore {
    /// Remembers nonces in this Redis.
    #[must_use]
    pub fn new(redis: &Redis) -> Self {
        Self { redis: redis.clone() }
    }
}

impl NonceStore for RedisNonceStore {
    fn remember<'a>(&'a self, key: &'a ReplayKey<'_>, expires_at: u64) -> Remembering<'a> {
        // Hashed, so that no client makes a long name; and a signature, which is SigV4's nonce, is nobody's to read.
        let name = self.redis.name("nonce", &base64_url(&Sha256::digest(key.to_string())));
        // Until the end of the last second, by the verifier's clock: Redis's own may be another.
        let time = expires_at.saturating_sub(key.seen_at()).saturating_add(1).saturating_mul(1000);
        let redis = self.redis.clone();
        Box::pin(async move { self.redis.run(async move { remember(&redis, &name, time).await }).await })
    }
}

async fn remember(redis: &Redis, name: &str, time: u64) -> Result<()> {
    let mut command = Cmd::new();
    // Redis refuses what is over its own range.
    command.arg("SET").arg(name).arg(1).arg("NX").arg("PX").arg(time.min(MOST));
    let (answer, is_second): (Option<()>, _) = match redis.send(&command).await {
        Ok(answer) => (answer, false),
        Err(why) if why.is_lost => (redis.send(&command).await.map_err(|why| why.error)?, true),
        Err(why) => return Err(why.error),
    };
    match answer {
        Some(()) => Ok(()),
        // The first may have come through without its answer: nobody can tell whose it is.
        None if is_second => Err(failed("the connection to Redis was lost while a nonce was remembered")),
        None => Err(seen()),
    }
}

/// A hundred years, in milliseconds.
const MOST: u64 = 100 * 366 * 24 * 3600 * 1000;

fn seen() -> Error {
    let error = refused("the request was seen before: its nonce is used");
    debug_assert_eq!(error.kind(), ErrorKind::Rejected);
    error
}
