//! What people already have becomes an [`AuthConfig`](countersign::AuthConfig): collections, API descriptions, command lines,
//! credential files.
//!
//! ```
//! use countersign::{Authenticator, Context};
//! use countersign_import::{Beside, Limits, Source};
//!
//! let collection = br#"{
//!     "auth": { "type": "basic", "basic": { "username": "Aladdin", "password": "{{password}}" } },
//!     "item": [{ "name": "Orders", "item": [
//!         { "name": "Create", "request": { "method": "POST", "url": "https://{{host}}/orders" } }
//!     ] }]
//! }"#;
//! let environment = br#"{ "values": [{ "key": "host", "value": "api.example.com" }] }"#;
//!
//! let source = Source::read(collection, None, &Limits::default())?; // the kind is seen in the content
//! for item in source.items() {
//!     println!("{}: {:?}, as {:?} says", item.name(), item.auth, item.inherited_from);
//! }
//! let imported = source.import(Some("Orders/Create"), &Beside::new().environment(environment)?)?;
//! assert_eq!(imported.variables, ["password"]); // what is still to fill
//!
//! let secrets = [("password".to_owned(), "open sesame".to_owned())].into();
//! let imported = imported.resolve(&[&secrets])?;
//! let request = imported.request.as_ref().expect("a request of its own").to_http()?;
//! let signed = Authenticator::new(&imported.auth)?.sign_request(request, &Context::now())?;
//! assert_eq!(signed.uri(), "https://api.example.com/orders");
//! assert_eq!(signed.headers()["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is read
//!
//! | [`Kind`] | what it is | beside it |
//! | --- | --- | --- |
//! | `postman` | a collection, v2.0 or v2.1 | [`environment`](Beside::environment), [`globals`](Beside::globals) |
//! | `openapi` | OpenAPI 2.0 (Swagger) to 3.2, JSON and YAML | [`base_url`](Beside::base_url) |
//! | `swagger1` | a resource listing or API declaration of Swagger 1 | `base_url` |
//! | `raml` | RAML 0.8 and 1.0 | `base_url` |
//! | `asyncapi` | AsyncAPI 2 and 3: the HTTP schemes of a server | `base_url` |
//! | `wsdl` | WSDL 1.1 and 2.0: policies that a binding refers to | |
//! | `graphql` | the headers of a graphql-config file | |
//! | `curl` | curl's command lines; POSIX, `$'…'` and `cmd` quoting | |
//! | `httpie` | HTTPie's command lines | |
//! | `http` | `.http` files of JetBrains and VS Code | `environment`, [`private_environment`](Beside::private_environment), [`environment_name`](Beside::environment_name) |
//! | `har` | HTTP archives of browsers and proxies | |
//! | `insomnia` | Insomnia's exports, v4 and v5 | `environment`, `environment_name` |
//! | `bruno` | a request's file, `.bru` or YAML | `environment`, [`parent`](Beside::parent), [`variable`](Beside::variable) |
//! | `netrc` | logins by host | |
//! | `aws` | AWS's credentials and config files | [`config`](Beside::config), `variable`, `environment_name` (the profile) |
//! | `cookies` | curl's and browsers' cookies: not a scheme, so a `Jar` reads them (feature `cookies`) | |
//!
//! A secret that an input leaves out becomes a variable, `{{BASIC_PASSWORD}}`. What cannot be carried over is a [`Note`], or an
//! error whose kind says why; neither holds a value of the input. Nothing here opens a file, follows a URL or runs a command:
//! whatever asks for that is an error that names it.
//!
//! # Features
//!
//! `yaml` and `xml` (on by default) read what is written in YAML and XML; `cookies` adds `Jar`.
//!
//! # Where it differs from the programs
//!
//! A scheme that a program has and countersign has not (`jwt`, `asap`, `wsse`, SPNEGO, plugins) is
//! [`UnsupportedScheme`](countersign::ErrorKind::UnsupportedScheme). Scripts are not run, and bodies of parts are left out: a
//! note says so. HTTPie's and curl's own `.netrc` is not looked up: import it. A cookie's domain is not held against a list of
//! public suffixes.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod asyncapi;
mod authorization;
mod aws;
mod beside;
mod bruno;
mod clues;
mod config;
mod cookies;
mod curl;
mod depth;
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
/// The facade whose configs these are.
pub use countersign;
pub use curl::curl_request;
/// The crate of the requests that are made, in the version that this one takes.
pub use http;
pub use imported::Imported;
pub use item::Item;
pub use kind::Kind;
pub use limits::Limits;
pub use note::Note;
pub use postman::to_postman;
pub use request::Request;
pub use source::Source;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
