use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use countersign::adapter::{Journey, Kept};
use countersign::scheme::target::Origin;
use countersign::{Error as AuthError, ErrorKind};
use http::header::{HOST, HeaderValue};
use http::{Request, Response, Uri, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::client::legacy::connect::Connection;
use tower_service::Service;

use crate::layer::Shared;
use crate::{AuthLayer, BoxError, Error};

/// How many authenticated connections are kept unless the layer says otherwise, and for how long.
const KEPT: usize = 32;
const IDLE: Duration = Duration::from_secs(60);

type RequestBody = UnsyncBoxBody<Bytes, BoxError>;
type Dialling = Pin<Box<dyn Future<Output = Result<Lane, Error>> + Send>>;
type Dial = dyn Fn(Uri) -> Dialling + Send + Sync;

impl AuthLayer {
    /// Gives NTLM connections of its own, made by `connector`: the one that makes your client's connections (hyper-util's
    /// `HttpConnector`, hyper-rustls's `HttpsConnector`, one that goes through a proxy). It must agree on HTTP/1.1: HTTP/2 shares a
    /// connection between requests. Each connection runs on the tokio runtime that the request is sent from.
    ///
    /// ```
    /// use countersign::{AuthConfig, Authenticator};
    /// use countersign_tower::AuthLayer;
    /// use hyper_util::client::legacy::connect::HttpConnector;
    ///
    /// let auth = Authenticator::new(&AuthConfig::ntlm("DOMAIN\\user", "password"))?;
    /// let layer = AuthLayer::new(&auth).with_connector(HttpConnector::new());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_connector<C>(self, connector: C) -> Self
    where
        C: Service<Uri, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync + 'static,
        C::Response: hyper::rt::Read + hyper::rt::Write + Connection + Send + Unpin + 'static,
    {
        self.with_connector_and_certificate(connector, |_| None)
    }

    /// [`AuthLayer::with_connector`] with a look at each connection: `certificate` returns the server's certificate as DER, where the
    /// connection is one of TLS, and NTLM binds its proof to it (extended protection, RFC 5929 section 4).
    ///
    /// ```
    /// use countersign::{AuthConfig, Authenticator};
    /// use countersign_tower::AuthLayer;
    /// use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
    ///
    /// # tokio_rustls::rustls::crypto::ring::default_provider().install_default().unwrap();
    /// let auth = Authenticator::new(&AuthConfig::ntlm("DOMAIN\\user", "password"))?;
    /// let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
    /// let layer = AuthLayer::new(&auth).with_connector_and_certificate(connector, |stream| match stream {
    ///     MaybeHttpsStream::Https(stream) => Some(stream.inner().get_ref().1.peer_certificates()?.first()?.to_vec()),
    ///     MaybeHttpsStream::Http(_) => None,
    /// });
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_connector_and_certificate<C>(
        self,
        connector: C,
        certificate: impl Fn(&C::Response) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self
    where
        C: Service<Uri, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync + 'static,
        C::Response: hyper::rt::Read + hyper::rt::Write + Connection + Send + Unpin + 'static,
    {
        let certificate = Arc::new(certificate);
        let dial: Arc<Dial> = Arc::new(move |uri| {
            let (connector, certificate) = (connector.clone(), Arc::clone(&certificate));
            Box::pin(async move { dial(connector, uri, &*certificate).await })
        });
        self.with(|shared| {
            let kept = shared.connections.take().map_or_else(|| Arc::new(Kept::new(KEPT, IDLE)), |before| before.kept);
            shared.connections = Some(Connections { dial, kept });
        })
    }

    /// Keeps at most `most` authenticated connections, each for at most `idle` after its last use, in place of 32 and a minute. Call it
    /// after [`AuthLayer::with_connector`], which it does nothing without.
    #[must_use]
    pub fn with_kept(self, most: usize, idle: Duration) -> Self {
        self.with(|shared| {
            if let Some(connections) = &mut shared.connections {
                connections.kept = Arc::new(Kept::new(most, idle));
            }
        })
    }
}

/// How connections are made, and those that are kept.
#[derive(Clone)]
pub(crate) struct Connections {
    dial: Arc<Dial>,
    kept: Arc<Kept<Lane>>,
}

/// A connection of one user, for one request after the other.
pub(crate) struct Lane {
    sender: SendRequest<RequestBody>,
    /// To a proxy, which wants whole URIs.
    is_proxied: bool,
    pub(crate) certificate: Option<Arc<[u8]>>,
}

impl Connections {
    pub(crate) async fn dial(&self, uri: &Uri) -> Result<Lane, Error> {
        (self.dial)(uri.clone()).await
    }

    /// A connection that was kept, and is open as far as it is known.
    pub(crate) fn take(&self, shared: &Shared, journey: &Journey) -> Option<Lane> {
        let home = journey.home()?;
        loop {
            let lane = self.kept.take(&shared.auth, &shared.plan, home, Instant::now())?;
            if !lane.sender.is_closed() {
                return Some(lane);
            }
        }
    }

    /// What keeps a connection, once nothing is under way on it.
    pub(crate) fn keep(&self, lane: Lane, shared: &Arc<Shared>, journey: &Journey) -> Keep {
        let (kept, shared, origin) = (Arc::clone(&self.kept), Arc::clone(shared), journey.home().cloned());
        Box::new(move || put(&kept, lane, &shared, origin))
    }
}

pub(crate) type Keep = Box<dyn FnOnce() + Send + Sync>;

fn put(kept: &Kept<Lane>, lane: Lane, shared: &Shared, origin: Option<Origin>) {
    if let Some(origin) = origin {
        kept.put(&shared.auth, &shared.plan, &origin, lane, Instant::now());
    }
}

async fn dial<C>(
    mut connector: C,
    uri: Uri,
    certificate: &(dyn Fn(&C::Response) -> Option<Vec<u8>> + Send + Sync),
) -> Result<Lane, Error>
where
    C: Service<Uri, Error: Into<BoxError>>,
    C::Response: hyper::rt::Read + hyper::rt::Write + Connection + Send + Unpin + 'static,
{
    poll_fn(|cx| connector.poll_ready(cx)).await.map_err(Error::service)?;
    let io = connector.call(uri).await.map_err(Error::service)?;
    let connected = io.connected();
    if connected.is_negotiated_h2() {
        const WHY: &str = "NTLM needs HTTP/1.1, and the connector agreed on HTTP/2: give `AuthLayer::with_connector` one that does not offer it";
        return Err(AuthError::new(ErrorKind::InvalidRequest, WHY).into());
    }
    let certificate = certificate(&io).map(Arc::from);
    let (sender, connection) = http1::handshake(io).await.map_err(Error::service)?;
    // It ends when its sender is dropped; what goes wrong on it, the sender is told.
    tokio::spawn(connection);
    Ok(Lane { sender, is_proxied: connected.is_proxied(), certificate })
}

impl Lane {
    /// Sends a request; over a new connection if this one was closed before the request was written.
    pub(crate) async fn send<B>(
        &mut self,
        request: Request<B>,
        connections: &Connections,
        journey: &mut Journey,
    ) -> Result<Response<Own>, Error>
    where
        B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        let uri = request.uri().clone();
        let mut request = self.on_the_wire(request.map(boxed))?;
        loop {
            if self.sender.ready().await.is_err() {
                *self = connections.dial(&uri).await?;
                journey.connection_was_lost();
            }
            match self.sender.try_send_request(request).await {
                Ok(response) => return Ok(response.map(|body| Own { body, keep: None })),
                Err(mut why) => match why.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(Error::service(why.into_error())),
                },
            }
        }
    }

    /// In origin form with `Host`, or for a proxy in absolute form (RFC 9112 section 3.2).
    fn on_the_wire<B>(&self, request: Request<B>) -> Result<Request<B>, Error> {
        let (mut parts, body) = request.into_parts();
        parts.version = Version::HTTP_11;
        if let Some(authority) = parts.uri.authority()
            && !parts.headers.contains_key(HOST)
        {
            let origin = Origin::of(&parts.uri).map(|origin| origin.authority());
            let host = origin.as_deref().unwrap_or(authority.as_str());
            parts.headers.insert(HOST, HeaderValue::from_str(host).map_err(Error::service)?);
        }
        if !(self.is_proxied && parts.uri.scheme_str() == Some("http")) {
            let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
            let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
            parts.uri = Uri::try_from(target).map_err(Error::service)?;
        }
        Ok(Request::from_parts(parts, body))
    }
}

fn boxed<B>(body: B) -> RequestBody
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    use bytes::Buf as _;
    let whole = |frame: Frame<B::Data>| frame.map_data(|mut data| data.copy_to_bytes(data.remaining()));
    body.map_frame(whole).map_err(Into::into).boxed_unsync()
}

/// A body over a connection of the layer's own, which is kept once the body was read to its end, and else closed.
pub(crate) struct Own {
    body: Incoming,
    keep: Option<Keep>,
}

impl Own {
    pub(crate) fn keep_after(&mut self, keep: Keep) {
        if self.body.is_end_stream() {
            keep();
        } else {
            self.keep = Some(keep);
        }
    }
}

impl Body for Own {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        // Who knows the length does not ask for the end.
        let ended = frame.is_none() || (matches!(frame, Some(Ok(_))) && self.body.is_end_stream());
        if ended && let Some(keep) = self.keep.take() {
            keep();
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

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("kept", &self.kept).finish_non_exhaustive()
    }
}
