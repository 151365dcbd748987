//! What API descriptions share: schemes by name, demands for them, and how both become configs.

pub(crate) mod demand;
pub(crate) mod listing;
pub(crate) mod reference;
pub(crate) mod scheme;
pub(crate) mod security_scheme;
pub(crate) mod server;
pub(crate) mod shape;
pub(crate) mod url;
