use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

async fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // Who is cut off while it speaks, or before it has listened, has got what the reply holds by then.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply).await;
    String::from_utf8(reply).unwrap().lines().next().unwrap_or("(closed)").to_owned()
}

async fn get(port: u16, target: &str, host: &str) -> String {
    ask(port, &format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await
}

/// Runs what a client does, until it gets the answer through.
async fn while_listening<Doing>(client: impl FnOnce(u16) -> Doing)
where
    Doing: Future<Output = ()> + Send + 'static,
{
    let mut listener = Listener::new(&Callback::of("http://127.0.0.1/callback").unwrap(), "test").await.unwrap();
    let port = listener.port;
    let doing = client(port);
    let asking = tokio::spawn(async move {
        doing.await;
        get(port, "/callback?state=s", &format!("localhost:{port}")).await
    });
    loop {
        let asked = timeout(Duration::from_secs(20), listener.asked()).await.unwrap().unwrap();
        if asked.target == "/callback?state=s" {
            asked.answer(Page::SignedIn).await;
            break;
        }
        asked.answer(Page::NotTheAnswer).await;
    }
    // It was written before the listener goes.
    drop(listener);
    assert!(asking.await.unwrap().contains("200"));
}

#[tokio::test]
async fn only_the_answer_ends_the_waiting() {
    while_listening(|port| async move {
        let _preconnect = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let own = format!("127.0.0.1:{port}");
        assert!(get(port, "/favicon.ico", &own).await.contains("404"));
        for path in ["/callback/x", "/callback/", "//callback", "/./callback", "/%63allback", "/CALLBACK"] {
            assert!(get(port, &format!("{path}?state=s"), &own).await.contains("404"), "{path}");
        }
        for host in
            ["evil.example", &format!("127.0.0.1:{}", port ^ 1), "127.0.0.1", "", &format!("{own}\r\nHost: {own}")]
        {
            assert!(get(port, "/callback?state=s", host).await.contains("400"), "{host}");
        }
        assert!(ask(port, "GET /callback?state=s HTTP/1.0\r\n\r\n").await.contains("400"), "no host");
        assert!(get(port, &format!("http://{own}/callback?state=s"), &own).await.contains("400"), "a proxy's form");
        assert!(get(port, "/callback?state=x", &own).await.contains("400"));
        for method in ["POST", "HEAD", "get", "OPTIONS"] {
            let line = ask(port, &format!("{method} /callback?state=s HTTP/1.1\r\nHost: {own}\r\n\r\n")).await;
            assert!(line.contains("405"), "{method}: {line}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_bounded_number_of_connections_is_open() {
    while_listening(|port| async move {
        let mut silent = Vec::new();
        for _ in 0..10 * MOST_CONNECTIONS {
            silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
        }
        assert!(get(port, "/callback?state=x", &format!("127.0.0.1:{port}")).await.contains("400"));
        let mut closed = 0;
        for stream in &mut silent {
            // Those that are open have nothing to say.
            let read = timeout(Duration::from_millis(5), stream.read(&mut [0; 1])).await;
            closed += usize::from(read.is_ok());
        }
        assert!(closed >= silent.len() - MOST_CONNECTIONS, "{closed} of {} are closed", silent.len());
    })
    .await;
}

#[tokio::test]
async fn a_head_that_is_no_head_is_not_waited_for() {
    while_listening(|port| async move {
        let begun = Instant::now();
        let answer = ask(port, &"x".repeat(100_000)).await;
        assert!(answer == "(closed)" || answer.contains(" 4"), "{answer}");
        let long =
            format!("GET /callback?state=s HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nA: {}\r\n\r\n", "a".repeat(20_000));
        let answer = ask(port, &long).await;
        assert!(answer == "(closed)" || answer.contains(" 4"), "{answer}");
        assert!(begun.elapsed() < HEAD_TIMEOUT);
        // In small pieces it is a request all the same.
        let mut slow = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        for piece in format!("GET /callback?state=x HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").as_bytes().chunks(7) {
            slow.write_all(piece).await.unwrap();
            sleep(Duration::from_millis(5)).await;
        }
        let mut reply = String::new();
        slow.read_to_string(&mut reply).await.unwrap();
        assert!(reply.starts_with("HTTP/1.1 400"), "{reply}");
        // Nothing of it runs, nothing is loaded, and the code in the URL goes nowhere.
        for header in
            ["content-security-policy: default-src 'none'", "referrer-policy: no-referrer", "cache-control: no-store"]
        {
            assert!(reply.contains(header), "{reply}");
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_listens_afterwards() {
    let listener = Listener::new(&Callback::of("http://127.0.0.1/callback").unwrap(), "test").await.unwrap();
    let port = listener.port;
    let taken = Callback::of(&format!("http://127.0.0.1:{port}/")).unwrap();
    let Err(why) = Listener::new(&taken, "test").await else { panic!("two listen") };
    assert!(why.to_string().contains("cannot listen"), "{why}");
    drop(listener);
    tokio::task::yield_now().await;
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}
