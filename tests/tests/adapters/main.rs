//! What every adapter of an HTTP client must do, written once: a new adapter only has to plug in, in `clients`.

mod cancelled;
mod challenges;
mod clients;
mod faults;
mod ntlm;
mod proxies;
mod redirects;
mod spans;
mod tls;
mod tokens;

use countersign::{AuthConfig, Authenticator, Payload};
use http::{HeaderName, HeaderValue, Request, Response};

fn authenticator(config: AuthConfig) -> Authenticator {
    Authenticator::new(&config).unwrap()
}

fn get(uri: impl AsRef<str>) -> Request<Payload> {
    Request::get(uri.as_ref()).body(Payload::empty()).unwrap()
}

fn text(response: &Response<Vec<u8>>) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}

fn reply(status: u16, body: impl Into<Vec<u8>>) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.into()).unwrap()
}

fn with(mut response: Response<Vec<u8>>, name: &'static str, value: impl AsRef<[u8]>) -> Response<Vec<u8>> {
    let value = HeaderValue::from_bytes(value.as_ref()).unwrap();
    response.headers_mut().append(HeaderName::from_static(name), value);
    response
}

fn header<'a>(request: &'a Request<Vec<u8>>, name: &str) -> &'a str {
    request.headers().get(name).map_or("", |value| value.to_str().unwrap_or("not ASCII"))
}
