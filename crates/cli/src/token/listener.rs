//! Where the browser comes back to: a port of loopback that takes one answer (RFC 8252 section 7.3).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// The longest request head that is read, in bytes.
const MOST: u64 = 16 * 1024;

pub(crate) struct Listener {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

/// What to tell the person.
pub(crate) enum Verdict<T> {
    /// It is not the answer: go on listening.
    NotOurs,
    /// It is, for better or worse.
    Ours(Result<T, Failure>),
}

impl Listener {
    /// On this port, or a free one for 0.
    pub(crate) fn new(port: u16) -> Result<Self, Failure> {
        let bind = || {
            let listener = TcpListener::bind(("127.0.0.1", port))?;
            let address = listener.local_addr()?;
            Ok::<_, std::io::Error>(Self { listener, address })
        };
        bind().map_err(|why| Failure::Refused(format!("cannot listen on 127.0.0.1:{port}: {why}")))
    }

    /// Waits for the answer on `path`. Connections that say nothing, requests for other things and wrong answers do not end it.
    pub(crate) fn wait<T>(
        self,
        path: &str,
        timeout: Duration,
        mut judge: impl FnMut(&str) -> Verdict<T>,
    ) -> Result<T, Failure> {
        let (requests, heard) = mpsc::channel();
        let Self { listener, address } = self;
        // Each connection for itself, for a browser opens some ahead and sends nothing on them. The threads end with the program.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let requests = requests.clone();
                std::thread::spawn(move || {
                    if let Ok(head) = read(&stream) {
                        // Nobody listens any more once the answer is there.
                        let _ = requests.send((stream, head));
                    }
                });
            }
        });
        let until = Instant::now() + timeout;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok((stream, head)) = heard.recv_timeout(left) else {
                return Err(Failure::Refused(format!("nobody came back within {} seconds", timeout.as_secs())));
            };
            let (status, text, done) = if head.method != "GET" {
                ("405 Method Not Allowed", "Only GET is answered here.", None)
            } else if !head.is_for(address) {
                ("400 Bad Request", "This request is for another host.", None)
            } else if head.target.split('?').next() != Some(path) {
                ("404 Not Found", "There is nothing here.", None)
            } else {
                match judge(&head.target) {
                    Verdict::NotOurs => ("400 Bad Request", "This is not the answer that is waited for.", None),
                    Verdict::Ours(Ok(value)) => ("200 OK", "Done. You may close this window.", Some(Ok(value))),
                    Verdict::Ours(Err(why)) => ("200 OK", "It was refused. The program says why.", Some(Err(why))),
                }
            };
            let told = tell(&stream, status, text);
            match done {
                Some(done) => return done,
                None => told.unwrap_or(()),
            }
        }
    }
}

struct Head {
    method: String,
    target: String,
    host: String,
}

impl Head {
    /// The Host header, against DNS rebinding.
    fn is_for(&self, address: SocketAddr) -> bool {
        let port = address.port();
        [format!("127.0.0.1:{port}"), format!("localhost:{port}")].contains(&self.host.to_ascii_lowercase())
    }
}

fn read(stream: &TcpStream) -> std::io::Result<Head> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut lines = BufReader::new(stream.take(MOST)).lines();
    let start = lines.next().transpose()?.unwrap_or_default();
    let mut start = start.split(' ').map(str::to_owned);
    let mut head = Head {
        method: start.next().unwrap_or_default(),
        target: start.next().unwrap_or_default(),
        host: String::new(),
    };
    while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("host")
        {
            value.trim().clone_into(&mut head.host);
        }
    }
    Ok(head)
}

fn tell(mut stream: &TcpStream, status: &str, text: &str) -> std::io::Result<()> {
    let page = format!("<!doctype html><meta charset=utf-8><title>countersign</title><p>{text}</p>");
    let length = page.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{page}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply.lines().next().unwrap().to_owned()
    }

    #[test]
    fn only_the_answer_ends_the_waiting() {
        let listener = Listener::new(0).unwrap();
        let address = listener.address;
        let asking = std::thread::spawn(move || {
            let _preconnect = TcpStream::connect(address).unwrap();
            let get =
                |target: &str, host: &str| ask(address, &format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            let own = address.to_string();
            assert!(get("/favicon.ico", &own).contains("404"));
            assert!(get("/callback/x?state=s", &own).contains("404"));
            assert!(get("/callback?state=s", "evil.example").contains("400"));
            assert!(get("/callback?state=x", &own).contains("400"));
            assert!(ask(address, &format!("POST /callback HTTP/1.1\r\nHost: {own}\r\n\r\n")).contains("405"));
            get("/callback?state=s", &format!("localhost:{}", address.port()))
        });
        let judge = |target: &str| {
            if target.ends_with("=s") { Verdict::Ours(Ok(target.to_owned())) } else { Verdict::NotOurs }
        };
        assert_eq!(listener.wait("/callback", Duration::from_secs(20), judge).unwrap(), "/callback?state=s");
        assert!(asking.join().unwrap().contains("200"));
    }

    #[test]
    fn waiting_has_an_end() {
        let listener = Listener::new(0).unwrap();
        let end = listener.wait("/", Duration::from_millis(20), |_| Verdict::<()>::NotOurs);
        assert!(end.unwrap_err().to_string().contains("nobody came back"));
    }
}
