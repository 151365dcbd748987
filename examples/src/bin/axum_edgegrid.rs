//! Akamai EdgeGrid on the server: a layer lets only signed requests through to axum, each of them once.

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use countersign::edgegrid::verify::{Verified, Verifier};
use countersign::scheme::replay::MemoryNonceStore;
use countersign::{AuthConfig, Secret};
use countersign_examples::get as call;
use countersign_tower::verify::{EdgeGrid, EdgeGridClient, VerifyLayer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // The scheme is signed, and a server does not know its own: `https`, unless it is told.
    let verifier = Verifier::new().with_scheme(http::uri::Scheme::HTTP);
    let edgegrid = EdgeGrid::new(verifier, |client: EdgeGridClient| async move {
        // Your database: `None` where a token is unknown, or they are not one client's.
        let is_known = client.client_token == "client" && client.access_token == "access";
        Ok(is_known.then(|| Secret::from("the client secret=")))
    });
    let layer = VerifyLayer::new(edgegrid).with_nonce_store(Arc::new(MemoryNonceStore::default()));
    let hello = |Extension(who): Extension<Verified>| async move { format!("hello {}", who.client_token) };
    let app = Router::new().route("/", get(hello)).layer(layer);
    let uri = format!("http://{}/", countersign_examples::serve_app(|_| app).await?);

    let reply = call(&uri, &AuthConfig::edgegrid("access", "client", "the client secret=")).await?;
    assert_eq!(reply, "200 OK hello client");
    let refused = call(&uri, &AuthConfig::edgegrid("access", "client", "another")).await?;
    println!("with another secret: {refused}");
    assert!(refused.starts_with("401"));
    Ok(())
}
