use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use countersign::adapter::{self, Journey};
use countersign::{Authenticator, Error as AuthError, ErrorKind, Payload, Reply, Step};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::upgrade::Upgraded;
use hyper_util::client::legacy::connect::{Connected, Connection};
use tower_service::Service;

use crate::{BoxError, Error};

/// A connector through a proxy that asks for credentials: Basic, Digest, NTLM. To `https://` URLs it opens a tunnel (`CONNECT`, RFC 9110
/// section 9.3.6); put the connector of TLS around it. For `http://` URLs it connects to the proxy, and says so: answer that proxy's 407
/// with [`AuthLayer::with_proxy`](crate::AuthLayer::with_proxy).
///
/// ```
/// use bytes::Bytes;
/// use countersign::{AuthConfig, Authenticator};
/// use countersign_tower::{AuthLayer, Tunnel};
/// use http_body_util::Full;
/// use hyper_util::{client::legacy::{Client, connect::HttpConnector}, rt::TokioExecutor};
/// use tower::Layer as _;
///
/// let auth = Authenticator::new(&AuthConfig::bearer("mF_9.B5f-4.1JqM"))?;
/// let proxy = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life"))?;
/// let tunnel = Tunnel::new(HttpConnector::new(), "http://proxy.example:3128".parse()?, &proxy);
/// # #[cfg(any())]
/// let tunnel = hyper_rustls::HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(tunnel);
/// let client = Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(tunnel);
/// let client = AuthLayer::new(&auth).with_proxy(&proxy).layer(client);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Tunnel<C> {
    connector: C,
    proxy: Uri,
    auth: Authenticator,
}

impl<C> Tunnel<C> {
    /// Through the proxy at this URL, to which `connector` connects.
    pub fn new(connector: C, proxy: Uri, auth: &Authenticator) -> Self {
        Self { connector, proxy, auth: auth.clone() }
    }
}

impl<C> Service<Uri> for Tunnel<C>
where
    C: Service<Uri, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static,
    C::Response: Read + Write + Connection + Send + Unpin + 'static,
{
    type Response = Tunnelled<C::Response>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.connector.poll_ready(cx).map_err(Error::service)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        // What is ready is this one, not a clone of it.
        let clone = self.connector.clone();
        let connector = std::mem::replace(&mut self.connector, clone);
        let mut digger = Digger { connector, is_ready: true, proxy: self.proxy.clone() };
        let auth = self.auth.clone();
        Box::pin(async move {
            if to.scheme_str() == Some("http") {
                return Ok(Tunnelled(Way::ToProxy(digger.connect().await?)));
            }
            let host = to.host().ok_or_else(|| AuthError::new(ErrorKind::InvalidRequest, "a URI without a host"))?;
            let authority = format!("{host}:{}", to.port_u16().unwrap_or(443));
            Ok(Tunnelled(Way::Through(digger.dig(&auth, &authority).await?)))
        })
    }
}

impl<C> fmt::Debug for Tunnel<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel")
            .field("proxy", &format_args!("{}", Journey::shown(&self.proxy)))
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

struct Digger<C> {
    connector: C,
    /// Whether the connector was seen to be ready, and not called since.
    is_ready: bool,
    proxy: Uri,
}

impl<C> Digger<C>
where
    C: Service<Uri, Error: Into<BoxError>>,
    C::Response: Read + Write + Connection + Send + Unpin + 'static,
{
    async fn connect(&mut self) -> Result<C::Response, Error> {
        if !std::mem::take(&mut self.is_ready) {
            poll_fn(|cx| self.connector.poll_ready(cx)).await.map_err(Error::service)?;
        }
        self.connector.call(self.proxy.clone()).await.map_err(Error::service)
    }

    async fn handshake(&mut self) -> Result<SendRequest<Empty<Bytes>>, Error> {
        let io = self.connect().await?;
        if io.connected().is_negotiated_h2() {
            const WHY: &str = "a tunnel is opened over HTTP/1.1, and the connector agreed on HTTP/2 with the proxy";
            return Err(AuthError::new(ErrorKind::InvalidRequest, WHY).into());
        }
        let (sender, connection) = http1::handshake(io).await.map_err(Error::service)?;
        // What goes wrong on it, the sender is told.
        tokio::spawn(connection.with_upgrades());
        Ok(sender)
    }

    async fn dig(&mut self, auth: &Authenticator, authority: &str) -> Result<Upgraded, Error> {
        let (mut tunnel, mut step) = adapter::Tunnel::start(auth, authority)?;
        let mut sender = self.handshake().await?;
        let mut response = None;
        loop {
            step = match step {
                Step::Send(request) => {
                    let continues = response.is_some();
                    let is_lost = match response.take() {
                        Some(before) => !drained(before).await || sender.ready().await.is_err(),
                        None => false,
                    };
                    if is_lost {
                        tunnel.connection_was_lost()?;
                        sender = self.handshake().await?;
                    }
                    let reply = match send(&mut sender, request).await {
                        Ok(reply) => response.insert(reply),
                        Err(why) if continues && !is_lost => {
                            tunnel.connection_was_lost()?;
                            return Err(why);
                        }
                        Err(why) => return Err(why),
                    };
                    tunnel.on_response(Reply::new(reply.status(), reply.headers(), &[]))?
                }
                Step::Wait(wait) => {
                    wait.await;
                    tunnel.resume()?
                }
                Step::Done => {
                    let response = response.ok_or_else(Journey::nothing_sent)?;
                    return hyper::upgrade::on(response).await.map_err(Error::service);
                }
            };
        }
    }
}

async fn send(sender: &mut SendRequest<Empty<Bytes>>, request: Request<Payload>) -> Result<Response<Incoming>, Error> {
    sender.send_request(request.map(|_| Empty::new())).await.map_err(Error::service)
}

/// Takes the rest of a reply off its connection; whether that can be used again.
async fn drained(response: Response<Incoming>) -> bool {
    /// Long pages come with a challenge, but not that long.
    const MOST: usize = 8 << 20;
    Limited::new(response.into_body(), MOST).collect().await.is_ok()
}

/// A connection that a [`Tunnel`] made.
pub struct Tunnelled<T>(Way<T>);

enum Way<T> {
    /// To the proxy, for plain requests.
    ToProxy(T),
    /// To the server.
    Through(Upgraded),
}

impl<T: Connection> Connection for Tunnelled<T> {
    fn connected(&self) -> Connected {
        match &self.0 {
            Way::ToProxy(io) => io.connected().proxy(true),
            Way::Through(_) => Connected::new(),
        }
    }
}

impl<T: Read + Unpin> Read for Tunnelled<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Way::ToProxy(io) => Pin::new(io).poll_read(cx, buf),
            Way::Through(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}

impl<T: Write + Unpin> Write for Tunnelled<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Way::ToProxy(io) => Pin::new(io).poll_write(cx, buf),
            Way::Through(io) => Pin::new(io).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Way::ToProxy(io) => Pin::new(io).poll_flush(cx),
            Way::Through(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Way::ToProxy(io) => Pin::new(io).poll_shutdown(cx),
            Way::Through(io) => Pin::new(io).poll_shutdown(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Way::ToProxy(io) => io.is_write_vectored(),
            Way::Through(io) => io.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Way::ToProxy(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Way::Through(io) => Pin::new(io).poll_write_vectored(cx, bufs),
        }
    }
}

impl<T> fmt::Debug for Tunnelled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnelled").finish_non_exhaustive()
    }
}
