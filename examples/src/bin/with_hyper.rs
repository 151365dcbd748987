//! Sign for hyper, over one connection: the request is signed as it is, with the Host header that hyper will send.

use countersign::{AuthConfig, Authenticator, Context, Payload};
use countersign_examples::echo_server;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = echo_server()?;
    let auth = Authenticator::new(&AuthConfig::aws_sigv4("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))?;

    let stream = tokio::net::TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);

    // In origin form, so the Host header says where it goes.
    let request = http::Request::get("/items?page=2").header("host", address.to_string()).body(Payload::empty())?;
    let request = auth.sign_request(request, &Context::now())?;
    let request = request.map(|body| Full::new(body.bytes().cloned().unwrap_or_default()));
    let reply = sender.send_request(request).await?;
    println!("{}", String::from_utf8(reply.into_body().collect().await?.to_bytes().to_vec())?);
    Ok(())
}
