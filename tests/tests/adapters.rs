//! What every adapter of an HTTP client must do, written once: a new adapter only has to plug in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::oauth2::Grant;
use countersign::{AuthConfig, Authenticator, Payload, digest};
use countersign_examples::serve;
use countersign_tests::{Server, free_port, work_dir};
use countersign_ureq::RunWith as _;
use http::{Request, Response, StatusCode};

/// An adapter with its client.
trait Adapter {
    fn name(&self) -> &'static str;
    fn send(&self, auth: &Authenticator, request: Request<Payload>) -> Result<Response<Vec<u8>>, String>;
}

struct Ureq(ureq::Agent);

impl Adapter for Ureq {
    fn name(&self) -> &'static str {
        "ureq"
    }

    fn send(&self, auth: &Authenticator, request: Request<Payload>) -> Result<Response<Vec<u8>>, String> {
        let response = self.0.run_with(auth, request).map_err(|why| why.to_string())?;
        let (parts, mut body) = response.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec().map_err(|why| why.to_string())?))
    }
}

fn adapters() -> Vec<Box<dyn Adapter>> {
    vec![Box::new(Ureq(ureq::Agent::new_with_defaults()))]
}

fn authenticator(config: AuthConfig) -> Authenticator {
    Authenticator::new(&config).unwrap()
}

fn get(uri: String) -> Request<Payload> {
    Request::get(uri).body(Payload::empty()).unwrap()
}

fn text(response: &Response<Vec<u8>>) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}

/// Says which path was asked for with which credentials; `/to?URL` redirects.
fn echo() -> String {
    let address = serve(|request| {
        let authorization =
            request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("none");
        if let Some(location) = request.uri().query().filter(|_| request.uri().path() == "/to") {
            return Response::builder().status(302).header("location", location).body(String::new()).unwrap();
        }
        Response::new(format!("{} {} {authorization}", request.method(), request.uri().path()))
    });
    format!("http://{}", address.unwrap())
}

#[test]
fn credentials_go_with_redirects_within_the_origin_and_never_out_of_it() {
    let (here, elsewhere) = (echo(), echo());
    for adapter in adapters() {
        let auth = authenticator(AuthConfig::basic("Aladdin", "open sesame"));
        let ask = |location: &str| text(&adapter.send(&auth, get(format!("{here}/to?{location}"))).unwrap());
        assert_eq!(ask("/there"), "GET /there Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "{}", adapter.name());
        assert_eq!(ask(&format!("{elsewhere}/there")), "GET /there none", "{}", adapter.name());
        // And back: the first origin is asked with credentials again.
        assert_eq!(ask(&format!("{elsewhere}/to?{here}/back")), "GET /back Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        // A signature holds for one URL: it is made anew.
        let signing = authenticator(AuthConfig::edgegrid("access", "client", "secret"));
        let signed = |path: &str| text(&adapter.send(&signing, get(format!("{here}/to?{path}"))).unwrap());
        assert!(signed("/one").contains("signature=") && signed("/one") != signed("/two"));
        let post = Request::post(format!("{here}/to?/there")).body("body".into()).unwrap();
        assert!(text(&adapter.send(&auth, post).unwrap()).starts_with("GET /there Basic"));
        // A circle has an end.
        let error =
            adapter.send(&auth, get(format!("{here}/to?/to?{here}/to?/to?x"))).map(|response| response.status());
        assert!(error.is_err() || error == Ok(StatusCode::OK));
        let circle =
            serve(|_| Response::builder().status(302).header("location", "/again").body(String::new()).unwrap())
                .unwrap();
        assert!(adapter.send(&auth, get(format!("http://{circle}/"))).unwrap_err().contains("redirect"));
    }
}

#[test]
fn challenges_are_answered_and_refusals_are_responses() {
    for adapter in adapters() {
        let verifier = digest::verify::Verifier::new("realm", &[7; 32]).unwrap();
        let seen = digest::verify::MemoryNonceStore::default();
        let legs = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&legs);
        let address = serve(move |request| {
            counter.fetch_add(1, Ordering::SeqCst);
            let (parts, body) = request.into_parts();
            let now = countersign::Context::now();
            let verified = verifier.read(&parts, &now).and_then(|claim| {
                let account = digest::verify::Account::new(claim.id(), "right");
                let verified = verifier.verify(claim, Some(&account), &Payload::from(body.clone()), &now)?;
                let known = seen.remember_now(&verified.replay_key(), verified.expires_at());
                known.map_err(|err| verifier.refusal(err, &now))
            });
            match verified {
                Ok(()) => Response::new(format!("{} bytes", body.len())),
                Err(refusal) => {
                    let mut response = Response::new("no".to_owned());
                    *response.status_mut() = StatusCode::UNAUTHORIZED;
                    for challenge in refusal.challenges {
                        response.headers_mut().append("www-authenticate", challenge);
                    }
                    response
                }
            }
        })
        .unwrap();
        let auth = authenticator(AuthConfig::digest("u", "right"));
        let post = || Request::post(format!("http://{address}/")).body(Payload::from(vec![b'x'; 10_000])).unwrap();
        for expected in [2, 3] {
            let response = adapter.send(&auth, post()).unwrap();
            assert_eq!(
                (response.status(), text(&response).as_str()),
                (StatusCode::OK, "10000 bytes"),
                "{}",
                adapter.name()
            );
            assert_eq!(legs.load(Ordering::SeqCst), expected, "the second is signed at once");
        }
        let response = adapter.send(&authenticator(AuthConfig::digest("u", "wrong")), post()).unwrap();
        assert_eq!((response.status(), text(&response).as_str()), (StatusCode::UNAUTHORIZED, "no"));
    }
}

#[test]
fn tokens_are_fetched_over_the_same_client_and_failures_are_errors() {
    for adapter in adapters() {
        let address = serve(|request| match request.uri().path() {
            "/token" => Response::new(r#"{"access_token":"t","expires_in":60}"#.to_owned()),
            "/broken" => Response::builder().status(502).body("<html>".to_owned()).unwrap(),
            "/elsewhere" => Response::builder().status(307).header("location", "/token").body(String::new()).unwrap(),
            _ => Response::new(request.headers()["authorization"].to_str().unwrap().to_owned()),
        })
        .unwrap();
        let auth = |path: &str| {
            authenticator(AuthConfig::oauth2(Grant::client_credentials(format!("http://{address}{path}"), "i", "s")))
        };
        let ask = |auth: &Authenticator| adapter.send(auth, get(format!("http://{address}/api")));
        assert_eq!(text(&ask(&auth("/token")).unwrap()), "Bearer t");
        assert!(ask(&auth("/broken")).unwrap_err().contains("status 502"));
        assert!(ask(&auth("/elsewhere")).unwrap_err().contains("redirects"), "credentials are not sent on");
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn ntlm_keeps_to_one_connection_beside_other_requests() {
    let server = Server::script("apache-ntlm.sh", free_port().unwrap(), &work_dir("adapters").unwrap()).unwrap();
    for adapter in adapters() {
        // Connections of the same pool that others use meanwhile.
        let plain = authenticator(AuthConfig::None);
        for password in ["Circle of Life", "Circle of Lies"] {
            let auth = authenticator(AuthConfig::ntlm("DOMAIN\\Mufasa", password));
            assert_eq!(adapter.send(&plain, get(server.uri("/open/index.html"))).unwrap().status(), StatusCode::OK);
            let status = adapter.send(&auth, get(server.uri("/ntlm/index.html"))).unwrap().status();
            let expected = if password == "Circle of Life" { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            assert_eq!(status, expected, "{}", adapter.name());
            // What was proved on that connection does not hold for others.
            let other = adapter.send(&plain, get(server.uri("/ntlm/index.html"))).unwrap();
            assert_eq!(other.status(), StatusCode::UNAUTHORIZED, "{}", adapter.name());
        }
    }
}
