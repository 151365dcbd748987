//! Where the browser comes back to: a port of loopback that takes one answer (RFC 8252 section 7.3).

mod connection;

use std::collections::VecDeque;
use std::io::ErrorKind as Io;
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::token::listener::connection::{Connection, Head, Progress};

/// The most connections that are open at once. A browser opens a few ahead and sends nothing on them: the oldest gives way.
const MOST_CONNECTIONS: usize = 16;

/// How long to do nothing when there is nothing to do. A person takes seconds.
const PAUSE: Duration = Duration::from_millis(10);

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
            // One thread looks after all connections, so that nobody can make it start more.
            listener.set_nonblocking(true)?;
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
        // None: further away than the clock can tell.
        let until = Instant::now().checked_add(timeout);
        let mut open = VecDeque::new();
        loop {
            self.accept(&mut open)?;
            for mut connection in std::mem::take(&mut open) {
                match connection.read() {
                    Progress::Waits => open.push_back(connection),
                    Progress::Gone => {}
                    Progress::Asked(head) => {
                        if let Some(done) = self.answer(&connection, &head, path, &mut judge) {
                            return done;
                        }
                    }
                }
            }
            if until.is_some_and(|until| until <= Instant::now()) {
                return Err(Failure::Refused(format!("nobody came back within {} seconds", timeout.as_secs())));
            }
            thread::sleep(PAUSE);
        }
    }

    /// Takes the connections that are waiting, no more at once than may be open.
    fn accept(&self, open: &mut VecDeque<Connection>) -> Result<(), Failure> {
        for _ in 0..MOST_CONNECTIONS {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    if open.len() == MOST_CONNECTIONS {
                        open.pop_front();
                    }
                    open.extend(Connection::new(stream).ok());
                }
                Err(why) if why.kind() == Io::WouldBlock => break,
                // A client that was gone before it was taken.
                Err(why) if matches!(why.kind(), Io::ConnectionAborted | Io::ConnectionReset | Io::Interrupted) => {}
                Err(why) => return Err(Failure::Refused(format!("cannot listen on {}: {why}", self.address))),
            }
        }
        Ok(())
    }

    fn answer<T>(
        &self,
        connection: &Connection,
        head: &Head,
        path: &str,
        judge: &mut impl FnMut(&str) -> Verdict<T>,
    ) -> Option<Result<T, Failure>> {
        let (status, text, done) = if head.method != "GET" {
            ("405 Method Not Allowed", "Only GET is answered here.", None)
        } else if !head.is_for(self.address) {
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
        // A browser that is gone misses a page, and nothing else.
        let _ = connection.tell(status, text);
        done
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        // Who is cut off while it speaks, or before it has listened, has got what the reply holds by then.
        let _ = stream.write_all(request.as_bytes());
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        String::from_utf8(reply).unwrap().lines().next().unwrap_or("(closed)").to_owned()
    }

    fn get(address: SocketAddr, target: &str, host: &str) -> String {
        ask(address, &format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
    }

    /// Runs what a client does, until it gets the answer through.
    fn while_listening(client: impl FnOnce(SocketAddr) + Send + 'static) {
        let listener = Listener::new(0).unwrap();
        let address = listener.address;
        let asking = thread::spawn(move || {
            client(address);
            get(address, "/callback?state=s", &format!("localhost:{}", address.port()))
        });
        let judge = |target: &str| {
            if target.ends_with("=s") { Verdict::Ours(Ok(target.to_owned())) } else { Verdict::NotOurs }
        };
        assert_eq!(listener.wait("/callback", Duration::from_secs(20), judge).unwrap(), "/callback?state=s");
        assert!(asking.join().unwrap().contains("200"));
    }

    #[test]
    fn only_the_answer_ends_the_waiting() {
        while_listening(|address| {
            let _preconnect = TcpStream::connect(address).unwrap();
            let own = address.to_string();
            assert!(get(address, "/favicon.ico", &own).contains("404"));
            for path in ["/callback/x", "/callback/", "//callback", "/./callback", "/%63allback", "/CALLBACK"] {
                assert!(get(address, &format!("{path}?state=s"), &own).contains("404"), "{path}");
            }
            assert!(get(address, "/callback?state=s", "evil.example").contains("400"));
            assert!(get(address, "/callback?state=s", &format!("{own}\r\nHost: {own}")).contains("400"), "two hosts");
            assert!(get(address, "/callback?state=x", &own).contains("400"));
            for method in ["POST", "HEAD", "get", "OPTIONS", ""] {
                let line = ask(address, &format!("{method} /callback?state=s HTTP/1.1\r\nHost: {own}\r\n\r\n"));
                assert!(line.contains("405"), "{method}: {line}");
            }
        });
    }

    #[test]
    fn a_bounded_number_of_connections_is_open() {
        while_listening(|address| {
            let mut silent: Vec<_> = (0..10 * MOST_CONNECTIONS).map(|_| TcpStream::connect(address).unwrap()).collect();
            let own = address.to_string();
            assert!(get(address, "/callback?state=x", &own).contains("400"));
            let mut closed = 0;
            for stream in &mut silent {
                stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
                // Those that are open have nothing to say.
                closed += usize::from(matches!(stream.read(&mut [0; 1]), Ok(0)));
            }
            assert!(closed >= silent.len() - MOST_CONNECTIONS, "{closed} of {} are closed", silent.len());
        });
    }

    #[test]
    fn a_head_that_is_no_head_is_not_waited_for() {
        while_listening(|address| {
            assert_eq!(ask(address, &"x".repeat(100_000)), "(closed)");
            assert_eq!(
                ask(address, "GET /\0callback?state=x HTTP/1.1\r\nHost: \u{fc}\r\n\r\n"),
                "HTTP/1.1 400 Bad Request"
            );
            let own = address.to_string();
            // In small pieces it is a request all the same.
            let mut slow = TcpStream::connect(address).unwrap();
            for piece in format!("GET /callback?state=x HTTP/1.1\r\nHost: {own}\r\n\r\n").as_bytes().chunks(7) {
                slow.write_all(piece).unwrap();
                thread::sleep(Duration::from_millis(15));
            }
            let mut reply = String::new();
            slow.read_to_string(&mut reply).unwrap();
            assert!(reply.starts_with("HTTP/1.1 400"), "{reply}");
        });
    }

    #[test]
    fn waiting_has_an_end_and_any_timeout_is_taken() {
        let listener = Listener::new(0).unwrap();
        let end = listener.wait("/", Duration::from_millis(20), |_| Verdict::<()>::NotOurs);
        assert!(end.unwrap_err().to_string().contains("nobody came back"));

        let listener = Listener::new(0).unwrap();
        let address = listener.address;
        let asking = thread::spawn(move || get(address, "/?state=s", &address.to_string()));
        listener.wait("/", Duration::MAX, |_| Verdict::Ours(Ok(()))).unwrap();
        assert!(asking.join().unwrap().contains("200"));
    }
}
