//! Digest: challenges, refusals, and the server's own proof.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::{AuthConfig, Context, Payload, digest};
use countersign_tests::stand_in::{Answer, StandIn};
use http::{Request, Response, StatusCode};

use crate::clients::{Adapter, Options, adapters, send};
use crate::{authenticator, get, header, reply, text, with};

/// Lets `u` in with `right`, and answers with what `answer` makes of the request.
pub(crate) struct DigestServer {
    verifier: digest::verify::Verifier,
    seen: countersign::scheme::replay::MemoryNonceStore,
    legs: AtomicUsize,
}

impl DigestServer {
    pub(crate) fn new() -> Arc<Self> {
        let verifier = digest::verify::Verifier::new("realm", &[7; 32]).unwrap();
        Arc::new(Self { verifier, seen: Default::default(), legs: AtomicUsize::new(0) })
    }

    fn start(
        self: &Arc<Self>,
        adapter: &Adapter,
        answer: impl Fn(&Request<Vec<u8>>) -> Response<Vec<u8>> + Send + Sync + 'static,
    ) -> StandIn {
        let server = Arc::clone(self);
        adapter.serve(move |_, request| Answer::Reply(server.answer(request, &answer)))
    }

    pub(crate) fn answer(
        &self,
        request: Request<Vec<u8>>,
        answer: impl Fn(&Request<Vec<u8>>) -> Response<Vec<u8>>,
    ) -> Response<Vec<u8>> {
        self.legs.fetch_add(1, Ordering::SeqCst);
        let now = Context::now();
        let (parts, body) = request.into_parts();
        let verified = self.verifier.read(&parts, &now).and_then(|claim| {
            let account = digest::verify::Account::new(claim.id(), "right");
            let verified = self.verifier.verify(claim, Some(&account), &Payload::from(body.clone()), &now)?;
            let known = self.seen.remember_now(&verified.replay_key(), verified.expires_at());
            known.map(|()| verified).map_err(|why| self.verifier.refusal(why, &now))
        });
        match verified {
            Ok(user) => {
                let response = answer(&Request::from_parts(parts, body));
                let info = user.authentication_info(response.body()).unwrap();
                if response.headers().contains_key("x-unproved") {
                    response
                } else {
                    with(response, "authentication-info", info)
                }
            }
            Err(refusal) => {
                let challenges = refusal.challenges.into_iter();
                challenges.fold(reply(401, "no"), |reply, challenge| with(reply, "www-authenticate", challenge))
            }
        }
    }
}

fn post(uri: String) -> Request<Payload> {
    Request::post(uri).body(Payload::from(vec![b'x'; 10_000])).unwrap()
}

#[test]
fn challenges_are_answered_and_refusals_are_responses() {
    for adapter in adapters() {
        let name = adapter.name();
        let digest = DigestServer::new();
        let server = digest.start(&adapter, |request| reply(200, format!("{} bytes", request.body().len())));
        let user = adapter.user(&authenticator(AuthConfig::digest("u", "right")), &Options::default());
        for expected in [2, 3] {
            let response = user.send(post(server.uri("/"))).unwrap();
            assert_eq!((response.status(), text(&response).as_str()), (StatusCode::OK, "10000 bytes"), "{name}");
            assert_eq!(digest.legs.load(Ordering::SeqCst), expected, "{name}: the second is signed at once");
        }
        let wrong = authenticator(AuthConfig::digest("u", "wrong"));
        let response = send(&adapter, &wrong, post(server.uri("/"))).unwrap();
        assert_eq!((response.status(), text(&response).as_str()), (StatusCode::UNAUTHORIZED, "no"), "{name}");
    }
}

fn auth_int() -> countersign::Authenticator {
    let mut config = digest::Config::new("u", "right");
    config.qop = Some("auth-int".into());
    authenticator(AuthConfig::Digest(config))
}

/// The text below, compressed.
const COMPRESSED: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0xca, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xb2,
    0x52, 0x2a, 0xcf, 0x2f, 0xca, 0x49, 0x51, 0xaa, 0xad, 0x1e, 0x15, 0x18, 0x15, 0x18, 0x7c, 0x02, 0x00, 0xae, 0x71,
    0x93, 0x85, 0xa8, 0x02, 0x00, 0x00,
];

#[test]
fn a_proof_over_the_body_holds_whatever_the_client_would_decode() {
    for adapter in adapters() {
        let digest = DigestServer::new();
        let server = digest.start(&adapter, |request| {
            if header(request, "accept-encoding").contains("gzip") {
                return with(reply(200, COMPRESSED), "content-encoding", "gzip");
            }
            reply(200, r#"{"hello":"world"}"#.repeat(40))
        });
        let response = send(&adapter, &auth_int(), get(server.uri("/"))).unwrap();
        assert_eq!(text(&response), r#"{"hello":"world"}"#.repeat(40), "{}", adapter.name());
    }
}

#[test]
fn a_long_reply_without_a_proof_over_it_is_a_stream() {
    for adapter in adapters() {
        let digest = DigestServer::new();
        let server = digest.start(&adapter, |_| with(reply(200, vec![b'x'; 20 << 20]), "x-unproved", "1"));
        let response = send(&adapter, &auth_int(), get(server.uri("/"))).unwrap();
        assert_eq!(response.body().len(), 20 << 20, "{}", adapter.name());
    }
}

#[test]
fn a_server_that_does_not_know_the_password_is_an_error() {
    for adapter in adapters() {
        let digest = DigestServer::new();
        let server = digest.start(&adapter, |_| reply(200, "text"));
        let user = adapter.user(&auth_int(), &Options::default());
        user.send(get(server.uri("/"))).unwrap();
        let address = server.authority();
        let liar = Arc::clone(&digest);
        let forward = adapter.serve(move |_, request| {
            let mut response = liar.answer(request, |_| reply(200, "text"));
            *response.body_mut() = b"lies".to_vec();
            Answer::Reply(response)
        });
        assert_ne!(forward.authority(), address);
        let why = send(&adapter, &auth_int(), get(forward.uri("/"))).unwrap_err();
        assert!(why.contains("rspauth"), "{}: {why}", adapter.name());
    }
}
