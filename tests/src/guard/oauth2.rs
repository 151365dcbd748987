use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use countersign::scheme::encode::{base64_decode, form_decode};
use http::{Request, Response};

use super::{Guard, PASSWORD, Tally, USER, header, reply, with};
use crate::stand_in::Place;

/// OAuth 2's client credentials (RFC 6749 section 4.4): a token endpoint at `/token`, and a resource for whoever has a token. The user is
/// the client.
#[derive(Debug)]
pub struct Oauth2 {
    lifetime: Duration,
    issued: Mutex<HashMap<String, Instant>>,
    tally: Tally,
}

impl Oauth2 {
    /// Tokens are good for so long. The client is told that it is an hour, so that it learns by a 401.
    #[must_use]
    pub fn new(lifetime: Duration) -> Self {
        Self { lifetime, issued: Mutex::default(), tally: Tally::default() }
    }

    fn token(&self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let basic = header(request, "authorization").strip_prefix("Basic ");
        let basic = basic.and_then(|text| base64_decode(text.as_bytes())).unwrap_or_default();
        // RFC 6749 section 2.3.1: as in a form.
        if *form_decode(&basic) != *format!("{USER}:{PASSWORD}").as_bytes() {
            Tally::add(&self.tally.refused);
            return with(reply(401, r#"{"error":"invalid_client"}"#), "content-type", "application/json");
        }
        Tally::add(&self.tally.tokens);
        let token = format!("token-{}", Tally::of(&self.tally.tokens));
        let mut issued = self.issued.lock().unwrap();
        issued.retain(|_, since| since.elapsed() < self.lifetime);
        issued.insert(token.clone(), Instant::now());
        let json = format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600}}"#);
        with(reply(200, json), "content-type", "application/json")
    }
}

impl Guard for Oauth2 {
    fn answer(&self, _: Place, request: &Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
        Tally::add(&self.tally.requests);
        if request.uri().path() == "/token" {
            return Some(self.token(request));
        }
        let token = header(request, "authorization").strip_prefix("Bearer ").unwrap_or_default();
        let issued = self.issued.lock().unwrap();
        match issued.get(token) {
            Some(since) if since.elapsed() < self.lifetime => {
                Tally::add(&self.tally.let_in);
                None
            }
            _ => Some(with(reply(401, "no"), "www-authenticate", r#"Bearer realm="api", error="invalid_token""#)),
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}
