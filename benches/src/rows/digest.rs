//! `digest-…`: beside `http-auth` and `digest_auth`. An answer begins with a new request and the server's challenge, and ends with
//! the signed request, ours with a new signer and the whole exchange; a preemptive one is the header value alone. `bare-hashes`
//! are what an answer cannot do without: H(A1), H(A2) and the response of the same lengths.

use std::convert::TryFrom as _;

use countersign::{AuthConfig, Authenticator, Context, Payload, Step};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_auth::{PasswordClient, PasswordParams};
use md5::{Digest as _, Md5};

use crate::Bench;

const CNONCE: &str = "0a4f113b0a4f113b0a4f113b0a4f113b";
const URI: &str = "http://www.example.org/dir/index.html";
const USER: &str = "Mufasa";
const PASSWORD: &str = "Circle of Life";
const MD5: &str = "MD5";
const SHA: &str = "SHA-256";

fn challenge(algorithm: &str) -> String {
    format!(
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
    )
}

fn request() -> Request<Payload> {
    Request::get(URI).body(Payload::empty()).expect("a valid request")
}

fn with(mut request: Request<Payload>, answer: &str) -> Request<Payload> {
    let mut value = HeaderValue::try_from(answer).expect("a header value");
    value.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, value);
    request
}

fn auth() -> Authenticator {
    Authenticator::new(&AuthConfig::digest(USER, PASSWORD)).expect("a valid config")
}

/// The whole conversation of a signer that knows nothing yet.
fn ours(auth: &Authenticator, headers: &HeaderMap, ctx: &Context) -> Request<Payload> {
    let (mut exchange, _unsigned) = auth.start(request(), ctx).unwrap();
    match exchange.on_response(countersign::Reply::new(StatusCode::UNAUTHORIZED, headers, b""), ctx) {
        Ok(Step::Send(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn http_auth_client(challenge: &str) -> http_auth::DigestClient {
    match PasswordClient::try_from(challenge).expect("a challenge") {
        PasswordClient::Digest(client) => client,
        other => panic!("{other:?}"),
    }
}

fn http_auth_answer(client: &mut http_auth::DigestClient) -> String {
    let params =
        PasswordParams { username: USER, password: PASSWORD, uri: "/dir/index.html", method: "GET", body: None };
    client.respond_with_testing_cnonce(&params, CNONCE).expect("an answer")
}

fn digest_auth_answer(challenge: &str) -> String {
    let mut context = digest_auth::AuthContext::new(USER, PASSWORD, "/dir/index.html");
    context.set_custom_cnonce(CNONCE);
    digest_auth::parse(challenge).and_then(|mut asked| asked.respond(&context)).expect("an answer").to_header_string()
}

/// The response among the answer's parameters: the one thing that must be equal, for order and quoting differ.
fn response_of(value: &HeaderValue) -> String {
    let value = value.to_str().expect("ASCII");
    value.split("response=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a response").to_owned()
}

fn agree(ours: &Request<Payload>, theirs: &Request<Payload>) {
    assert_eq!(response_of(&ours.headers()[AUTHORIZATION]), response_of(&theirs.headers()[AUTHORIZATION]));
}

/// Hashes of so many bytes.
fn hashes<const N: usize>(lengths: [usize; N]) -> [[u8; 16]; N] {
    let text = [b'a'; 256];
    lengths.map(|length| Md5::digest(&text[..length]).into())
}

pub(crate) fn rows(bench: &mut Bench) {
    if !bench.wants("digest-") {
        return;
    }
    let ctx = Context::at(0).with_nonce(CNONCE);
    for (name, algorithm) in [("digest-md5-answer", MD5), ("digest-sha256-answer", SHA)] {
        let challenge = challenge(algorithm);
        let headers: HeaderMap =
            [(WWW_AUTHENTICATE, HeaderValue::try_from(&*challenge).expect("a header value"))].into_iter().collect();
        bench.row_as(
            name,
            "http-auth",
            || ours(&auth(), &headers, &ctx),
            || with(request(), &http_auth_answer(&mut http_auth_client(&challenge))),
            agree,
        );
        bench.row_as(
            name,
            "digest_auth",
            || ours(&auth(), &headers, &ctx),
            || with(request(), &digest_auth_answer(&challenge)),
            agree,
        );
    }
    let headers: HeaderMap =
        [(WWW_AUTHENTICATE, HeaderValue::try_from(challenge(MD5)).expect("a header value"))].into_iter().collect();
    let (a1, a2) = ("Mufasa:http-auth@example.org:Circle of Life".len(), "GET:/dir/index.html".len());
    let response =
        32 + ":7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v:00000001:".len() + CNONCE.len() + ":auth:".len() + 32;
    let bare = || hashes([a1, a2, response]);
    bench.row_as("digest-md5-answer", "bare-hashes", || ours(&auth(), &headers, &ctx), bare, |_, _| {});

    // Both know the challenge, and have answered it once: the next request, signed at once.
    let challenge = challenge(MD5);
    let headers: HeaderMap =
        [(WWW_AUTHENTICATE, HeaderValue::try_from(&*challenge).expect("a header value"))].into_iter().collect();
    let auth = auth();
    ours(&auth, &headers, &ctx);
    let mut client = http_auth_client(&challenge);
    http_auth_answer(&mut client);
    let (parts, payload) = request().into_parts();
    bench.row_as(
        "digest-md5-preemptive",
        "http-auth",
        || auth.compute(&parts, &payload, &ctx).expect("signed"),
        || HeaderValue::try_from(http_auth_answer(&mut client)).expect("a header value"),
        |ours, theirs| assert_eq!(response_of(&ours.headers()[0].1), response_of(theirs)),
    );
    // The block that H(A1) and most of the nonce fill is hashed once for all requests.
    let bare = || hashes([a2, response - 64]);
    bench.row_as(
        "digest-md5-preemptive",
        "bare-hashes",
        || auth.compute(&parts, &payload, &ctx).expect("signed"),
        bare,
        |_, _| {},
    );
}
