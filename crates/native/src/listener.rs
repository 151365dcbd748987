//! A port of loopback that takes one answer (RFC 8252 section 7.3).

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use countersign_core::sync::lock;
use countersign_core::{Error, ErrorKind, Result};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::callback::Callback;
use crate::page::{POLICY, Page};

/// The most connections that are open at once. A browser opens a few ahead and sends nothing on them: the oldest gives way.
const MOST_CONNECTIONS: usize = 16;
/// The longest request head that is read, in bytes, and how long it may take.
const LONGEST_HEAD: usize = 16 * 1024;
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the last page may take to be written.
const LAST_PAGE: Duration = Duration::from_secs(2);

/// Listens until it is dropped.
pub(crate) struct Listener {
    pub(crate) port: u16,
    asked: mpsc::Receiver<Asked>,
    _accepting: Task,
}

/// A request that may be the answer.
pub(crate) struct Asked {
    /// Path and query, as the browser sent them.
    pub(crate) target: String,
    page: oneshot::Sender<Page>,
    /// Ends with the connection.
    closed: oneshot::Receiver<Infallible>,
}

impl Listener {
    /// Listens where the callback URL says. For a program of this name.
    pub(crate) async fn new(callback: &Callback, program: &str) -> Result<Self> {
        let failed = |why: std::io::Error| {
            let message = format!("cannot listen on {}, where `callback_url` says", callback.address);
            Error::new(ErrorKind::InvalidConfig, message).with_source(why)
        };
        let listener = TcpListener::bind(callback.address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (asking, asked) = mpsc::channel(1);
        let shared = Arc::new(Shared { address, path: callback.path.clone(), program: program.to_owned(), asking });
        let accepting = Task(tokio::spawn(accept(listener, shared)));
        Ok(Self { port: address.port(), asked, _accepting: accepting })
    }

    /// The next request that may be the answer.
    pub(crate) async fn asked(&mut self) -> Result<Asked> {
        self.asked.recv().await.ok_or_else(|| Error::new(ErrorKind::InvalidConfig, "the listener has ended"))
    }
}

impl Asked {
    /// Shows a page, and waits until it is written.
    pub(crate) async fn answer(self, page: Page) {
        // A browser that is gone misses a page, and nothing else.
        if self.page.send(page).is_ok() {
            let _in_time = timeout(LAST_PAGE, self.closed).await;
        }
    }
}

/// A task that ends when this is dropped.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Shared {
    address: SocketAddr,
    path: String,
    program: String,
    asking: mpsc::Sender<Asked>,
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut open = VecDeque::<Task>::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many files are open, or a client was gone before it was taken.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        open.retain(|task| !task.0.is_finished());
        if open.len() >= MOST_CONNECTIONS {
            open.pop_front();
        }
        open.push_back(Task(tokio::spawn(serve(stream, Arc::clone(&shared)))));
    }
}

/// One connection, one request.
async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let (_open, closed) = oneshot::channel();
    let closed = Mutex::new(Some(closed));
    let service = service_fn(|request| {
        let closed = lock(&closed).take();
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(shared.reply(&request, closed).await) }
    });
    let mut builder = http1::Builder::new();
    builder.keep_alive(false).max_buf_size(LONGEST_HEAD).timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    // What is not HTTP, or breaks off, is no answer.
    let _end = builder.serve_connection(TokioIo::new(stream), service).await;
}

impl Shared {
    async fn reply(
        &self,
        request: &Request<Incoming>,
        closed: Option<oneshot::Receiver<Infallible>>,
    ) -> Response<Full<Bytes>> {
        let page = match self.judge(request) {
            Some(page) => page,
            None => self.ask(request, closed).await,
        };
        let mut reply = Response::new(Full::from(page.html(&self.program)));
        *reply.status_mut() = page.status();
        for (name, value) in [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
            (CONTENT_SECURITY_POLICY, POLICY),
            // The URL has a code in it.
            (REFERRER_POLICY, "no-referrer"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            reply.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if page == Page::OnlyGet {
            reply.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        }
        reply
    }

    /// What is not the answer, whatever it says.
    fn judge(&self, request: &Request<Incoming>) -> Option<Page> {
        let uri = request.uri();
        if request.method() != Method::GET {
            Some(Page::OnlyGet)
        } else if uri.authority().is_some() || !self.is_host(request.headers()) {
            Some(Page::OtherHost)
        } else if uri.path() != self.path {
            Some(Page::NotFound)
        } else {
            None
        }
    }

    /// Exactly one Host header, and ours: against DNS rebinding.
    fn is_host(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let port = self.address.port();
        let ours = [self.address.to_string(), format!("localhost:{port}")];
        ours.iter().any(|ours| host.as_bytes().eq_ignore_ascii_case(ours.as_bytes()))
    }

    async fn ask(&self, request: &Request<Incoming>, closed: Option<oneshot::Receiver<Infallible>>) -> Page {
        let (page, told) = oneshot::channel();
        let Some(closed) = closed else { return Page::NotTheAnswer };
        let asked = Asked { target: request.uri().to_string(), page, closed };
        if self.asking.send(asked).await.is_err() {
            return Page::NotTheAnswer;
        }
        told.await.unwrap_or(Page::Refused)
    }
}

#[cfg(test)]
mod tests;
