//! `countersign token` before an authorization server that means harm.
#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use program::{Run, countersign};
use serde_json::{Value, json};
use tempfile::TempDir;

mod program;

/// To be found in no output.
const SECRET: &str = "hunter2";

/// Moves the cursor, hides text, turns its direction: to be found in no output.
const STEERS: [char; 4] = ['\u{1b}', '\u{9b}', '\u{7}', '\u{202e}'];

/// A server on loopback that answers by path, and counts the requests for tokens.
struct Server {
    address: String,
    token_requests: Arc<AtomicUsize>,
}

impl Server {
    fn start(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let token_requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&token_requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let path = read(&stream);
                count.fetch_add(usize::from(path == "/token"), Ordering::SeqCst);
                let (status, body) = answer(&path);
                let head = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nLocation: /elsewhere\r\nContent-Length: {}",
                    body.len()
                );
                // Who was told to go away may be gone.
                let _ = write!(&stream, "{head}\r\nConnection: close\r\n\r\n{body}");
            }
        });
        Self { address, token_requests }
    }

    fn token_requests(&self) -> usize {
        self.token_requests.load(Ordering::SeqCst)
    }
}

/// The path that is asked for; the body is read, too.
fn read(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut start, mut length) = (String::new(), 0);
    reader.read_line(&mut start).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    start.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// Where the program keeps its files, and finds a browser that writes down what it is to open.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let (path, note) = (dir.path().join("browser"), dir.path().join("opened"));
            fs::write(&path, format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\n", note.display())).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        }
        Self { dir }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn config(&self, server: &Server, grant: &Value) -> String {
        let mut grant = grant.clone();
        let fields = grant.as_object_mut().unwrap();
        fields.insert("client_id".into(), json!("client"));
        fields.insert("client_secret".into(), json!(SECRET));
        for (name, path) in [("access_token_url", "/token"), ("auth_url", "/auth"), ("device_url", "/device")] {
            fields.insert(name.into(), json!(format!("http://{}{path}", server.address)));
        }
        let path = self.path("config.json");
        fs::write(&path, json!({ "type": "oauth2", "grant": grant }).to_string()).unwrap();
        path
    }

    /// Runs `countersign token get`; whatever is said steers no terminal and shows no secret.
    fn get(&self, server: &Server, grant: &Value, more: &[&str]) -> Run {
        let (config, store) = (self.config(server, grant), self.path("tokens.json"));
        let (browser, path) = (self.path("browser"), self.dir.path().to_str().unwrap());
        let env = [("BROWSER", &*browser), ("PATH", path)];
        let run = countersign(&[&["token", "get", &config, "--store", &store], more].concat(), &env, "");
        for text in [&run.out, &run.err] {
            assert!(!text.contains(STEERS) && !text.contains(SECRET), "{run:?}");
        }
        assert!(!run.err.contains("panicked"), "{run:?}");
        run
    }

    /// What the browser was given within this time.
    fn opened(&self, within: Duration) -> String {
        let until = Instant::now() + within;
        loop {
            let opened = fs::read_to_string(self.path("opened")).unwrap_or_default();
            if opened.ends_with('\n') || until <= Instant::now() {
                return opened;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn device_reply(more: &Value) -> String {
    let mut reply = json!({ "device_code": SECRET, "user_code": "WDJB-MJHT", "verification_uri": "https://as.example/device",
        "expires_in": 600, "interval": 1 });
    reply.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    reply.to_string()
}

fn pending() -> (u16, String) {
    (400, json!({ "error": "authorization_pending" }).to_string())
}

#[test]
fn a_server_opens_pages_and_nothing_else() {
    let device = json!({ "grant_type": "device_code" });
    for (field, text) in [
        ("verification_uri_complete", "file:///etc/passwd"),
        ("verification_uri_complete", "--version"),
        ("verification_uri_complete", "javascript:alert(1)"),
        ("verification_uri_complete", "https://as.example/\u{1b}[2J"),
        ("verification_uri", "https://as.example/\u{1b}[2J"),
        ("verification_uri", "smb://evil.example/x"),
        ("user_code", "\u{1b}]0;owned\u{7}"),
        ("user_code", "\u{9b}31m"),
        ("user_code", "A\r\nopen https://evil.example/"),
        ("user_code", "\u{202e}txt.exe"),
    ] {
        let place = Place::new();
        let server = Server::start(move |path| match path {
            "/device" => (200, device_reply(&json!({ field: text }))),
            _ => (400, json!({ "error": "access_denied" }).to_string()),
        });
        let run = place.get(&server, &device, &["--timeout", "1"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert_eq!(place.opened(Duration::from_millis(300)), "", "{field}: {text:?}");
        assert!(run.err.lines().all(|line| !line.starts_with("open https://evil")), "{run:?}");
    }
}

/// What is good is opened: else the test above would pass whatever the program did.
#[cfg(target_os = "linux")]
#[test]
fn a_page_is_opened() {
    let place = Place::new();
    let server = Server::start(|_| pending());
    let run = place.get(&server, &json!({ "grant_type": "authorization_code" }), &["--timeout", "5"]);
    let opened = place.opened(Duration::from_secs(20));
    assert!(opened.starts_with(&format!("http://{}/auth?", server.address)), "{opened} {run:?}");
}

#[test]
fn a_server_can_neither_hurry_the_program_nor_hold_it() {
    let device = json!({ "grant_type": "device_code" });
    for (interval, most) in [("0", 4), ("9223372036854775808", 2), ("1e300", 4), ("-1", 4)] {
        let place = Place::new();
        let server = Server::start(move |path| match path {
            "/device" => (200, device_reply(&json!({})).replace("\"interval\":1", &format!("\"interval\":{interval}"))),
            _ => pending(),
        });
        let started = Instant::now();
        let run = place.get(&server, &device, &["--timeout", "3"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(started.elapsed() < Duration::from_secs(20), "interval {interval}: {:?}", started.elapsed());
        assert!(server.token_requests() <= most, "interval {interval}: {} requests", server.token_requests());
    }
}

#[test]
fn what_a_server_says_steers_no_terminal() {
    let client = json!({ "grant_type": "client_credentials" });
    let evil = "\u{1b}[2J\u{9b}31m\u{7}\u{202e}";
    for (status, body) in [
        (400, json!({ "error": format!("bad{evil}"), "error_description": evil, "error_uri": evil }).to_string()),
        (400, evil.to_owned()),
        (500, format!("{{\"error\":\"{evil}\"")),
        (200, json!({ "access_token": "t", "token_type": evil }).to_string()),
        (200, json!({ "access_token": format!("t{evil}"), "token_type": "Bearer" }).to_string()),
        (200, json!({ "access_token": SECRET, "token_type": "Bearer", "expires_in": evil }).to_string()),
        (200, format!("access_token={SECRET}")),
        (302, String::new()),
    ] {
        let place = Place::new();
        let server = Server::start(move |_| (status, body.clone()));
        let run = place.get(&server, &client, &[]);
        assert!(run.code == 1 && run.err.starts_with("error: "), "{run:?}");
        // Neither asked again nor followed elsewhere.
        assert_eq!(server.token_requests(), 1);
    }
    let place = Place::new();
    let reply = json!({ "access_token": "t", "token_type": "Bearer", "scope": format!("a{evil}\n\nexpires\tnever") });
    let server = Server::start(move |_| (200, reply.to_string()));
    let run = place.get(&server, &client, &[]);
    assert!(run.out.lines().count() <= 4, "{run:?}");
}

#[test]
fn any_timeout_is_taken() {
    let server = Server::start(|path| match path {
        "/device" => (200, device_reply(&json!({ "expires_in": u64::MAX }))),
        _ => (400, json!({ "error": "access_denied" }).to_string()),
    });
    let browser = json!({ "grant_type": "authorization_code" });
    for timeout in ["0", "18446744073709551615"] {
        let run =
            Place::new().get(&server, &json!({ "grant_type": "device_code" }), &["--no-browser", "--timeout", timeout]);
        assert_eq!(run.code, 1, "{run:?}");
    }
    let run = Place::new().get(&server, &browser, &["--no-browser", "--timeout", "0"]);
    assert!(run.code == 1 && run.err.contains("nobody came back"), "{run:?}");

    // For as long as there is time: it listens, and is stopped.
    let place = Place::new();
    let (config, store) = (place.config(&server, &browser), place.path("tokens.json"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.args(["token", "get", &config, "--store", &store, "--no-browser", "--timeout", "18446744073709551615"]);
    let mut program = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(program.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let ended = program.try_wait().unwrap();
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(line.starts_with("open http") && ended.is_none(), "{line} {ended:?}");
}

#[cfg(unix)]
#[test]
fn tokens_that_others_can_read_are_not_used() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::new();
    let server = Server::start(|_| (200, json!({ "access_token": "t0k3n", "token_type": "Bearer" }).to_string()));
    let client = json!({ "grant_type": "client_credentials" });
    assert_eq!(place.get(&server, &client, &[]).code, 0);
    let store = place.path("tokens.json");
    assert_eq!(fs::metadata(&store).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&store, fs::Permissions::from_mode(0o666)).unwrap();
    for command in ["list", "show"] {
        let config = place.path("config.json");
        let file = if command == "show" { vec![&*config] } else { vec![] };
        let run = countersign(&[&["token", command][..], &file, &["--store", &store]].concat(), &[], "");
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains("open to other users (mode 0666)") && !run.err.contains("t0k3n"), "{run:?}");
        assert_eq!(run.out, "");
    }
    assert!(Path::new(&store).exists());
}
