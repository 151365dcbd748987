//! AWS Signature V4 on the server: a layer lets only signed requests through to axum.

use axum::routing::get;
use axum::{Extension, Router};
use countersign::aws_sigv4::verify::{Verified, Verifier};
use countersign::{AuthConfig, Secret};
use countersign_examples::get as call;
use countersign_tower::verify::{AccessKey, AwsSigV4, VerifyLayer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let sigv4 = AwsSigV4::new(Verifier::new().with_payload_hash(), |key: AccessKey| async move {
        // Your database; and the scope must be yours.
        let is_known = key.id == "AKIDEXAMPLE" && key.service == "execute-api";
        Ok(is_known.then(|| Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")))
    });
    let layer = VerifyLayer::new(sigv4);
    let app = Router::new()
        .route("/", get(|Extension(who): Extension<Verified>| async move { format!("hello {}", who.access_key_id) }))
        .layer(layer);
    let uri = format!("http://{}/", countersign_examples::serve_app(|_| app).await?);

    assert_eq!(
        call(&uri, &AuthConfig::aws_sigv4("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")).await?,
        "200 OK hello AKIDEXAMPLE"
    );
    let refused = call(&uri, &AuthConfig::aws_sigv4("AKIDEXAMPLE", "another")).await?;
    println!("with another key: {refused}");
    assert!(refused.starts_with("401"));
    Ok(())
}
