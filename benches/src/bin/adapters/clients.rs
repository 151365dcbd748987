//! The clients, bare and with their adapters.

use std::sync::Arc;

use bytes::Bytes;
use countersign::{AuthConfig, Authenticator};
use countersign_reqwest::SendWith as _;
use countersign_reqwest_middleware::AuthMiddleware;
use countersign_tower::{AuthLayer, AuthService};
use countersign_ureq::RunWith as _;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use reqwest::redirect::Policy;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use tokio::runtime::{Builder, Runtime};
use tower::{Layer as _, ServiceExt as _};

use crate::server;

/// One round; how many requests it made.
pub(crate) type Round = Box<dyn FnMut() -> u32>;

/// Requests of a round, one after the other.
const REQUESTS: u32 = 100;

/// Tasks at a time, and the requests of each.
const TASKS: u32 = 64;
const OF_EACH: u32 = 5;

#[derive(Clone, Copy)]
pub(crate) enum Signed {
    Bearer,
    Ntlm,
}

impl Signed {
    fn auth(self) -> Authenticator {
        let config = match self {
            Self::Bearer => AuthConfig::bearer("mF_9.B5f-4.1JqM"),
            Self::Ntlm => AuthConfig::ntlm("DOMAIN\\user", "password"),
        };
        Authenticator::new(&config).unwrap()
    }

    fn uri(self) -> String {
        let path = match self {
            Self::Bearer => "/",
            Self::Ntlm => "/ntlm",
        };
        server::start() + path
    }
}

const BEARER: HeaderValue = HeaderValue::from_static("Bearer mF_9.B5f-4.1JqM");

fn digest() -> Authenticator {
    Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life")).unwrap()
}

/// One thread, as the clients' own work is what is compared.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A round of an asynchronous client: one request after the other.
pub(crate) fn in_turn<C: 'static, F: Future<Output = ()>>(client: C, send: impl Fn(&C) -> F + 'static) -> Round {
    let runtime = runtime();
    Box::new(move || {
        runtime.block_on(async {
            for _ in 0..REQUESTS {
                send(&client).await;
            }
        });
        REQUESTS
    })
}

/// A round of tasks that share an asynchronous client.
fn by_tasks<C: Send + Sync + 'static, F: Future<Output = ()> + Send>(
    client: C,
    send: impl Fn(&C) -> F + Send + Sync + 'static,
) -> Round {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let shared = Arc::new((client, send));
    Box::new(move || {
        runtime.block_on(async {
            let tasks: Vec<_> = (0..TASKS)
                .map(|_| {
                    let shared = Arc::clone(&shared);
                    tokio::spawn(async move {
                        for _ in 0..OF_EACH {
                            (shared.1)(&shared.0).await;
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        TASKS * OF_EACH
    })
}

pub(crate) type Hyper = Client<HttpConnector, Full<Bytes>>;

pub(crate) fn hyper() -> Hyper {
    Client::builder(TokioExecutor::new()).build_http()
}

fn request(uri: &str) -> Request<Full<Bytes>> {
    Request::get(uri).body(Full::default()).unwrap()
}

fn send_bare(client: &Hyper, uri: &str) -> impl Future<Output = ()> + Send + use<> {
    let mut request = request(uri);
    request.headers_mut().insert(AUTHORIZATION, BEARER);
    let sent = client.request(request);
    async move {
        let response = sent.await.unwrap();
        assert!(response.status().is_success());
        response.into_body().collect().await.unwrap();
    }
}

fn send_layered(client: &AuthService<Hyper>, uri: &str) -> impl Future<Output = ()> + Send + use<> {
    let sent = client.clone().oneshot(request(uri));
    async move {
        let response = sent.await.unwrap();
        assert!(response.status().is_success());
        response.into_body().collect().await.unwrap();
    }
}

pub(crate) fn bare_hyper() -> Round {
    let uri = server::start() + "/";
    in_turn(hyper(), move |client| send_bare(client, &uri))
}

pub(crate) fn tower(signed: Signed) -> Round {
    let uri = signed.uri();
    let layer = AuthLayer::new(&signed.auth()).with_connector(HttpConnector::new());
    in_turn(layer.layer(hyper()), move |client| send_layered(client, &uri))
}

pub(crate) fn bare_hyper_tasks() -> Round {
    let uri = server::start() + "/";
    by_tasks(hyper(), move |client| send_bare(client, &uri))
}

pub(crate) fn tower_tasks() -> Round {
    let uri = server::start() + "/digest";
    by_tasks(AuthLayer::new(&digest()).layer(hyper()), move |client| send_layered(client, &uri))
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).build().unwrap()
}

async fn read(response: reqwest::Response) {
    assert!(response.status().is_success());
    response.bytes().await.unwrap();
}

fn send_bare_reqwest(client: &reqwest::Client, uri: &str) -> impl Future<Output = ()> + Send + use<> {
    let sent = client.get(uri).header(AUTHORIZATION, BEARER).send();
    async move { read(sent.await.unwrap()).await }
}

type WithSession = (reqwest::Client, countersign_reqwest::Session);

fn send_with_reqwest((client, session): &WithSession, uri: &str) -> impl Future<Output = ()> + Send + use<> {
    let sent = client.get(uri).send_with(session.clone());
    async move { read(sent.await.unwrap()).await }
}

pub(crate) fn bare_reqwest() -> Round {
    let uri = server::start() + "/";
    in_turn(client(), move |client| send_bare_reqwest(client, &uri))
}

pub(crate) fn reqwest(signed: Signed) -> Round {
    let uri = signed.uri();
    let session = countersign_reqwest::Session::new(&signed.auth()).with_connections(reqwest::Client::builder);
    in_turn((client(), session), move |client| send_with_reqwest(client, &uri))
}

pub(crate) fn bare_reqwest_tasks() -> Round {
    let uri = server::start() + "/";
    by_tasks(client(), move |client| send_bare_reqwest(client, &uri))
}

pub(crate) fn reqwest_tasks() -> Round {
    let uri = server::start() + "/digest";
    by_tasks((client(), (&digest()).into()), move |client| send_with_reqwest(client, &uri))
}

pub(crate) fn bare_reqwest_middleware() -> Round {
    let uri = server::start() + "/";
    in_turn(ClientBuilder::new(client()).build(), move |client: &ClientWithMiddleware| {
        let sent = client.get(&uri).header(AUTHORIZATION, BEARER).send();
        async move { read(sent.await.unwrap()).await }
    })
}

pub(crate) fn middleware(signed: Signed) -> Round {
    let uri = signed.uri();
    let client = ClientBuilder::new(client()).with(AuthMiddleware::new(&signed.auth())).build();
    in_turn(client, move |client| {
        let sent = client.get(&uri).send();
        async move { read(sent.await.unwrap()).await }
    })
}

pub(crate) fn bare_ureq() -> Round {
    let (uri, agent) = (server::start() + "/", ureq::Agent::new_with_defaults());
    Box::new(move || {
        for _ in 0..REQUESTS {
            let mut response = agent.get(&uri).header(AUTHORIZATION, BEARER).call().unwrap();
            response.body_mut().read_to_vec().unwrap();
        }
        REQUESTS
    })
}

pub(crate) fn ureq(signed: Signed) -> Round {
    let (uri, agent) = (signed.uri(), ureq::Agent::new_with_defaults());
    let config = agent.config().clone();
    let session = countersign_ureq::Session::new(&signed.auth()).with_connections(move || config.clone());
    Box::new(move || {
        for _ in 0..REQUESTS {
            let mut response = agent.run_with(&session, Request::get(&uri).body(()).unwrap()).unwrap();
            assert!(response.status().is_success());
            response.body_mut().read_to_vec().unwrap();
        }
        REQUESTS
    })
}
