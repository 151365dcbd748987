//! Digest by hand over a blocking client: the loop that serves every scheme. The server is a stand-in on loopback.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

use countersign::{AuthConfig, Authenticator, Context, Payload, Step};
use http::{Request, Response};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let uri = format!("http://{}/dir/index.html", listener.local_addr()?);
    std::thread::spawn(move || listener.incoming().flatten().try_for_each(|stream| serve(&stream)));

    let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life"))?;
    let client = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    for _ in 0..2 {
        // The second time the server's nonce is known, and one request is enough.
        let response = send(&client, &auth, Request::get(&uri).body(Payload::empty())?)?;
        println!("=> {}", response.status());
    }
    Ok(())
}

/// Sends requests until the last reply is the caller's.
fn send(
    client: &ureq::Agent,
    auth: &Authenticator,
    request: Request<Payload>,
) -> Result<Response<Vec<u8>>, Box<dyn std::error::Error>> {
    let (mut exchange, mut step) = auth.start(request, &Context::now())?;
    let mut last = None;
    loop {
        step = match step {
            Step::Send(request) => {
                let signed = if request.headers().contains_key("authorization") { "signed" } else { "unsigned" };
                println!("{} {} ({signed})", request.method(), request.uri().path());
                let body = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
                let (parts, mut body) = client.run(body)?.into_parts();
                let reply = last.insert(Response::from_parts(parts, body.read_to_vec()?));
                exchange.on_response(&*reply, &Context::now())?
            }
            Step::Wait(wait) => {
                wait.block();
                exchange.resume(&Context::now())?
            }
            Step::Done => return last.ok_or_else(|| "no reply".into()),
        };
    }
}

/// Asks for Digest, and takes any answer; `digest_server` shows how to check one.
fn serve(stream: &TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let mut signed = false;
    while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
        signed |= line.to_ascii_lowercase().starts_with("authorization: digest ");
    }
    let head = if signed {
        "200 OK"
    } else {
        "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"http-auth@example.org\", qop=\"auth\", algorithm=SHA-256, nonce=\"n\""
    };
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
