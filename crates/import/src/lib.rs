//! What people already have becomes an [`AuthConfig`](countersign::AuthConfig): Postman collections, API descriptions, command
//! lines, credential files.
//!
//! ```
//! use countersign::AuthConfig;
//! use countersign_import::from_authorization;
//!
//! assert!(matches!(from_authorization(b"Bearer mF_9.B5f-4.1JqM"), AuthConfig::Bearer(_)));
//! ```
//!
//! It opens no file, follows no URL and runs no command: whatever asks for that is an error that names it.
//!
//! # Features
//!
//! `yaml` and `xml` (on by default) read what is written in YAML and XML; `cookies` adds `Jar`.

#![forbid(unsafe_code)]

mod asyncapi;
mod authorization;
mod aws;
mod beside;
mod bruno;
mod clues;
mod config;
mod cookies;
mod curl;
mod describe;
mod error;
mod fields;
mod graphql;
mod har;
mod http_file;
mod httpie;
mod imported;
mod insomnia;
mod item;
mod kind;
mod limits;
mod listed;
mod netrc;
mod note;
mod openapi;
mod postman;
mod raml;
mod reader;
mod request;
mod scopes;
mod secrets;
mod select;
mod shell;
mod source;
mod swagger1;
mod templates;
mod user_info;
mod variables;
mod wsdl;
mod yaml;

pub use authorization::from_authorization;
pub use beside::Beside;
#[cfg(feature = "cookies")]
#[cfg_attr(docsrs, doc(cfg(feature = "cookies")))]
pub use cookies::Jar;
pub use imported::Imported;
pub use item::Item;
pub use kind::Kind;
pub use limits::Limits;
pub use note::Note;
pub use postman::to_postman;
pub use request::Request;
pub use source::Source;
