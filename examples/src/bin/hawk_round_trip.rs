//! Hawk both ways: a server on loopback checks the request, and the client checks that the reply is the server's. The server's
//! clock is an hour ahead, which costs one more request.

use countersign::hawk::verify::{Credentials, Refusal, Verified, Verifier};
use countersign::hawk::{Config, SERVER_AUTHORIZATION};
use countersign::scheme::replay::MemoryNonceStore;
use countersign::{AuthConfig, Authenticator, Context, Payload};
use http::request::Parts;
use http::{Request, Response, StatusCode};

const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::new().with_default_port(80);
    let nonces = MemoryNonceStore::default();
    let key = Credentials::new(KEY);
    let check = move |parts: &Parts, payload: &Payload| -> Result<Verified, Refusal> {
        let claim = verifier.read(parts)?;
        let key = (claim.id() == "dh37fgj492je").then_some(&key);
        let verified = verifier.verify(claim, key, payload, &Context::now().shifted(3600))?;
        nonces.remember_now(&verified.replay_key(), verified.expires_at())?;
        Ok(verified)
    };
    let server = countersign_examples::serve(move |request| {
        let (parts, body) = request.into_parts();
        match check(&parts, &Payload::from(body)) {
            Ok(verified) => {
                let body = format!("hello, {}", verified.id);
                let proof = verified.server_authorization("text/plain", body.as_bytes(), "").expect("no ext");
                let response =
                    Response::builder().header("content-type", "text/plain").header(SERVER_AUTHORIZATION, proof);
                response.body(body).expect("a reply")
            }
            Err(refusal) => {
                println!("server: {refusal}");
                let response = Response::builder().status(StatusCode::UNAUTHORIZED);
                let response = refusal
                    .challenges
                    .iter()
                    .fold(response, |response, challenge| response.header("www-authenticate", challenge));
                response.body(String::new()).expect("a reply")
            }
        }
    })?;

    let mut config = Config::new("dh37fgj492je", KEY);
    config.include_payload_hash = true;
    config.require_server_authorization = true;
    let auth = Authenticator::new(&AuthConfig::Hawk(config))?;
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();

    let request = Request::post(format!("http://{server}/")).header("content-type", "text/plain").body("hi")?;
    let response = auth.drive(request, |request| -> Result<_, Box<dyn std::error::Error>> {
        let request = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
        let (parts, mut body) = client.run(request)?.into_parts();
        Ok(Response::from_parts(parts, body.read_to_string()?))
    })?;
    let text = response.body();
    println!("client: {text:?}, as the server proved");
    assert_eq!(text, "hello, dh37fgj492je");
    Ok(())
}
