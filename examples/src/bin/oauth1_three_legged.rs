//! The whole three-legged flow of OAuth 1.0a, against a provider on loopback that is written with `verify`.

use std::collections::HashMap;
use std::sync::Mutex;

use countersign::oauth1::verify::{Keys, Verifier};
use countersign::oauth1::{Config, Signer, flow};
use countersign::scheme::replay::MemoryNonceStore;
use countersign::{AuthConfig, Authenticator, Context, Payload};
use http::{Request, Response, Uri};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let provider = provider()?;
    let uri = |path: &str| format!("http://{provider}{path}").parse::<Uri>();
    let config = Config::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44");

    // 1. Temporary credentials, in exchange for where the user is to come back to.
    let callback = "http://printer.example.com/ready";
    let request = flow::temporary_credentials_request(&config, &uri("/initiate")?, callback, &Context::now())?;
    let response = send(request)?;
    let temporary = flow::temporary_credentials(&response)?;

    // 2. The user consents in a browser, which the provider sends back to the callback with a verifier.
    let url = flow::authorization_url(&uri("/authorize")?, &temporary.token)?;
    println!("open {url}");
    let response = send(Request::get(url).body(Payload::empty())?)?;
    let came_back = response.headers()["location"].to_str()?.parse()?;
    let verifier = flow::callback(&came_back, &temporary.token)?;

    // 3. Token credentials, in exchange for the verifier.
    let request = flow::token_request(&config, &uri("/token")?, &temporary, &verifier, &Context::now())?;
    let response = send(request)?;
    let credentials = flow::token_credentials(&response)?;
    println!("the token: {credentials:?}");

    // From here on, each request is signed with both.
    let config = config.with_token(credentials.token, credentials.token_secret);
    let auth = Authenticator::new(&AuthConfig::Oauth1(config.clone()))?;
    let request = auth.sign_request(Request::get(uri("/photos?size=original")?).body(())?, &Context::now())?;
    println!("{}", send(request)?.status());

    // OAuth Echo: a third party may ask who the user is, without a secret.
    let echo = flow::echo(&Signer::new(&config)?, &uri("/photos")?, &Context::now())?;
    println!("echo: {:?}", echo.keys().collect::<Vec<_>>());
    Ok(())
}

fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, Failure> {
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).build().into();
    let request = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
    let (parts, mut body) = agent.run(request)?.into_parts();
    Ok(Response::from_parts(parts, body.read_to_vec()?))
}

/// Gives tokens to whoever asks with the consumer's secret, and photos to whoever asks with a token's.
fn provider() -> std::io::Result<std::net::SocketAddr> {
    let tokens = Mutex::new(HashMap::<String, String>::new());
    let (verifier, nonces) = (Verifier::new(), MemoryNonceStore::default());
    countersign_examples::serve(move |request| {
        let (mut parts, body) = request.into_parts();
        if parts.uri.path() == "/authorize" {
            // A real one asks the user here.
            let query = parts.uri.query().unwrap_or_default();
            let location = format!("http://printer.example.com/ready?{query}&oauth_verifier=hfdp7dh39dks9884");
            return reply(Response::builder().status(302).header("location", location), String::new());
        }
        // What is signed is the URI as the client has it.
        let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        parts.uri = format!("http://{host}{}", parts.uri).parse().unwrap_or_default();
        let payload = Payload::from(body);
        let mut tokens = tokens.lock().expect("no thread panics");
        let verified = verifier.read(&parts, &payload).and_then(|claim| {
            let keys = keys(&tokens, claim.id(), claim.token());
            let verified = verifier.verify(claim, keys.as_ref(), &payload, &Context::now())?;
            nonces.remember_now(&verified.replay_key(), verified.expires_at())?;
            Ok(verified)
        });
        match verified {
            Err(refusal) => {
                let response = Response::builder().status(401);
                let response = refusal
                    .challenges
                    .iter()
                    .fold(response, |response, challenge| response.header("www-authenticate", challenge));
                reply(response, refusal.to_string())
            }
            Ok(_) if parts.uri.path() == "/photos" => Response::new("a photo".to_owned()),
            Ok(_) => {
                let (token, secret) = (format!("token-{}", tokens.len()), format!("secret-{}", tokens.len()));
                let body = format!("oauth_token={token}&oauth_token_secret={secret}&oauth_callback_confirmed=true");
                tokens.insert(token, secret);
                Response::new(body)
            }
        }
    })
}

/// What the provider knows of a consumer and its token.
fn keys(tokens: &HashMap<String, String>, consumer_key: &str, token: Option<&str>) -> Option<Keys> {
    let keys = (consumer_key == "dpf43f3p2l4k3l03").then(|| Keys::new("kd94hf93k423kf44"))?;
    match token {
        None => Some(keys),
        Some(token) => Some(keys.with_token_secret(tokens.get(token)?.as_str())),
    }
}

fn reply(response: http::response::Builder, body: String) -> Response<String> {
    response.body(body).expect("a reply")
}
