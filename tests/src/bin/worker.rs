//! One of the processes that the tests start many of:
//!
//! * `worker token STORE URL FAILURES`: sends requests until it is killed; writes down those that are not authorised.
//! * `worker cold STORE URL COUNT`: once a line comes in, sends so many requests at once; prints how many were authorised.
//! * `worker verify REDIS-PORT`: serves `/hawk`, `/digest` and `/oauth1` behind `VerifyLayer`; prints its port.
//!
//! STORE is `redis:PORT` or `file:PATH`.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use countersign::oauth2::{Config, Grant, Session, TokenStore};
use countersign::{Authenticator, Payload};
use countersign_file_store::FileTokenStore;
use countersign_redis::{Redis, RedisTokenStore, SealingKey};
use countersign_tests::{rotation, verifiers};
use http::{Request, Response};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["token", store, url, failures] => until_killed(&session(store, rotation::grant(url))?, url, failures).await,
        ["cold", store, url, count] => {
            let grant = Grant::client_credentials(format!("{url}/token"), "worker", "s");
            at_once(&session(store, grant)?, url, count.parse()?).await
        }
        ["verify", port] => verifiers::serve(port.parse()?).await,
        _ => Err("worker token|cold|verify …".into()),
    }
}

fn session(store: &str, grant: Grant) -> Result<Authenticator> {
    let store: Arc<dyn TokenStore> = match store.split_once(':') {
        Some(("redis", port)) => {
            let redis = Redis::open(&format!("redis://127.0.0.1:{port}/"))?;
            Arc::new(RedisTokenStore::new(&redis, SealingKey::new(&[1; 32])))
        }
        Some(("file", path)) => Arc::new(FileTokenStore::new(path)),
        _ => return Err("STORE is redis:PORT or file:PATH".into()),
    };
    // A little longer than the client's timeout.
    let session = Session::new(&Config::of(grant))?.with_store(store).with_lease(Duration::from_secs(3));
    Ok(Authenticator::from_scheme(session))
}

async fn until_killed(auth: &Authenticator, url: &str, failures: &str) -> Result<()> {
    loop {
        let outcome = match get(auth, url).await {
            Ok(200) => None,
            Ok(status) => Some(format!("status {status}")),
            Err(why) => Some(why.to_string()),
        };
        if let Some(outcome) = outcome {
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(failures)?;
            writeln!(file, "{}: {outcome}", std::process::id())?;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn at_once(auth: &Authenticator, url: &str, count: usize) -> Result<()> {
    std::io::stdin().read_line(&mut String::new())?;
    let asking = (0..count).map(|_| {
        let (auth, url) = (auth.clone(), url.to_owned());
        tokio::spawn(async move { get(&auth, &url).await })
    });
    let mut authorized = 0;
    for asking in asking.collect::<Vec<_>>() {
        authorized += usize::from(asking.await?? == 200);
    }
    println!("{authorized}");
    Ok(())
}

async fn get(auth: &Authenticator, url: &str) -> Result<u16> {
    let request = Request::get(format!("{url}/api/x")).body(Payload::empty())?;
    let reply = auth.drive_async(request, send).await?;
    Ok(reply.status().as_u16())
}

/// Says which process it is.
async fn send(mut request: Request<Payload>) -> Result<Response<bytes::Bytes>> {
    let process = std::process::id().to_string().parse()?;
    request.headers_mut().insert("x-process", process);
    let sending = countersign_tests::send_async(request);
    tokio::time::timeout(Duration::from_secs(2), sending).await?
}
