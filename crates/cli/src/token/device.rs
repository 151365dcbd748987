//! The flow of a device without a browser (RFC 8628).

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use countersign::oauth2::server::device_request;
use countersign::oauth2::{DeviceAuthorization, Grant, Session, Token};
use countersign::{Context, Error};

use crate::failure::Failure;
use crate::token::send::send;
use crate::token::{Person, browser, converse, kept, tell};

pub(super) fn device(grant: &Grant, session: &Arc<Session>, person: &Person) -> Result<Token, Failure> {
    let refused = |why: Error| Failure::refused(&why);
    let response = send(device_request(grant, &Context::now()).map_err(refused)?)?;
    let mut device = DeviceAuthorization::from_reply(&response, &Context::now()).map_err(refused)?;
    device.expires_at = device.expires_at.min(Context::now().unix_time().saturating_add(person.timeout.as_secs()));
    tell(&format!("open {} and type {}", device.verification_uri, device.user_code))?;
    if let Some(url) = device.verification_uri_complete.as_ref().filter(|_| !person.no_browser && !person.paste) {
        browser::open(url);
    }
    while let Some(pause) = pause(device.interval, device.expires_at, Context::now().unix_time()) {
        thread::sleep(pause);
        match converse(session.poll(&device))? {
            Ok(()) => return kept(session),
            Err(why) if device.goes_on(&why, &Context::now()) => {}
            Err(why) => return Err(Failure::refused(&why)),
        }
    }
    Err(Failure::Refused("nobody typed in the code in time".into()))
}

/// How long to wait before the next asking: what the server says, but at least a second, and no longer than there is time; none when
/// the time is over.
fn pause(interval: u64, expires_at: u64, now: u64) -> Option<Duration> {
    let left = expires_at.checked_sub(now).filter(|left| *left > 0)?;
    Some(Duration::from_secs(interval.clamp(1, left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_can_neither_hurry_the_program_nor_hold_it() {
        let seconds = |interval, expires_at, now| pause(interval, expires_at, now).map(|pause| pause.as_secs());
        assert_eq!(seconds(0, 100, 0), Some(1));
        assert_eq!(seconds(5, 100, 0), Some(5));
        assert_eq!(seconds(1 << 63, 100, 90), Some(10));
        assert_eq!(seconds(u64::MAX, u64::MAX, 1), Some(u64::MAX - 1));
        assert_eq!((seconds(0, 100, 100), seconds(5, 100, 101)), (None, None));
    }
}
