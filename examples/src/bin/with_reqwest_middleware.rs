//! reqwest-middleware: every leg passes through the middleware that stands after the authentication.

use countersign::{AuthConfig, Authenticator};
use countersign_examples::echo_server;
use countersign_reqwest_middleware::AuthMiddleware;
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next};

/// Says what goes out.
struct Log;

#[async_trait::async_trait]
impl Middleware for Log {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        println!("-> {} {}", request.method(), request.url().path());
        next.run(request, extensions).await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let uri = format!("http://{}/items?page=2", echo_server()?);
    let auth = Authenticator::new(&AuthConfig::aws_sigv4("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))?;

    // Redirects are followed by the authentication, signed anew.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let client = ClientBuilder::new(client).with(AuthMiddleware::new(&auth)).with(Log).build();
    let response = client.post(uri).body("{}").send().await?;
    println!("{}", response.text().await?);
    Ok(())
}
