//! Sign for reqwest: its request turns into an `http::Request` and back.

use countersign::{AuthConfig, Authenticator, Context, Payload};
use countersign_examples::echo_server;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let uri = format!("http://{}/items?page=2", echo_server()?);
    let auth = Authenticator::new(&AuthConfig::aws_sigv4("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))?;

    let client = reqwest::Client::new();
    let request = client.post(uri).body("{}").build()?;
    let (mut parts, body) = http::Request::<reqwest::Body>::try_from(request)?.into_parts();
    // A body that reqwest streams has no bytes to hash.
    let mut payload = body.as_bytes().map_or(Payload::Streaming, |bytes| Payload::from(bytes.to_vec()));
    auth.sign(&mut parts, &mut payload, &Context::now())?;
    let response = client.execute(http::Request::from_parts(parts, body).try_into()?).await?;
    println!("{}", response.text().await?);
    Ok(())
}
