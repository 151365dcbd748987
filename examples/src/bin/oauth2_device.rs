//! The device flow: a program without a browser shows a code, and asks until a person has typed it in elsewhere. The authorization
//! server is a stand-in whose person is quick.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use countersign::oauth2::server::device_request;
use countersign::oauth2::{Config, DeviceAuthorization, DeviceCode, Grant, Session};
use countersign::{Context, Error, Exchange, Payload, Step};
use http::{Request, Response};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let asked = AtomicUsize::new(0);
    let server = countersign_examples::serve(move |request| {
        let (status, body) = match (request.uri().path(), asked.load(Ordering::SeqCst)) {
            ("/device", _) => (
                200,
                r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT",
                "verification_uri":"https://example.com/device","expires_in":1800,"interval":0}"#,
            ),
            (_, 0) => (400, r#"{"error":"authorization_pending"}"#),
            _ => (200, r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","expires_in":3600}"#),
        };
        if request.uri().path() == "/token" {
            asked.fetch_add(1, Ordering::SeqCst);
        }
        Response::builder().status(status).body(body.to_owned()).expect("a reply")
    })?;
    let grant = DeviceCode::new(format!("http://{server}/device"), format!("http://{server}/token"), "app");
    let grant = Grant::from(grant);
    let session = Arc::new(Session::new(&Config::of(grant.clone()))?);

    let response = send(device_request(&grant, &Context::now())?)?;
    let mut device = DeviceAuthorization::from_reply(&response, &Context::now())?;
    println!("open {} and type {}", device.verification_uri, device.user_code);
    loop {
        sleep(Duration::from_secs(device.interval));
        match poll(&session, &device)? {
            Ok(()) => break,
            Err(why) if device.goes_on(&why, &Context::now()) => println!("not yet: {why}"),
            Err(why) => return Err(why.into()),
        }
    }
    println!("the token: {:?}", session.token(&Context::now()).block()?);
    Ok(())
}

/// Asks once. There is no store, so there is nothing to wait for.
fn poll(session: &Arc<Session>, device: &DeviceAuthorization) -> Result<Result<(), Error>, Failure> {
    let (mut exchange, mut step) = Exchange::converse(session.poll(device), &Context::now())?;
    while let Step::Send(request) = step {
        step = match exchange.on_response(&send(request)?, &Context::now()) {
            Ok(step) => step,
            Err(why) => return Ok(Err(why)),
        };
    }
    Ok(Ok(()))
}

fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, Failure> {
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().into();
    let request = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
    let (parts, mut body) = agent.run(request)?.into_parts();
    Ok(Response::from_parts(parts, body.read_to_vec()?))
}
