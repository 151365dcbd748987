//! Any .edgerc file and any Authorization header: read or an error, never a panic; what we sign we accept.
#![no_main]

use countersign::edgegrid::verify::Verifier;
use countersign::edgegrid::{Config, Signer};
use countersign::scheme::Scheme as _;
use countersign::{Context, Payload, Secret};
use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8], &str, &[u8])| {
    let (edgerc, header, path, body) = input;
    let ctx = Context::at(1_395_430_461).with_nonce("n");
    if let Ok(config) = Config::from_edgerc(edgerc, "default") {
        let _ = Signer::new(&config);
    }
    let Ok(request) = Request::post(format!("https://h/{path}")).body(Payload::from(body.to_vec())) else { return };
    let (mut parts, mut payload) = request.into_parts();
    let (verifier, secret) = (Verifier::new(), Secret::from("secret"));
    if let Ok(value) = HeaderValue::from_bytes(header) {
        parts.headers.insert("authorization", value);
        if let Ok(claim) = verifier.read(&parts) {
            let _ = verifier.verify(claim, Some(&secret), &payload, &ctx);
        }
    }
    let signer = Signer::new(&Config::new("access", "client", "secret")).expect("a valid config");
    signer.sign(&mut parts, &mut payload, &ctx).expect("signed");
    let claim = verifier.read(&parts).expect("what we sign can be read");
    verifier.verify(claim, Some(&secret), &payload, &ctx).expect("what we sign we accept");
});
