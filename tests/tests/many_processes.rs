//! Many processes that share a store: one refresh token, one cold start, one memory of nonces. Processes are killed in between.
//!
//! A short run each, unless `COUNTERSIGN_SECONDS` and `COUNTERSIGN_REQUESTS` ask for a longer one (60 and 100000 in the notes).

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::oauth2::{Config, Session, Token, TokenStore};
use countersign::{Authenticator, Context, Exchange, Payload, Step};
use countersign_file_store::FileTokenStore;
use countersign_redis::{Redis, RedisTokenStore, SealingKey};
use countersign_tests::redis::redis;
use countersign_tests::rotation::{self, Rotation};
use countersign_tests::verifiers::{ORIGIN, config, pool, send_to};
use countersign_tests::{Server, client, consent, free_port, send, work_dir};
use http::Request;

fn asked(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A process that is killed by its id when this is dropped.
struct Worker(Child);

impl Worker {
    fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
        Self(command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Eight processes share one refresh token, with access tokens of two seconds; one is killed every three seconds, and started again.
async fn share(spec: &str, store: Arc<dyn TokenStore>, dir: &Path) {
    let server = Rotation::new(Duration::from_secs(2), Duration::from_millis(20));
    let url = format!("http://{}", server.serve().await.unwrap());
    let (access, refresh) = server.first();
    let mut first = Token::new(access);
    (first.refresh_token, first.expires_at) = (Some(refresh.into()), Some(Context::now().unix_time() + 2));
    let session = Session::new(&Config::of(rotation::grant(&url))).unwrap().with_store(store);
    session.keep(first, &Context::now()).await.unwrap();

    let failures = dir.join("failures");
    let start = || Worker::new(&["token", spec, &url, failures.to_str().unwrap()]);
    let mut workers: Vec<_> = (0..8).map(|_| start()).collect();
    let until = Instant::now() + Duration::from_secs(asked("COUNTERSIGN_SECONDS", 12));
    let mut kills = 0;
    while Instant::now() + Duration::from_secs(3) < until {
        // Not in step with the tokens' lifetime.
        tokio::time::sleep(Duration::from_millis(2_900 + 37 * (kills % 7))).await;
        let victim = &mut workers[kills as usize * 5 % 8];
        server.kills(victim.0.id());
        *victim = start();
        kills += 1;
    }
    tokio::time::sleep(until.saturating_duration_since(Instant::now())).await;
    workers.iter().for_each(|worker| server.kills(worker.0.id()));
    drop(workers);
    let counts = server.counts();
    let failed = std::fs::read_to_string(&failures).unwrap_or_default();
    println!("{spec}: {kills} kills, {counts:?}, {} requests failed", failed.lines().count());
    assert_eq!((counts.reused, failed.as_str()), (0, ""), "{counts:?}");
    assert!(kills >= 2 && counts.refreshes as u64 >= kills && counts.authorized > 100, "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn eight_processes_share_a_refresh_token_over_redis() {
    let (port, dir) = (free_port().unwrap(), work_dir("shared").unwrap());
    let _redis = redis(port).unwrap();
    let store =
        RedisTokenStore::new(&Redis::open(&format!("redis://127.0.0.1:{port}/")).unwrap(), SealingKey::new(&[1; 32]));
    share(&format!("redis:{port}"), Arc::new(store), &dir).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes its time"]
async fn eight_processes_share_a_refresh_token_over_a_file() {
    let dir = work_dir("shared").unwrap();
    let path = dir.join("tokens.json");
    share(&format!("file:{}", path.display()), Arc::new(FileTokenStore::new(&path)), &dir).await;
}

/// A certified server, which ends the whole family when a refresh token is sent twice. Nobody is killed here: a kill between its answer
/// and the store's write ends the family too, whoever writes the client.
#[test]
#[ignore = "needs tests/servers"]
fn a_certified_server_notices_no_reuse() {
    let dir = work_dir("certified").unwrap();
    let server = Server::script_with("oidc-provider.sh", free_port().unwrap(), &dir, &["2"]).unwrap();
    let url = format!("http://{}", server.authority);
    let path = dir.join("tokens.json");
    let session = Session::new(&Config::of(rotation::grant(&url))).unwrap();
    let session = Arc::new(session.with_store(Arc::new(FileTokenStore::new(&path))));
    let login = session.login(&Context::now()).unwrap();
    let came_back = consent(&server, login.url(), "").expect("a callback");
    let redeeming = session.finish(&login, &came_back, &Context::now()).unwrap();
    let (mut exchange, mut step) = Exchange::converse(redeeming, &Context::now()).unwrap();
    while let Step::Send(request) = step {
        step = exchange.on_response(&send(&client(), request).unwrap(), &Context::now()).unwrap();
    }

    let (spec, failures) = (format!("file:{}", path.display()), dir.join("failures"));
    let start = || Worker::new(&["token", &spec, &url, failures.to_str().unwrap()]);
    let workers: Vec<_> = (0..8).map(|_| start()).collect();
    std::thread::sleep(Duration::from_secs(asked("COUNTERSIGN_SECONDS", 12)));
    drop(workers);
    let stats = send(&client(), Request::get(server.uri("/test/stats")).body(Payload::empty()).unwrap()).unwrap();
    let stats: serde_json::Value = serde_json::from_slice(stats.body()).unwrap();
    println!("{stats}");
    assert_eq!(std::fs::read_to_string(&failures).unwrap_or_default(), "", "{stats}");
    assert_eq!(stats["error:refresh_token"], serde_json::Value::Null, "{stats}");
    assert!(stats["refresh_token"].as_u64().is_some_and(|count| count > 3), "{stats}");
}

/// 64 requests of 8 processes, at once, and no token yet.
async fn start_cold(spec: &str) {
    let server = Rotation::new(Duration::from_secs(600), Duration::from_millis(300));
    let url = format!("http://{}", server.serve().await.unwrap());
    let mut workers: Vec<_> = (0..8).map(|_| Worker::new(&["cold", spec, &url, "8"])).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    workers.iter_mut().for_each(|worker| worker.0.stdin.as_mut().unwrap().write_all(b"\n").unwrap());
    let authorized = tokio::task::spawn_blocking(move || workers.iter_mut().map(Worker::line).collect::<Vec<_>>());
    assert_eq!(authorized.await.unwrap(), ["8"; 8]);
    let counts = server.counts();
    assert_eq!((counts.refreshes, counts.authorized), (1, 64), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn a_cold_redis_takes_one_token_request() {
    let port = free_port().unwrap();
    let _redis = redis(port).unwrap();
    start_cold(&format!("redis:{port}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes its time"]
async fn a_cold_file_takes_one_token_request() {
    let path = work_dir("cold").unwrap().join("tokens.json");
    start_cold(&format!("file:{}", path.display())).await;
}

/// Two verifiers behind a balancer.
fn verifiers(redis_port: u16) -> Vec<(Worker, u16)> {
    let start = || {
        let mut worker = Worker::new(&["verify", &redis_port.to_string()]);
        let port = worker.line().parse().unwrap();
        (worker, port)
    };
    vec![start(), start()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn a_replay_is_refused_by_the_other_process() {
    let redis_port = free_port().unwrap();
    let _redis = redis(redis_port).unwrap();
    let verifiers = verifiers(redis_port);
    let pool = pool();
    for path in ["/hawk", "/digest", "/oauth1"] {
        let auth = Authenticator::new(&config(path)).unwrap();
        let request = || Request::get(format!("{ORIGIN}{path}?a=1")).body(Payload::empty()).unwrap();
        if path == "/digest" {
            // The challenge of one process is answered to the other.
            let first = auth.drive_async(request(), |request| send_to(&pool, verifiers[0].1, request)).await.unwrap();
            assert_eq!(first.status(), 200);
        }
        let signed = auth.sign_request(request(), &Context::now()).unwrap();
        let statuses = [1, 0, 1].map(|index| send_to(&pool, verifiers[index].1, signed.clone()));
        let mut got = Vec::new();
        for status in statuses {
            got.push(status.await.unwrap().status().as_u16());
        }
        assert_eq!(got, [200, 401, 401], "{path}");
    }
}

/// Every request goes to both processes; one of them lets it in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn none_is_let_in_twice_and_none_is_lost() {
    let redis_port = free_port().unwrap();
    let _redis = redis(redis_port).unwrap();
    let verifiers = verifiers(redis_port);
    let ports = [verifiers[0].1, verifiers[1].1];
    let auth = Authenticator::new(&config("/hawk")).unwrap();
    let (pool, most) = (pool(), asked("COUNTERSIGN_REQUESTS", 4_000) / 2);
    let in_flight = Arc::new(tokio::sync::Semaphore::new(32));
    let mut sending = tokio::task::JoinSet::new();
    let mut memory = Vec::new();
    let begun = Instant::now();
    for count in 0..most {
        if count == most / 4 || count + 1 == most {
            memory.push(verifiers.iter().map(|(worker, _)| resident(worker.0.id())).sum::<u64>());
        }
        let permit = Arc::clone(&in_flight).acquire_owned().await.unwrap();
        let request = Request::get(format!("{ORIGIN}/hawk?{count}")).body(Payload::empty()).unwrap();
        let signed = auth.sign_request(request, &Context::now()).unwrap();
        let pool = pool.clone();
        sending.spawn(async move {
            // Two at a time: 64 are in flight.
            let both = ports.map(|port| {
                tokio::spawn({
                    let (pool, signed) = (pool.clone(), signed.clone());
                    async move { send_to(&pool, port, signed).await.unwrap().status().as_u16() }
                })
            });
            let mut statuses = Vec::new();
            for status in both {
                statuses.push(status.await.unwrap());
            }
            drop(permit);
            statuses.sort_unstable();
            statuses
        });
        while let Some(statuses) = sending.try_join_next() {
            assert_eq!(statuses.unwrap(), [200, 401]);
        }
    }
    while let Some(statuses) = sending.join_next().await {
        assert_eq!(statuses.unwrap(), [200, 401]);
    }
    println!("{} requests in {:?}; both processes have {memory:?} KiB", most * 2, begun.elapsed());
    let [early, late] = memory[..] else { panic!("{memory:?}") };
    assert!(late < early + early / 10 + 2_000, "{memory:?}");
}

/// A process's resident memory, in KiB.
fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
