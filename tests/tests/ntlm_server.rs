//! NTLM against a real server: Apache httpd with mod_auth_gssapi and gss-ntlmssp.

use countersign::{AuthConfig, Authenticator, ntlm};
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
