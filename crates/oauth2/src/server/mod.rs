//! The endpoints of an authorization server: for each the request, and what its reply says.
//!
//! Every request is a plain `http::Request` that any client can send; a client that follows redirects must not follow these, or
//! credentials go where the redirect points. A [`Session`](crate::Session) sends the token requests by itself; the rest is here.

mod authorization;
mod device;
mod error;
mod introspection;
mod metadata;
mod reply;
mod revocation;
mod token;

pub use authorization::{AuthorizationRequest, Callback, code_challenge};
pub use device::{DeviceAuthorization, device_request};
pub use error::ServerError;
pub use introspection::{Introspection, introspection_request};
pub use metadata::{Metadata, metadata_urls};
pub use revocation::{revocation_request, revoked};
pub use token::{Token, grant_request, refresh_request};
