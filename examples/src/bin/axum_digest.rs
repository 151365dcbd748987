//! Digest on the server: a layer asks, checks the answer, and lets it through to axum once.

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use countersign::digest::verify::{Account, MemoryNonceStore, Verified, Verifier};
use countersign::{AuthConfig, Context};
use countersign_examples::get as call;
use countersign_tower::verify::{Digest, DigestUser, VerifyLayer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // All instances of a service have one key: of its configuration, say.
    let mut key = [0; 32];
    Context::now().random(&mut key)?;
    let digest = Digest::new(Verifier::new("users@example.org", &key)?, |user: DigestUser| async move {
        // Your database.
        Ok((user.name == "Mufasa").then(|| Account::new("Mufasa", "Circle of Life")))
    });
    let layer = VerifyLayer::new(digest).with_nonce_store(Arc::new(MemoryNonceStore::default()));
    let app = Router::new()
        .route("/", get(|Extension(who): Extension<Verified>| async move { format!("hello {}", who.username) }))
        .layer(layer);
    let uri = format!("http://{}/", countersign_examples::serve_app(|_| app).await?);

    assert_eq!(call(&uri, &AuthConfig::digest("Mufasa", "Circle of Life")).await?, "200 OK hello Mufasa");
    let refused = call(&uri, &AuthConfig::digest("Mufasa", "guess")).await?;
    println!("with another password: {refused}");
    assert!(refused.starts_with("401"));
    Ok(())
}
