//! By what a client proves who it is: to the authorization server (client authentication), and that a token is its own (DPoP).

mod client;
mod dpop;
#[cfg(feature = "jwt")]
mod jwt;

use countersign_core::Result;

pub(crate) use client::post;
pub(crate) use dpop::{DPOP, Prover, wants_nonce};

use crate::config::Grant;

/// Reads the keys that the grant has.
pub(crate) fn check(grant: &Grant) -> Result<()> {
    client::check(grant)?;
    Prover::new(Some(grant)).map(|_| ())
}
