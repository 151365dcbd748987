//! The spans and events of the feature `tracing`: they are there for each adapter, and hold no secret.

use std::io::{Result, Write};
use std::sync::{Arc, Mutex};

use countersign::api_key::{self, AddTo};
use countersign::oauth2::Grant;
use countersign::{AuthConfig, Authenticator};
use countersign_tests::stand_in::{Answer, StandIn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::clients::{Options, over_http1};
use crate::{authenticator, get, reply, with};

/// What was traced so far.
#[derive(Clone, Default)]
struct Traced(Arc<Mutex<Vec<u8>>>);

impl Write for Traced {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Whatever is a secret here holds this.
const SECRET: &str = "hunter2";

fn users(server: &StandIn) -> Vec<Authenticator> {
    let mut key = api_key::Config::new("key", SECRET);
    key.add_to = AddTo::Query;
    let configs = [
        AuthConfig::bearer(SECRET),
        AuthConfig::basic("user", SECRET),
        AuthConfig::ApiKey(key),
        AuthConfig::digest("user", SECRET),
        AuthConfig::ntlm("user", SECRET),
        AuthConfig::aws_sigv4("AKIDEXAMPLE", SECRET),
        AuthConfig::oauth2(Grant::client_credentials(server.uri("/token"), "id", SECRET)),
    ];
    configs.map(authenticator).into()
}

#[test]
fn every_leg_has_a_span_and_none_has_a_secret() {
    let traced = Traced::default();
    let writer = traced.clone();
    // Of all threads, where clients run their own tasks.
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_span_events(FmtSpan::FULL)
                .with_writer(move || writer.clone()),
        )
        .with(Targets::new().with_target("countersign", tracing::Level::TRACE))
        .init();
    for adapter in over_http1() {
        let server = StandIn::start(|_, request| {
            Answer::Reply(match request.uri().path() {
                "/token" => reply(200, format!(r#"{{"access_token":"{SECRET}","refresh_token":"{SECRET}"}}"#)),
                "/there" => with(reply(401, SECRET), "www-authenticate", r#"Digest realm="r", nonce="hunter2""#),
                _ => with(reply(302, ""), "location", "/there?key=hunter2"),
            })
        })
        .unwrap();
        let with_secrets = server.uri("/path?token=hunter2").replace("://", "://hunter2:hunter2@");
        for auth in users(&server) {
            let options = Options { connections: true, ..Options::default() };
            let before = traced.0.lock().unwrap().len();
            // Whether it is let in, or refused with an error.
            let _ = adapter.user(&auth, &options).send(get(&with_secrets));
            let text = String::from_utf8(traced.0.lock().unwrap()[before..].to_vec()).unwrap();
            let context = format!("{} {auth:?}:\n{text}", adapter.name());
            let exchange = format!("exchange{{method=GET uri={}", server.uri("/path"));
            for expected in [&exchange, &format!("{exchange}}}:leg{{number=1 method="), "reply status="] {
                assert!(text.contains(expected), "{expected} of {context}");
            }
            assert!(!text.to_ascii_lowercase().contains("authorization"), "{context}");
            // In clear, and as Basic's base64 of what stands behind a colon has it.
            assert!(!text.contains(SECRET) && !text.contains("aHVudGVyMg"), "{context}");
        }
    }
}
