//! How long refusing a request takes, by reason: `cargo run --release -p countersign-benches --bin refusals [PART]`. Fails when an
//! unknown id, a wrong signature and an empty secret can be told apart by time.
//!
//! Prints `name reason median_ns p90_ns p99_ns difference_ns noise_ns`; the last two are beside the wrong signature.
//!
//! # The rule
//!
//! In each of many rounds the reasons take turns, in an order that is drawn anew each time, and each round has one median per reason:
//! what slows the machine down for a while slows down all of them. The difference between two reasons is the mean of what lies
//! between their medians of one round, and the noise is its standard error. Two reasons can be told apart when the difference is more
//! than four times the noise, and more than 2 % of the median: less is not seen over a network, and moves with the layout of the code.
//!
//! That the rule sees what there is to see is shown at the end: a verifier that looks no further when an id is unknown must fail it.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use countersign::scheme::verify::Refusal;
use countersign::{
    AuthConfig, Authenticator, Context, Payload, Reply, Secret, Step, aws_sigv4, digest, edgegrid, hawk, oauth1,
};
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use http::{HeaderMap, Request, StatusCode};

const TIME: u64 = 1_440_938_160;
const URI: &str = "https://example.com/resource/1?b=1&a=2";

const ROUNDS: usize = 60;
const SAMPLES: usize = 60;
/// How many refusals one sample is the mean of: a clock's reading is not to weigh in.
const BATCH: u32 = 16;

/// One reason to refuse, and how.
type Reason<'a> = (&'static str, Box<dyn FnMut() + 'a>);

fn main() -> ExitCode {
    let mut bench = Bench { part: std::env::args().nth(1).unwrap_or_default(), failures: Vec::new() };
    println!("name reason median_ns p90_ns p99_ns difference_ns noise_ns");
    sigv4(&mut bench);
    digests(&mut bench);
    edgegrid(&mut bench);
    hawk(&mut bench);
    oauth1(&mut bench);
    control(&mut bench);
    bench.failures.iter().for_each(|failure| eprintln!("{failure}"));
    if bench.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Bench {
    part: String,
    failures: Vec<String>,
}

impl Bench {
    /// Prints a row per reason, and fails where one takes longer than another. `keys` are a wrong one and an empty one.
    fn rows<K>(&mut self, name: &str, keys: [&K; 2], refuse: impl Fn(Option<&K>) -> Refusal) {
        if !name.contains(&self.part) {
            return;
        }
        let [wrong, empty] = keys;
        let texts = [None, Some(wrong), Some(empty)].map(|key| refuse(key).to_string());
        assert!(texts.iter().all(|text| *text == texts[0]), "{name}: {texts:?}");
        let refuse = |key: Option<&K>| drop(black_box(refuse(key)));
        self.failures.extend(told_apart(
            name,
            vec![
                ("wrong-signature", Box::new(|| refuse(Some(wrong)))),
                ("unknown-id", Box::new(|| refuse(None))),
                ("empty-secret", Box::new(|| refuse(Some(empty)))),
            ],
        ));
    }
}

/// Measures and prints; returns a sentence for each reason that can be told from the first.
fn told_apart(name: &str, mut reasons: Vec<Reason<'_>>) -> Vec<String> {
    let mut samples = vec![Vec::with_capacity(ROUNDS * SAMPLES); reasons.len()];
    let mut medians = vec![Vec::with_capacity(ROUNDS); reasons.len()];
    let mut order: Vec<usize> = (0..reasons.len()).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..ROUNDS {
        for _ in 0..SAMPLES {
            shuffle(&mut order, &mut random);
            for &at in &order {
                samples[at].push(sample(&mut reasons[at].1));
            }
        }
        for (medians, samples) in medians.iter_mut().zip(&samples) {
            medians.push(quantile(&samples[samples.len() - SAMPLES..], 0.5));
        }
    }
    let mut failures = Vec::new();
    for ((reason, _), (samples, own)) in reasons.iter().zip(samples.iter().zip(&medians)) {
        let differences: Vec<f64> = own.iter().zip(&medians[0]).map(|(own, first)| own - first).collect();
        let (difference, noise) = mean_and_error(&differences);
        let [median, p90, p99] = [0.5, 0.9, 0.99].map(|share| quantile(samples, share));
        println!("{name} {reason} {median:.0} {p90:.0} {p99:.0} {difference:.1} {noise:.1}");
        if difference.abs() > 4.0 * noise && difference.abs() > 0.02 * median {
            failures.push(format!("{name}: {reason} can be told from {} by {difference:.0} ns", reasons[0].0));
        }
    }
    failures
}

/// The mean time of a batch, in nanoseconds.
fn sample(work: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    (0..BATCH).for_each(|_| work());
    start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH)
}

/// Fisher and Yates, by xorshift: the order is to follow no pattern of the machine's, and need not be secret.
fn shuffle(order: &mut [usize], random: &mut u64) {
    for last in (1..order.len()).rev() {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        order.swap(last, (*random % (last as u64 + 1)) as usize);
    }
}

fn quantile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

/// A request as this config signs it, for a server that then looks up another key.
fn signed(config: &AuthConfig, body: &'static [u8]) -> (Parts, Payload) {
    let request = Request::post(URI).body(Payload::from(body)).expect("a request");
    let auth = Authenticator::new(config).expect("a valid config");
    auth.sign_request(request, &Context::at(TIME)).expect("signed").into_parts()
}

fn sigv4(bench: &mut Bench) {
    let config = aws_sigv4::Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let (parts, payload) = signed(&AuthConfig::AwsSigv4(config), b"body");
    let (verifier, ctx) = (aws_sigv4::verify::Verifier::new(), Context::at(TIME));
    let (wrong, empty) = (Secret::from("xJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Secret::from(""));
    bench.rows("sigv4", [&wrong, &empty], |secret| {
        let claim = verifier.read(&parts).expect("it can be read");
        verifier.verify(claim, secret, &payload, &ctx).expect_err("refused")
    });
}

fn digests(bench: &mut Bench) {
    for (name, algorithm) in [("digest-md5", digest::Algorithm::Md5), ("digest-sha256", digest::Algorithm::Sha256)] {
        let ctx = Context::at(TIME).with_nonce("0a4f113b");
        let verifier = digest::verify::Verifier::new("realm", &[7; 32]).expect("a valid realm");
        let verifier = verifier.with_algorithms([algorithm]).expect("known algorithms");
        let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life")).expect("a valid config");
        let request = Request::get(URI).body(Payload::empty()).expect("a request");
        let (mut exchange, _unsigned) = auth.start(request, &ctx).expect("started");
        let challenges = verifier.challenges(&ctx).expect("challenges");
        let asked: HeaderMap = challenges.into_iter().map(|value| (WWW_AUTHENTICATE, value)).collect();
        let Ok(Step::Send(answer)) = exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &asked, b""), &ctx)
        else {
            panic!("{name}: no answer")
        };
        let (parts, payload) = answer.into_parts();
        let account = |password: &str| digest::verify::Account::new("Mufasa", password);
        bench.rows(name, [&account("Xircle of Life"), &account("")], |account| {
            let claim = verifier.read(&parts, &ctx).expect("it can be read");
            verifier.verify(claim, account, &payload, &ctx).expect_err("refused")
        });
    }
}

fn edgegrid(bench: &mut Bench) {
    let config = edgegrid::Config::new("akab-access", "akab-client", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0czE=");
    let (parts, payload) = signed(&AuthConfig::Edgegrid(config), b"body");
    let (verifier, ctx) = (edgegrid::verify::Verifier::new(), Context::at(TIME));
    let (wrong, empty) = (Secret::from("d2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0czE="), Secret::from(""));
    bench.rows("edgegrid", [&wrong, &empty], |secret| {
        let claim = verifier.read(&parts).expect("it can be read");
        verifier.verify(claim, secret, &payload, &ctx).expect_err("refused")
    });
}

fn hawk(bench: &mut Bench) {
    let config = hawk::Config::new("dh37fgj492je", "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn");
    let (parts, payload) = signed(&AuthConfig::Hawk(config), b"body");
    let (verifier, ctx) = (hawk::verify::Verifier::new(), Context::at(TIME));
    let key = hawk::verify::Credentials::new;
    bench.rows("hawk", [&key("xerxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"), &key("")], |key| {
        let claim = verifier.read(&parts).expect("it can be read");
        verifier.verify(claim, key, &payload, &ctx).expect_err("refused")
    });
}

fn oauth1(bench: &mut Bench) {
    use oauth1::SignatureMethod::{HmacSha1, HmacSha256, Plaintext, RsaSha256};

    for (name, method) in [
        ("oauth1-hmac-sha1", HmacSha1),
        ("oauth1-hmac-sha256", HmacSha256),
        ("oauth1-rsa-sha256", RsaSha256),
        ("oauth1-plaintext", Plaintext),
    ] {
        let mut config = oauth1::Config::new("consumer key", "consumer secret").with_token("token", "token secret");
        config.private_key = Some(include_str!("../rows/rsa2048.pem").into());
        config.signature_method = method.clone();
        let (parts, payload) = signed(&AuthConfig::Oauth1(config), b"");
        let (verifier, ctx) = (oauth1::verify::Verifier::new(), Context::at(TIME));
        let keys = |secret: &str| {
            oauth1::verify::Keys::new(secret).with_methods([method.clone()]).with_token_secret("token secret")
        };
        let public = include_str!("../rows/another2048.pem");
        let wrong = match method {
            RsaSha256 => oauth1::verify::Keys::from_public_key(public).expect("a public key"),
            _ => keys("consumer xecret"),
        };
        bench.rows(name, [&wrong.with_token_secret("token secret"), &keys("")], |keys| {
            let claim = verifier.read(&parts, &payload).expect("it can be read");
            verifier.verify(claim, keys, &payload, &ctx).expect_err("refused")
        });
    }
}

/// What must be told apart: a server that refuses unknown ids before it verifies anything.
fn control(bench: &mut Bench) {
    if !"control".contains(&bench.part) {
        return;
    }
    let (parts, payload) = signed(&AuthConfig::Hawk(hawk::Config::new("id", "a key of some length")), b"body");
    let (verifier, ctx) = (hawk::verify::Verifier::new(), Context::at(TIME));
    let wrong = hawk::verify::Credentials::new("b key of some length");
    let refuse = |looks_further: bool| {
        let claim = verifier.read(&parts).expect("it can be read");
        if looks_further {
            drop(black_box(verifier.verify(claim, Some(&wrong), &payload, &ctx)));
        }
    };
    let reasons: Vec<Reason<'_>> =
        vec![("wrong-signature", Box::new(|| refuse(true))), ("unknown-id", Box::new(|| refuse(false)))];
    if told_apart("control", reasons).is_empty() {
        bench.failures.push("control: what takes less time is not seen".to_owned());
    }
}
