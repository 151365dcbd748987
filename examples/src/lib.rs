//! Stand-ins on loopback for the examples that send, so that each example runs as it stands.

use std::io::{BufRead as _, BufReader, Error, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use axum::Router;
use bytes::Bytes;
use countersign::{AuthConfig, Authenticator};
use countersign_tower::AuthLayer;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::{Layer as _, ServiceExt as _};

/// Starts a server on a free port that answers each request by `answer`, one after the other. It lives as long as the process.
///
/// # Errors
/// When the system has no port.
pub fn serve<A>(answer: A) -> std::io::Result<SocketAddr>
where
    A: Fn(Request<Vec<u8>>) -> Response<String> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away is no reason to stop.
            if let Err(why) = serve_one(&stream, &answer) {
                eprintln!("the server: {why}");
            }
        }
    });
    Ok(address)
}

/// A server that says what it saw of a request, the signature's digits hidden.
///
/// # Errors
/// When the system has no port.
pub fn echo_server() -> std::io::Result<SocketAddr> {
    serve(|request| {
        let mut seen = format!("{} {}\n", request.method(), hide(&request.uri().to_string()));
        for (name, value) in request.headers() {
            seen.push_str(&format!("{name}: {}\n", hide(&String::from_utf8_lossy(value.as_bytes()))));
        }
        Response::new(seen)
    })
}

/// Serves an app, which may know its address, on a free port, for as long as the runtime lives.
///
/// # Errors
/// When the system has no port.
pub async fn serve_app(app: impl FnOnce(SocketAddr) -> Router) -> std::io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let serving = axum::serve(listener, app(address));
    tokio::spawn(async move { serving.await });
    Ok(address)
}

/// One GET by a client that authenticates itself so: the reply's status and text.
///
/// # Errors
/// When there is no reply.
pub async fn get(uri: &str, config: &AuthConfig) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let client = AuthLayer::new(&Authenticator::new(config)?).layer(client);
    let (parts, body) = client.oneshot(Request::get(uri).body(Full::default())?).await?.into_parts();
    Ok(format!("{} {}", parts.status, String::from_utf8_lossy(&body.collect().await?.to_bytes())))
}

fn hide(text: &str) -> &str {
    text.split_once("Signature=").map_or(text, |(before, _)| before)
}

/// One connection, one request.
fn serve_one(mut stream: &TcpStream, answer: impl Fn(Request<Vec<u8>>) -> Response<String>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut start = String::new();
    reader.read_line(&mut start)?;
    let mut start = start.split_ascii_whitespace();
    let mut request = Request::builder().method(start.next().unwrap_or_default()).uri(start.next().unwrap_or_default());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(Error::other)?;
        }
        request = request.header(name, value.trim());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;

    let (parts, body) = answer(request.body(body).map_err(Error::other)?).into_parts();
    write!(stream, "HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n", parts.status, body.len())?;
    write_headers(stream, &parts.headers)?;
    write!(stream, "\r\n{body}")
}

fn write_headers(mut stream: &TcpStream, headers: &HeaderMap) -> std::io::Result<()> {
    for (name, value) in headers {
        write!(stream, "{name}: ")?;
        stream.write_all(value.as_bytes())?;
        stream.write_all(b"\r\n")?;
    }
    Ok(())
}
