//! The published messages, and whole conversations.

use std::sync::atomic::{AtomicBool, Ordering};

use countersign_core::Context;
use http::Request;
use http::request::Parts;

use crate::Config;

mod conversations;
mod messages;

/// MS-NLMP section 4.2.1: client challenge aa…, session key 55…
fn ctx() -> Context {
    let second = AtomicBool::new(false);
    Context::at(0).with_random(move |buf| {
        buf.fill(if second.swap(true, Ordering::SeqCst) { 0x55 } else { 0xaa });
        Ok(())
    })
}

fn parts() -> Parts {
    Request::get("http://server.example:8080/").body(()).unwrap().into_parts().0
}

/// MS-NLMP section 4.2.1.
fn config() -> Config {
    let mut config = Config::new("User", "Password");
    config.domain = "Domain".into();
    config.workstation = "COMPUTER".into();
    config
}
