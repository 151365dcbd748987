//! Hawk against its reference implementation, the npm package.

use countersign::hawk::{Config, Signer};
use countersign::scheme::Scheme as _;
use countersign::{AuthConfig, Authenticator, Context, ErrorKind, Payload};
use countersign_tests::{Server, client, exchange, free_port, send, work_dir};
use http::{Request, StatusCode};

const ID: &str = "dh37fgj492je";
const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

fn server() -> Server {
    Server::script("hawk.sh", free_port().unwrap(), &work_dir("hawk").unwrap()).unwrap()
}

fn config() -> Config {
    let mut config = Config::new(ID, KEY);
    config.include_payload_hash = true;
    config.require_server_authorization = true;
    config
}

fn ask(config: Config, request: http::request::Builder, body: &'static str) -> std::io::Result<(StatusCode, usize)> {
    let auth = Authenticator::new(&AuthConfig::Hawk(config)).unwrap();
    exchange(&client(), &auth, request.body(body).unwrap()).map(|(response, sent)| (response.status(), sent))
}

#[test]
#[ignore = "needs tests/servers"]
fn requests_are_accepted_and_replies_proved() {
    let server = server();
    let uri = server.uri("/resource?b=1&a=%20%2B+x");
    assert_eq!(ask(config(), Request::get(&uri), "").unwrap(), (StatusCode::OK, 1));
    let post = || Request::post(&uri).header("content-type", "Text/Plain; charset=utf-8");
    assert_eq!(ask(config(), post(), "hello").unwrap(), (StatusCode::OK, 1));
    let mut full = config();
    full.ext = Some("some, ext = data".into());
    full.app = Some("app".into());
    full.dlg = Some("dlg".into());
    assert_eq!(ask(full, post(), "").unwrap(), (StatusCode::OK, 1));

    let mut unhashed = config();
    unhashed.include_payload_hash = false;
    assert_eq!(ask(unhashed, post(), "hello").unwrap().0, StatusCode::UNAUTHORIZED, "the server demands a hash");
    assert_eq!(ask(Config::new(ID, "wrong"), Request::get(&uri), "").unwrap(), (StatusCode::UNAUTHORIZED, 1));
    assert_eq!(ask(Config::new("unknown", KEY), Request::get(&uri), "").unwrap(), (StatusCode::UNAUTHORIZED, 1));
    let mut once = config();
    once.nonce = Some("once".into());
    once.timestamp = Some(Context::now().unix_time());
    assert_eq!(ask(once.clone(), Request::get(&uri), "").unwrap().0, StatusCode::OK);
    assert_eq!(ask(once, Request::get(&uri), "").unwrap().0, StatusCode::UNAUTHORIZED, "a nonce counts once");
}

#[test]
#[ignore = "needs tests/servers"]
fn a_reply_that_another_key_proves_is_refused() {
    let server = server();
    let why = ask(config(), Request::get(server.uri("/forged")), "").unwrap_err();
    let why = why.get_ref().and_then(|why| why.downcast_ref::<countersign::Error>()).unwrap();
    assert_eq!(why.kind(), ErrorKind::ServerNotAuthentic);
}

#[test]
#[ignore = "needs tests/servers"]
fn a_skewed_clock_costs_one_retry_once() {
    let server = server();
    let auth = Authenticator::new(&AuthConfig::Hawk(config())).unwrap();
    let client = client();
    for expected in [2, 1, 1] {
        let request = Request::get(server.uri("/skewed")).body(()).unwrap();
        let (response, sent) = exchange(&client, &auth, request).unwrap();
        assert_eq!((response.status(), sent), (StatusCode::OK, expected));
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn bewits_work_and_expire() {
    let server = server();
    let mut config = Config::new(ID, KEY);
    config.ext = Some("e x t".into());
    let signer = Signer::new(&config).unwrap();
    let get = |uri| send(&client(), Request::get(uri).body(Payload::empty()).unwrap()).unwrap();
    for path in ["/bewit", "/bewit?a=1&b", "/bewit?"] {
        let uri = signer.bewit(&server.uri(path).parse().unwrap(), 60, &Context::now()).unwrap();
        let response = get(uri);
        assert_eq!(
            (response.status(), response.body().as_slice()),
            (StatusCode::OK, b"bewit e x t".as_slice()),
            "{path}"
        );
    }
    let before = Context::now().shifted(-100);
    let expired = signer.bewit(&server.uri("/bewit").parse().unwrap(), 60, &before).unwrap();
    assert_eq!(get(expired).status(), StatusCode::UNAUTHORIZED);
    let wrong = Signer::new(&Config::new(ID, "wrong")).unwrap();
    let wrong = wrong.bewit(&server.uri("/bewit").parse().unwrap(), 60, &Context::now()).unwrap();
    assert_eq!(get(wrong).status(), StatusCode::UNAUTHORIZED);

    // What is signed by the header is no bewit.
    let (mut parts, ()) = Request::get(server.uri("/bewit")).body(()).unwrap().into_parts();
    signer.sign(&mut parts, &mut Payload::empty(), &Context::now()).unwrap();
    let response = send(&client(), Request::from_parts(parts, Payload::empty())).unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}
