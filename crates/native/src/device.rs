//! The flow of a device without a browser (RFC 8628).

use std::sync::Arc;
use std::time::Duration;

use countersign_core::{Context, Error, ErrorKind, Payload, Reply, Result};
use countersign_oauth2::server::device_request;
use countersign_oauth2::{DeviceAuthorization, DeviceCode, DpopKey, Grant, Session};
use http::{Request, Response};

use crate::client::Client;
use crate::login::{Login, Notice};
use crate::{browser, login};

/// Tells the person the code, and asks the server until they have typed it in.
pub(crate) async fn device<F, Sending, B, E>(
    login: &Login,
    session: &Arc<Session>,
    grant: &Grant,
    client: &mut Client<F>,
) -> Result<()>
where
    F: FnMut(Request<Payload>) -> Sending,
    Sending: Future<Output = Result<Response<B>, E>>,
    B: AsRef<[u8]>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let reply = client.send(device_request(grant, &Context::now())?).await?;
    let mut device = DeviceAuthorization::from_reply(Reply::from(&reply), &Context::now())?;
    let latest = Context::now().unix_time().saturating_add(login.timeout.as_secs());
    device.expires_at = device.expires_at.min(latest);
    login.notify(&Notice::Type { url: &device.verification_uri, user_code: &device.user_code });
    if let Some(url) = device.verification_uri_complete.as_ref().filter(|_| login.opens_browser) {
        // The page is on the screen, too.
        drop(browser::open(url));
    }
    while let Some(pause) = pause(device.interval, device.expires_at, Context::now().unix_time()) {
        tokio::time::sleep(pause).await;
        match client.converse(session.poll(&device)).await {
            Ok(()) => return Ok(()),
            Err(why) if device.goes_on(&why, &Context::now()) => {}
            // A code that ran out while it was asked for is one that nobody typed in.
            Err(why) if Context::now().unix_time() < device.expires_at => return Err(why),
            Err(_) => break,
        }
    }
    Err(login::nobody("nobody typed in the code in time"))
}

/// How long to wait before the next asking: what the server says, but at least a second, and no longer than there is time; none when
/// the time is over.
fn pause(interval: u64, expires_at: u64, now: u64) -> Option<Duration> {
    let left = expires_at.checked_sub(now).filter(|left| *left > 0)?;
    Some(Duration::from_secs(interval.clamp(1, left)))
}

/// The device grant of a grant that asks in a browser: the same client at the same token endpoint.
pub(crate) fn grant_of(grant: &Grant, device_url: &str) -> Result<Grant> {
    let Grant::AuthorizationCode(code) = grant else {
        return Err(Error::new(
            ErrorKind::InvalidConfig,
            "only an authorization code can be had at another device instead",
        ));
    };
    if code.token.dpop == Some(DpopKey::Drawn) {
        const WHY: &str = "tokens that are bound to a drawn key cannot be had at another device: give the DPoP key";
        return Err(Error::new(ErrorKind::InvalidConfig, WHY));
    }
    let mut device = DeviceCode::new(device_url, "", "");
    (device.client, device.token) = (code.client.clone(), code.token.clone());
    Ok(device.into())
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
