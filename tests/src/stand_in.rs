//! A server of HTTP/1.1 on loopback whose connections stay open, that knows which connection a request came over, and that can misbehave.

use std::io::{BufRead as _, BufReader, Read as _, Result, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};

/// Where a request came in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// Which connection, counted from 1.
    pub connection: usize,
    /// Which request of this connection, counted from 1.
    pub request: usize,
}

/// What the server does with a request.
#[derive(Debug)]
pub enum Answer {
    /// Answers, and reads on.
    Reply(Response<Vec<u8>>),
    /// Answers, and closes the connection without having said so.
    ReplyAndClose(Response<Vec<u8>>),
    /// Sends the head and half of the body, and closes the connection.
    Half(Response<Vec<u8>>),
    /// Closes the connection without a word.
    Cut,
    /// Says nothing, for so long.
    Silence(Duration),
    /// Sends these bytes as they are, and closes the connection.
    Raw(Vec<u8>),
    /// Opens a tunnel to this host and port, as a proxy does.
    Tunnel(String),
}

/// A server that runs as long as the process.
#[derive(Clone, Debug)]
pub struct StandIn {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    is_tls: bool,
}

impl StandIn {
    /// Listens on a free port, each connection on a thread of its own.
    ///
    /// # Errors
    /// When the system has no port.
    pub fn start(answer: impl Fn(Place, Request<Vec<u8>>) -> Answer + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let (address, connections) = (listener.local_addr()?, Arc::new(AtomicUsize::new(0)));
        let (count, answer) = (Arc::clone(&connections), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = count.fetch_add(1, Ordering::SeqCst) + 1;
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || {
                    // A client that goes away, or is cut off, is no failure of the server's.
                    let _ = serve(&stream, connection, &*answer);
                });
            }
        });
        Ok(Self { address, connections, is_tls: false })
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    /// An absolute URI on this server.
    #[must_use]
    pub fn uri(&self, path: &str) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    pub(crate) const fn of_tls(address: SocketAddr, connections: Arc<AtomicUsize>) -> Self {
        Self { address, connections, is_tls: true }
    }

    /// How many connections were opened so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(
    stream: &TcpStream,
    connection: usize,
    answer: &(dyn Fn(Place, Request<Vec<u8>>) -> Answer + Send + Sync),
) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    for request in 1.. {
        let Some(asked) = read(&mut reader)? else { return Ok(()) };
        let is_head = asked.method() == http::Method::HEAD;
        let mut stream = stream;
        match answer(Place { connection, request }, asked) {
            Answer::Reply(response) => stream.write_all(&wire(&response, is_head))?,
            Answer::ReplyAndClose(response) => return stream.write_all(&wire(&response, is_head)),
            Answer::Half(response) => {
                let wire = wire(&response, is_head);
                return stream.write_all(&wire[..wire.len() - response.body().len() / 2]);
            }
            Answer::Cut => return Ok(()),
            Answer::Silence(time) => std::thread::sleep(time),
            Answer::Raw(bytes) => return stream.write_all(&bytes),
            Answer::Tunnel(to) => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
                return pipe(stream, &TcpStream::connect(to)?);
            }
        }
    }
    Ok(())
}

/// What either side says, to the other.
fn pipe(one: &TcpStream, other: &TcpStream) -> Result<()> {
    let copy = |mut from: &TcpStream, mut to: &TcpStream| {
        let copied = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
        copied
    };
    std::thread::scope(|scope| {
        scope.spawn(|| copy(one, other));
        copy(other, one)
    })?;
    Ok(())
}

/// One request; none at the end of the connection.
fn read(reader: &mut BufReader<&TcpStream>) -> Result<Option<Request<Vec<u8>>>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut start = line.split_ascii_whitespace();
    let mut request = Request::builder().method(start.next().unwrap_or_default()).uri(start.next().unwrap_or_default());
    let (mut length, mut is_chunked) = (0, false);
    loop {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        let line = line.trim_ascii_end();
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            length = String::from_utf8_lossy(value).parse().map_err(std::io::Error::other)?;
        }
        is_chunked |= name.eq_ignore_ascii_case(b"transfer-encoding") && value.eq_ignore_ascii_case(b"chunked");
        request = request.header(name, value);
    }
    let body = if is_chunked { read_chunks(reader)? } else { read_bytes(reader, length)? };
    request.body(body).map(Some).map_err(std::io::Error::other)
}

fn read_bytes(reader: &mut BufReader<&TcpStream>, length: usize) -> Result<Vec<u8>> {
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

fn read_chunks(reader: &mut BufReader<&TcpStream>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
        body.extend(read_bytes(reader, length)?);
        read_bytes(reader, 2)?;
        if length == 0 {
            return Ok(body);
        }
    }
}

fn wire(response: &Response<Vec<u8>>, is_head: bool) -> Vec<u8> {
    let mut wire = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    if !response.headers().contains_key("content-length") {
        wire.extend(format!("content-length: {}\r\n", response.body().len()).into_bytes());
    }
    for (name, value) in response.headers() {
        wire.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    wire.extend(b"\r\n");
    if !is_head {
        wire.extend(response.body());
    }
    wire
}
