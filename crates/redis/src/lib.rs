//! What the processes of a service share in Redis: OAuth 2.0 tokens, and the nonces of verifiers.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use countersign_oauth2::{Config, Grant, Session};
//! use countersign_redis::{Redis, RedisNonceStore, RedisTokenStore, SealingKey};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! // In a Tokio runtime. The first command connects.
//! let redis = Redis::open("redis://127.0.0.1/")?.with_prefix("billing:");
//!
//! // 32 random bytes that all processes have, and the database has not.
//! let key = SealingKey::from_base64(&std::env::var("TOKEN_KEY")?)?;
//! let grant = Grant::client_credentials("https://server.example.com/token", "s6BhdRkqt3", "gX1fBat3bV");
//! let session = Session::new(&Config::of(grant))?.with_store(Arc::new(RedisTokenStore::new(&redis, key)));
//!
//! // For a verifier, or for `VerifyLayer` of countersign-tower.
//! let nonces = RedisNonceStore::new(&redis);
//! # Ok(())
//! # }
//! ```
//!
//! # Tokens
//!
//! * A token is sealed with AES-256-GCM under a [`SealingKey`], bound to its name: who reads the database gets no token, and who writes
//!   to it cannot put one user's in another's place.
//! * One process refreshes a token, by a lease that ends by itself when its holder dies; all changes are compare-and-swap.
//! * Redis must not evict these keys (`maxmemory-policy noeviction`), and should persist them where a person's consent is dear: a
//!   Redis that comes back empty looks like a logout to every session, and what only it had is lost.
//!
//! # Nonces
//!
//! One `SET NX PX` per request. A Redis that forgets lets through again what it forgot, for as long as the signature holds: so it must not
//! evict these keys either. Of a Redis with replicas, ask the primary.
//!
//! # While Redis is away
//!
//! Every call fails with [`ErrorKind::StoreFailed`](countersign_core::ErrorKind::StoreFailed) within the timeout. So verifiers let
//! nobody in; sessions go on with a token that is good, and write a new one later. Connections come back by themselves.
//!
//! # Where it runs
//!
//! Its work is done by the Tokio runtime in which [`Redis::open`] was called; what it returns can be awaited anywhere, or blocked for
//! on a thread that is not of that runtime. A program without a runtime makes one (`tokio::runtime::Runtime`), enters it for
//! [`Redis::open`], and keeps it.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod nonces;
mod redis;
mod seal;
mod tokens;

pub use crate::redis::Redis;
pub use nonces::RedisNonceStore;
pub use seal::SealingKey;
pub use tokens::RedisTokenStore;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
