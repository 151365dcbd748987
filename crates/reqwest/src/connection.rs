use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use countersign::scheme::target::Origin;
use http::Version;
use http::header::CONNECTION;
use http_body::{Body as _, Frame, SizeHint};
use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::{Body, Client, ClientBuilder, Response};

use crate::Session;
use crate::body::from_parts;
use crate::gate::Gate;

/// A connection of one user, for NTLM. It is made of a [`ClientBuilder`], which `Session::with_connections` is given: build it as your own
/// client's. Each connection gets a client of its own, which speaks HTTP/1.1, follows no redirects, and opens one connection at a time.
///
/// With the feature `tls-info`, NTLM binds its proof to the server's certificate (extended protection, RFC 5929 section 4). Without it,
/// where a server demands that, set `tls_server_end_point` in the config.
#[derive(Debug)]
pub struct Connection {
    pub(crate) client: Client,
    gate: Gate,
    /// Its end here, which tells one connection from the next.
    local: Option<SocketAddr>,
}

impl TryFrom<ClientBuilder> for Connection {
    type Error = reqwest::Error;

    fn try_from(builder: ClientBuilder) -> reqwest::Result<Self> {
        let gate = Gate::new();
        let builder = builder
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(1)
            .connector_layer(gate.clone());
        #[cfg(feature = "tls-info")]
        let builder = builder.tls_info(true);
        Ok(Self { client: builder.build()?, gate, local: None })
    }
}

impl Connection {
    /// Whether a reply came over another connection than the one before.
    pub(crate) fn has_changed(&mut self, response: &Response) -> bool {
        self.gate.leg_is_over(!is_last(response));
        let local = response.extensions().get::<HttpInfo>().map(HttpInfo::local_addr);
        let before = std::mem::replace(&mut self.local, local);
        before.is_some() && local.is_some() && before != local
    }

    /// A reply was read to its end.
    pub(crate) fn rests(&self) {
        self.gate.reply_is_over();
    }

    /// Nothing comes back.
    pub(crate) fn is_over(&self) {
        self.gate.leg_is_over(false);
    }

    /// The server's, as DER.
    #[cfg(feature = "tls-info")]
    pub(crate) fn certificate(response: &Response) -> Option<std::sync::Arc<[u8]>> {
        let info = response.extensions().get::<reqwest::tls::TlsInfo>()?;
        info.peer_certificate().map(std::sync::Arc::from)
    }

    /// The caller's response, after whose end the connection is kept; else it is closed.
    pub(crate) fn kept_after(self, response: Response, session: Session, origin: Origin) -> Response {
        let url = response.url().clone();
        let (parts, body) = http::Response::<Body>::from(response).into_parts();
        let mut body = Keeping { body, keep: Some((self, session, origin)) };
        if body.body.is_end_stream() {
            body.keep();
        }
        from_parts(url, parts, Body::wrap(body))
    }
}

/// Whether the server closes the connection after this reply.
fn is_last(response: &Response) -> bool {
    let mut options = response.headers().get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    response.version() == Version::HTTP_10
        || options.any(|value| value.split(',').any(|option| option.trim().eq_ignore_ascii_case("close")))
}

struct Keeping {
    body: Body,
    keep: Option<(Connection, Session, Origin)>,
}

impl Keeping {
    fn keep(&mut self) {
        if let Some((connection, session, origin)) = self.keep.take() {
            connection.rests();
            session.keep(connection, &origin);
        }
    }
}

impl http_body::Body for Keeping {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() || (matches!(frame, Some(Ok(_))) && self.body.is_end_stream()) {
            self.keep();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
