//! Keeps OAuth 2.0 tokens in a file that several processes share.
//!
//! ```
//! use std::sync::Arc;
//!
//! use countersign_file_store::FileTokenStore;
//! use countersign_oauth2::{Config, Context, Grant, Session, Token};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("tokens.json");
//! let grant = Grant::client_credentials("https://server.example.com/token", "s6BhdRkqt3", "gX1fBat3bV");
//! let session = || -> countersign_oauth2::Result<Session> {
//!     Ok(Session::new(&Config::of(grant.clone()))?.with_store(Arc::new(FileTokenStore::new(&path))))
//! };
//! session()?.keep(Token::new("2YotnFZFEjr1zCsicMWpAA"), &Context::now()).block()?;
//!
//! // In another process, or after a restart.
//! let token = session()?.token(&Context::now()).block()?;
//! assert_eq!(token, Some(Token::new("2YotnFZFEjr1zCsicMWpAA")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it promises
//!
//! * A crash in the middle of a write leaves the old state: the new one is written beside the file, flushed to the disk and put in its
//!   place in one step.
//! * No process undoes another's change: each change is made under the system's lock.
//! * One process at a time refreshes a token. Its lease ends when it is done, when it dies (the system sees to that), or when the lease's
//!   time is over.
//! * On Unix the file's mode is 0600. A file that others can read or write is refused: its tokens are as good as published.
//!
//! # What it does not do
//!
//! * The tokens stand in the file in clear. Whoever can read the owner's files has them; the feature `keyring` keeps them in the system's
//!   keyring instead: `KeyringTokenStore`.
//! * A network file system must pass locks on (NFS 4, SMB). Where it does not, let the processes share a `countersign-redis`.
//! * Its calls block, for milliseconds. An async program with many users is served better by `countersign-redis`.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod document;
mod folder;
#[cfg(feature = "keyring")]
mod keyring;
mod lease;
mod store;

#[cfg(feature = "keyring")]
#[cfg_attr(docsrs, doc(cfg(feature = "keyring")))]
pub use crate::keyring::KeyringTokenStore;
pub use store::FileTokenStore;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
