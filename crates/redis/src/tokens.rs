use std::sync::Arc;
use std::time::Duration;

use countersign_core::encode::{base64_url, hex};
use countersign_core::{Error, ErrorKind, Result, Wait};
use countersign_oauth2::{Answer, Lease, Leasing, Token, TokenKey, TokenStore};
use redis::Cmd;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::redis::failed;
use crate::{Redis, SealingKey};

/// Replaces a value if it is still the expected one; an empty text is no value.
const SWAP: &str = "if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end \
    if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end return 1";
/// Gives a lease back, if it is still ours.
const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
/// How often a swap is tried again when others swap in between.
const ATTEMPTS: usize = 5;

/// Keeps OAuth 2.0 tokens in Redis, sealed. See the [crate](crate).
#[derive(Clone, Debug)]
pub struct RedisTokenStore {
    redis: Redis,
    /// The first seals, all open.
    keys: Arc<[SealingKey]>,
}

#[derive(Serialize)]
struct EntryOf<'a> {
    key: &'a TokenKey,
    token: &'a Token,
}

#[derive(Deserialize)]
struct Entry {
    key: TokenKey,
    token: Token,
}

impl RedisTokenStore {
    /// Keeps tokens in this Redis, sealed with this key.
    #[must_use]
    pub fn new(redis: &Redis, key: SealingKey) -> Self {
        Self { redis: redis.clone(), keys: [key].into() }
    }

    /// Opens what was sealed with an older key too. What is written from now on is sealed with the new one.
    #[must_use]
    pub fn with_old_key(mut self, key: SealingKey) -> Self {
        self.keys = self.keys.iter().cloned().chain([key]).collect();
        self
    }

    async fn read(&self, name: &str) -> Result<(Vec<u8>, Option<Entry>)> {
        let mut command = Cmd::new();
        command.arg("GET").arg(name);
        let value: Option<Vec<u8>> = self.redis.ask(&command).await?;
        match value {
            None => Ok((Vec::new(), None)),
            Some(value) => {
                let entry = self.open(name, &value)?;
                Ok((value, Some(entry)))
            }
        }
    }

    fn open(&self, name: &str, value: &[u8]) -> Result<Entry> {
        let json = SealingKey::open(&self.keys, name, value)?;
        // Without the cause, which could quote a token.
        serde_json::from_slice(&json).map_err(|_| failed("a value in Redis is sealed by us, and is not a token"))
    }

    fn seal(&self, name: &str, key: &TokenKey, token: &Token) -> Result<Vec<u8>> {
        let json = serde_json::to_vec(&EntryOf { key, token })
            .map_err(|why| failed("the token makes no JSON").with_source(why))?;
        let [first, ..] = &*self.keys else { return Err(failed("there is no key to seal with")) };
        first.seal(name, &Zeroizing::new(json))
    }

    async fn swap(&self, key: &TokenKey, expected: Option<&Token>, new: Option<&Token>) -> Result<bool> {
        let name = self.token_name(key)?;
        for _ in 0..ATTEMPTS {
            let (before, entry) = self.read(&name).await?;
            if !Token::are_same(entry.as_ref().map(|entry| &entry.token), expected) {
                return Ok(false);
            }
            let after = new.map(|token| self.seal(&name, key, token)).transpose()?.unwrap_or_default();
            let mut command = Cmd::new();
            command.arg("EVAL").arg(SWAP).arg(1).arg(&name).arg(before).arg(&after);
            match self.redis.send::<i64>(&command).await {
                Ok(1) => return Ok(true),
                Ok(_) => {}
                // Nobody knows whether it was done: what stands there says so.
                Err(why) if why.is_lost => {
                    if self.read(&name).await?.0 == after {
                        return Ok(true);
                    }
                }
                Err(why) => return Err(why.error),
            }
        }
        Err(failed("others keep changing the token"))
    }

    async fn take_lease(&self, name: String, time: Duration) -> Result<Leasing> {
        let ours = random()?;
        let mut command = Cmd::new();
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(1, MOST);
        command.arg("SET").arg(&name).arg(&ours).arg("NX").arg("PX").arg(millis);
        let taken: Option<()> = self.redis.ask(&command).await?;
        let redis = self.redis.clone();
        if taken.is_none() {
            // By a task of the runtime, since whoever waits may have none.
            let ended =
                async move { redis.runtime().clone().spawn(async move { ended(&redis, &name, time).await }).await };
            return Ok(Leasing::Busy(Wait::new(async move {
                let _end = ended.await;
            })));
        }
        Ok(Leasing::Held(Lease::new(move || {
            redis.runtime().clone().spawn(async move {
                let mut command = Cmd::new();
                command.arg("EVAL").arg(RELEASE).arg(1).arg(&name).arg(&ours);
                // One that is not given back ends by itself.
                let _given_back = redis.ask::<i64>(&command).await;
            });
        })))
    }

    async fn all(&self) -> Result<Vec<TokenKey>> {
        let pattern = escaped(&self.redis.name("token", "")) + "*";
        let (mut cursor, mut keys) = (0_u64, Vec::new());
        loop {
            let mut command = Cmd::new();
            command.arg("SCAN").arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(100);
            let (next, names): (u64, Vec<String>) = self.redis.ask(&command).await?;
            for name in names {
                keys.extend(self.read(&name).await?.1.map(|entry| entry.key));
            }
            if next == 0 {
                // A scan may name a key twice.
                keys.sort();
                keys.dedup();
                return Ok(keys);
            }
            cursor = next;
        }
    }

    fn token_name(&self, key: &TokenKey) -> Result<String> {
        Ok(self.redis.name("token", &hashed(key)?))
    }
}

impl TokenStore for RedisTokenStore {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Answer<'a, Option<Token>> {
        let (store, key) = (self.clone(), key.clone());
        let work = async move {
            let entry = store.read(&store.token_name(&key)?).await?.1;
            Ok(entry.map(|entry| entry.token))
        };
        Answer::new(self.redis.run(work))
    }

    fn replace<'a>(
        &'a self,
        key: &'a TokenKey,
        expected: Option<&'a Token>,
        new: Option<&'a Token>,
    ) -> Answer<'a, bool> {
        let (store, key, expected, new) = (self.clone(), key.clone(), expected.cloned(), new.cloned());
        Answer::new(self.redis.run(async move { store.swap(&key, expected.as_ref(), new.as_ref()).await }))
    }

    fn lease<'a>(&'a self, key: &'a TokenKey, time: Duration) -> Answer<'a, Leasing> {
        let (store, name) = (self.clone(), hashed(key).map(|name| self.redis.name("lease", &name)));
        Answer::new(self.redis.run(async move { store.take_lease(name?, time).await }))
    }

    fn list(&self) -> Answer<'_, Vec<TokenKey>> {
        let store = self.clone();
        Answer::new(self.redis.run(async move { store.all().await }))
    }
}

/// The longest lease: a day, in milliseconds.
const MOST: u64 = 24 * 3600 * 1000;

/// Until a lease is given back, or its time is over.
async fn ended(redis: &Redis, name: &str, time: Duration) {
    const PAUSE: Duration = Duration::from_millis(10);
    const MOST: Duration = Duration::from_millis(100);
    let until = tokio::time::Instant::now() + time;
    let mut pause = PAUSE;
    while tokio::time::Instant::now() < until {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(MOST);
        let mut command = Cmd::new();
        command.arg("EXISTS").arg(name);
        // Where Redis fails, whoever waits asks for the lease, and is told why.
        if redis.ask::<i64>(&command).await.unwrap_or_default() == 0 {
            return;
        }
    }
}

fn hashed(key: &TokenKey) -> Result<String> {
    let json = serde_json::to_vec(key).map_err(|why| failed("the key makes no JSON").with_source(why))?;
    Ok(hex(&Sha256::digest(json)))
}

/// What `SCAN` would take for a pattern, taken for itself.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        if matches!(character, '*' | '?' | '[' | ']' | '\\' | '^' | '-') {
            out.push('\\');
        }
        out.push(character);
        out
    })
}

fn random() -> Result<String> {
    use aes_gcm::aead::Generate as _;

    let bytes = <[u8; 16]>::try_generate();
    let bytes =
        bytes.map_err(|why| Error::new(ErrorKind::Randomness, "the system has no randomness").with_source(why))?;
    Ok(base64_url(&bytes))
}
