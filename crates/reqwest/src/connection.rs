use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use countersign::adapter::{Journey, Kept};
use countersign::scheme::target::Origin;
use http_body::{Body as _, Frame, SizeHint};
use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::{Body, Client, Response};

use crate::run::from_parts;
use crate::{Error, Session};

/// How connections are made, and those that are kept.
pub(crate) struct Connections {
    make: Box<dyn Fn() -> reqwest::Result<Client> + Send + Sync>,
    kept: Kept<Connection>,
}

/// A client that one exchange at a time uses, so that all its requests go over the one connection in its pool.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// Its end here, which tells one connection from the next.
    local: Option<SocketAddr>,
}

impl Connections {
    pub(crate) fn new(
        make: impl Fn() -> reqwest::Result<Client> + Send + Sync + 'static,
        most: usize,
        idle: Duration,
    ) -> Self {
        Self { make: Box::new(make), kept: Kept::new(most, idle) }
    }

    /// A connection that was kept, or a new one; whether it was kept is told too.
    pub(crate) fn take(&self, session: &Session, journey: &Journey) -> Result<(Connection, bool), Error> {
        let kept = journey.home().and_then(|home| self.kept.take(&session.auth, &session.plan, home, Instant::now()));
        match kept {
            Some(connection) => Ok((connection, true)),
            None => Ok((Connection { client: (self.make)()?, local: None }, false)),
        }
    }
}

impl Connection {
    /// Whether a reply came over another connection than the one before.
    pub(crate) fn has_changed(&mut self, response: &Response) -> bool {
        let local = response.extensions().get::<HttpInfo>().map(HttpInfo::local_addr);
        let before = std::mem::replace(&mut self.local, local);
        before.is_some() && local.is_some() && before != local
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

struct Keeping {
    body: Body,
    keep: Option<(Connection, Session, Origin)>,
}

impl Keeping {
    fn keep(&mut self) {
        if let Some((connection, session, origin)) = self.keep.take()
            && let Some(connections) = &session.connections
        {
            connections.kept.put(&session.auth, &session.plan, &origin, connection, Instant::now());
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
