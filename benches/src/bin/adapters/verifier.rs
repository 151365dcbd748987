//! An axum server, bare and behind `VerifyLayer`; the client signs both times.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use countersign::hawk::verify::{Credentials, Verifier};
use countersign::scheme::replay::MemoryNonceStore;
use countersign::{AuthConfig, Authenticator, Payload};
use countersign_tower::verify::{Hawk, VerifyLayer};
use http::Request;
use http_body_util::{BodyExt as _, Full};

use crate::clients::{Round, hyper, in_turn, runtime};

const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

pub(crate) fn bare() -> Round {
    round(app())
}

pub(crate) fn hawk() -> Round {
    let hawk =
        Hawk::new(Verifier::new(), |id| std::future::ready(Ok((id == "dh37fgj492je").then(|| Credentials::new(KEY)))));
    let nonces = MemoryNonceStore::new(10_000_000).with_share(10_000_000);
    round(app().layer(VerifyLayer::new(hawk).with_nonce_store(Arc::new(nonces))))
}

fn app() -> Router {
    Router::new().route("/", get(|| async { "ok" }))
}

fn round(app: Router) -> Round {
    let uri = serve(app);
    let auth = Authenticator::new(&AuthConfig::hawk("dh37fgj492je", KEY)).unwrap();
    in_turn(hyper(), move |client| {
        let request = Request::get(&uri).body(Payload::empty()).unwrap();
        let signed = auth.sign_request(request, &auth.context()).unwrap();
        let sent = client.request(signed.map(|_| Full::<Bytes>::default()));
        async move {
            let response = sent.await.unwrap();
            assert!(response.status().is_success());
            response.into_body().collect().await.unwrap();
        }
    })
}

/// Starts the server on a thread of its own; its URL.
fn serve(app: Router) -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        runtime().block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    format!("http://{address}/")
}
