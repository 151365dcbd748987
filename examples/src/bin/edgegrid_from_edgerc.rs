//! A call of an Akamai API with the credentials of an `.edgerc` file, against a stand-in on loopback that checks the signature.

use countersign::edgegrid::Config;
use countersign::edgegrid::verify::{Refusal, Verified, Verifier};
use countersign::scheme::replay::MemoryNonceStore;
use countersign::{AuthConfig, Authenticator, Context, Payload, Secret};
use http::request::Parts;
use http::uri::Scheme;
use http::{Request, Response, StatusCode};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/requests/edgerc");
    let mut config = Config::from_edgerc(&std::fs::read_to_string(path)?, "default")?;
    println!("the file's host: {}", config.base_url.as_deref().unwrap_or_default());

    let verifier = Verifier::new().with_scheme(Scheme::HTTP);
    let nonces = MemoryNonceStore::default();
    let secret = Secret::from("bm90IGEgc2VjcmV0");
    let check = move |parts: &Parts, payload: &Payload| -> Result<Verified, Refusal> {
        let claim = verifier.read(parts)?;
        let secret = (claim.id() == "akab-client-token").then_some(&secret);
        let verified = verifier.verify(claim, secret, payload, &Context::now())?;
        nonces.remember_now(&verified.replay_key(), verified.expires_at())?;
        Ok(verified)
    };
    let server = countersign_examples::serve(move |request| {
        let (parts, body) = request.into_parts();
        match check(&parts, &Payload::from(body)) {
            Ok(verified) => Response::new(format!("hello, {}", verified.client_token)),
            Err(refusal) => {
                let response = Response::builder().status(StatusCode::UNAUTHORIZED);
                response.body(refusal.to_string()).expect("a reply")
            }
        }
    })?;
    // The stand-in, not the file's host.
    config.base_url = None;

    let auth = Authenticator::new(&AuthConfig::Edgegrid(config))?;
    let request = Request::post(format!("http://{server}/ccu/v3/invalidate/url/production"));
    let request = auth.sign_request(request.body(r#"{"objects":["https://www.example.com/"]}"#)?, &Context::now())?;
    let request = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
    println!("{}", ureq::run(request)?.body_mut().read_to_string()?);
    Ok(())
}
