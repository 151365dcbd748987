//! A small server that demands Digest and checks it with `Verifier`, and a client that is let in, refused, and not replayed.

use std::io::{BufRead as _, BufReader, Error, Write as _};
use std::net::{TcpListener, TcpStream};

use countersign::core::replay::MemoryNonceStore;
use countersign::digest::{Account, User, Verifier};
use countersign::{AuthConfig, Authenticator, Context, Payload, Step};
use http::Request;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut key = [0; 32];
    Context::now().random(&mut key)?;
    let verifier = Verifier::new("users@example.org", &key)?.with_nonce_lifetime(60);
    let seen = MemoryNonceStore::default();

    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let uri = format!("http://{}/", listener.local_addr()?);
    std::thread::spawn(move || listener.incoming().flatten().try_for_each(|stream| serve(&stream, &verifier, &seen)));

    for (password, expected) in [("Circle of Life", 200), ("guess", 401)] {
        let auth = Authenticator::new(&AuthConfig::digest("Mufasa", password))?;
        let status = get(&auth, &uri)?;
        println!("{password:?}: {status}");
        assert_eq!(status, expected);
    }
    Ok(())
}

/// One connection, one request.
fn serve(mut stream: &TcpStream, verifier: &Verifier, seen: &MemoryNonceStore) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let start = lines.next().transpose()?.unwrap_or_default();
    let mut start = start.split(' ');
    let mut request = Request::builder().method(start.next().unwrap_or_default()).uri(start.next().unwrap_or_default());
    while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(':') {
            request = request.header(name, value.trim());
        }
    }
    let (parts, ()) = request.body(()).map_err(Error::other)?.into_parts();

    let ctx = Context::now();
    let users = |user: &User<'_>| match user {
        User::Name(name) if *name == "Mufasa" => Some(Account::new("Mufasa", "Circle of Life")),
        _ => None,
    };
    match verifier.verify(&parts, &Payload::empty(), users, seen, &ctx) {
        Ok(user) => {
            // The server proves itself too, and the client checks it.
            let info = user.authentication_info(b"").map_err(Error::other)?;
            write!(stream, "HTTP/1.1 200 OK\r\nAuthentication-Info: {}\r\n", info.to_str().map_err(Error::other)?)?;
        }
        Err(refusal) => {
            println!("refused: {refusal}");
            write!(stream, "HTTP/1.1 401 Unauthorized\r\n")?;
            for challenge in verifier.challenges(refusal.stale, &ctx).map_err(Error::other)? {
                write!(stream, "WWW-Authenticate: {}\r\n", challenge.to_str().map_err(Error::other)?)?;
            }
        }
    }
    write!(stream, "Content-Length: 0\r\nConnection: close\r\n\r\n")
}

/// The status of the last reply.
fn get(auth: &Authenticator, uri: &str) -> Result<u16, Box<dyn std::error::Error>> {
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let (mut exchange, mut step) = auth.start(Request::get(uri).body(())?, &Context::now());
    let mut status = 0;
    while let Step::Send(request) = step {
        let reply = client.run(request.map(|_| ()))?;
        status = reply.status().as_u16();
        step = exchange.on_response(reply.status(), reply.headers(), b"", &Context::now());
    }
    match step {
        Step::Failed(why) => Err(why.into()),
        _ => Ok(status),
    }
}
