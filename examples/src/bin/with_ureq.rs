//! ureq, blocking: the scheme's round trips, and redirects, run over its agent.

use countersign::{AuthConfig, Authenticator};
use countersign_examples::echo_server;
use countersign_ureq::RunWith as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let uri = format!("http://{}/items?page=2", echo_server()?);
    let auth = Authenticator::new(&AuthConfig::aws_sigv4("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))?;

    let agent = ureq::Agent::new_with_defaults();
    let response = agent.run_with(&auth, http::Request::get(uri).body(())?)?;
    println!("{}", response.into_body().read_to_string()?);
    Ok(())
}
