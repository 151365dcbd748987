//! `countersign-redis` and a real Redis, which also goes away and comes back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use countersign::oauth2::{Config, Grant, Leasing, Session, Token, TokenKey, TokenStore};
use countersign::scheme::replay::{NonceStore, ReplayKey};
use countersign::{Context, ErrorKind, Exchange, Payload, Step};
use countersign_redis::{Redis, RedisNonceStore, RedisTokenStore, SealingKey};
use countersign_tests::redis::{raw, redis, redis_with};
use countersign_tests::{free_port, work_dir};
use http::{Request, Response};

fn open(port: u16) -> Redis {
    Redis::open(&format!("redis://127.0.0.1:{port}/")).unwrap().with_timeout(Duration::from_millis(500))
}

fn tokens(port: u16) -> RedisTokenStore {
    RedisTokenStore::new(&open(port), SealingKey::new(&[1; 32]))
}

fn key(client_id: &str) -> TokenKey {
    TokenKey::of(&Grant::client_credentials("https://as/token", client_id, "s"))
}

fn token(refresh: &str) -> Token {
    let mut token = Token::new("the-access-token");
    token.refresh_token = Some(refresh.into());
    token
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn tokens_are_sealed_and_swapped() {
    let port = free_port().unwrap();
    let _redis = redis(port).unwrap();
    let store = tokens(port);
    assert_eq!(store.load(&key("a")).await.unwrap(), None);
    assert!(store.replace(&key("a"), None, Some(&token("r1"))).await.unwrap());
    assert!(!store.replace(&key("a"), None, Some(&token("r2"))).await.unwrap());
    assert!(!store.replace(&key("a"), Some(&token("r0")), Some(&token("r2"))).await.unwrap());
    assert!(store.replace(&key("a"), Some(&token("r1")), Some(&token("r2"))).await.unwrap());
    assert!(store.replace(&key("b"), None, Some(&token("r1"))).await.unwrap());
    assert_eq!(store.load(&key("a")).await.unwrap(), Some(token("r2")));
    let mut all = [key("a"), key("b")];
    all.sort();
    assert_eq!(store.list().await.unwrap(), all);

    // Who reads the database gets no token, and learns nothing of whose they are.
    for (name, value) in raw(port, "").unwrap() {
        assert!(name.starts_with("countersign:token:"), "{name}");
        let text = String::from_utf8_lossy(&value).into_owned() + &name;
        assert!(!text.contains("access") && !text.contains("https"), "{text}");
    }

    // With another key nothing opens; with both, old and new do, and what is written is sealed with the new one.
    let other = RedisTokenStore::new(&open(port), SealingKey::new(&[2; 32]));
    assert_eq!(other.load(&key("a")).await.unwrap_err().kind(), ErrorKind::StoreFailed);
    let both = other.clone().with_old_key(SealingKey::new(&[1; 32]));
    assert!(both.replace(&key("a"), Some(&token("r2")), Some(&token("r3"))).await.unwrap());
    assert_eq!(other.load(&key("a")).await.unwrap(), Some(token("r3")));
    assert!(both.replace(&key("a"), Some(&token("r3")), None).await.unwrap());
    assert_eq!(both.list().await.unwrap(), [key("b")]);

    // Another prefix is another place, whatever characters it has.
    let elsewhere = RedisTokenStore::new(&open(port).with_prefix("a*[b]:"), SealingKey::new(&[1; 32]));
    assert_eq!(elsewhere.list().await.unwrap(), []);
    assert!(elsewhere.replace(&key("c"), None, Some(&token("r"))).await.unwrap());
    assert_eq!(elsewhere.list().await.unwrap(), [key("c")]);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn one_of_many_swaps() {
    let port = free_port().unwrap();
    let _redis = redis(port).unwrap();
    let swaps = (0..32).map(|index| {
        let store = tokens(port);
        tokio::spawn(async move { store.replace(&key("a"), None, Some(&token(&index.to_string()))).await.unwrap() })
    });
    let mut won = 0;
    for swap in swaps.collect::<Vec<_>>() {
        won += usize::from(swap.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_lease_is_held_by_one_and_ends() {
    let port = free_port().unwrap();
    let _redis = redis(port).unwrap();
    let (one, two) = (tokens(port), tokens(port));
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    let key = key("a");
    let held = one.lease(&key, minute).await.unwrap();
    assert!(matches!(held, Leasing::Held(_)));
    let Leasing::Busy(wait) = two.lease(&key, minute).await.unwrap() else { panic!("two hold it") };
    drop(held);
    tokio::time::timeout(second, wait).await.unwrap();
    // Its holder dies: nobody gives it back.
    let Leasing::Held(lost) = two.lease(&key, Duration::from_millis(200)).await.unwrap() else { panic!("it is held") };
    std::mem::forget(lost);
    let Leasing::Busy(wait) = one.lease(&key, minute).await.unwrap() else { panic!("two hold it") };
    tokio::time::timeout(second, wait).await.unwrap();
    let Leasing::Held(taken) = one.lease(&key, minute).await.unwrap() else { panic!("it has not ended") };
    // A thread of no runtime waits as well.
    let Leasing::Busy(wait) = two.lease(&key, minute).await.unwrap() else { panic!("two hold it") };
    let waiting = std::thread::spawn(move || wait.block());
    drop(taken);
    tokio::task::spawn_blocking(|| waiting.join().unwrap()).await.unwrap();
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_nonce_counts_once_for_all() {
    let port = free_port().unwrap();
    let _redis = redis(port).unwrap();
    let asking = (0..64).map(|_| {
        let nonces = RedisNonceStore::new(&open(port));
        tokio::spawn(async move { nonces.remember(&ReplayKey::new("hawk", "a", "n", 1000), 1060).await })
    });
    let mut answers = Vec::new();
    for asking in asking.collect::<Vec<_>>() {
        answers.push(asking.await.unwrap().map_err(|why| why.kind()));
    }
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(ErrorKind::Rejected))), "{answers:?}");
    let nonces = RedisNonceStore::new(&open(port));
    assert!(nonces.remember(&ReplayKey::new("hawk", "b", "n", 1000), 1060).await.is_ok(), "another client's");
    // It is kept to the end of its last second, and no longer; a time beyond all range is taken.
    let short = ReplayKey::new("hawk", "c", "n", 1000);
    nonces.remember(&short, 1000).await.unwrap();
    assert!(nonces.remember(&short, 1000).await.is_err());
    tokio::time::sleep(Duration::from_millis(1100)).await;
    nonces.remember(&short, u64::MAX).await.unwrap();
}

/// A session over the store whose token endpoint is played here: `expires_in` seconds, and how often it was asked.
async fn get(session: &Arc<Session>, now: u64, expires_in: u64, asked: &mut usize) -> countersign::Result<String> {
    let ctx = || Context::at(now);
    let request = Request::get("https://api/items").body(Payload::empty()).unwrap();
    let (mut exchange, mut step) = Exchange::start(Arc::<Session>::clone(session), request, &ctx())?;
    let mut used = String::new();
    loop {
        step = match step {
            Step::Send(request) if request.uri().path() == "/token" => {
                *asked += 1;
                let body = format!(r#"{{"access_token":"t{asked}","token_type":"Bearer","expires_in":{expires_in}}}"#);
                exchange.on_response(&Response::new(Bytes::from(body)), &ctx())?
            }
            Step::Send(request) => {
                request.headers()["authorization"].to_str().unwrap().clone_into(&mut used);
                exchange.on_response(&Response::new(Bytes::new()), &ctx())?
            }
            Step::Wait(wait) => {
                wait.await;
                exchange.resume(&ctx())?
            }
            Step::Done => return Ok(used),
        };
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn redis_goes_away_and_comes_back() {
    let port = free_port().unwrap();
    let server = redis(port).unwrap();
    let nonces = RedisNonceStore::new(&open(port));
    let remember = async |nonce: &str| {
        nonces.remember(&ReplayKey::new("hawk", "a", nonce, 1000), 1060).await.map_err(|why| why.kind())
    };
    assert_eq!(remember("1").await, Ok(()));
    let session = || {
        let grant = Grant::client_credentials("https://as/token", "i", "s");
        Arc::new(Session::new(&Config::of(grant)).unwrap().with_store(Arc::new(tokens(port))))
    };
    let (one, mut asked) = (session(), 0);
    assert_eq!(get(&one, 1000, 100, &mut asked).await.unwrap(), "Bearer t1");

    drop(server);
    // Nobody is let in, within the timeout; a token that is good is used; one that is due is fetched, and kept here.
    let begun = Instant::now();
    for nonce in ["1", "2"] {
        assert_eq!(remember(nonce).await, Err(ErrorKind::StoreFailed));
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(get(&one, 1050, 100, &mut asked).await.unwrap(), "Bearer t1");
    assert_eq!(get(&one, 1200, 3600, &mut asked).await.unwrap(), "Bearer t2");

    let _server = redis(port).unwrap();
    // Everything goes on, at once or after one attempt more.
    let mut answer = remember("3").await;
    if answer == Err(ErrorKind::StoreFailed) {
        answer = remember("4").await;
    }
    assert_eq!(answer, Ok(()));
    // This Redis has forgotten everything, the token that was to be replaced too; one is fetched, and is another process's as well.
    assert_eq!(get(&one, 1300, 3600, &mut asked).await.unwrap(), "Bearer t3");
    assert_eq!(get(&session(), 1301, 3600, &mut asked).await.unwrap(), "Bearer t3");
    assert_eq!(asked, 3);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn connections_go_over_tls() {
    let dir = work_dir("redis-tls").unwrap();
    let (cert, key_file) = (dir.join("cert.pem"), dir.join("key.pem"));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key_file)
        .arg("-out")
        .arg(&cert)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let port = free_port().unwrap();
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let (tls_port, cert_file, key_file) = (port.to_string(), text(&cert), text(&key_file));
    let options = ["--port", "0", "--tls-port", &tls_port, "--tls-auth-clients", "no"];
    let files = ["--tls-cert-file", &cert_file, "--tls-key-file", &key_file];
    let _redis = redis_with(port, &[&options[..], &files].concat()).unwrap();
    let url = format!("rediss://localhost:{port}/");
    let remember = async |redis: Redis| {
        let nonces = RedisNonceStore::new(&redis.with_timeout(Duration::from_secs(5)));
        nonces.remember(&ReplayKey::new("hawk", "a", "n", 1000), 1060).await
    };
    let root = std::fs::read(&cert).unwrap();
    remember(Redis::open_with_tls(&url, Some(&root), None).unwrap()).await.unwrap();
    // The system's roots do not know it.
    assert_eq!(remember(Redis::open(&url).unwrap()).await.unwrap_err().kind(), ErrorKind::StoreFailed);
}

#[test]
fn a_url_that_cannot_be_used_is_not_quoted() {
    let why = Redis::open("nonsense://user:hunter2@h").unwrap_err();
    assert_eq!(why.kind(), ErrorKind::InvalidConfig);
    assert!(!format!("{why:?}").contains("hunter2"), "{why:?}");
    let outside = Redis::open("redis://user:hunter2@127.0.0.1/").unwrap_err();
    assert!(outside.to_string().contains("Tokio"), "{outside}");
}
