//! Authorization code with PKCE for a program on this machine: it listens on a free port of loopback for the browser to come back
//! to (RFC 8252). The authorization server and the browser are stand-ins, so that the example runs as it stands.

use std::sync::{Arc, mpsc};

use countersign::oauth2::{Config, Grant, Session};
use countersign::{Authenticator, Context, Exchange, Payload, Step};
use http::{Request, Response};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let server = countersign_examples::serve(|request| match request.uri().path() {
        // A real one shows a page, and asks.
        "/auth" => {
            let query = request.uri().query().unwrap_or_default();
            let get = |name: &str| {
                countersign::scheme::query::pairs(query).find(|(known, _)| *known == name).and_then(|(_, value)| value)
            };
            let back = get("redirect_uri").unwrap_or_default().replace("%3A", ":").replace("%2F", "/");
            let location = format!("{back}?code=SplxlOBeZQQYbYS6WxSbIA&state={}", get("state").unwrap_or_default());
            Response::builder().status(302).header("location", location).body(String::new()).expect("a reply")
        }
        "/token" => Response::new(r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","expires_in":3600}"#.to_owned()),
        _ => Response::new("an item".to_owned()),
    })?;

    // The browser comes back here, once.
    let (came_back, callbacks) = mpsc::channel();
    let listener = countersign_examples::serve(move |request| {
        let _ = came_back.send(request.uri().to_string());
        Response::new("You may close this window.".to_owned())
    })?;

    let (auth_url, token_url) = (format!("http://{server}/auth"), format!("http://{server}/token"));
    let grant = Grant::authorization_code(auth_url, token_url, "app", format!("http://{listener}/callback"));
    let session = Arc::new(Session::new(&Config::of(grant))?);

    let login = session.login(&Context::now())?;
    println!("open {}", login.url());
    // The stand-in of a browser: it follows the redirect.
    ureq::get(login.url()).call()?;
    let callback = callbacks.recv_timeout(std::time::Duration::from_secs(10))?;

    let redeeming = session.finish(&login, &callback, &Context::now())?;
    let (mut exchange, mut step) = Exchange::converse(redeeming, &Context::now())?;
    loop {
        step = match step {
            Step::Send(request) => exchange.on_response(&send(request)?, &Context::now())?,
            Step::Wait(wait) => {
                wait.block();
                exchange.resume(&Context::now())?
            }
            Step::Done => break,
        };
    }
    println!("the token: {:?}", session.token(&Context::now()).block()?);

    let auth = Authenticator::from_arc(session);
    let response = auth.drive(Request::get(format!("http://{server}/items")).body(())?, send)?;
    println!("{}", String::from_utf8_lossy(response.body()));
    Ok(())
}

fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, Failure> {
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().into();
    let request = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
    let (parts, mut body) = agent.run(request)?.into_parts();
    Ok(Response::from_parts(parts, body.read_to_vec()?))
}
