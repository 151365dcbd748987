//! The adapters, each with its client.

use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use countersign::{Authenticator, Payload};
use countersign_reqwest::SendWith as _;
use countersign_tower::{AuthLayer, AuthService};
use countersign_ureq::RunWith as _;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tower::{Layer as _, ServiceExt as _};

/// An adapter with its client.
pub(crate) trait Adapter {
    fn name(&self) -> &'static str;

    /// A user of the client, who sends one request after the other.
    fn user(&self, auth: &Authenticator, options: &Options) -> Box<dyn User>;
}

pub(crate) trait User: Send + Sync {
    /// A response, or what the error says.
    fn send(&self, request: Request<Payload>) -> Result<Response<Vec<u8>>, String>;
}

#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) most_redirects: Option<usize>,
    /// Says how connections are made, for NTLM.
    pub(crate) connections: bool,
    /// For each leg.
    pub(crate) timeout: Option<Duration>,
}

pub(crate) fn adapters() -> Vec<Box<dyn Adapter>> {
    vec![Box::new(Ureq), Box::new(Tower), Box::new(Reqwest)]
}

/// With a client of defaults.
pub(crate) fn send(
    adapter: &dyn Adapter,
    auth: &Authenticator,
    request: Request<Payload>,
) -> Result<Response<Vec<u8>>, String> {
    adapter.user(auth, &Options::default()).send(request)
}

struct Ureq;

struct UreqUser(ureq::Agent, countersign_ureq::Session);

impl Adapter for Ureq {
    fn name(&self) -> &'static str {
        "ureq"
    }

    fn user(&self, auth: &Authenticator, options: &Options) -> Box<dyn User> {
        let mut config = ureq::Agent::config_builder().timeout_global(options.timeout);
        if let Some(most) = options.most_redirects {
            config = config.max_redirects(u32::try_from(most).unwrap());
        }
        let config = config.build();
        let mut session = countersign_ureq::Session::new(auth);
        if options.connections {
            let config = config.clone();
            session = session.with_connections(move || config.clone());
        }
        Box::new(UreqUser(config.into(), session))
    }
}

impl User for UreqUser {
    fn send(&self, request: Request<Payload>) -> Result<Response<Vec<u8>>, String> {
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

struct Tower;

type HyperClient = Client<HttpConnector, Full<Bytes>>;

struct TowerUser(AuthService<HyperClient>, Option<Duration>);

impl Adapter for Tower {
    fn name(&self) -> &'static str {
        "tower"
    }

    fn user(&self, auth: &Authenticator, options: &Options) -> Box<dyn User> {
        let mut layer = AuthLayer::new(auth).with_most_redirects(options.most_redirects.unwrap_or(10));
        if options.connections {
            layer = layer.with_connector(HttpConnector::new());
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        Box::new(TowerUser(layer.layer(client), options.timeout))
    }
}

impl User for TowerUser {
    fn send(&self, request: Request<Payload>) -> Result<Response<Vec<u8>>, String> {
        let request = request.map(|payload| Full::new(payload.bytes().cloned().unwrap_or_default()));
        let service = self.0.clone();
        let limit = self.1.unwrap_or(Duration::from_secs(60));
        let whole = async {
            let (parts, body) = service.oneshot(request).await.map_err(|why| why.to_string())?.into_parts();
            let bytes = body.collect().await.map_err(|why| why.to_string())?.to_bytes();
            Ok(Response::from_parts(parts, bytes.to_vec()))
        };
        runtime().block_on(async { tokio::time::timeout(limit, whole).await }).map_err(|_| "timed out".to_owned())?
    }
}

struct Reqwest;

struct ReqwestUser(reqwest::Client, countersign_reqwest::Session);

fn reqwest_client(timeout: Option<Duration>) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    match timeout {
        Some(timeout) => builder.timeout(timeout),
        None => builder,
    }
}

impl Adapter for Reqwest {
    fn name(&self) -> &'static str {
        "reqwest"
    }

    fn user(&self, auth: &Authenticator, options: &Options) -> Box<dyn User> {
        let mut session = countersign_reqwest::Session::new(auth);
        if let Some(most) = options.most_redirects {
            session = session.with_most_redirects(most);
        }
        let timeout = options.timeout;
        if options.connections {
            session = session.with_connections(move || reqwest_client(timeout));
        }
        Box::new(ReqwestUser(reqwest_client(timeout).build().unwrap(), session))
    }
}

impl User for ReqwestUser {
    fn send(&self, request: Request<Payload>) -> Result<Response<Vec<u8>>, String> {
        let (parts, payload) = request.into_parts();
        let builder = self.0.request(parts.method, parts.uri.to_string()).headers(parts.headers);
        let body = payload.bytes().cloned().unwrap_or_default();
        let builder = if body.is_empty() { builder } else { builder.body(body) };
        runtime().block_on(async {
            let response = builder.send_with(&self.1).await.map_err(|why| why.to_string())?;
            let status = response.status();
            let bytes = response.bytes().await.map_err(|why| why.to_string())?;
            Ok(Response::builder().status(status).body(bytes.to_vec()).unwrap())
        })
    }
}
