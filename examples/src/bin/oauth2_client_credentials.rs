//! Client credentials with reqwest: sixteen requests at once, one token request. The servers are stand-ins on loopback.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::oauth2::Grant;
use countersign::{AuthConfig, Authenticator, Payload};
use http::{Request, Response};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let token_requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&token_requests);
    let server = countersign_examples::serve(move |request| {
        counter.fetch_add(usize::from(request.uri().path() == "/token"), Ordering::SeqCst);
        match request.uri().path() {
            "/token" => Response::new(r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","expires_in":3600}"#.to_owned()),
            _ => Response::new("an item".to_owned()),
        }
    })?;
    let grant = Grant::client_credentials(format!("http://{server}/token"), "s6BhdRkqt3", "gX1fBat3bV");
    let auth = Authenticator::new(&AuthConfig::oauth2(grant))?;
    // Credentials never follow a redirect.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;

    let mut tasks = tokio::task::JoinSet::new();
    for item in 0..16 {
        let (auth, client) = (auth.clone(), client.clone());
        let request = Request::get(format!("http://{server}/items/{item}")).body(())?;
        tasks.spawn(async move { auth.drive_async(request, |request| send(&client, request)).await });
    }
    while let Some(response) = tasks.join_next().await {
        assert_eq!(response??.body(), b"an item");
    }
    println!("16 items, {} token request", token_requests.load(Ordering::SeqCst));
    assert_eq!(token_requests.load(Ordering::SeqCst), 1);
    Ok(())
}

async fn send(client: &reqwest::Client, request: Request<Payload>) -> Result<Response<Vec<u8>>, Failure> {
    let request = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
    let reply = client.execute(request.try_into()?).await?;
    let mut response = Response::builder().status(reply.status());
    response.headers_mut().into_iter().for_each(|headers| headers.clone_from(reply.headers()));
    Ok(response.body(reply.bytes().await?.to_vec())?)
}
