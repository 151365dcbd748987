//! A stand-in on loopback for the examples that send: it takes any GET and says what it saw, so that each example runs as it
//! stands.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Starts it on a free port; it lives as long as the process.
///
/// # Errors
/// When the system has no port.
pub fn echo_server() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || listener.incoming().flatten().try_for_each(|stream| echo(&stream)));
    Ok(address)
}

/// Answers one request with its head, the signature's digits hidden, and closes.
fn echo(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut seen = String::new();
    for line in BufReader::new(stream).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let shown = line.split_once("Signature=").map_or(line.as_str(), |(before, _)| before);
        seen.push_str(shown);
        seen.push('\n');
    }
    let length = seen.len();
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{seen}")
}
