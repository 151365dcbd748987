//! Hawk both ways: a server on loopback checks the request, and the client checks that the reply is the server's. The server's
//! clock is an hour ahead, which costs one more request.

use countersign::hawk::verify::{Credentials, Verifier};
use countersign::hawk::{Config, SERVER_AUTHORIZATION};
use countersign::{AuthConfig, Authenticator, Context, Payload};
use http::{Request, Response, StatusCode};

const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut verifier = Verifier::new(|id: &str| (id == "dh37fgj492je").then(|| Credentials::new(KEY)));
    verifier.scheme = "http";
    let server = countersign_examples::serve(move |request| {
        let (parts, body) = request.into_parts();
        match verifier.verify(&parts, &Payload::from(body), &Context::now().shifted(3600)) {
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
                response.header("www-authenticate", refusal.www_authenticate()).body(String::new()).expect("a reply")
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
