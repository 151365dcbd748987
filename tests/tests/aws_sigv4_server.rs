//! SigV4 against the file server `s3s-fs`, which has a verifier of its own.
//!
//! `cargo install s3s-fs --version 0.14.1 --features binary --locked`, then
//! `cargo test -p countersign-tests --test aws_sigv4_server -- --ignored`.

use std::process::Command;
use std::sync::Arc;

use countersign::aws_sigv4::{AddTo, Config, PayloadSigning, Signer, chunk};
use countersign::{AuthConfig, Authenticator, Context, Payload, Scheme as _};
use countersign_tests::{Server, client, free_port, send, work_dir};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn server() -> Server {
    let (port, dir) = (free_port().unwrap(), work_dir("s3s-fs").unwrap());
    std::fs::create_dir_all(dir.join("bucket")).unwrap();
    let mut command = Command::new("s3s-fs");
    command
        .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--access-key", KEY, "--secret-key", SECRET])
        .arg(dir);
    Server::program(&mut command, port).expect("s3s-fs 0.14.1 is installed")
}

fn config(secret: &str) -> Config {
    let mut config = Config::new(KEY, secret);
    config.service = Some("s3".into());
    config
}

fn answer(config: Config, request: Request<Payload>) -> Response<Vec<u8>> {
    let auth = Authenticator::new(&AuthConfig::AwsSigv4(config)).unwrap();
    send(&client(), auth.sign_request(request, &Context::now()).unwrap()).unwrap()
}

fn put(uri: String, body: &'static str) -> Request<Payload> {
    Request::put(uri).header("content-type", "text/plain").body(Payload::from(body)).unwrap()
}

fn get(uri: String) -> Request<Payload> {
    Request::get(uri).body(Payload::empty()).unwrap()
}

#[test]
#[ignore = "needs tests/servers"]
fn header_and_presigned_requests() {
    let server = server();
    for path in
        ["/bucket/plain.txt", "/bucket/a%20b/c%2Bd%7Ee.txt", "/bucket/%C3%BC=%28x%29%21.txt", "/bucket/a'b$c&d.txt"]
    {
        assert_eq!(answer(config(SECRET), put(server.uri(path), "hello")).status(), StatusCode::OK, "{path}");
        let got = answer(config(SECRET), get(server.uri(path)));
        assert_eq!((got.status(), got.body().as_slice()), (StatusCode::OK, &b"hello"[..]), "{path}");
        let mut presigned = config(SECRET);
        presigned.add_to = AddTo::Query;
        let got = answer(presigned, get(server.uri(path)));
        assert_eq!((got.status(), got.body().as_slice()), (StatusCode::OK, &b"hello"[..]), "presigned {path}");
    }
    let listed = answer(config(SECRET), get(server.uri("/bucket?prefix=a%20b/&list-type=2&delimiter=%2F")));
    assert_eq!(listed.status(), StatusCode::OK);
    let mut unsigned = config(SECRET);
    unsigned.payload = PayloadSigning::Unsigned;
    assert_eq!(answer(unsigned, put(server.uri("/bucket/unsigned.txt"), "hello")).status(), StatusCode::OK);
}

#[test]
#[ignore = "needs tests/servers"]
fn what_is_wrong_is_refused() {
    let server = server();
    let uri = || server.uri("/bucket/refused.txt");
    assert_eq!(answer(config("wrong"), put(uri(), "hello")).status(), StatusCode::FORBIDDEN);
    assert_eq!(answer(config(SECRET), put(uri(), "hello")).status(), StatusCode::OK);

    let mut expiring = config(SECRET);
    expiring.add_to = AddTo::Query;
    expiring.expires_in = 60;
    let auth = Authenticator::new(&AuthConfig::AwsSigv4(expiring)).unwrap();
    let status = |age: i64| {
        let request = auth.sign_request(get(uri()), &Context::now().shifted(-age)).unwrap();
        send(&client(), request).unwrap().status()
    };
    assert_eq!((status(30), status(90)), (StatusCode::OK, StatusCode::FORBIDDEN));
}

#[test]
#[ignore = "needs tests/servers"]
fn chunked_uploads() {
    let server = server();
    let checksum = HeaderName::from_static("x-amz-checksum-crc32");
    let body = vec![b'a'; 100_000];
    // zlib.crc32(b"a" * 100000), big-endian, in base64
    let crc = HeaderValue::from_static(CRC32_OF_BODY);
    for (kind, trailers) in [
        (PayloadSigning::StreamingSigned, vec![]),
        (PayloadSigning::StreamingSignedTrailer, vec![(checksum.clone(), crc.clone())]),
        (PayloadSigning::StreamingUnsignedTrailer, vec![(checksum, crc)]),
    ] {
        for (secret, accepted) in [(SECRET, true), ("wrong", false)] {
            let mut config = config(secret);
            config.payload = kind;
            let signer = Arc::new(Signer::new(&config).unwrap());
            let framing = chunk::Framing::new(kind, body.len() as u64, 65_536);
            let framing =
                trailers.iter().fold(framing, |framing, (name, value)| framing.trailer(name.clone(), value.len()));
            let (mut parts, ()) = Request::put(server.uri("/bucket/chunks.bin")).body(()).unwrap().into_parts();
            framing.set_headers(&mut parts.headers).unwrap();
            signer.sign(&mut parts, &mut Payload::Streaming, &Context::now()).unwrap();
            let sent = signer.chunk_signer(&parts).unwrap().encode(&body, 65_536, &trailers).unwrap();
            assert_eq!(sent.len() as u64, framing.encoded_length());
            let status = send(&client(), Request::from_parts(parts, Payload::from(sent))).unwrap();
            let text = String::from_utf8_lossy(status.body()).into_owned();
            assert_eq!(status.status() == StatusCode::OK, accepted, "{kind:?}: {text}");
            if accepted {
                let got = answer(self::config(SECRET), get(server.uri("/bucket/chunks.bin")));
                assert!(got.body() == &body, "{kind:?}: what was stored is not what was sent");
            }
        }
    }
}

const CRC32_OF_BODY: &str = "G+L6hw==";
