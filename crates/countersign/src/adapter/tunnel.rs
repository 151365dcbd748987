use std::fmt;

use countersign_core::{Error, ErrorKind, Payload, Reply, Result, Step};
use http::header::HOST;
use http::{HeaderValue, Method, Request, StatusCode, Uri};

use super::error::closed_between_legs;
use super::through::Through;
use crate::Authenticator;

/// The conversation that opens a tunnel through a proxy: `CONNECT` (RFC 9110 section 9.3.6), and the answers to the proxy's 407. All its
/// requests go over one connection, to the proxy; after [`Step::Done`] that connection is the tunnel.
///
/// ```
/// use countersign::adapter::Tunnel;
/// use countersign::{AuthConfig, Authenticator, Step};
///
/// let auth = Authenticator::new(&AuthConfig::basic("Aladdin", "open sesame"))?;
/// let (mut tunnel, step) = Tunnel::start(&auth, "example.com:443")?;
/// let Step::Send(request) = step else { panic!("Basic sends at once") };
/// assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("CONNECT", "example.com:443"));
/// assert_eq!(request.headers()["proxy-authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
/// assert!(matches!(tunnel.on_response(&http::Response::new([]))?, Step::Done));
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct Tunnel {
    proxy: Authenticator,
    through: Through,
}

impl Tunnel {
    /// Sets out for `authority`: host and port.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when that is no authority, or the request cannot be signed.
    pub fn start(proxy: &Authenticator, authority: &str) -> Result<(Self, Step)> {
        let not_one = || Error::new(ErrorKind::InvalidRequest, "a tunnel leads to a host and a port");
        let uri = authority.parse::<Uri>().map_err(|_| not_one())?;
        let host = HeaderValue::from_str(authority).map_err(|_| not_one())?;
        let mut request = Request::new(Payload::empty());
        *request.method_mut() = Method::CONNECT;
        *request.uri_mut() = uri;
        request.headers_mut().insert(HOST, host);
        let (through, step) = Through::start(proxy, request)?;
        Ok((Self { proxy: proxy.clone(), through }, about_the_tunnel(step)?))
    }

    /// The step after a reply; after [`Step::Done`] the tunnel is open.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] when the proxy refuses the credentials, or opens no tunnel for another reason; what the scheme says of a
    /// challenge that it cannot answer.
    pub fn on_response<'a>(&mut self, reply: impl Into<Reply<'a>>) -> Result<Step> {
        let reply = reply.into();
        let step = self.through.on_response(&self.proxy, reply)?;
        if !matches!(step, Step::Done) || reply.status.is_success() {
            return about_the_tunnel(step);
        }
        let why = match reply.status {
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => "the proxy refuses the credentials".into(),
            status => format!("the proxy opens no tunnel: status {}", status.as_u16()),
        };
        Err(Error::new(ErrorKind::Rejected, why))
    }

    /// The step after a [`Step::Wait`] is over.
    ///
    /// # Errors
    /// As [`Tunnel::start`].
    pub fn resume(&mut self) -> Result<Step> {
        about_the_tunnel(self.through.resume(&self.proxy)?)
    }

    /// The next request goes over another connection than the one before: the proxy had closed it, or more was to come than was read.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidChallenge`] when the conversation is bound to its connection (NTLM).
    pub fn connection_was_lost(&self) -> Result<()> {
        if self.through.connection_bound() { Err(closed_between_legs()) } else { Ok(()) }
    }
}

/// A tunnel carries nothing before it is open, so a scheme that asks somebody else first (OAuth 2) is none for a proxy.
fn about_the_tunnel(step: Step) -> Result<Step> {
    match &step {
        Step::Send(request) if *request.method() != Method::CONNECT => {
            const WHY: &str =
                "a proxy's tunnel is opened by a scheme that needs no request of its own: Basic, Digest, NTLM";
            Err(Error::new(ErrorKind::InvalidConfig, WHY))
        }
        _ => Ok(step),
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel").field("proxy", &self.proxy).finish_non_exhaustive()
    }
}
