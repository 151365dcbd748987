//! Basic on the server: a layer checks the password, and your own type of user reaches the handlers of axum.

use axum::routing::get;
use axum::{Extension, Router};
use countersign::AuthConfig;
use countersign::basic::verify::{Claim, Verifier};
use countersign_examples::get as call;
use countersign_tower::verify::{Basic, VerifyLayer};

#[derive(Clone)]
struct User(String);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let basic = Basic::new(Verifier::new("WallyWorld")?, |claim: Claim| async move {
        // Your database, and its password hash.
        let is_right = claim.id() == "Aladdin" && *claim.password() == "open sesame".into();
        Ok(is_right.then(|| User(claim.id().to_owned())))
    });
    let layer = VerifyLayer::new(basic);
    let app = Router::new()
        .route("/", get(|Extension(user): Extension<User>| async move { format!("hello {}", user.0) }))
        .layer(layer);
    let uri = format!("http://{}/", countersign_examples::serve_app(|_| app).await?);

    assert_eq!(call(&uri, &AuthConfig::basic("Aladdin", "open sesame")).await?, "200 OK hello Aladdin");
    let refused = call(&uri, &AuthConfig::basic("Aladdin", "guess")).await?;
    println!("with another password: {refused}");
    assert!(refused.starts_with("401"));
    Ok(())
}
