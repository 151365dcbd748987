//! The clients, each with its adapter and bare.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use countersign::Authenticator;
use countersign_reqwest::SendWith as _;
use countersign_reqwest_middleware::AuthMiddleware;
use countersign_tower::AuthLayer;
use countersign_ureq::RunWith as _;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{Client as HyperClient, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tower::{Layer as _, ServiceExt as _};

use crate::resident;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Tower,
    Reqwest,
    Middleware,
    Ureq,
}

/// The status of a response that was read to its end; or why there was none.
type Outcome = Result<u16, String>;
type Sending = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Asks for one URL.
#[derive(Clone)]
pub(crate) enum Client {
    Blocking(Arc<dyn Fn() -> Outcome + Send + Sync>),
    Async(Arc<dyn Fn() -> Sending + Send + Sync>),
}

/// When to stop.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    Count(usize),
    After(Duration),
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Why requests were lost.
    pub(crate) lost: BTreeMap<String, u64>,
    pub(crate) seconds: f64,
    /// In KiB, after a quarter of the requests (of a count), and after all.
    pub(crate) resident: Option<(u64, u64)>,
}

impl Figures {
    pub(crate) fn good(&self) -> u64 {
        self.statuses.get(&200).copied().unwrap_or_default()
    }

    pub(crate) fn bad(&self) -> u64 {
        self.statuses.values().sum::<u64>() - self.good()
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost.values().sum()
    }
}

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads"));

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Tower, Self::Reqwest, Self::Middleware, Self::Ureq];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tower => "tower",
            Self::Reqwest => "reqwest",
            Self::Middleware => "reqwest-middleware",
            Self::Ureq => "ureq",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The client with its adapter.
    pub(crate) fn client(self, auth: &Authenticator, url: String, in_flight: usize) -> Client {
        self.of(Some(auth), url, HeaderMap::new(), in_flight)
    }

    /// The client without, which sends these headers.
    pub(crate) fn bare(self, url: String, headers: HeaderMap, in_flight: usize) -> Client {
        self.of(None, url, headers, in_flight)
    }

    fn of(self, auth: Option<&Authenticator>, url: String, headers: HeaderMap, in_flight: usize) -> Client {
        let mut request = Request::get(url).body(()).expect("a URL");
        *request.headers_mut() = headers;
        match self {
            Self::Tower => tower(auth, request, in_flight),
            Self::Reqwest => reqwest(auth, &request, in_flight),
            Self::Middleware => middleware(auth, &request, in_flight),
            Self::Ureq => ureq(auth, request, in_flight),
        }
    }
}

/// As long as a connection may be idle.
const IDLE: Duration = Duration::from_secs(60);

fn text(why: impl std::error::Error) -> String {
    let mut text = why.to_string();
    let mut cause = why.source();
    while let Some(why) = cause {
        text = format!("{text}: {why}");
        cause = why.source();
    }
    text
}

fn tower(auth: Option<&Authenticator>, request: Request<()>, in_flight: usize) -> Client {
    let client = HyperClient::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let get = move || request.clone().map(|()| Full::default());
    let Some(auth) = auth else {
        return Client::Async(Arc::new(move || {
            let sent = client.request(get());
            Box::pin(async move {
                let response = sent.await.map_err(text)?;
                let status = response.status().as_u16();
                response.into_body().collect().await.map_err(text)?;
                Ok(status)
            })
        }));
    };
    let layer = AuthLayer::new(auth).with_connector(HttpConnector::new()).with_kept(in_flight, IDLE);
    let service = layer.layer(client);
    Client::Async(Arc::new(move || {
        let sent = service.clone().oneshot(get());
        Box::pin(async move {
            let response = sent.await.map_err(text)?;
            let status = response.status().as_u16();
            response.into_body().collect().await.map_err(|why| why.to_string())?;
            Ok(status)
        })
    }))
}

fn reqwest_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none())
}

fn session(auth: &Authenticator, in_flight: usize) -> countersign_reqwest::Session {
    countersign_reqwest::Session::new(auth).with_connections(reqwest_client).with_kept(in_flight, IDLE)
}

async fn read(response: reqwest::Response) -> Outcome {
    let status = response.status().as_u16();
    response.bytes().await.map_err(text)?;
    Ok(status)
}

fn reqwest(auth: Option<&Authenticator>, request: &Request<()>, in_flight: usize) -> Client {
    let client = reqwest_client().build().expect("a client");
    let (url, headers) = (request.uri().to_string(), request.headers().clone());
    let Some(auth) = auth else {
        return Client::Async(Arc::new(move || {
            let sent = client.get(&url).headers(headers.clone()).send();
            Box::pin(async move { read(sent.await.map_err(text)?).await })
        }));
    };
    let session = session(auth, in_flight);
    Client::Async(Arc::new(move || {
        let (request, session) = (client.get(&url), session.clone());
        Box::pin(async move { read(request.send_with(&session).await.map_err(text)?).await })
    }))
}

fn middleware(auth: Option<&Authenticator>, request: &Request<()>, in_flight: usize) -> Client {
    let mut client = reqwest_middleware::ClientBuilder::new(reqwest_client().build().expect("a client"));
    if let Some(auth) = auth {
        client = client.with(AuthMiddleware::new(session(auth, in_flight)));
    }
    let client = client.build();
    let (url, headers) = (request.uri().to_string(), request.headers().clone());
    Client::Async(Arc::new(move || {
        let sent = client.get(&url).headers(headers.clone()).send();
        Box::pin(async move { read(sent.await.map_err(text)?).await })
    }))
}

fn ureq(auth: Option<&Authenticator>, request: Request<()>, in_flight: usize) -> Client {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_idle_connections(in_flight)
        .max_idle_connections_per_host(in_flight)
        .max_idle_age(IDLE)
        .build();
    let agent: ureq::Agent = config.clone().into();
    let session = auth.map(|auth| {
        countersign_ureq::Session::new(auth).with_connections(move || config.clone()).with_kept(in_flight, IDLE)
    });
    Client::Blocking(Arc::new(move || {
        let request = request.clone();
        let mut response = match &session {
            Some(session) => agent.run_with(session, request).map_err(text)?,
            None => agent.run(request).map_err(text)?,
        };
        response.body_mut().read_to_vec().map_err(text)?;
        Ok(response.status().as_u16())
    }))
}

/// What all who send share.
struct Volley {
    until: Until,
    begun: AtomicUsize,
    done: AtomicU64,
    is_over: AtomicBool,
    at_quarter: AtomicU64,
    figures: Mutex<Figures>,
}

impl Volley {
    fn may_begin(&self) -> bool {
        match self.until {
            Until::Count(count) => self.begun.fetch_add(1, Ordering::Relaxed) < count,
            Until::After(_) => !self.is_over.load(Ordering::Relaxed),
        }
    }

    fn end(&self, outcome: Outcome) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Until::Count(count) = self.until
            && done == count as u64 / 4
        {
            self.at_quarter.store(resident().unwrap_or_default(), Ordering::Relaxed);
        }
        let mut figures = self.figures.lock().expect("nobody panics");
        match outcome {
            Ok(status) => *figures.statuses.entry(status).or_default() += 1,
            Err(why) => *figures.lost.entry(why).or_default() += 1,
        }
    }
}

impl Client {
    /// Sends until it is enough, with so many in flight.
    pub(crate) fn run(&self, until: Until, in_flight: usize) -> Figures {
        let volley = Arc::new(Volley {
            until,
            begun: AtomicUsize::new(0),
            done: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            at_quarter: AtomicU64::new(0),
            figures: Mutex::default(),
        });
        let began = Instant::now();
        if let Until::After(time) = until {
            let volley = Arc::clone(&volley);
            std::thread::spawn(move || {
                std::thread::sleep(time);
                volley.is_over.store(true, Ordering::Relaxed);
            });
        }
        match self {
            Self::Blocking(send) => std::thread::scope(|scope| {
                for _ in 0..in_flight {
                    scope.spawn(|| {
                        while volley.may_begin() {
                            volley.end(send());
                        }
                    });
                }
            }),
            Self::Async(send) => RUNTIME.block_on(async {
                let tasks: Vec<_> = (0..in_flight)
                    .map(|_| {
                        let (send, volley) = (Arc::clone(send), Arc::clone(&volley));
                        tokio::spawn(async move {
                            while volley.may_begin() {
                                volley.end(send().await);
                            }
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await.expect("nobody panics");
                }
            }),
        }
        let mut figures = std::mem::take(&mut *volley.figures.lock().expect("nobody panics"));
        figures.seconds = began.elapsed().as_secs_f64();
        let quarter = volley.at_quarter.load(Ordering::Relaxed);
        figures.resident = resident().filter(|_| quarter > 0).map(|end| (quarter, end));
        figures
    }
}
