//! EdgeGrid against a server that computes each signature again with Akamai's own Python client.

use countersign::edgegrid::Config;
use countersign::{AuthConfig, Authenticator};
use countersign_tests::{Server, client, exchange, free_port, work_dir};
use http::{Method, Request, StatusCode};

fn config(secret: &str) -> Config {
    let mut config = Config::new("access", "client", secret);
    config.headers_to_sign = vec!["X-Test-1".into(), "X-Test-2".into()];
    config.max_body = 1000;
    config
}

fn ask(config: Config, method: Method, uri: String, body: Vec<u8>) -> StatusCode {
    let auth = Authenticator::new(&AuthConfig::Edgegrid(config)).unwrap();
    let request = Request::builder().method(method).uri(uri).header("x-test-2", "two   words").header("x-test-1", "1");
    exchange(&client(), &auth, request.body(body).unwrap()).unwrap().0.status()
}

#[test]
#[ignore = "needs tests/servers"]
fn akamais_client_computes_the_same_and_refuses_a_wrong_secret() {
    let server = Server::script("edgegrid.sh", free_port().unwrap(), &work_dir("edgegrid").unwrap()).unwrap();
    for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
        for path in ["/", "/papi/v1/groups?a=%20b&c", "/a%2Fb//c;d=e"] {
            for length in [0, 10, 1000, 5000] {
                let (uri, body) = (server.uri(path), vec![b'x'; length]);
                if length > 0 && (method == Method::GET || method == Method::DELETE) {
                    continue;
                }
                assert_eq!(
                    ask(config("secret"), method.clone(), uri.clone(), body.clone()),
                    200,
                    "{method} {path} {length}"
                );
                assert_eq!(ask(config("wrong"), method.clone(), uri, body), 401, "{method} {path} {length}");
            }
        }
    }
    let mut switched = config("secret");
    switched.account_key = Some("1-ABC:1-2RBL".into());
    assert_eq!(ask(switched, Method::GET, server.uri("/a?b"), Vec::new()), 200);
}
