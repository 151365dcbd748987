//! The device flow: a program without a browser shows a code, and asks until a person has typed it in elsewhere. The authorization
//! server is a stand-in whose person is quick.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use countersign::oauth2::request::{self, DeviceAuthorization};
use countersign::oauth2::{Config, Grant, GrantType, Signer};
use countersign::{Context, Payload};
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
    let mut grant = Grant::new(GrantType::DeviceCode, format!("http://{server}/token"), "app");
    grant.device_url = Some(format!("http://{server}/device"));
    let signer = Signer::new(&Config::with_grant(grant.clone()))?;

    let response = send(request::device_request(&grant, &Context::now())?)?;
    let mut device = DeviceAuthorization::from_reply(&response, &Context::now())?;
    println!("open {} and type {}", device.verification_uri, device.user_code);
    loop {
        sleep(Duration::from_secs(device.interval));
        let response = send(device.token_request(&grant, &Context::now())?)?;
        match signer.accept(&response, &Context::now()) {
            Ok(()) => break,
            Err(why) if device.goes_on(&why, &Context::now()) => println!("not yet: {why}"),
            Err(why) => return Err(why.into()),
        }
    }
    println!("the token: {:?}", signer.token(&Context::now())?);
    Ok(())
}

fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, Failure> {
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().into();
    let request = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
    let (parts, mut body) = agent.run(request)?.into_parts();
    Ok(Response::from_parts(parts, body.read_to_vec()?))
}
