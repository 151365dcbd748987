//! Whole logins: the person's browser and the authorization server are played here.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a failure shows")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_core::{Context, ErrorKind, Payload};
use countersign_native::{Login, Notice};
use countersign_oauth2::{AuthorizationCode, Config, DeviceCode, Grant, Session};
use http::{Request, Response, Uri};

type Sent = Result<Response<Vec<u8>>, std::io::Error>;

fn code() -> AuthorizationCode {
    AuthorizationCode::new("https://as/auth", "https://as/token", "app", "http://127.0.0.1/callback")
}

fn session(config: Config) -> Arc<Session> {
    Arc::new(Session::new(&config).unwrap())
}

/// The token endpoint; `tokens` is what it answers in turn, the last one from then on.
fn server(tokens: &'static [&'static str], asked: Arc<Mutex<Vec<String>>>) -> impl FnMut(Request<Payload>) -> Sent {
    let mut count = 0;
    move |request| {
        let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        lock(&asked).push(format!("{} {body}", request.uri().path()));
        if request.uri().path() == "/device" {
            let body = r#"{"device_code":"d","user_code":"WDJB-MJHT","verification_uri":"https://as/d","expires_in":60,"interval":1}"#;
            return Ok(Response::new(body.into()));
        }
        let body = tokens[count.min(tokens.len() - 1)];
        count += 1;
        let status = if body.contains("error") { 400 } else { 200 };
        Ok(Response::builder().status(status).body(body.into()).unwrap())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

/// The person: opens the page, consents, and comes back on the callback URL with `answer`, `{state}` filled in.
fn person(answers: &'static [&'static str], pages: Arc<Mutex<Vec<String>>>) -> impl Fn(&Notice<'_>) + Send + Sync {
    move |notice| {
        let Notice::Open { url } = notice else { return };
        let uri: Uri = url.parse().unwrap();
        let parameter = |name: &str| {
            let pairs = uri.query().unwrap().split('&').filter_map(|pair| pair.split_once('='));
            pairs.clone().find(|(known, _)| *known == name).unwrap().1.replace("%3A", ":").replace("%2F", "/")
        };
        let callback: Uri = parameter("redirect_uri").parse().unwrap();
        let (state, pages) = (parameter("state"), Arc::clone(&pages));
        std::thread::spawn(move || {
            for answer in answers {
                let host = callback.authority().unwrap().as_str();
                let mut browser = TcpStream::connect(host).unwrap();
                let target = format!("{}?{}", callback.path(), answer.replace("{state}", &state));
                write!(browser, "GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
                let mut page = String::new();
                browser.read_to_string(&mut page).unwrap();
                lock(&pages).push(page);
            }
        });
    }
}

const TOKEN: &str = r#"{"access_token":"t","token_type":"Bearer","expires_in":600,"refresh_token":"r"}"#;

#[test]
fn a_person_consents_in_the_browser() {
    let (asked, pages) = (Arc::default(), Arc::default());
    let session = session(Config::of(code()));
    let answers = &["code=forged&state=other", "error=access_denied&state=other", "code=c&state={state}"];
    let login = Login::new(&session).without_browser().with_program("Photo <printer>");
    let login = login.with_notice(person(answers, Arc::clone(&pages)));
    let token = login.run_blocking(server(&[TOKEN], Arc::clone(&asked))).unwrap();
    assert_eq!(token.access_token.expose(), "t");
    assert_eq!(session.token(&Context::now()).block().unwrap(), Some(token), "it is kept");
    let asked = lock(&asked);
    let [request] = &asked[..] else { panic!("{asked:?}") };
    assert!(request.contains("code=c&") && request.contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A"), "{request}");
    // The last page was written whole before the call returned.
    std::thread::sleep(Duration::from_millis(50));
    let pages = lock(&pages);
    let statuses: Vec<_> = pages.iter().map(|page| &page[9..12]).collect();
    assert_eq!(statuses, ["400", "400", "200"]);
    assert!(
        pages[2].contains("You are signed in")
            && pages[2].contains("Photo &lt;printer&gt;")
            && pages[2].ends_with("</html>")
    );
}

#[tokio::test]
async fn a_refusal_is_told_to_both() {
    for (answer, tokens) in
        [("error=access_denied&state={state}", &[TOKEN]), ("code=c&state={state}", &[r#"{"error":"invalid_grant"}"#])]
    {
        let pages = Arc::default();
        let answers: &'static [&'static str] = Box::leak(Box::new([answer]));
        let session = session(Config::of(code()));
        let login = Login::new(&session).without_browser().with_notice(person(answers, Arc::clone(&pages)));
        let mut server = server(tokens, Arc::default());
        let why = login.run(|request| std::future::ready(server(request))).await.unwrap_err();
        assert_eq!(why.kind(), ErrorKind::TokenRequestFailed);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(lock(&pages)[0].contains("You are not signed in"));
        assert_eq!(session.token(&Context::now()).await.unwrap(), None);
    }
}

#[test]
fn a_code_is_typed_in_at_another_device() {
    const PENDING: &str = r#"{"error":"authorization_pending"}"#;
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    let session = session(Config::of(DeviceCode::new("https://as/device", "https://as/token", "app")));
    let login = Login::new(&session).with_notice(move |notice| lock(&telling).push(format!("{notice:?}")));
    let token = login.run_blocking(server(&[PENDING, TOKEN], Arc::default())).unwrap();
    assert_eq!((token.access_token.expose(), lock(&told).len()), ("t", 1));
    assert!(lock(&told)[0].contains("WDJB-MJHT"), "{told:?}");
    // And waits no longer than it was told to.
    let login = Login::new(&session).with_notice(|_| {}).with_timeout(Duration::from_secs(1));
    let why = login.run_blocking(server(&[PENDING], Arc::default())).unwrap_err();
    assert_eq!(why.kind(), ErrorKind::NeedsAuthorization, "{why}");
}

/// No page but one of http or https is opened, so this one is not, wherever the test runs.
#[test]
fn without_a_browser_it_falls_back_to_the_device() {
    let mut grant = code();
    grant.consent.auth_url = "https://as/\u{e4}uth".to_owned();
    let asked = Arc::default();
    let session = session(Config::of(grant));
    let login = Login::new(&session).with_notice(|_| {}).or_device("https://as/device");
    match login.run_blocking(server(&[TOKEN], Arc::clone(&asked))) {
        Ok(token) => assert_eq!(token.access_token.expose(), "t"),
        Err(why) => panic!("{why}"),
    }
    assert!(lock(&asked)[0].starts_with("/device client_id=app"), "{asked:?}");
    assert!(session.token(&Context::now()).block().unwrap().is_some(), "it is this session's");
}

#[test]
fn nobody_comes_and_no_person_is_needed() {
    let quick = Duration::from_millis(100);
    let session = session(Config::of(code()));
    let login = Login::new(&session).without_browser().with_notice(|_| {}).with_timeout(quick);
    let why = login.run_blocking(server(&[TOKEN], Arc::default())).unwrap_err();
    assert_eq!(why.kind(), ErrorKind::NeedsAuthorization);

    let robot = Arc::new(Session::new(&Config::of(Grant::client_credentials("https://as/token", "app", "s"))).unwrap());
    let told = AtomicUsize::new(0);
    let token = Login::new(&robot).with_notice(|_| panic!("nobody is asked")).run_blocking(|request| {
        told.fetch_add(1, Ordering::SeqCst);
        server(&[TOKEN], Arc::default())(request)
    });
    assert_eq!((token.unwrap().access_token.expose(), told.load(Ordering::SeqCst)), ("t", 1));
}
