//! After drop no copy of the secrets stays in memory: what is ours is wiped, PLAINTEXT's header and form body included.
//!
//! A program of its own with one test, so that nothing else allocates meanwhile. Linux shows a process its own memory as a file.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::fs::{File, read_to_string};
use std::os::unix::fs::FileExt as _;

use countersign_oauth1::http::Request;
use countersign_oauth1::verify::{Keys, Verifier};
use countersign_oauth1::{
    AddTo, Config, Context, Payload, Reply, Scheme as _, Secret, SignatureMethod, Signer, flow, http,
};

/// Bytes that occur nowhere else, and are written nowhere whole: masked, and unmasked one by one.
fn secret(seed: u8) -> Secret {
    let mut text = String::with_capacity(48);
    (0..48).for_each(|at| text.push(letter(seed, at)));
    Secret::from(text)
}

fn letter(seed: u8, at: u8) -> char {
    char::from(b'A' + (at.wrapping_mul(7).wrapping_add(seed) ^ seed) % 26)
}

/// How often twelve letters of a secret in a row stand in memory. No text that is freed is shortened by more than its ends.
fn found(seed: u8) -> usize {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut count = 0;
    let mut page = [0; 4096];
    for line in read_to_string("/proc/self/maps").unwrap().lines() {
        // What is written to and belongs to no file: the heaps.
        let (range, rest) = line.split_once(' ').unwrap();
        if !rest.starts_with("rw-p") || rest.split_whitespace().nth(3) != Some("0") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let (mut at, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        // Not this thread's stack: which registers are saved there is the compiler's choice, and the C library's.
        if (at..end).contains(&(page.as_ptr().addr() as u64)) {
            continue;
        }
        while at < end {
            if memory.read_exact_at(&mut page, at).is_ok() {
                count += page.split(|byte| !byte.is_ascii_uppercase()).filter(|run| holds(run, seed)).count();
            }
            at += 4096;
        }
    }
    // The pages that were read are not to be found next time.
    page.fill(0);
    std::hint::black_box(&mut page);
    count
}

fn holds(run: &[u8], seed: u8) -> bool {
    let is_here = |window: &[u8]| {
        (0..36).any(|first| window.iter().zip(first..).all(|(byte, at)| char::from(*byte) == letter(seed, at)))
    };
    run.len() >= 12 && run.windows(12).any(is_here)
}

fn sign_and_verify(method: SignatureMethod, add_to: AddTo, body: &'static str) {
    let mut config = Config::new("key", secret(1)).with_token("token", secret(2));
    config.signature_method = method.clone();
    config.add_to = add_to;
    let signer = Signer::new(&config).unwrap();
    let request = Request::post("https://h/").header("content-type", "application/x-www-form-urlencoded");
    let (mut parts, mut payload) = request.body(Payload::from(body)).unwrap().into_parts();
    signer.sign(&mut parts, &mut payload, &Context::at(1).with_nonce("n")).unwrap();
    let verifier = Verifier::new();
    let keys = Keys::new(secret(1)).with_token_secret(secret(2)).with_methods([method]);
    let claim = verifier.read(&parts, &payload).unwrap();
    assert!(found(1) > 0 && found(2) > 0, "the search finds what is there");
    verifier.verify(claim, Some(&keys), &payload, &Context::at(1)).unwrap();
}

fn get_token() {
    let config = Config::new("key", secret(1));
    let uri = "https://h/".parse().unwrap();
    let request = flow::xauth_request(&config, &uri, "user", &secret(2), &Context::at(1).with_nonce("n")).unwrap();
    assert!(found(2) > 0);
    drop(request);
}

fn read_token() {
    let mut body = String::with_capacity(128);
    body.push_str("oauth_token=t&oauth_token_secret=");
    body.push_str(secret(2).expose());
    let body = Secret::from(body);
    let credentials =
        flow::token_credentials(Reply::new(http::StatusCode::OK, &http::HeaderMap::new(), body.expose().as_bytes()));
    assert!(credentials.is_ok_and(|credentials| credentials.token_secret == secret(2)));
}

#[test]
fn nothing_of_a_secret_stays() {
    let cases: [(&str, &dyn Fn()); 6] = [
        ("HMAC", &|| sign_and_verify(SignatureMethod::HmacSha256, AddTo::Header, "a=1")),
        ("PLAINTEXT, header", &|| sign_and_verify(SignatureMethod::Plaintext, AddTo::Header, "a=1")),
        ("PLAINTEXT, body", &|| sign_and_verify(SignatureMethod::Plaintext, AddTo::Request, "a=1")),
        ("PLAINTEXT, empty body", &|| sign_and_verify(SignatureMethod::Plaintext, AddTo::Request, "")),
        ("xAuth", &get_token),
        ("token reply", &read_token),
    ];
    for (name, case) in cases {
        case();
        assert_eq!((found(1), found(2)), (0, 0), "{name}");
    }
}
