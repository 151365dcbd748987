//! NTLM against real servers: Apache httpd with mod_auth_gssapi and gss-ntlmssp, and one over pyspnego, which checks integrity
//! codes and channel bindings.

use countersign::{AuthConfig, Authenticator, Context, ntlm};
use countersign_tests::tls::certificate;
use countersign_tests::{Server, client, exchange, free_port, work_dir};
use http::{Method, Request, StatusCode};

fn apache() -> Server {
    Server::script("apache-ntlm.sh", free_port().unwrap(), &work_dir("ntlm").unwrap()).unwrap()
}

/// The status, and how many requests it took, all on one connection: a client of its own sends one after the other.
fn ask(server: &Server, config: ntlm::Config, method: Method) -> (StatusCode, usize) {
    let auth = Authenticator::new(&AuthConfig::Ntlm(config)).unwrap();
    let body = if method == Method::POST { "a=1" } else { "" };
    let request = Request::builder().method(method).uri(server.uri("/ntlm/index.html")).body(body).unwrap();
    let (response, sent) = exchange(&client(), &auth, request).unwrap();
    (response.status(), sent)
}

fn mufasa(password: &str) -> ntlm::Config {
    ntlm::Config::new("DOMAIN\\Mufasa", password)
}

#[test]
#[ignore = "needs tests/servers"]
fn the_right_password_and_a_wrong_one() {
    let server = apache();
    assert_eq!(ask(&server, mufasa("Circle of Life"), Method::GET), (StatusCode::OK, 2));
    assert_eq!(ask(&server, mufasa("Circle of Lies"), Method::GET), (StatusCode::UNAUTHORIZED, 2));
    let mut apart = ntlm::Config::new("Mufasa", "Circle of Life");
    apart.domain = "DOMAIN".into();
    apart.workstation = "PRIDEROCK".into();
    assert_eq!(ask(&server, apart, Method::GET), (StatusCode::OK, 2));
    assert_eq!(ask(&server, ntlm::Config::new("Nobody", "x"), Method::GET), (StatusCode::UNAUTHORIZED, 2));
}

#[test]
#[ignore = "needs tests/servers"]
fn a_body_goes_with_the_proof() {
    let server = apache();
    let (status, sent) = ask(&server, mufasa("Circle of Life"), Method::POST);
    assert_eq!((status, sent), (StatusCode::OK, 2));
    let (status, sent) = ask(&server, mufasa("Circle of Lies"), Method::POST);
    assert_eq!((status, sent), (StatusCode::UNAUTHORIZED, 2));
}

#[test]
#[ignore = "needs tests/servers"]
fn a_server_that_does_not_ask_gets_the_whole_request() {
    let server = apache();
    let auth = Authenticator::new(&AuthConfig::Ntlm(mufasa("Circle of Life"))).unwrap();
    let request = Request::get(server.uri("/open/index.html")).body(()).unwrap();
    let (response, sent) = exchange(&client(), &auth, request).unwrap();
    assert_eq!((response.status(), sent), (StatusCode::OK, 1));
}

const CERTIFICATE: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn pyspnego(more: &[&str]) -> Server {
    Server::script_with("ntlm-pyspnego.sh", free_port().unwrap(), &work_dir("pyspnego").unwrap(), more).unwrap()
}

fn get(server: &Server, config: ntlm::Config, path: &str) -> (StatusCode, usize, String) {
    let auth = Authenticator::new(&AuthConfig::Ntlm(config)).unwrap();
    let (response, sent) = exchange(&client(), &auth, Request::get(server.uri(path)).body(()).unwrap()).unwrap();
    (response.status(), sent, String::from_utf8(response.into_body()).unwrap())
}

#[test]
#[ignore = "needs tests/servers"]
fn integrity_codes_are_checked() {
    let server = pyspnego(&[]);
    let (status, sent, text) = get(&server, mufasa("Circle of Life"), "/ntlm");
    assert_eq!((status, sent, text.as_str()), (StatusCode::OK, 2, "request 2 of DOMAIN\\Mufasa"));
    let (status, sent, text) = get(&server, mufasa("Circle of Life"), "/negotiate");
    assert_eq!((status, sent, text.as_str()), (StatusCode::OK, 3, "request 3 of DOMAIN\\Mufasa"));
    let (status, sent, _) = get(&server, mufasa("Circle of Lies"), "/ntlm");
    assert_eq!((status, sent), (StatusCode::UNAUTHORIZED, 2));
    // Where nothing is signed or sealed, the code is made under another key.
    let (status, sent, _) = get(&server, mufasa("Circle of Life"), "/unsealed");
    assert_eq!((status, sent), (StatusCode::OK, 2));
    assert_eq!(get(&server, mufasa("Circle of Lies"), "/unsealed").0, StatusCode::UNAUTHORIZED);
    let mut old = mufasa("Circle of Life");
    old.version = ntlm::Version::Ntlmv1Session;
    assert_eq!(get(&server, old, "/ntlm").0, StatusCode::OK);
}

#[test]
#[ignore = "needs tests/servers"]
fn channel_bindings_are_checked() {
    let server = pyspnego(&[CERTIFICATE]);
    let bound = |hash: Option<&str>| {
        let mut config = mufasa("Circle of Life");
        config.tls_server_end_point = hash.map(str::to_owned);
        get(&server, config, "/ntlm").0
    };
    assert_eq!(bound(Some(CERTIFICATE)), StatusCode::OK);
    assert_eq!(bound(Some(&CERTIFICATE.replace("00", "ff"))), StatusCode::UNAUTHORIZED);
    assert_eq!(bound(None), StatusCode::UNAUTHORIZED);
}

#[test]
#[ignore = "needs tests/servers"]
fn the_certificate_of_the_connection_is_bound() {
    let certificate = certificate();
    let server = pyspnego(&[&ntlm::tls_server_end_point(&certificate).unwrap()]);
    let status = |ctx: Context| {
        let auth = Authenticator::new(&AuthConfig::Ntlm(mufasa("Circle of Life"))).unwrap();
        let auth = auth.with_clock(move || ctx.clone());
        let request = Request::get(server.uri("/ntlm")).body(()).unwrap();
        exchange(&client(), &auth, request).unwrap().0.status()
    };
    assert_eq!(status(Context::now().with_peer_certificate(certificate.as_ref())), StatusCode::OK);
    assert_eq!(status(Context::now()), StatusCode::UNAUTHORIZED);
}

#[test]
#[ignore = "needs tests/servers"]
fn a_connection_closed_between_legs_ends_the_exchange() {
    let server = pyspnego(&[]);
    let auth = Authenticator::new(&AuthConfig::Ntlm(mufasa("Circle of Life"))).unwrap();
    let request = || Request::get(server.uri("/closes")).body(()).unwrap();
    // The second leg finds the connection closed: the client's error is the caller's, and nothing is sent elsewhere.
    assert!(exchange(&client(), &auth, request()).is_err());
    // The authenticator is as good as before.
    let request = Request::get(server.uri("/ntlm")).body(()).unwrap();
    assert_eq!(exchange(&client(), &auth, request).unwrap().0.status(), StatusCode::OK);
}
