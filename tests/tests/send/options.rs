//! The options, one by one.

use std::io::{BufRead as _, BufReader, Write as _, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::scheme::encode::base64;
use countersign_tests::free_port;
use countersign_tests::guard::{Digest, PASSWORD, header, reply, with};
use countersign_tests::stand_in::{Answer, StandIn};
use countersign_tests::tls::certificate;
use serde_json::json;

use super::{basic, digest, file, folder, guarded, none, request, send, send_with, serving, text};

#[test]
fn the_exit_code_says_the_statuss_class() {
    let folder = folder("status");
    let server = serving(|request| reply(request.uri().path()[1..].parse().unwrap(), "body"));
    for (status, code) in [(200, 0), (302, 3), (404, 4), (500, 5)] {
        let run = send(&[&request(&folder, server.uri(&format!("/{status}")), &none())]);
        assert!(run.code == code && run.out.ends_with("body"), "{status}: {run:?}");
    }
    let nobody = format!("http://127.0.0.1:{}/", free_port().unwrap());
    let run = send(&[&request(&folder, nobody, &none())]);
    assert!(run.code == 6 && run.err.contains("no response") && run.out.is_empty(), "{run:?}");
    let run = send(&[&file(&folder, "x.json", "{")]);
    assert_eq!(run.code, 2, "{run:?}");
    let run = send(&[&request(
        &folder,
        server.uri("/200"),
        &json!({ "type": "basic", "username": "u:hunter2", "password": "" }),
    )]);
    assert!(run.code == 1 && !run.err.contains("hunter2"), "{run:?}");
}

#[test]
fn repeating_gives_the_worst_code() {
    let folder = folder("worst");
    let server = StandIn::start(|place, _| Answer::Reply(reply([200, 500, 404][place.request % 3], "x"))).unwrap();
    let run = send(&[&request(&folder, server.uri("/"), &none()), "--repeat", "3"]);
    assert!(run.code == 5 && run.out.contains("3 sent: 1 with 200, 1 with 404, 1 with 500"), "{run:?}");
    assert_eq!(server.connections(), 1);
}

#[test]
fn redirects_are_followed_within_the_origin_with_credentials_and_elsewhere_without() {
    let folder = folder("redirects");
    let elsewhere = serving(|request| reply(200, format!("[{}]", header(&request, "authorization"))));
    let away = elsewhere.uri("/");
    let server = guarded(&Arc::new(Digest::new(300)), move |request| match request.uri().path() {
        "/within" => with(reply(302, ""), "location", "/end"),
        "/away" => with(reply(302, ""), "location", &away),
        _ => reply(200, "end"),
    });
    let asks = |path: &str| request(&folder, server.uri(path), &digest(PASSWORD));
    assert!(send(&[&asks("/within")]).out.ends_with("end"));
    assert!(send(&[&asks("/away")]).out.ends_with("[]"));
    let run = send(&[&asks("/within"), "--max-redirects", "0"]);
    assert!(run.code == 3 && run.out.contains("location: /end"), "{run:?}");
}

#[test]
fn a_silent_server_is_given_up_on() {
    let folder = folder("timeout");
    let server = StandIn::start(|_, _| Answer::Silence(Duration::from_secs(30))).unwrap();
    let began = Instant::now();
    let run = send(&[&request(&folder, server.uri("/"), &none()), "--timeout", "0.3"]);
    assert!(run.code == 6 && run.err.contains("timeout") && began.elapsed() < Duration::from_secs(10), "{run:?}");
    let run = send(&[&request(&folder, server.uri("/"), &none()), "--timeout", "0"]);
    assert!(run.code == 2 && run.err.contains("write seconds"), "{run:?}");
}

#[test]
fn cookies_are_kept_in_curls_file() {
    let folder = folder("cookies");
    let server = serving(|request| {
        let reply = reply(200, header(&request, "cookie"));
        let reply = with(reply, "set-cookie", "session=hunter2; HttpOnly; Path=/");
        with(reply, "set-cookie", "elsewhere=1; Domain=example.com")
    });
    let jar = folder.join("jar");
    let asks = request(&folder, server.uri("/"), &basic());
    let run = send(&[&asks, "--cookie-jar", text(&jar)]);
    assert!(run.code == 0 && run.out.ends_with("\n\n"), "{run:?}");
    let kept = std::fs::read_to_string(&jar).unwrap();
    assert!(kept.ends_with("#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\thunter2\n"), "{kept}");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&jar).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let run = send(&[&asks, "--cookie-jar", text(&jar), "-v"]);
    assert!(run.out.ends_with("session=hunter2") && run.err.contains("cookie: session=***"), "{run:?}");
    let run = send(&[&asks, "--cookie-jar", &file(&folder, "bad", "hunter2")]);
    assert!(run.code == 2 && run.err.contains("line 1") && !run.err.contains("hunter2"), "{run:?}");
}

/// A proxy that opens tunnels for whoever sends this `Proxy-Authorization`.
fn proxy(expected: &'static str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            std::thread::spawn(move || tunnel(client, expected));
        }
    });
    address
}

/// A client that goes away is no failure of the proxy's.
fn tunnel(mut client: TcpStream, expected: &str) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let (mut line, mut is_right) = (String::new(), false);
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        is_right |= name.eq_ignore_ascii_case("proxy-authorization") && value.trim() == expected;
    }
    if !is_right {
        return client
            .write_all(b"HTTP/1.1 407 no\r\nproxy-authenticate: Basic realm=\"p\"\r\ncontent-length: 0\r\n\r\n")
            .ok();
    }
    let mut server = TcpStream::connect(target).ok()?;
    client.write_all(b"HTTP/1.1 200 open\r\n\r\n").ok()?;
    let (mut from_server, mut to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
    std::thread::spawn(move || {
        let _ = copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    copy(&mut reader, &mut server).ok()?;
    server.shutdown(Shutdown::Both).ok()
}

#[test]
fn a_proxy_is_used_where_it_is_named() {
    let folder = folder("proxy");
    let server = guarded(&Arc::new(Digest::new(300)), |_| reply(200, "end"));
    let asks = request(&folder, server.uri("/"), &digest(PASSWORD));
    let address = proxy("Basic dTpwdw==");
    let (right, wrong) = (format!("http://u:pw@{address}"), format!("http://u:hunter2@{address}"));
    let run = send(&[&asks, "--proxy", &right]);
    assert!(run.code == 0 && run.out.ends_with("end"), "{run:?}");
    let run = send_with(&[("HTTP_PROXY", &right)], &[&asks]);
    assert!(run.code == 0 && run.out.ends_with("end"), "{run:?}");
    let run = send(&[&asks, "--proxy", &wrong]);
    assert!(run.code != 0 && run.err.contains("407") && !run.err.contains("hunter2"), "{run:?}");
    let run = send_with(&[("HTTP_PROXY", &wrong)], &[&asks, "--no-proxy"]);
    assert!(run.code == 0, "{run:?}");
    let run = send(&[&asks, "--proxy", "ftp://u:hunter2@host"]);
    assert!(run.code == 2 && !run.err.contains("hunter2"), "{run:?}");
}

#[test]
fn a_servers_certificate_is_trusted_where_the_file_says_so() {
    let folder = folder("ca");
    let server = StandIn::start_tls(&["http/1.1"], |_, _| Answer::Reply(reply(200, "over TLS"))).unwrap();
    let asks = request(&folder, server.uri("/"), &basic());
    let run = send(&[&asks]);
    assert!(run.code == 6 && run.err.contains("certificate"), "{run:?}");
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64(&certificate()));
    let run = send(&[&asks, "--ca", &file(&folder, "ca.pem", pem)]);
    assert!(run.code == 0 && run.out.ends_with("over TLS"), "{run:?}");
    let run = send(&[&asks, "--ca", &file(&folder, "no.pem", "hunter2")]);
    assert!(run.code == 2 && run.err.contains("no certificate in PEM") && !run.err.contains("hunter2"), "{run:?}");
}

#[test]
fn a_curl_command_is_sent() {
    let folder = folder("curl");
    let server = guarded(&Arc::new(Digest::new(300)), |request| {
        reply(200, format!("{} {}", request.method(), String::from_utf8_lossy(request.body())))
    });
    let command = format!("curl --digest -u 'Mufasa:{PASSWORD}' -d 'a=1' '{}'", server.uri("/"));
    let run = send(&["--from", &file(&folder, "command", command)]);
    assert!(run.code == 0 && run.out.ends_with("POST a=1"), "{run:?}");

    let item = |name: &str, password: &str| {
        let digest =
            [("username", "Mufasa"), ("password", password)].map(|(key, value)| json!({ "key": key, "value": value }));
        let auth = json!({ "type": "digest", "digest": digest });
        json!({ "name": name, "request": { "method": "GET", "url": server.uri("/"), "auth": auth } })
    };
    let schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
    let collection =
        json!({ "info": { "name": "c", "schema": schema }, "item": [item("Right", PASSWORD), item("Wrong", "x")] });
    let from = file(&folder, "collection.json", collection.to_string());
    assert_eq!(send(&["--from", &from, "--select", "Right"]).code, 0);
    assert_eq!(send(&["--from", &from, "--select", "Wrong"]).code, 4);
}
