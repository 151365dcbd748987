//! OAuth 1 on the server: a layer lets only signed requests through to axum, each of them once.

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use countersign::AuthConfig;
use countersign::oauth1::verify::{Keys, Verified, Verifier};
use countersign::scheme::replay::MemoryNonceStore;
use countersign::scheme::target::Origin;
use countersign_examples::get as call;
use countersign_tower::verify::{Consumer, OAuth1, VerifyLayer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let address = countersign_examples::serve_app(|address| {
        // Scheme, host and port are signed. A server does not know its scheme: `https`, unless it is told.
        let uri = format!("http://{address}").parse().expect("an address makes a URI");
        let verifier = Verifier::new().for_origin(Origin::of(&uri).expect("it has an origin"));
        let oauth1 = OAuth1::new(verifier, |consumer: Consumer| async move {
            // Your database: `None` where the consumer is unknown, or the token is, or is another consumer's.
            let is_known = consumer.key == "dpf43f3p2l4k3l03" && consumer.token.is_none();
            Ok(is_known.then(|| Keys::new("kd94hf93k423kf44")))
        });
        let layer = VerifyLayer::new(oauth1).with_nonce_store(Arc::new(MemoryNonceStore::default()));
        let hello = |Extension(who): Extension<Verified>| async move { format!("hello {}", who.consumer_key) };
        Router::new().route("/", get(hello)).layer(layer)
    });
    let uri = format!("http://{}/", address.await?);

    let reply = call(&uri, &AuthConfig::oauth1("dpf43f3p2l4k3l03", "kd94hf93k423kf44")).await?;
    assert_eq!(reply, "200 OK hello dpf43f3p2l4k3l03");
    let refused = call(&uri, &AuthConfig::oauth1("dpf43f3p2l4k3l03", "another")).await?;
    println!("with another secret: {refused}");
    assert!(refused.starts_with("401"));
    Ok(())
}
