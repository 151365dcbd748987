//! NTLM over one hyper connection: it authenticates the connection, so all three legs must use the same. The server is a
//! stand-in on loopback that asks as Windows does, and takes any proof.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

use countersign::{AuthConfig, Authenticator, Context, Step};
use http::Response;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;

/// A challenge of MS-NLMP section 4.2.4.3.
const CHALLENGE: &str = "TlRMTVNTUAACAAAADAAMADgAAAAzgoriASNFZ4mrze8AAAAAAAAAACQAJABEAAAABgBwFwAAAA9TAGUAcgB2AGUAcgACAAwARABvAG0AYQBpAG4AAQAMAFMAZQByAHYAZQByAAAAAAA=";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || listener.incoming().flatten().try_for_each(|stream| serve(&stream)));

    let auth = Authenticator::new(&AuthConfig::ntlm("DOMAIN\\User", "Password"))?;
    let request = http::Request::post("/secret").header("host", address.to_string()).body("a=1")?;
    let (mut exchange, mut step) = auth.start(request, &Context::now())?;
    assert!(exchange.connection_bound());

    // One sender is one connection; each reply is read to its end before the next leg.
    let stream = tokio::net::TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    loop {
        step = match step {
            Step::Send(request) => {
                sender.ready().await?;
                let request = request.map(|body| Full::new(body.bytes().cloned().unwrap_or_default()));
                let (head, body) = sender.send_request(request).await?.into_parts();
                let reply = Response::from_parts(head, body.collect().await?.to_bytes());
                println!("{} {}", reply.status(), String::from_utf8_lossy(reply.body()));
                exchange.on_response(&reply, &Context::now())?
            }
            Step::Wait(wait) => {
                wait.await;
                exchange.resume(&Context::now())?
            }
            Step::Done => return Ok(()),
        };
    }
}

/// Answers the first message with a challenge, and the third with 200.
fn serve(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut proof, mut line) = (0, false, String::new());
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            // The third message's first bytes in base64
            proof |= line.contains("NTLM TlRMTVNTUAADAAAA");
            if line.trim().is_empty() {
                break;
            }
        }
        std::io::copy(&mut std::io::Read::take(&mut reader, length), &mut std::io::sink())?;
        if proof {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nwelcome")?;
        } else {
            let head = format!("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM {CHALLENGE}\r\n");
            write!(stream, "{head}Content-Length: 12\r\n\r\nwho are you?")?;
        }
    }
}
