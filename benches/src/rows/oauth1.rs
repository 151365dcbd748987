//! `oauth1-…`: beside `oauth1-request`, whose caller must split and decode the URI, which counts. RSA beside its bare signature.

use countersign::oauth1::{Config, SignatureMethod, Signer};
use countersign::scheme::Scheme as _;
use countersign::{Context, Payload, Signed};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use rsa::pkcs8::DecodePrivateKey as _;
use sha1::Sha1;

use crate::Bench;

const GET: &str = "https://api.example.com/1.1/search/tweets.json?q=%23rust%20lang&count=100&lang=en&result_type=recent&since_id=24012619984051000";
const NONCE: &str = "ea9ec8429b68d6b77cd5600adbbb0456";
const TIME: u64 = 1_318_622_958;

/// What `oauth1-request`'s user writes; with a nonce, time and nonce are given, else it reads and draws its own.
fn peer(uri: &str, nonce: Option<&'static str>) -> String {
    let (path, query) = uri.split_once('?').expect("a query");
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let list = oauth1_request::ParameterList::new(pairs);
    let client = oauth1_request::Credentials::new("consumer key", "consumer secret");
    let mut builder = oauth1_request::Builder::<_, _>::new(client, oauth1_request::HmacSha1::new());
    builder.token(oauth1_request::Credentials::new("token", "token secret")).version(true);
    if let Some(nonce) = nonce {
        builder.nonce(nonce).timestamp(std::num::NonZeroU64::new(TIME));
    }
    builder.get(path, &list)
}

fn signature(header: &str) -> String {
    header.split_once("oauth_signature=").expect("a signature").1.to_owned()
}

pub(crate) fn rows(bench: &mut Bench) {
    let config = Config::new("consumer key", "consumer secret").with_token("token", "token secret");
    let signer = Signer::new(&config).expect("a valid config");
    let (parts, ()) = Request::get(GET).body(()).expect("a request").into_parts();
    let sign = |ctx: &Context| signer.compute(&parts, &Payload::empty(), ctx).expect("signed");
    let header = |signed: &Signed| signed.headers().first().expect("a header").1.to_str().expect("text").to_owned();
    let fixed = Context::at(TIME).with_nonce(NONCE);
    bench.row_as(
        "oauth1-hmac-sha1-get-fixed",
        "oauth1-request",
        || sign(&fixed),
        || peer(GET, Some(NONCE)),
        |ours, theirs| assert_eq!(signature(&header(ours)), signature(theirs)),
    );
    let explained = signer.compute(&parts, &Payload::empty(), &fixed.clone().explaining()).expect("signed");
    let text = explained.string_to_sign().expect("a text").to_owned();
    let mac = Hmac::<Sha1>::new_from_slice(b"consumer%20secret&token%20secret").expect("any length");
    bench.row_as(
        "oauth1-hmac-sha1-get-beside-hash",
        "bare-hmac",
        || sign(&fixed),
        || mac.clone().chain_update(text.as_bytes()).finalize().into_bytes(),
        |_, theirs| assert_eq!(theirs.len(), 20),
    );
    // Each reads the clock and draws a nonce, so that the outputs cannot be the same.
    bench.row_as("oauth1-hmac-sha1-get", "oauth1-request", || sign(&Context::now()), || peer(GET, None), |_, _| ());

    let key = include_str!("rsa2048.pem");
    let mut config = Config::new("consumer key", "");
    config.signature_method = SignatureMethod::RsaSha256;
    config.private_key = Some(key.into());
    let signer = Signer::new(&config).expect("a valid config");
    let bare = rsa::PrivateKey::from_pkcs8_pem(key).expect("a key");
    let explained = signer.compute(&parts, &Payload::empty(), &fixed.explaining()).expect("signed");
    let text = explained.string_to_sign().expect("a text").to_owned();
    let fixed = Context::at(TIME).with_nonce(NONCE);
    bench.row_as(
        "oauth1-rsa-sha256-get",
        "bare-rsa",
        || signer.compute(&parts, &Payload::empty(), &fixed).expect("signed").headers().len(),
        || bare.pkcs1v15_sign::<sha2::Sha256>(text.as_bytes()).expect("signed").len(),
        |ours, theirs| assert_eq!((*ours, *theirs), (1, 256)),
    );
}
