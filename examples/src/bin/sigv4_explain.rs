//! Why the 403? Look at what was signed, and compare it with what the server quotes in its error.

use countersign::{AuthConfig, Authenticator, Context};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = AuthConfig::aws_sigv4("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let auth = Authenticator::new(&config)?;
    let request = http::Request::get("https://dynamodb.us-east-1.amazonaws.com/a//b/../c?b=2&a=1+1");
    let (parts, ()) = request.header("x-note", "  two   words ").body(())?.into_parts();

    let signed = auth.compute(&parts, &().into(), &Context::now().explaining())?;
    println!("canonical request:\n{}\n", signed.canonical_request().ok_or("not explained")?);
    println!("string to sign:\n{}", signed.string_to_sign().ok_or("not explained")?);
    Ok(())
}
