//! tower: a layer around hyper-util's client, or around any other service of HTTP requests.

use bytes::Bytes;
use countersign::{AuthConfig, Authenticator};
use countersign_examples::echo_server;
use countersign_tower::{AuthLayer, BoxError};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::{Layer as _, ServiceExt as _};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let uri = format!("http://{}/items?page=2", echo_server()?);
    let auth = Authenticator::new(&AuthConfig::aws_sigv4("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))?;

    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let client = AuthLayer::new(&auth).with_most_redirects(10).layer(client);
    let response = client.oneshot(http::Request::get(uri).body(Full::default())?).await?;
    println!("{}", String::from_utf8(response.into_body().collect().await?.to_bytes().to_vec())?);
    Ok(())
}
