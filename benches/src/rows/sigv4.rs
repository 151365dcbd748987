//! `sigv4-…`: beside `aws-sigv4` (AWS's own) and `reqsign-aws-v4` (Apache OpenDAL's).
//!
//! Each closure makes its request, signs it and applies the signature, as a client would.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use countersign::aws_sigv4::chunk::Framing;
use countersign::aws_sigv4::{AddTo, Config, PayloadSigning, Signer};
use countersign::scheme::Scheme as _;
use countersign::{AuthConfig, Authenticator, Context, Payload};
use http::{HeaderMap, Request};
use reqsign_core::SignRequest as _;

use crate::Bench;

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TIME: u64 = 1_440_938_160;
const GET: &str = "https://example.amazonaws.com/path/to/item?page=2&per_page=50&order=name&filter=a%20b";

fn get() -> Request<Payload> {
    let request = Request::get(GET).header("accept", "application/json").header("x-request-id", "0a4f113b");
    request.body(Payload::empty()).expect("a valid request")
}

fn post(body: &'static [u8]) -> Request<Payload> {
    let request = Request::post("https://example.amazonaws.com/path").header("content-type", "application/json");
    request.body(Payload::from(body)).expect("a valid request")
}

fn s3_get() -> Request<Payload> {
    Request::get("https://bucket.s3.amazonaws.com/path/to/key.txt").body(Payload::empty()).expect("a valid request")
}

fn config(service: &str) -> Config {
    let mut config = Config::new(KEY, SECRET);
    config.region = Some("us-east-1".into());
    config.service = Some(service.into());
    config
}

fn ours(config: Config) -> Authenticator {
    Authenticator::new(&AuthConfig::AwsSigv4(config)).expect("a valid config")
}

/// What `aws-sigv4`'s user writes: a signable request beside the real one, sign, apply.
fn aws(mut request: Request<Payload>, identity: &Identity, presign: bool) -> Request<Payload> {
    let mut settings = SigningSettings::default();
    if presign {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(86_400));
    }
    let params = v4::SigningParams::builder()
        .identity(identity)
        .region("us-east-1")
        .name("service")
        .time(UNIX_EPOCH + Duration::from_secs(TIME))
        .settings(settings)
        .build()
        .expect("all is given");
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
    let uri = request.uri().to_string();
    let body = request.body().bytes().expect("bytes");
    let signable = SignableRequest::new(request.method().as_str(), uri, headers, SignableBody::Bytes(body));
    let output = sign(signable.expect("signable"), &SigningParams::V4(params)).expect("signed");
    let (instructions, _) = output.into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request
}

fn authorization(request: &Request<Payload>) -> String {
    request.headers()["authorization"].to_str().expect("text").to_owned()
}

/// The signature with the date it holds for.
fn signed_at(headers: &HeaderMap) -> (u64, String) {
    let text = |name: &str| headers[name].to_str().expect("text").to_owned();
    let date = text("x-amz-date");
    let part = |from: usize, to: usize| date[from..to].parse::<u64>().expect("digits");
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    // Days since 1970 of a proleptic Gregorian date, for years after 1970.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    (days * 86_400 + part(9, 11) * 3600 + part(11, 13) * 60 + part(13, 15), text("authorization"))
}

/// One chunk of 64 KiB, by the same key and after the same signature: nearly all of it is hashing.
fn chunks(bench: &mut Bench, identity: &Identity) {
    let mut signing = config("s3");
    signing.payload = PayloadSigning::StreamingSigned;
    let signer = Signer::new(&signing).expect("a valid config");
    let request = Request::put("https://bucket.s3.amazonaws.com/key").body(()).expect("a valid request");
    let (mut parts, ()) = request.into_parts();
    Framing::new(PayloadSigning::StreamingSigned, 1 << 20, 1 << 16).set_headers(&mut parts.headers).expect("headers");
    signer.sign(&mut parts, &mut Payload::Streaming, &Context::at(TIME)).expect("signed");
    let authorization = parts.headers["authorization"].to_str().expect("text");
    let seed = authorization.split_once("Signature=").expect("signed").1.to_owned();
    let chunk = Bytes::from(vec![b'x'; 1 << 16]);
    let params: v4::SigningParams<'_, ()> = v4::SigningParams::builder()
        .identity(identity)
        .region("us-east-1")
        .name("s3")
        .time(UNIX_EPOCH + Duration::from_secs(TIME))
        .settings(())
        .build()
        .expect("all is given");
    let theirs = || {
        let output = v4::sign_chunk(&chunk, &seed, &params).expect("signed");
        format!("10000;chunk-signature={}\r\n", output.signature())
    };
    let ours = || {
        let head = signer.chunk_signer(&parts).expect("signed").head(&chunk).expect("signed");
        String::from_utf8(head.as_ref().to_vec()).expect("text")
    };
    bench.row("sigv4-chunks-64k", "aws-sigv4", ours, theirs);
}

pub(crate) fn rows(bench: &mut Bench) {
    let identity: Identity = Credentials::new(KEY, SECRET, None, None, "bench").into();
    chunks(bench, &identity);
    if !bench.wants("sigv4-header-get") && !bench.wants("sigv4-header-post-1k") && !bench.wants("sigv4-presign") {
        return;
    }
    let ctx = Context::at(TIME);
    let header = ours(config("service"));

    let sign_get = || header.sign_request(get(), &ctx).expect("signed");
    bench.row_as(
        "sigv4-header-get",
        "aws-sigv4",
        sign_get,
        || aws(get(), &identity, false),
        |ours, theirs| {
            assert_eq!(authorization(ours), authorization(theirs));
        },
    );

    let mut unsigned = config("s3");
    unsigned.payload = PayloadSigning::Unsigned;
    let s3 = ours(unsigned);
    let reqsign = reqsign_aws_v4::RequestSigner::new("s3", "us-east-1");
    let credential = reqsign_aws_v4::Credential {
        access_key_id: KEY.into(),
        secret_access_key: SECRET.into(),
        ..Default::default()
    };
    let reqsign_ctx = reqsign_core::Context::new();
    let theirs = || {
        let (mut parts, body) = s3_get().into_parts();
        {
            let future = pin!(reqsign.sign_request(&reqsign_ctx, &mut parts, Some(&credential), None));
            // It awaits nothing: one poll is the whole.
            let Poll::Ready(result) = future.poll(&mut TaskContext::from_waker(Waker::noop())) else {
                panic!("pending")
            };
            result.expect("signed");
        }
        Request::from_parts(parts, body)
    };
    let ours_now = || s3.sign_request(s3_get(), &ctx).expect("signed");
    bench.row_as("sigv4-header-get-s3", "reqsign-aws-v4", ours_now, theirs, |_, theirs| {
        // It reads the clock: ours at its time must be the same.
        let (time, signature) = signed_at(theirs.headers());
        let again = s3.sign_request(s3_get(), &Context::at(time)).expect("signed");
        assert_eq!(authorization(&again), signature);
    });

    static KILOBYTE: [u8; 1024] = [b'x'; 1024];
    let sign_post = || header.sign_request(post(&KILOBYTE), &ctx).expect("signed");
    bench.row_as(
        "sigv4-header-post-1k",
        "aws-sigv4",
        sign_post,
        || aws(post(&KILOBYTE), &identity, false),
        |ours, theirs| {
            assert_eq!(authorization(ours), authorization(theirs));
        },
    );
    // The bar: what cannot be saved. SHA-256 of the body (17 compressions), of the canonical request (5), and the MAC with its
    // key prepared (inner: 3, outer: 1), and the bare request.
    let compressions = || {
        use sha2::Digest as _;
        let mut state = sha2::Sha256::new();
        state.update(black_box(&KILOBYTE));
        state.update([0; 9 * 64 - 9]);
        (state.finalize(), black_box(post(&KILOBYTE)))
    };
    bench.row_as("sigv4-header-post-1k", "bare-compressions", sign_post, compressions, |_, _| {});

    let mut query = config("service");
    query.add_to = AddTo::Query;
    let query = ours(query);
    let presign = || query.sign_request(get(), &ctx).expect("signed");
    bench.row_as(
        "sigv4-presign",
        "aws-sigv4",
        presign,
        || aws(get(), &identity, true),
        |ours, theirs| {
            let signature = |request: &Request<Payload>| {
                let query = request.uri().query().expect("a query").to_owned();
                query.split("X-Amz-Signature=").nth(1).expect("signed")[..64].to_owned()
            };
            assert_eq!(signature(ours), signature(theirs));
        },
    );
    let bare = || black_box(get());
    bench.row_as("sigv4-bare-request", "bare-request", bare, bare, |_, _| {});
}
