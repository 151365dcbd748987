//! The same server over TLS, for HTTP/1.1 and HTTP/2. All have one certificate, which is made anew for each process.

use std::io::{Error, Result};
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{CertifiedKey, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::stand_in::{Answer, Place, StandIn};

/// What a request was asked of, in its extensions: `:authority` in HTTP/2.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AskedOf(pub Option<String>);

static SIGNED: LazyLock<CertifiedKey<KeyPair>> =
    LazyLock::new(|| rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("ring signs"));

/// The certificate of every server here.
#[must_use]
pub fn certificate() -> CertificateDer<'static> {
    SIGNED.cert.der().clone()
}

type Handler = dyn Fn(Place, Request<Vec<u8>>) -> Answer + Send + Sync;

/// Makes this process's TLS be that of `ring`, whose clients and servers find no other.
pub fn install_provider() {
    // A second time it is there already.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
}

impl StandIn {
    /// Listens on a free port for TLS, and speaks the protocols of these ALPN names (`h2`, `http/1.1`). Of the ways to misbehave it knows
    /// to answer nothing, and to break off a body.
    ///
    /// # Errors
    /// When the system has no port.
    pub fn start_tls(
        protocols: &[&str],
        answer: impl Fn(Place, Request<Vec<u8>>) -> Answer + Send + Sync + 'static,
    ) -> Result<Self> {
        install_provider();
        let key = PrivateKeyDer::try_from(SIGNED.signing_key.serialize_der()).map_err(Error::other)?;
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate()], key)
            .map_err(Error::other)?;
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, answer): (_, Arc<Handler>) = (Arc::clone(&connections), Arc::new(answer));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                let acceptor = TlsAcceptor::from(Arc::new(config));
                loop {
                    let (stream, _) = listener.accept().await?;
                    let connection = count.fetch_add(1, Ordering::SeqCst) + 1;
                    tokio::spawn(serve(acceptor.clone(), stream, connection, Arc::clone(&answer)));
                }
                #[expect(unreachable_code, reason = "names the type of the loop's errors")]
                Result::Ok(())
            })
        });
        Ok(Self::of_tls(address, connections))
    }
}

async fn serve(acceptor: TlsAcceptor, stream: tokio::net::TcpStream, connection: usize, answer: Arc<Handler>) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let requests = AtomicUsize::new(0);
    let service = service_fn(|request| {
        let place = Place { connection, request: requests.fetch_add(1, Ordering::SeqCst) + 1 };
        let answer = Arc::clone(&answer);
        async move {
            let request = origin_form(request).await?;
            // It may take its time.
            let answer = tokio::task::spawn_blocking(move || answer(place, request)).await.map_err(Error::other)?;
            reply(answer).await
        }
    });
    // A client that goes away, or is cut off, is no failure of the server's.
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

/// A request as HTTP/1.1 has it.
async fn origin_form(request: Request<Incoming>) -> Result<Request<Vec<u8>>> {
    let (mut parts, body) = request.into_parts();
    let body = body.collect().await.map_err(Error::other)?.to_bytes().to_vec();
    let authority = parts.uri.authority().map(ToString::to_string);
    if let Some(authority) = &authority
        && !parts.headers.contains_key(HOST)
    {
        parts.headers.insert(HOST, HeaderValue::from_str(authority).map_err(Error::other)?);
    }
    if let Some(target) = parts.uri.path_and_query() {
        parts.uri = Uri::from(target.clone());
    }
    parts.extensions.insert(AskedOf(authority));
    Ok(Request::from_parts(parts, body))
}

async fn reply(answer: Answer) -> Result<Response<Text>> {
    let (response, is_whole) = match answer {
        Answer::Reply(response) => (response, true),
        Answer::Half(response) => (response, false),
        Answer::Cut => return Err(Error::other("cut")),
        Answer::Silence(time) => {
            tokio::time::sleep(time).await;
            return Err(Error::other("silent"));
        }
        other => panic!("no test asks for this over TLS: {other:?}"),
    };
    let (mut parts, body) = response.into_parts();
    parts.headers.entry(CONTENT_LENGTH).or_insert_with(|| body.len().into());
    let bytes = if is_whole { Bytes::from(body) } else { Bytes::from(body).slice(..1) };
    Ok(Response::from_parts(parts, Text { bytes: Some(bytes).filter(|bytes| !bytes.is_empty()), is_whole }))
}

/// A body that may break off.
struct Text {
    bytes: Option<Bytes>,
    is_whole: bool,
}

impl Body for Text {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        match self.bytes.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None if self.is_whole => Poll::Ready(None),
            None => Poll::Ready(Some(Err(Error::other("broken off")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_whole && self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.bytes, self.is_whole) {
            (Some(bytes), true) => SizeHint::with_exact(bytes.len() as u64),
            (None, true) => SizeHint::with_exact(0),
            _ => SizeHint::default(),
        }
    }
}
