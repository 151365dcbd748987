//! Hawk on the server: a layer lets only signed requests through to axum, each of them once.

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use countersign::AuthConfig;
use countersign::hawk::verify::{Credentials, Verified, Verifier};
use countersign::scheme::replay::MemoryNonceStore;
use countersign_examples::get as call;
use countersign_tower::verify::{Hawk, VerifyLayer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let hawk = Hawk::new(Verifier::new(), |id: String| async move {
        // Your database.
        Ok((id == "dh37").then(|| Credentials::new("werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn")))
    });
    let layer =
        VerifyLayer::new(hawk.with_server_authorization()).with_nonce_store(Arc::new(MemoryNonceStore::default()));
    let app = Router::new()
        .route("/", get(|Extension(who): Extension<Verified>| async move { format!("hello {}", who.id) }))
        .layer(layer);
    let uri = format!("http://{}/", countersign_examples::serve_app(|_| app).await?);

    assert_eq!(
        call(&uri, &AuthConfig::hawk("dh37", "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn")).await?,
        "200 OK hello dh37"
    );
    let refused = call(&uri, &AuthConfig::hawk("dh37", "another")).await?;
    println!("with another key: {refused}");
    assert!(refused.starts_with("401"));
    Ok(())
}
