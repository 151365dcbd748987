//! One connection of a browser: a request's head is read as it comes, one reply is written.

use std::io::{ErrorKind as Io, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// The longest request head that is read, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// For how long a page is written to who does not read it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// How far a connection's request is.
pub(super) enum Progress {
    Waits,
    Asked(Head),
    /// It ended, or what it sent is no head, or too long a one.
    Gone,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> std::io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// Reads what has come.
    pub(super) fn read(&mut self) -> Progress {
        let mut buffer = [0; 4096];
        loop {
            let read = match self.stream.read(&mut buffer) {
                Ok(0) => return Progress::Gone,
                Ok(read) => buffer.get(..read).unwrap_or_default(),
                Err(why) if why.kind() == Io::WouldBlock => return Progress::Waits,
                Err(why) if why.kind() == Io::Interrupted => continue,
                Err(_) => return Progress::Gone,
            };
            self.read.extend_from_slice(read);
            if self.read.windows(4).any(|end| end == b"\r\n\r\n") {
                return Head::of(&self.read).map_or(Progress::Gone, Progress::Asked);
            }
            if self.read.len() > LONGEST_HEAD {
                return Progress::Gone;
            }
        }
    }

    /// Writes a page, and closes the connection.
    pub(super) fn tell(&self, status: &str, text: &str) -> std::io::Result<()> {
        let mut stream = &self.stream;
        let page = format!("<!doctype html><meta charset=utf-8><title>countersign</title><p>{text}</p>");
        let length = page.len();
        stream.set_nonblocking(false)?;
        stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\nCache-Control: no-store\r\n\
             Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{page}"
        )?;
        stream.shutdown(Shutdown::Write)
    }
}

/// What is looked at of a request's head.
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    /// Every Host header.
    hosts: Vec<String>,
}

impl Head {
    fn of(bytes: &[u8]) -> Option<Self> {
        let mut lines = str::from_utf8(bytes).ok()?.split("\r\n");
        let mut start = lines.next()?.split(' ');
        let (method, target) = (start.next()?.to_owned(), start.next()?.to_owned());
        let headers = lines.take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
        let hosts = headers.filter(|(name, _)| name.eq_ignore_ascii_case("host"));
        Some(Self { method, target, hosts: hosts.map(|(_, value)| value.trim().to_ascii_lowercase()).collect() })
    }

    /// The Host header, against DNS rebinding: exactly one, and ours.
    pub(super) fn is_for(&self, address: SocketAddr) -> bool {
        let [host] = &*self.hosts else { return false };
        let port = address.port();
        *host == format!("127.0.0.1:{port}") || *host == format!("localhost:{port}")
    }
}
