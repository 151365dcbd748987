use countersign_core::{Exchange, Payload, Reply, Result, Step};
use http::header::{AUTHORIZATION, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, Request, StatusCode};

use crate::Authenticator;

const PROXY_INFO: HeaderName = HeaderName::from_static("proxy-authentication-info");
const INFO: HeaderName = HeaderName::from_static("authentication-info");

/// The conversation with a proxy about one leg to the server. The proxy's scheme speaks as if to a server: its `Authorization` travels as
/// `Proxy-Authorization`, and the proxy's 407 is shown to it as a 401 (RFC 9110 section 11.7 has the same grammar for both), so every
/// scheme that answers servers answers proxies.
pub(super) struct Through {
    exchange: Exchange,
    /// The server's part of the leg.
    authorization: Vec<HeaderValue>,
}

impl Through {
    pub(super) fn start(proxy: &Authenticator, mut leg: Request<Payload>) -> Result<(Self, Step)> {
        let authorization = leg.headers().get_all(AUTHORIZATION).iter().cloned().collect();
        leg.headers_mut().remove(AUTHORIZATION);
        let (exchange, step) = proxy.start(leg, &proxy.context())?;
        let through = Self { exchange, authorization };
        let step = through.to_proxy(step);
        Ok((through, step))
    }

    pub(super) fn on_response(&mut self, proxy: &Authenticator, reply: Reply<'_>) -> Result<Step> {
        let headers = as_from_server(reply.headers);
        let step =
            self.exchange.on_response(Reply::new(shown_status(reply), &headers, reply.body), &proxy.context())?;
        Ok(self.to_proxy(step))
    }

    pub(super) fn resume(&mut self, proxy: &Authenticator) -> Result<Step> {
        let step = self.exchange.resume(&proxy.context())?;
        Ok(self.to_proxy(step))
    }

    pub(super) fn connection_bound(&self) -> bool {
        self.exchange.connection_bound()
    }

    pub(super) fn reads_body_of(&self, head: Reply<'_>) -> bool {
        self.exchange.reads_body()
            && self.exchange.reads_body_of(Reply::new(shown_status(head), &as_from_server(head.headers), &[]))
    }

    fn to_proxy(&self, step: Step) -> Step {
        let Step::Send(mut request) = step else { return step };
        let headers = request.headers_mut();
        if let Some(answer) = headers.remove(AUTHORIZATION) {
            headers.insert(PROXY_AUTHORIZATION, answer);
        }
        for value in &self.authorization {
            headers.append(AUTHORIZATION, value.clone());
        }
        Step::Send(request)
    }
}

/// A 407 as a 401; what the server says is nothing to the proxy's scheme.
fn shown_status(reply: Reply<'_>) -> StatusCode {
    match reply.status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => StatusCode::UNAUTHORIZED,
        StatusCode::UNAUTHORIZED => StatusCode::OK,
        status => status,
    }
}

fn as_from_server(headers: &HeaderMap) -> HeaderMap {
    let mut shown = HeaderMap::new();
    for (name, value) in headers {
        let name = match name {
            name if *name == PROXY_AUTHENTICATE => WWW_AUTHENTICATE,
            name if *name == PROXY_INFO => INFO,
            name if *name == WWW_AUTHENTICATE || *name == INFO => continue,
            name => name.clone(),
        };
        shown.append(name, value.clone());
    }
    shown
}
