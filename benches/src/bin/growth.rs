//! What grows with its input, and what must not: `cargo run --release -p countersign-benches --bin growth [PART]`. Fails when a
//! row grows faster than its limit.
//!
//! Prints `name size ns per_size`, the least of many batches.

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use countersign::aws_sigv4::Config;
use countersign::scheme::replay::{MemoryNonceStore, ReplayKey};
use countersign::{AuthConfig, Authenticator, Context, Payload, Reply, Step, hawk, oauth1};
use http::{HeaderMap, HeaderValue, Request, StatusCode};

const TIME: u64 = 1_440_938_160;

fn main() -> ExitCode {
    let mut growth = Growth { part: std::env::args().nth(1).unwrap_or_default(), failures: Vec::new() };
    println!("name size ns per_size");
    query_parameters(&mut growth);
    digest_origins(&mut growth);
    regions(&mut growth);
    nonces(&mut growth);
    threads(&mut growth);
    growth.failures.iter().for_each(|failure| eprintln!("{failure}"));
    if growth.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Growth {
    part: String,
    failures: Vec<String>,
}

impl Growth {
    /// Prints a row per size. The time per unit at the last size may be at most `most` times that at the first.
    fn rows<W: FnMut()>(&mut self, name: &str, sizes: &[u32], most: f64, mut of: impl FnMut(u32) -> W) {
        if !name.contains(&self.part) {
            return;
        }
        let mut per_sizes = Vec::new();
        for &size in sizes {
            let ns = least(&mut of(size));
            per_sizes.push(ns / f64::from(size));
            println!("{name} {size} {ns:.0} {:.1}", ns / f64::from(size));
        }
        self.check(name, &per_sizes, most);
    }

    /// As [`Growth::rows`] for what costs the same whatever the size.
    fn flat<W: FnMut()>(&mut self, name: &str, sizes: &[u32], most: f64, mut of: impl FnMut(u32) -> W) {
        if !name.contains(&self.part) {
            return;
        }
        let mut times = Vec::new();
        for &size in sizes {
            let ns = least(&mut of(size));
            times.push(ns);
            println!("{name} {size} {ns:.0} -");
        }
        self.check(name, &times, most);
    }

    fn check(&mut self, name: &str, times: &[f64], most: f64) {
        if let [first, .., last] = times
            && last > &(first * most)
        {
            self.failures.push(format!("{name} grows by {:.2}, and may by {most}", last / first));
        }
    }
}

/// The least mean of many batches, in nanoseconds.
fn least(work: &mut impl FnMut()) -> f64 {
    let mut turns = 1_u32;
    loop {
        let start = Instant::now();
        (0..turns).for_each(|_| work());
        if start.elapsed() > Duration::from_micros(100) || turns >= 1 << 20 {
            break;
        }
        turns *= 2;
    }
    let batch = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..turns).for_each(|_| work());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(turns)
    };
    (0..200).map(|_| batch(work)).fold(f64::MAX, f64::min)
}

fn sigv4() -> Config {
    let mut config = Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    config.service = Some("service".into());
    config.region = Some("us-east-1".into());
    config
}

fn get(uri: &str) -> Request<Payload> {
    Request::get(uri).body(Payload::empty()).expect("a request")
}

fn query_parameters(growth: &mut Growth) {
    for (name, config) in [
        ("sigv4-query-parameters", AuthConfig::AwsSigv4(sigv4())),
        ("oauth1-query-parameters", AuthConfig::Oauth1(oauth1::Config::new("key", "secret"))),
        ("hawk-query-parameters", AuthConfig::Hawk(hawk::Config::new("id", "key"))),
    ] {
        let auth = Authenticator::new(&config).expect("a valid config");
        let ctx = Context::at(TIME).with_nonce("n");
        growth.rows(name, &[10, 100, 1000], 1.5, |size| {
            // In an order that no sort is spared.
            let pairs: Vec<_> = (0..size).map(|at| format!("p{}={at}", u64::from(at) * 7919 % 10_007)).collect();
            let (parts, payload) = get(&format!("https://h/p?{}", pairs.join("&"))).into_parts();
            let (auth, ctx) = (auth.clone(), ctx.clone());
            move || drop(black_box(auth.compute(&parts, &payload, &ctx).expect("signed")))
        });
    }
}

/// A preemptive answer costs the same however many origins are known.
fn digest_origins(growth: &mut Growth) {
    let ctx = Context::at(TIME).with_nonce("n");
    growth.flat("digest-origins", &[1, 256], 1.25, |size| {
        let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life")).expect("a valid config");
        let challenge = HeaderValue::from_static("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");
        let asked = HeaderMap::from_iter([(http::header::WWW_AUTHENTICATE, challenge)]);
        for host in 0..size {
            let (mut exchange, _) = auth.start(get(&format!("https://h{host}/")), &ctx).expect("started");
            let step = exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &asked, b""), &ctx);
            assert!(matches!(step, Ok(Step::Send(_))));
        }
        let (parts, payload) = get("https://h0/a").into_parts();
        let ctx = ctx.clone();
        move || drop(black_box(auth.compute(&parts, &payload, &ctx).expect("signed")))
    });
}

/// Regions in turn: each key is derived once a day.
fn regions(growth: &mut Growth) {
    growth.flat("sigv4-regions", &[1, 17], 1.25, |size| {
        let mut config = sigv4();
        config.region = None;
        config.service = None;
        let auth = Authenticator::new(&AuthConfig::AwsSigv4(config)).expect("a valid config");
        let hosts = (0..size).map(|at| get(&format!("https://sqs.eu-west-{at}.amazonaws.com/")).into_parts());
        let (requests, ctx): (Vec<_>, _) = (hosts.collect(), Context::at(TIME));
        let mut next = 0;
        move || {
            let (parts, payload) = &requests[next % requests.len()];
            next += 1;
            drop(black_box(auth.compute(parts, payload, &ctx).expect("signed")));
        }
    });
}

/// Remembering a nonce costs the same with a million others, and no call pays for all that expired.
fn nonces(growth: &mut Growth) {
    growth.flat("nonces", &[1_000, 1_000_000], 4.0, |size| {
        let store = MemoryNonceStore::new(10_000_000).with_share(10_000_000);
        let remember = move |at: u32, now: u64| {
            let nonce = at.to_string();
            store.remember_now(&ReplayKey::new("bench", "client", &nonce, now), now + 60)
        };
        (0..size).for_each(|at| remember(at, TIME).expect("new"));
        let mut at = size;
        move || {
            at += 1;
            black_box(remember(at, TIME)).expect("new");
        }
    });
    if "nonces-expired".contains(&growth.part) {
        let store = MemoryNonceStore::new(10_000_000).with_share(10_000_000);
        let remember = |nonce: &str, now| store.remember_now(&ReplayKey::new("bench", "c", nonce, now), now + 60);
        (0..1_000_000).for_each(|at| remember(&at.to_string(), TIME).expect("new"));
        let start = Instant::now();
        remember("later", TIME + 100).expect("new");
        let ns = start.elapsed().as_nanos();
        println!("nonces-expired 1000000 {ns} -");
        if ns > 1_000_000 {
            growth.failures.push(format!("one call after a million nonces expired takes {ns} ns"));
        }
    }
}

/// Two threads on one authenticator beside one thread: how many times as many requests they sign per second.
fn threads(growth: &mut Growth) {
    let configs = [
        ("threads-basic", AuthConfig::basic("Aladdin", "open sesame")),
        ("threads-bearer", AuthConfig::bearer("mF_9.B5f-4.1JqM")),
        ("threads-hawk", AuthConfig::Hawk(hawk::Config::new("id", "key"))),
        ("threads-oauth1", AuthConfig::Oauth1(oauth1::Config::new("key", "secret"))),
        ("threads-sigv4", AuthConfig::AwsSigv4(sigv4())),
    ];
    for (name, config) in configs.into_iter().filter(|(name, _)| name.contains(&growth.part)) {
        let auth = Authenticator::new(&config).expect("a valid config");
        let best = (0..5).map(|_| speed(&auth, 2) / speed(&auth, 1)).fold(0.0, f64::max);
        println!("{name} 2 {best:.2} -");
        // On a machine whose other core is busy, two threads cannot be faster than one: a row to read, not to fail on.
    }
}

/// Requests signed per second by all threads together, from the first start to the last end.
fn speed(auth: &Authenticator, threads: usize) -> f64 {
    const EACH: u32 = 100_000;
    let barrier = Barrier::new(threads);
    let sign = || {
        let (parts, payload) = get("https://example.amazonaws.com/path?x=1").into_parts();
        let ctx = Context::at(TIME).with_nonce("n");
        barrier.wait();
        let start = Instant::now();
        for _ in 0..EACH {
            drop(black_box(auth.compute(&parts, &payload, &ctx).expect("signed")));
        }
        (start, Instant::now())
    };
    let spans: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(sign)).collect();
        running.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let start = spans.iter().map(|(start, _)| *start).min().expect("a thread");
    let end = spans.iter().map(|(_, end)| *end).max().expect("a thread");
    f64::from(EACH) * threads as f64 / (end - start).as_secs_f64()
}
