//! reqwest: the scheme's round trips, and redirects, run over its client.

use countersign::{AuthConfig, Authenticator};
use countersign_examples::echo_server;
use countersign_reqwest::SendWith as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let uri = format!("http://{}/items?page=2", echo_server()?);
    let auth = Authenticator::new(&AuthConfig::aws_sigv4("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))?;

    // Redirects are followed by `send_with`, signed anew.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let response = client.post(uri).body("{}").send_with(&auth).await?;
    println!("{}", response.text().await?);
    Ok(())
}
