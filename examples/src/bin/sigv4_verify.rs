//! The server's side: a stand-in for an AWS service checks what a client sends, and refuses a wrong key.

use countersign::aws_sigv4::verify::Verifier;
use countersign::{AuthConfig, Authenticator, Context, Payload, Secret};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::new(|access_key_id: &str| match access_key_id {
        "AKIDEXAMPLE" => Some(Secret::from("the right secret")),
        _ => None,
    });
    for secret in ["the right secret", "a wrong secret"] {
        let auth = Authenticator::new(&AuthConfig::aws_sigv4("AKIDEXAMPLE", secret))?;
        let request = http::Request::post("https://sqs.eu-west-1.amazonaws.com/queue").body("Action=SendMessage")?;
        let (parts, payload): (_, Payload) = auth.sign_request(request, &Context::now())?.into_parts();
        match verifier.verify(&parts, &payload, &Context::now()) {
            Ok(verified) => println!("accepted: {} for {}", verified.access_key_id, verified.service),
            Err(why) => println!("403: {why}"),
        }
    }
    Ok(())
}
