//! Bearer tokens on the server: a layer asks the authorization server what a token stands for (RFC 7662), and keeps the answer for as long
//! as it says.

use axum::routing::get;
use axum::{Extension, Router};
use bytes::Bytes;
use countersign::AuthConfig;
use countersign::oauth2::Grant;
use countersign::oauth2::server::Introspection;
use countersign_examples::get as call;
use countersign_tower::verify::{Bearer, Introspector, VerifyLayer};
use http::{Request, Response};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // How this server is known to the authorization server.
    let us = Grant::client_credentials("https://as.example.com/token", "items", "gX1fBat3bV");
    let introspector =
        Introspector::new(&us, "https://as.example.com/introspect", |request: Request<Bytes>| async move {
            // Your HTTP client, with a timeout; here, a stand-in of the authorization server.
            let is_known = request.body().starts_with(b"token=mF_9.B5f-4.1JqM&");
            let body =
                if is_known { r#"{"active":true,"username":"jdoe","scope":"read"}"# } else { r#"{"active":false}"# };
            Ok(Response::builder().header("cache-control", "max-age=60").body(Bytes::from(body))?)
        });
    let layer = VerifyLayer::new(Bearer::new(move |token| introspector.ask(token)));
    let hello = |Extension(token): Extension<Introspection>| async move {
        format!("hello {}", token.username.unwrap_or_default())
    };
    let app = Router::new().route("/", get(hello)).layer(layer);
    let uri = format!("http://{}/", countersign_examples::serve_app(|_| app).await?);

    assert_eq!(call(&uri, &AuthConfig::bearer("mF_9.B5f-4.1JqM")).await?, "200 OK hello jdoe");
    let refused = call(&uri, &AuthConfig::bearer("another")).await?;
    println!("with another token: {refused}");
    assert!(refused.starts_with("401"));
    Ok(())
}
