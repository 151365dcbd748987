//! Authorization code with PKCE for a program on this machine: one call opens the browser, and listens on a free port of
//! loopback for it to come back to (RFC 8252). The authorization server and the browser are stand-ins, so that the example runs as it stands.

use std::sync::Arc;
use std::thread;

use countersign::oauth2::{AuthorizationCode, Config, Session};
use countersign::{Authenticator, Payload};
use countersign_native::{Login, Notice};
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

    let (auth_url, token_url) = (format!("http://{server}/auth"), format!("http://{server}/token"));
    let grant = AuthorizationCode::new(auth_url, token_url, "app", "http://127.0.0.1/callback");
    let session = Arc::new(Session::new(&Config::of(grant))?);

    // Without `without_browser` and `with_notice` the person's own browser is opened.
    let login = Login::new(&session).with_program("the example").without_browser().with_notice(|notice| {
        if let Notice::Open { url } = notice {
            println!("open {url}");
            // The stand-in of a browser: it follows the redirect.
            let url = (*url).to_owned();
            thread::spawn(move || ureq::get(&url).call().map(drop));
        }
    });
    println!("the token: {:?}", login.run_blocking(send)?);

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
