//! A small server that demands Digest and checks it with `Verifier`, and a client that is let in, refused, and not replayed.

use countersign::digest::{Account, User, Verifier};
use countersign::scheme::replay::MemoryNonceStore;
use countersign::{AuthConfig, Authenticator, Context, Payload};
use http::{Request, Response, StatusCode};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut key = [0; 32];
    Context::now().random(&mut key)?;
    let verifier = Verifier::new("users@example.org", &key)?.with_nonce_lifetime(60);
    let seen = MemoryNonceStore::default();

    let server = countersign_examples::serve(move |request| {
        answer(request, &verifier, &seen).expect("challenges and info are headers")
    })?;
    let uri = format!("http://{server}/");

    for (password, expected) in [("Circle of Life", 200), ("guess", 401)] {
        let auth = Authenticator::new(&AuthConfig::digest("Mufasa", password))?;
        let status = get(&auth, &uri)?;
        println!("{password:?}: {status}");
        assert_eq!(status, expected);
    }
    Ok(())
}

fn answer(
    request: Request<Vec<u8>>,
    verifier: &Verifier,
    seen: &MemoryNonceStore,
) -> Result<Response<String>, Box<dyn std::error::Error>> {
    let (parts, body) = request.into_parts();
    let ctx = Context::now();
    let users = |user: &User<'_>| match user {
        User::Name(name) if *name == "Mufasa" => Some(Account::new("Mufasa", "Circle of Life")),
        _ => None,
    };
    let mut response = Response::new(String::new());
    match verifier.verify(&parts, &Payload::from(body), users, seen, &ctx) {
        // The server proves itself too, and the client checks it.
        Ok(user) => {
            response.headers_mut().insert("authentication-info", user.authentication_info(b"")?);
        }
        Err(refusal) => {
            println!("refused: {refusal}");
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            for challenge in verifier.challenges(refusal.stale, &ctx)? {
                response.headers_mut().append("www-authenticate", challenge);
            }
        }
    }
    Ok(response)
}

/// The status of the last reply.
fn get(auth: &Authenticator, uri: &str) -> Result<u16, Box<dyn std::error::Error>> {
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let response = auth.drive(Request::get(uri).body(())?, |request| -> Result<_, Box<dyn std::error::Error>> {
        let (parts, mut body) = client.run(request.map(|_| ()))?.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?))
    })?;
    Ok(response.status().as_u16())
}
