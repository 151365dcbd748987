//! One file per scheme.

pub(crate) mod bare;
pub(crate) mod digest;
pub(crate) mod edgegrid;
pub(crate) mod hawk;
pub(crate) mod ntlm;
pub(crate) mod oauth1;
pub(crate) mod sigv4;
