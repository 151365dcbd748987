//! Sign for ureq, blocking: its requests are `http::Request`s.

use countersign::{AuthConfig, Authenticator, Context, Payload};
use countersign_examples::echo_server;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let uri = format!("http://{}/items?page=2", echo_server()?);
    let auth = Authenticator::new(&AuthConfig::aws_sigv4("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))?;

    let request = auth.sign_request(http::Request::get(uri).body(Payload::empty())?, &Context::now())?;
    let request = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
    let text = ureq::Agent::new_with_defaults().run(request)?.into_body().read_to_string()?;
    println!("{text}");
    Ok(())
}
