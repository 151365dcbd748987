//! What grows with its input, and what must not: `cargo run --release -p countersign-benches --bin growth [PART]`. Fails when a
//! row grows faster than its limit.
//!
//! Prints `name size ns per_size`, the least of many batches; for `threads-…` how many times as fast two threads are that share one
//! authenticator, and two that do not.

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use countersign::aws_sigv4::Config;
use countersign::aws_sigv4::verify::Verifier;
use countersign::scheme::replay::{MemoryNonceStore, ReplayKey};
use countersign::{AuthConfig, Authenticator, Context, Payload, Reply, Secret, Step, hawk, oauth1};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};

const TIME: u64 = 1_440_938_160;

fn main() -> ExitCode {
    let mut growth = Growth { part: std::env::args().nth(1).unwrap_or_default(), failures: Vec::new() };
    println!("name size ns per_size");
    query_parameters(&mut growth);
    signed_headers(&mut growth);
    selected_headers(&mut growth);
    digest_origins(&mut growth);
    digest_paths(&mut growth);
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

    /// As [`Growth::rows`], for what costs the same whatever the size.
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
        // Sorting takes n log n, which is three times as long per parameter; here the rest weighs more.
        growth.rows(name, &[10, 100, 1000], 2.0, |size| {
            // In an order that no sort is spared.
            let pairs: Vec<_> = (0..size).map(|at| format!("p{}={at}", u64::from(at) * 7919 % 10_007)).collect();
            let (parts, payload) = get(&format!("https://h/p?{}", pairs.join("&"))).into_parts();
            let (auth, ctx) = (auth.clone(), ctx.clone());
            move || drop(black_box(auth.compute(&parts, &payload, &ctx).expect("signed")))
        });
    }
}

/// A verifier looks at each signed header once, and not at each pair of a header and a name.
fn signed_headers(growth: &mut Growth) {
    let auth = Authenticator::new(&AuthConfig::AwsSigv4(sigv4())).expect("a valid config");
    let (secret, ctx) = (Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Context::at(TIME));
    growth.rows("sigv4-verified-headers", &[10, 100, 1000], 1.5, |size| {
        let mut request = get("https://example.amazonaws.com/");
        for at in 0..size {
            let name = format!("x-header-{}", u64::from(at) * 7919 % 10_007).parse::<HeaderName>().expect("a name");
            request.headers_mut().insert(name, HeaderValue::from_static("value"));
        }
        let (parts, payload) = auth.sign_request(request, &ctx).expect("signed").into_parts();
        let (verifier, secret, ctx) = (Verifier::new(), secret.clone(), ctx.clone());
        move || {
            let claim = verifier.read(&parts).expect("it can be read");
            drop(black_box(verifier.verify(claim, Some(&secret), &payload, &ctx).expect("verified")));
        }
    });
}

/// Signing costs nearly the same however long the config's list of headers to sign is: it is sorted once, and searched by halves.
fn selected_headers(growth: &mut Growth) {
    growth.flat("sigv4-selected-headers", &[1, 10_000], 1.5, |size| {
        let mut config = sigv4();
        config.signed_headers = Some((0..size).map(|at| format!("x-header-{}", at * 7919 % 10_007)).collect());
        let auth = Authenticator::new(&AuthConfig::AwsSigv4(config)).expect("a valid config");
        let request = Request::get("https://h/").header("accept", "*/*").header("x-header-1", "value");
        let (parts, payload) = request.body(Payload::empty()).expect("a request").into_parts();
        move || drop(black_box(auth.compute(&parts, &payload, &Context::at(TIME)).expect("signed")))
    });
}

/// A server's list of paths is cut: past 64 a longer one costs requests no more.
fn digest_paths(growth: &mut Growth) {
    let ctx = Context::at(TIME).with_nonce("n");
    growth.flat("digest-paths", &[64, 8192], 1.25, |size| {
        let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life")).expect("a valid config");
        let paths: Vec<String> = (0..size).map(|at| format!("/{at:05}")).collect();
        let challenge = format!("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", domain=\"{}\"", paths.join(" "));
        let challenge = HeaderValue::try_from(challenge).expect("a header value");
        let asked = HeaderMap::from_iter([(http::header::WWW_AUTHENTICATE, challenge)]);
        let (mut exchange, _) = auth.start(get("https://h/00001"), &ctx).expect("started");
        let step = exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &asked, b""), &ctx);
        assert!(matches!(step, Ok(Step::Send(_))));
        let (parts, payload) = get("https://h/00001").into_parts();
        let ctx = ctx.clone();
        move || drop(black_box(auth.compute(&parts, &payload, &ctx).expect("signed")))
    });
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

/// Two threads on one authenticator: how many times as many requests they sign per second as one thread, and beside it the same of
/// two threads that share nothing, which is what the machine has to give at that moment. Fails below 0.9 of that, which is 1.8 where
/// both cores are free.
fn threads(growth: &mut Growth) {
    let configs = [
        ("threads-basic", AuthConfig::basic("Aladdin", "open sesame")),
        ("threads-bearer", AuthConfig::bearer("mF_9.B5f-4.1JqM")),
        ("threads-hawk", AuthConfig::Hawk(hawk::Config::new("id", "key"))),
        ("threads-oauth1", AuthConfig::Oauth1(oauth1::Config::new("key", "secret"))),
        ("threads-sigv4", AuthConfig::AwsSigv4(sigv4())),
    ];
    for (name, config) in configs.into_iter().filter(|(name, _)| name.contains(&growth.part)) {
        let auths = [(); 2].map(|()| Authenticator::new(&config).expect("a valid config"));
        let [first, _] = &auths;
        let (mut one, mut shared, mut apart) = (0.0_f64, 0.0_f64, 0.0_f64);
        // Many short rounds: the best of each is of moments when nothing else ran, for which a busy machine is given more time.
        for round in 0..1000 {
            one = one.max(speed(&[first]));
            shared = shared.max(speed(&[first, first]));
            apart = apart.max(speed(&auths.each_ref()));
            if round >= 100 && shared > 1.8 * one {
                break;
            }
        }
        (shared, apart) = (shared / one, apart / one);
        println!("{name} 2 {shared:.2} {apart:.2}");
        if shared < 0.9 * apart.min(2.0) {
            growth.failures.push(format!("{name}: two threads sign {shared:.2} times as fast, and {apart:.2} apart"));
        }
    }
}

/// Requests signed per second by all threads together, from the first start to the last end.
fn speed(auths: &[&Authenticator]) -> f64 {
    const EACH: u32 = 5_000;
    let barrier = Barrier::new(auths.len());
    let barrier = &barrier;
    let sign = |auth: &Authenticator| {
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
        let running: Vec<_> = auths.iter().map(|auth| scope.spawn(move || sign(auth))).collect();
        running.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let start = spans.iter().map(|(start, _)| *start).min().expect("a thread");
    let end = spans.iter().map(|(_, end)| *end).max().expect("a thread");
    f64::from(EACH) * auths.len() as f64 / (end - start).as_secs_f64()
}
