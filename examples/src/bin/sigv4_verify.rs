//! The server's side: a stand-in for an AWS service checks what a client sends, and refuses a wrong key.

use countersign::aws_sigv4::verify::{Refusal, Verified, Verifier};
use countersign::{AuthConfig, Authenticator, Context, Payload, Secret};
use http::Request;

/// A database of keys; a real one may be asked asynchronously, as nothing is locked here.
fn secret_of(access_key_id: &str) -> Option<Secret> {
    (access_key_id == "AKIDEXAMPLE").then(|| Secret::from("the right secret"))
}

fn check(verifier: &Verifier, request: Request<Payload>) -> Result<Verified, Refusal> {
    let (parts, payload) = request.into_parts();
    let claim = verifier.read(&parts)?; // who says so; nothing believed yet
    let secret = secret_of(claim.id());
    verifier.verify(claim, secret.as_ref(), &payload, &Context::now())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::new();
    for secret in ["the right secret", "a wrong secret"] {
        let auth = Authenticator::new(&AuthConfig::aws_sigv4("AKIDEXAMPLE", secret))?;
        let request = Request::post("https://sqs.eu-west-1.amazonaws.com/queue").body("Action=SendMessage")?;
        match check(&verifier, auth.sign_request(request, &Context::now())?) {
            Ok(verified) => println!("accepted: {} for {}", verified.access_key_id, verified.service),
            Err(refusal) => println!("403: {refusal}"),
        }
    }
    Ok(())
}
