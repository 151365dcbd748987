//! The adapters, each with its client, over HTTP/1.1 and, where the client has it, over HTTP/2.

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use countersign::{Authenticator, Payload};
use countersign_reqwest::SendWith as _;
use countersign_reqwest_middleware::AuthMiddleware;
use countersign_tests::stand_in::{Answer, Place, StandIn};
use countersign_tests::tls::{certificate, install_provider};
use countersign_tower::{AuthLayer, AuthService, BoxError, Tunnel};
use countersign_ureq::RunWith as _;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tower::{Layer as _, Service, ServiceExt as _};

/// An adapter with its client, and what that client speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adapter {
    client: Kind,
    protocol: Protocol,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Ureq,
    Tower,
    Reqwest,
    Middleware,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Protocol {
    Http1,
    /// Over TLS.
    Http1Tls,
    /// Over TLS.
    Http2,
}

type Sent = Result<Response<Vec<u8>>, String>;

pub(crate) trait User: Send + Sync {
    /// A response, or what the error says.
    fn send(&self, request: Request<Payload>) -> Sent;
}

/// A user of an asynchronous client.
pub(crate) trait AsyncUser: Send + Sync {
    fn start(&self, request: Request<Payload>) -> Pin<Box<dyn Future<Output = Sent> + Send>>;
}

impl<U: AsyncUser + ?Sized> User for U {
    fn send(&self, request: Request<Payload>) -> Sent {
        runtime().block_on(self.start(request))
    }
}

impl User for Box<dyn AsyncUser> {
    fn send(&self, request: Request<Payload>) -> Sent {
        (**self).send(request)
    }
}

#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) most_redirects: Option<usize>,
    /// Says how connections are made, for NTLM.
    pub(crate) connections: bool,
    /// For each leg.
    pub(crate) timeout: Option<Duration>,
    /// A proxy for plain requests, and its credentials.
    pub(crate) proxy: Option<(String, Authenticator)>,
    /// Leaves the proxy's questions unanswered.
    pub(crate) proxy_is_not_answered: bool,
}

/// Every adapter with every protocol of its client.
pub(crate) fn adapters() -> Vec<Adapter> {
    let http2 = [Kind::Tower, Kind::Reqwest, Kind::Middleware];
    let http2 = http2.map(|client| Adapter { client, protocol: Protocol::Http2 });
    over_http1().into_iter().chain(http2).collect()
}

/// Every adapter over plain HTTP/1.1.
pub(crate) fn over_http1() -> Vec<Adapter> {
    let clients = [Kind::Ureq, Kind::Tower, Kind::Reqwest, Kind::Middleware];
    clients.map(|client| Adapter { client, protocol: Protocol::Http1 }).into()
}

/// Those whose futures can be dropped.
pub(crate) fn asynchronous() -> Vec<Adapter> {
    over_http1().into_iter().filter(|adapter| adapter.client != Kind::Ureq).collect()
}

/// Those that see the server's certificate.
pub(crate) fn over_tls() -> Vec<Adapter> {
    asynchronous().into_iter().map(|adapter| Adapter { protocol: Protocol::Http1Tls, ..adapter }).collect()
}

impl Adapter {
    pub(crate) fn name(&self) -> String {
        format!("{:?} over {:?}", self.client, self.protocol)
    }

    pub(crate) fn is_ureq(&self) -> bool {
        self.client == Kind::Ureq
    }

    pub(crate) fn is_tower(&self) -> bool {
        self.client == Kind::Tower
    }

    pub(crate) fn speaks(&self, protocol: Protocol) -> bool {
        self.protocol == protocol
    }

    /// A server that speaks this adapter's protocol.
    pub(crate) fn serve(&self, answer: impl Fn(Place, Request<Vec<u8>>) -> Answer + Send + Sync + 'static) -> StandIn {
        match self.protocol {
            Protocol::Http1 => StandIn::start(answer).unwrap(),
            Protocol::Http1Tls => StandIn::start_tls(&["http/1.1"], answer).unwrap(),
            Protocol::Http2 => StandIn::start_tls(&["h2"], answer).unwrap(),
        }
    }

    /// A user of the client, who sends one request after the other, and trusts the servers here.
    pub(crate) fn user(&self, auth: &Authenticator, options: &Options) -> Box<dyn User> {
        match self.client {
            Kind::Ureq => Box::new(ureq_user(auth, options)),
            _ => Box::new(self.async_user(auth, options)),
        }
    }

    pub(crate) fn async_user(&self, auth: &Authenticator, options: &Options) -> Box<dyn AsyncUser> {
        match self.client {
            Kind::Ureq => unreachable!("ureq blocks"),
            Kind::Tower => tower_user(auth, options),
            Kind::Reqwest => Box::new(ReqwestUser(reqwest_client(options).build().unwrap(), session(auth, options))),
            Kind::Middleware => {
                let client = reqwest_middleware::ClientBuilder::new(reqwest_client(options).build().unwrap());
                Box::new(MiddlewareUser(client.with(AuthMiddleware::new(session(auth, options))).build()))
            }
        }
    }
}

/// With a client of defaults.
pub(crate) fn send(adapter: &Adapter, auth: &Authenticator, request: Request<Payload>) -> Sent {
    adapter.user(auth, &Options::default()).send(request)
}

struct UreqUser(ureq::Agent, countersign_ureq::Session);

fn ureq_user(auth: &Authenticator, options: &Options) -> UreqUser {
    let mut config = ureq::Agent::config_builder().timeout_global(options.timeout);
    if let Some(most) = options.most_redirects {
        config = config.max_redirects(u32::try_from(most).unwrap());
    }
    let mut session = countersign_ureq::Session::new(auth);
    if let Some((uri, credentials)) = &options.proxy {
        config = config.proxy(Some(ureq::Proxy::new(uri).unwrap()));
        if !options.proxy_is_not_answered {
            session = session.with_proxy(credentials);
        }
    }
    let config = config.build();
    if options.connections {
        let config = config.clone();
        session = session.with_connections(move || config.clone());
    }
    UreqUser(config.into(), session)
}

impl User for UreqUser {
    fn send(&self, request: Request<Payload>) -> Sent {
        let response = self.0.run_with(&self.1, request).map_err(|why| why.to_string())?;
        let (parts, mut body) = response.into_parts();
        let bytes = body.with_config().limit(u64::MAX).read_to_vec().map_err(|why| why.to_string())?;
        Ok(Response::from_parts(parts, bytes))
    }
}

/// The runtime that asynchronous clients live on.
pub(crate) fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());
    &RUNTIME
}

struct TowerUser<C>(AuthService<Client<HttpsConnector<C>, Full<Bytes>>>, Option<Duration>);

/// Through a proxy, or not.
fn tower_user(auth: &Authenticator, options: &Options) -> Box<dyn AsyncUser> {
    let mut direct = HttpConnector::new();
    direct.enforce_http(false);
    match &options.proxy {
        Some((uri, credentials)) => connected_by(Tunnel::new(direct, uri.parse().unwrap(), credentials), auth, options),
        None => connected_by(direct, auth, options),
    }
}

fn connected_by<C>(connector: C, auth: &Authenticator, options: &Options) -> Box<dyn AsyncUser>
where
    C: Service<Uri, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync + 'static,
    C::Response: hyper::rt::Read + hyper::rt::Write + Connection + Send + Unpin + 'static,
{
    let mut layer = AuthLayer::new(auth).with_most_redirects(options.most_redirects.unwrap_or(10));
    if let Some((_, credentials)) = &options.proxy {
        layer = layer.with_proxy(credentials);
    }
    if options.connections {
        let connector = https().enable_http1().wrap_connector(connector.clone());
        layer = layer.with_connector_and_certificate(connector, |stream| match stream {
            MaybeHttpsStream::Https(stream) => Some(stream.inner().get_ref().1.peer_certificates()?.first()?.to_vec()),
            MaybeHttpsStream::Http(_) => None,
        });
    }
    let connector = https().enable_http1().enable_http2().wrap_connector(connector);
    Box::new(TowerUser(layer.layer(Client::builder(TokioExecutor::new()).build(connector)), options.timeout))
}

fn https() -> HttpsConnectorBuilder<hyper_rustls::builderstates::WantsProtocols1> {
    install_provider();
    let mut roots = RootCertStore::empty();
    roots.add(certificate()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    HttpsConnectorBuilder::new().with_tls_config(config).https_or_http()
}

impl<C> AsyncUser for TowerUser<C>
where
    C: Service<Uri, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync + 'static,
    C::Response: hyper::rt::Read + hyper::rt::Write + Connection + Send + Unpin + 'static,
{
    fn start(&self, request: Request<Payload>) -> Pin<Box<dyn Future<Output = Sent> + Send>> {
        let request = request.map(|payload| Full::new(payload.bytes().cloned().unwrap_or_default()));
        let (service, limit) = (self.0.clone(), self.1);
        let whole = async {
            let (parts, body) = service.oneshot(request).await.map_err(|why| why.to_string())?.into_parts();
            let bytes = body.collect().await.map_err(|why| why.to_string())?.to_bytes();
            Ok(Response::from_parts(parts, bytes.to_vec()))
        };
        let Some(limit) = limit else { return Box::pin(whole) };
        Box::pin(async move { tokio::time::timeout(limit, whole).await.map_err(|_| "timed out".to_owned())? })
    }
}

fn reqwest_client(options: &Options) -> reqwest::ClientBuilder {
    install_provider();
    let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    if let Some(timeout) = options.timeout {
        builder = builder.timeout(timeout);
    }
    builder = builder.tls_certs_only([reqwest::Certificate::from_der(&certificate()).unwrap()]);
    match &options.proxy {
        Some((uri, _)) => builder.proxy(reqwest::Proxy::all(uri).unwrap()),
        None => builder.no_proxy(),
    }
}

fn session(auth: &Authenticator, options: &Options) -> countersign_reqwest::Session {
    let mut session = countersign_reqwest::Session::new(auth);
    if let Some(most) = options.most_redirects {
        session = session.with_most_redirects(most);
    }
    if let Some((_, credentials)) = options.proxy.as_ref().filter(|_| !options.proxy_is_not_answered) {
        session = session.with_proxy(credentials);
    }
    if options.connections {
        let options = options.clone();
        session = session.with_connections(move || reqwest_client(&options));
    }
    session
}

struct ReqwestUser(reqwest::Client, countersign_reqwest::Session);

impl AsyncUser for ReqwestUser {
    fn start(&self, request: Request<Payload>) -> Pin<Box<dyn Future<Output = Sent> + Send>> {
        let (parts, payload) = request.into_parts();
        let builder = self.0.request(parts.method, parts.uri.to_string()).headers(parts.headers);
        let body = payload.bytes().cloned().unwrap_or_default();
        let builder = if body.is_empty() { builder } else { builder.body(body) };
        let session = self.1.clone();
        Box::pin(async move { whole(builder.send_with(&session).await.map_err(|why| why.to_string())?).await })
    }
}

struct MiddlewareUser(reqwest_middleware::ClientWithMiddleware);

impl AsyncUser for MiddlewareUser {
    fn start(&self, request: Request<Payload>) -> Pin<Box<dyn Future<Output = Sent> + Send>> {
        let (parts, payload) = request.into_parts();
        let builder = self.0.request(parts.method, parts.uri.to_string()).headers(parts.headers);
        let body = payload.bytes().cloned().unwrap_or_default();
        let builder = if body.is_empty() { builder } else { builder.body(body) };
        Box::pin(async move { whole(builder.send().await.map_err(|why| why.to_string())?).await })
    }
}

async fn whole(response: reqwest::Response) -> Sent {
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.map_err(|why| why.to_string())?;
    let mut response = Response::new(bytes.to_vec());
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    Ok(response)
}
