//! A small server that demands Digest and checks it with `Verifier`, and a client that is let in, refused, and not replayed.

use countersign::digest::verify::{Account, MemoryNonceStore, Refusal, Verified, Verifier};
use countersign::{AuthConfig, Authenticator, Context, Payload};
use http::{Request, Response, StatusCode};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut key = [0; 32];
    Context::now().random(&mut key)?;
    let verifier = Verifier::new("users@example.org", &key)?.with_nonce_lifetime(60);
    let seen = MemoryNonceStore::default();

    let server = countersign_examples::serve(move |request| {
        answer(request, &verifier, &seen).expect("the server's proof is a header")
    })?;
    let uri = format!("http://{server}/");

    for (password, expected) in [("Circle of Life", 200), ("guess", 401)] {
        let auth = Authenticator::new(&AuthConfig::digest("Mufasa", password))?;
        let status = get(&auth, &uri)?;
        println!("{password:?}: {status}");
        assert_eq!(status, expected);
    }

    // What was let in once is not let in again: signed twice with one count, the second is refused as stale.
    let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life"))?;
    let mut signed = None;
    let send = |request: Request<Payload>| {
        signed = Some(request.clone());
        send(request)
    };
    assert_eq!(auth.drive(Request::get(&uri).body(Payload::empty())?, send)?.status(), 200);
    let replayed = self::send(signed.ok_or("nothing was sent")?)?;
    assert_eq!(replayed.status(), 401);
    assert!(replayed.headers()["www-authenticate"].to_str()?.ends_with("stale=true"));
    Ok(())
}

fn answer(
    request: Request<Vec<u8>>,
    verifier: &Verifier,
    seen: &MemoryNonceStore,
) -> Result<Response<String>, Box<dyn std::error::Error>> {
    let mut response = Response::new(String::new());
    match check(request, verifier, seen, &Context::now()) {
        // The server proves itself too, and the client checks it.
        Ok(verified) => {
            response.headers_mut().insert("authentication-info", verified.authentication_info(b"")?);
        }
        Err(refusal) => {
            println!("refused: {refusal}");
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            for challenge in refusal.challenges {
                response.headers_mut().append("www-authenticate", challenge);
            }
        }
    }
    Ok(response)
}

/// In an async server, look up the account and remember the nonce with `await`: nothing here holds a lock.
fn check(
    request: Request<Vec<u8>>,
    verifier: &Verifier,
    seen: &MemoryNonceStore,
    ctx: &Context,
) -> Result<Verified, Refusal> {
    let (parts, body) = request.into_parts();
    let claim = verifier.read(&parts, ctx)?;
    let account = account(claim.id());
    let verified = verifier.verify(claim, account.as_ref(), &Payload::from(body), ctx)?;
    seen.remember_now(&verified.replay_key(), verified.expires_at()).map_err(|err| verifier.refusal(err, ctx))?;
    Ok(verified)
}

/// The database.
fn account(name: &str) -> Option<Account> {
    (name == "Mufasa").then(|| Account::new("Mufasa", "Circle of Life"))
}

/// The status of the last reply.
fn get(auth: &Authenticator, uri: &str) -> Result<u16, Box<dyn std::error::Error>> {
    Ok(auth.drive(Request::get(uri).body(())?, send)?.status().as_u16())
}

fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, Box<dyn std::error::Error>> {
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let (parts, mut body) = client.run(request.map(|_| ()))?.into_parts();
    Ok(Response::from_parts(parts, body.read_to_vec()?))
}
