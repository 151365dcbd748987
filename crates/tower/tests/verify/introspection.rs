//! Bearer tokens that an authorization server knows, and for how long its answers are kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use countersign::Context;
use countersign::oauth2::Grant;
use countersign_tower::BoxError;
use countersign_tower::verify::Introspector;
use http::{Request, Response};

static NOW: AtomicU64 = AtomicU64::new(1000);

fn now() -> Context {
    Context::at(NOW.load(Ordering::SeqCst))
}

type Answered = std::future::Ready<Result<Response<Bytes>, BoxError>>;

/// Answers every token alike, and counts.
fn server(
    cache_control: &'static str,
    body: &'static str,
    asked: &Arc<AtomicUsize>,
) -> Introspector<impl Fn(Request<Bytes>) -> Answered + use<>> {
    let counted = Arc::clone(asked);
    let us = Grant::client_credentials("https://as/token", "things", "s");
    let send = move |request: Request<Bytes>| {
        assert_eq!(request.uri(), "https://as/introspect");
        assert_eq!(request.body(), "token=t&token_type_hint=access_token");
        assert!(request.headers().contains_key("authorization"));
        counted.fetch_add(1, Ordering::SeqCst);
        let mut reply = Response::builder();
        if !cache_control.is_empty() {
            reply = reply.header("cache-control", cache_control);
        }
        std::future::ready(reply.body(Bytes::from_static(body.as_bytes())).map_err(Into::into))
    };
    Introspector::new(&us, "https://as/introspect", send).with_clock(now)
}

const ACTIVE: &str = r#"{"active":true,"sub":"alice","exp":1050,"aud":["a","b"]}"#;

/// One test: they share the clock.
#[tokio::test]
async fn an_answer_is_kept_no_longer_than_it_says() {
    let at = |time| NOW.store(time, Ordering::SeqCst);
    // What is asked at 1000, 1009, 1010 and 1049 is asked of the server so often; at 1050 the token has expired.
    for (cache_control, default, expected) in [
        ("", 0, 4),
        ("", 10, 3),
        ("max-age=10", 0, 3),
        ("private, Max-Age=3600", 0, 1),
        ("no-store", 10, 4),
        ("max-age=10, no-cache", 10, 4),
    ] {
        let asked = Arc::default();
        let introspector = server(cache_control, ACTIVE, &asked).with_cache(Duration::from_secs(default));
        for time in [1000, 1009, 1010, 1049] {
            at(time);
            let known = introspector.ask("t".into()).await.unwrap().unwrap();
            assert_eq!((known.sub.as_deref(), known.aud.len()), (Some("alice"), 2));
        }
        assert_eq!(asked.load(Ordering::SeqCst), expected, "{cache_control} {default}");
        at(1050);
        assert!(introspector.ask("t".into()).await.unwrap().is_none(), "{cache_control} {default}");
    }
    at(1000);
    for body in [r#"{"active":false}"#, r#"{"active":true,"cnf":{"jkt":"x"}}"#, r#"{"active":true,"nbf":1001}"#] {
        assert!(server("", body, &Arc::default()).ask("t".into()).await.unwrap().is_none(), "{body}");
    }
    for body in ["{}", r#"{"active":true,"exp":"soon"}"#, "<html>"] {
        assert!(server("", body, &Arc::default()).ask("t".into()).await.is_err(), "{body}");
    }
}
