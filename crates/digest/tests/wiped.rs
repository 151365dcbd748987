//! After the last owner is gone, no copy of the password is left in this process's memory.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics is a test that fails"
)]

mod server;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};

use countersign_digest::http::header::WWW_AUTHENTICATE;
use countersign_digest::http::{HeaderMap, StatusCode};
use countersign_digest::verify::{Account, Verifier};
use countersign_digest::{Config, Context, Exchange, Reply, Secret};
use server::*;

/// Kept with every bit flipped, so that neither this file nor the search holds the password itself.
fn flipped(seed: u8) -> Vec<u8> {
    (0..32_u8).map(|at| !(b'A' + (at.wrapping_mul(7) ^ seed) % 26)).collect()
}

fn password(flipped: &[u8]) -> Secret {
    // Of its full length at once: a text that grows leaves its shorter copies behind.
    let mut text = String::with_capacity(flipped.len());
    flipped.iter().for_each(|byte| text.push(char::from(!byte)));
    Secret::from(text)
}

/// How often the text stands in this process's writable memory.
fn copies(flipped: &[u8]) -> usize {
    let mut memory = File::open("/proc/self/mem").unwrap();
    let maps = BufReader::new(File::open("/proc/self/maps").unwrap()).lines().map(Result::unwrap).collect::<Vec<_>>();
    // So large that it has a mapping of its own, which came after the list was read: the search does not see itself.
    let mut bytes = vec![0; 4 << 20];
    let mut found = 0;
    for line in maps {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let [mut start, end] = [start, end].map(|place| u64::from_str_radix(place, 16).unwrap());
        while start < end {
            let length = usize::try_from(end - start).unwrap().min(bytes.len());
            memory.seek(SeekFrom::Start(start)).unwrap();
            let Ok(read) = memory.read(&mut bytes[..length]) else { break };
            let is_it = |window: &&[u8]| window.iter().map(|byte| !byte).eq(flipped.iter().copied());
            found += bytes[..read].windows(flipped.len()).filter(is_it).count();
            // Parts overlap, so that nothing is missed between two.
            start += (read.saturating_sub(flipped.len() - 1)).max(1) as u64;
            if read == length && start + flipped.len() as u64 > end {
                break;
            }
        }
    }
    found
}

#[test]
fn no_copy_of_a_password_is_left() {
    let secret = flipped(3);
    let config = Config::new("Mufasa", password(&secret));
    assert_eq!(copies(&secret), 1, "the search sees what is there");
    let ctx = Context::now();
    let verifier = Verifier::new("r", &[1; 32]).unwrap();
    let (mut exchange, _) = Exchange::start(signer(&config), get("http://h/"), &ctx).unwrap();
    let asked: HeaderMap =
        verifier.challenges(&ctx).unwrap().into_iter().map(|value| (WWW_AUTHENTICATE, value)).collect();
    let request = sent(exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &asked, b""), &ctx));
    let (parts, payload) = request.into_parts();
    let account = Account::new("Mufasa", password(&secret));
    let claim = verifier.read(&parts, &ctx).unwrap();
    let verified = verifier.verify(claim, Some(&account), &payload, &ctx).unwrap();
    drop((config, exchange, account, verified));
    assert_eq!(copies(&secret), 0);
}
