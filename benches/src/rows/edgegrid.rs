//! `edgegrid-post-1k`: beside the bare hash work that it is made of, two HMACs and one SHA-256 of the body.

use countersign::edgegrid::{Config, Signer};
use countersign::scheme::Scheme as _;
use countersign::{Context, Payload};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use sha2::{Digest as _, Sha256};

use crate::Bench;

pub(crate) fn rows(bench: &mut Bench) {
    let signer = Signer::new(&Config::new("akab-access", "akab-client", "c2VjcmV0")).expect("a valid config");
    let request = Request::post("https://akab-host.luna.akamaiapis.net/ccu/v3/invalidate/url/production");
    let (parts, payload) = request.body(Payload::from(vec![b'x'; 1024])).expect("a request").into_parts();
    let ctx = Context::at(1_395_430_461).with_nonce("c5cad8c8-6b5e-4b5b-a0d8-0f2bd3ae8e4c").explaining();
    let explained = signer.compute(&parts, &payload, &ctx).expect("signed");
    let text = explained.string_to_sign().expect("a text").to_owned();
    let ctx = Context::at(1_395_430_461).with_nonce("c5cad8c8-6b5e-4b5b-a0d8-0f2bd3ae8e4c");
    let begun = Hmac::<Sha256>::new_from_slice(b"c2VjcmV0").expect("any length");
    let bare = || {
        let content = Sha256::digest(payload.bytes().expect("bytes"));
        let _ = begun.clone().chain_update("20140321T19:34:21+0000").finalize();
        let signature = Hmac::<Sha256>::new_from_slice(&[b'k'; 44]).expect("any length").chain_update(&text).finalize();
        (content, signature)
    };
    let ours = || signer.compute(&parts, &payload, &ctx).expect("signed").headers().len();
    bench.row_as("edgegrid-post-1k", "bare-hashes", ours, bare, |ours, _| assert_eq!(*ours, 1));
}
