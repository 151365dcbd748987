//! A call of an Akamai API with the credentials of an `.edgerc` file, against a stand-in on loopback that checks the signature.

use countersign::edgegrid::Config;
use countersign::edgegrid::verify::Verifier;
use countersign::{AuthConfig, Authenticator, Context, Payload, Secret};
use http::{Request, Response};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/requests/edgerc");
    let mut config = Config::from_edgerc(&std::fs::read_to_string(path)?, "default")?;
    println!("the file's host: {}", config.base_url.as_deref().unwrap_or_default());

    let mut verifier = Verifier::new(|client_token: &str, _: &str| {
        (client_token == "akab-client-token").then(|| Secret::from("bm90IGEgc2VjcmV0"))
    });
    verifier.scheme = "http";
    let server = countersign_examples::serve(move |request| {
        let (parts, body) = request.into_parts();
        match verifier.verify(&parts, &Payload::from(body), &Context::now()) {
            Ok(verified) => Response::new(format!("hello, {}", verified.client_token)),
            Err(why) => Response::builder().status(401).body(why.to_string()).expect("a reply"),
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
