//! Any headers of a server: a Digest conversation ends within three requests; any answer of a client: verified or refused.
#![no_main]

use std::sync::OnceLock;

use countersign::digest::verify::{Account, Refusal, Verified, Verifier};
use countersign::{AuthConfig, Authenticator, Context, Payload, Reply, Step};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use libfuzzer_sys::fuzz_target;

fn verifier() -> &'static Verifier {
    static VERIFIER: OnceLock<Verifier> = OnceLock::new();
    VERIFIER.get_or_init(|| Verifier::new("r", &[7; 32]).expect("a valid realm"))
}

fn verify(request: Request<Payload>, ctx: &Context) -> Result<Verified, Refusal> {
    let (parts, payload) = request.into_parts();
    let claim = verifier().read(&parts, ctx)?;
    let account = (claim.id() == "Mufasa").then(|| Account::new("Mufasa", "Circle of Life"));
    verifier().verify(claim, account.as_ref(), &payload, ctx)
}

fuzz_target!(|replies: Vec<(u8, Vec<u8>)>| {
    let ctx = Context::at(1_440_938_160).with_nonce("0a4f113b");
    let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life")).expect("a valid config");
    for _ in 0..2 {
        let request = Request::post("http://h/a?b").body("body").expect("a valid request");
        let (mut exchange, mut step) = auth.start(request, &ctx).unwrap();
        let mut sent = 0;
        for (kind, value) in &replies {
            if let Step::Send(request) = &step {
                sent += 1;
                assert!(sent <= 3);
                let request = request.clone();
                // Only the verifier's own challenges have a nonce of its own.
                assert!(verify(request, &ctx).is_err());
            }
            let (status, name) = match kind % 4 {
                0 | 1 => (401, "www-authenticate"),
                2 => (407, "proxy-authenticate"),
                _ => (200, "authentication-info"),
            };
            let prefix: &[u8] = if kind & 4 == 0 { b"" } else { b"Digest realm=r, nonce=n, " };
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&[prefix, value].concat()) {
                headers.insert(name, value.clone());
                let request = Request::get("/").header("authorization", value).body(Payload::empty());
                let refusal = verify(request.expect("a valid request"), &ctx).unwrap_err();
                assert_eq!(refusal.challenges.len(), 2);
            }
            let status = StatusCode::from_u16(status).expect("a status");
            let Ok(next) = exchange.on_response(Reply::new(status, &headers, b""), &ctx) else { break };
            step = next;
        }
    }
});
