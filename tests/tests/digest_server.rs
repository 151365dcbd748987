//! Digest against real servers: Apache httpd, lighttpd and httpbin, and Apache httpd as a proxy.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Error, Result, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::time::Duration;

use countersign::{AuthConfig, Authenticator, Context, Payload, Reply, Step, digest};
use countersign_tests::{Server, client, exchange, free_port, send, work_dir};
use http::header::PROXY_AUTHORIZATION;
use http::{Request, Response};

fn apache(name: &str) -> Server {
    // It needs the next port too, for its proxy.
    let port = loop {
        let port = free_port().unwrap();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            break port;
        }
    };
    Server::script("apache-digest.sh", port, &work_dir(name).unwrap()).unwrap()
}

fn mufasa() -> Authenticator {
    Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life")).unwrap()
}

fn get(uri: String) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

/// The status, and how many requests it took.
fn ask(client: &ureq::Agent, auth: &Authenticator, uri: String) -> (u16, usize) {
    let (response, sent) = exchange(client, auth, get(uri)).unwrap();
    (response.status().as_u16(), sent)
}

#[test]
#[ignore = "needs tests/servers"]
fn apache_takes_answers_and_sessions() {
    let (server, client) = (apache("digest-apache"), client());
    for path in ["/digest/", "/digest/dir%20index.html?a=b&c=%22", "/multi/", "/digest-domain/"] {
        let auth = mufasa();
        assert_eq!(ask(&client, &auth, server.uri(path)), (200, 2), "{path}");
        assert_eq!(ask(&client, &auth, server.uri(path)), (200, 1), "{path}");
    }
    // `domain="/digest-domain/ /digest/"`: what is elsewhere is asked for without an answer.
    let auth = mufasa();
    assert_eq!(ask(&client, &auth, server.uri("/digest-domain/")), (200, 2));
    assert_eq!(ask(&client, &auth, server.uri("/digest/")), (200, 1));
    let (_, step) = auth.start(get(server.uri("/open/")), &Context::now()).unwrap();
    assert!(matches!(step, Step::Send(request) if request.headers().is_empty()));
}

#[test]
#[ignore = "needs tests/servers"]
fn apache_refuses_a_wrong_password_once() {
    let (server, client) = (apache("digest-wrong"), client());
    let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle Of Life")).unwrap();
    assert_eq!(ask(&client, &auth, server.uri("/digest/")), (401, 2));
    assert_eq!(ask(&client, &auth, server.uri("/digest/")), (401, 2));

    let mut config = digest::Config::new("Mufasa", "Circle of Life");
    config.disable_retry = true;
    let auth = Authenticator::new(&AuthConfig::Digest(config)).unwrap();
    assert_eq!(ask(&client, &auth, server.uri("/digest/")), (401, 1));

    let error = exchange(&client, &mufasa(), get(server.uri("/basic/"))).unwrap_err();
    assert!(error.to_string().contains("no Digest challenge"), "{error}");
}

#[test]
#[ignore = "needs tests/servers"]
fn a_nonce_of_apache_expires_in_the_middle() {
    let (server, client, auth) = (apache("digest-stale"), client(), mufasa());
    let uri = || server.uri("/digest-stale/");
    assert_eq!(ask(&client, &auth, uri()), (200, 2));
    assert_eq!(ask(&client, &auth, uri()), (200, 1));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(ask(&client, &auth, uri()), (200, 2));
    assert_eq!(ask(&client, &auth, uri()), (200, 1));
}

#[test]
#[ignore = "needs tests/servers"]
fn one_time_nonces_of_apache_are_followed() {
    let (server, client, auth) = (apache("digest-onetime"), client(), mufasa());
    let counts: Vec<_> = (0..5).map(|_| ask(&client, &auth, server.uri("/digest-onetime/"))).collect();
    assert_eq!(counts, [(200, 2), (200, 1), (200, 1), (200, 1), (200, 1)]);
}

#[test]
#[ignore = "needs tests/servers"]
fn eight_threads_share_one_session() {
    let (server, auth) = (apache("digest-threads"), mufasa());
    let seen = Mutex::new(HashSet::new());
    let refused: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let client = client();
                    (0..125).map(|_| observed(&client, &auth, server.uri("/digest/"), &seen).unwrap()).sum::<usize>()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(seen.lock().unwrap().len(), 1000);
    assert!(refused <= 8, "{refused} requests were refused");
}

/// One exchange that ends with 200; how often it was refused. No two requests may have one nonce and count.
fn observed(
    client: &ureq::Agent,
    auth: &Authenticator,
    uri: String,
    seen: &Mutex<HashSet<(String, String)>>,
) -> Result<usize> {
    let mut refused = 0;
    let (mut exchange, mut step) = auth.start(get(uri), &Context::now()).unwrap();
    let mut last: Option<Response<Vec<u8>>> = None;
    while let Step::Send(request) = step {
        if let Some(value) = request.headers().get("authorization") {
            let value = value.to_str().unwrap();
            let part = |name: &str| value.split(name).nth(1).unwrap().split([',', '"']).next().unwrap().to_owned();
            assert!(seen.lock().unwrap().insert((part(" nonce=\""), part(" nc="))), "twice: {value}");
        }
        let reply = last.insert(send(client, request)?);
        refused += usize::from(reply.status() == 401);
        step = exchange.on_response(&*reply, &Context::now()).unwrap();
    }
    assert_eq!(last.map(|reply| reply.status().as_u16()), Some(200), "{step:?}");
    Ok(refused)
}

/// Sends a request to a forward proxy: the target in absolute form, for CONNECT in authority form. Reads the reply's head.
fn over_proxy(proxy: &str, request: &Request<Payload>) -> Result<Response<()>> {
    let mut stream = TcpStream::connect(proxy)?;
    let host = request.uri().authority().expect("an absolute URI");
    write!(stream, "{} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", request.method(), request.uri())?;
    for (name, value) in request.headers() {
        write!(stream, "{name}: {}\r\n", value.to_str().expect("ASCII"))?;
    }
    stream.write_all(b"\r\n")?;
    let mut lines = BufReader::new(stream).lines();
    let status = lines.next().expect("a status line")?;
    let mut response = Response::builder().status(status.split(' ').nth(1).expect("a status"));
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else { break };
        response = response.header(name, value.trim());
    }
    response.body(()).map_err(Error::other)
}

#[test]
#[ignore = "needs tests/servers"]
fn a_proxy_of_apache_is_answered() {
    let (server, auth) = (apache("digest-proxy"), mufasa());
    let (host, port) = server.authority.split_once(':').unwrap();
    let proxy = format!("{host}:{}", port.parse::<u16>().unwrap() + 1);
    for request in [get(server.uri("/open/?a")), Request::connect(&server.authority).body(()).unwrap()] {
        let (mut exchange, step) = auth.start(request, &Context::now()).unwrap();
        let Step::Send(request) = step else { panic!("{step:?}") };
        let reply = over_proxy(&proxy, &request).unwrap();
        assert_eq!(reply.status(), 407);
        let step = exchange.on_response(Reply::new(reply.status(), reply.headers(), b""), &Context::now()).unwrap();
        let Step::Send(request) = step else { panic!("{step:?}") };
        assert!(request.headers().contains_key(PROXY_AUTHORIZATION));
        let reply = over_proxy(&proxy, &request).unwrap();
        assert_eq!(reply.status(), 200);
        let step = exchange.on_response(Reply::new(reply.status(), reply.headers(), b""), &Context::now()).unwrap();
        assert!(matches!(step, Step::Done), "{step:?}");
    }
    let (_, step) = auth.start(get(server.uri("/open/")), &Context::now()).unwrap();
    let Step::Send(request) = step else { panic!("{step:?}") };
    assert_eq!(over_proxy(&proxy, &request).unwrap().status(), 200);
}

#[test]
#[ignore = "needs tests/servers"]
fn lighttpd_takes_every_algorithm() {
    let port = free_port().unwrap();
    let server = Server::script("lighttpd-digest.sh", port, &work_dir("digest-lighttpd").unwrap()).unwrap();
    let client = client();
    for path in ["/md5/", "/sha-256/", "/sha-512-256/", "/multi/", "/userhash/"] {
        let auth = mufasa();
        assert_eq!(ask(&client, &auth, server.uri(path)), (200, 2), "{path}");
        assert_eq!(ask(&client, &auth, server.uri(path)), (200, 1), "{path}");
        let wrong = Authenticator::new(&AuthConfig::digest("Mufasa", "")).unwrap();
        assert_eq!(ask(&client, &wrong, server.uri(path)), (401, 2), "{path}");
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn httpbin_takes_auth_int() {
    let port = free_port().unwrap();
    let server = Server::script("httpbin.sh", port, &work_dir("digest-httpbin").unwrap()).unwrap();
    let client = client();
    for (qop, algorithm) in
        [("auth-int", "MD5"), ("auth-int", "SHA-256"), ("auth", "MD5"), ("auth", "SHA-256"), ("none", "MD5")]
    {
        let path = format!("/digest-auth/{qop}/Mufasa/secret/{algorithm}/never");
        let uri = || server.uri(&path);
        let right = Authenticator::new(&AuthConfig::digest("Mufasa", "secret")).unwrap();
        // It ties a nonce to a cookie, which this client does not keep.
        let request = || Request::get(uri()).header("cookie", "fake=fake_value").body(()).unwrap();
        let (reply, sent) = exchange(&client, &right, request()).unwrap();
        assert_eq!((reply.status().as_u16(), sent), (200, 2), "{path}");
        let wrong = Authenticator::new(&AuthConfig::digest("Mufasa", "wrong")).unwrap();
        let (reply, sent) = exchange(&client, &wrong, request()).unwrap();
        assert_eq!((reply.status().as_u16(), sent), (401, 2), "{path}");
    }
}
