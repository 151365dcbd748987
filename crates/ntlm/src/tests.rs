//! The published messages, and whole conversations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign_core::encode::{base64, base64_decode, hex, hex_decode};
use countersign_core::{Context, ErrorKind, Exchange, Payload, Reply, Result, Scheme as _, Step};
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TRANSFER_ENCODING, WWW_AUTHENTICATE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use proptest::prelude::*;
use zeroize::Zeroizing;

use crate::message::MIC_AT;
use crate::message::tests::challenge;
use crate::signature::{self, utf16};
use crate::{Config, Signer, Version, spnego};

/// MS-NLMP section 4.2.1: client challenge aa…, session key 55…
fn ctx() -> Context {
    let second = AtomicBool::new(false);
    Context::at(0).with_random(move |buf| {
        buf.fill(if second.swap(true, Ordering::SeqCst) { 0x55 } else { 0xaa });
        Ok(())
    })
}

fn parts() -> Parts {
    Request::get("http://server.example:8080/").body(()).unwrap().into_parts().0
}

/// MS-NLMP section 4.2.1.
fn config() -> Config {
    let mut config = Config::new("User", "Password");
    config.domain = "Domain".into();
    config.workstation = "COMPUTER".into();
    config
}

/// An answer with the version of the published messages.
fn answer(version: Version, challenge: &[u8]) -> Vec<u8> {
    let mut config = config();
    config.version = version;
    let signer = Signer::new(&config).unwrap();
    signer.authenticate_as([5, 1, 0x28, 0x0a, 0, 0, 0, 15], &signer.negotiate(), challenge, &parts(), &ctx()).unwrap()
}

/// Asserts that a message is the published one, but for the flags: theirs name REQUEST_TARGET too, and once TARGET_INFO, which
/// their challenges do not.
fn assert_published(message: &[u8], published: &[&str]) {
    let mut published = hex_decode(&published.concat()).unwrap();
    let flags = |message: &[u8]| u32::from_le_bytes(message[60..64].try_into().unwrap());
    assert_eq!((flags(&published) ^ flags(message)) & !0x0080_0000, 0x0000_0004, "flags");
    published[60..64].copy_from_slice(&message[60..64]);
    assert_eq!(hex(message), hex(&published));
}

/// A CHALLENGE_MESSAGE without target information, as sections 4.2.2.3 and 4.2.3.3 have it.
fn challenge_with(flags: &str) -> Vec<u8> {
    let rest = "0123456789abcdef00000000000000000000000000000000060070170000000f530065007200760065007200";
    hex_decode(&["4e544c4d53535000020000000c000c0038000000", flags, rest].concat()).unwrap()
}

#[test]
fn section_4_2_2_3_ntlm_v1() {
    let message = answer(Version::Ntlmv1, &challenge_with("338202e2"));
    // The document sends the LM hash's response, 98def7b8…, which is never sent here: the NT response stands there twice.
    let nt = "67c43011f30298a2ad35ece64f16331c44bdbed927841f94";
    assert_published(
        &message,
        &[
            "4e544c4d5353500003000000180018006c00000018001800840000000c000c00480000000800080054000000",
            "100010005c000000100010009c000000358280e20501280a0000000f",
            "44006f006d00610069006e00550073006500720043004f004d0050005500540045005200",
            nt,
            nt,
            "518822b1b3f350c8958682ecbb3e3cb7",
        ],
    );
}

#[test]
fn section_4_2_3_3_ntlm_v1_with_session_security() {
    assert_published(
        &answer(Version::Ntlmv1Session, &challenge_with("33820a82")),
        &[
            "4e544c4d5353500003000000180018006c00000018001800840000000c000c00480000000800080054000000",
            "100010005c000000000000009c000000358208820501280a0000000f",
            "44006f006d00610069006e00550073006500720043004f004d0050005500540045005200",
            "aaaaaaaaaaaaaaaa00000000000000000000000000000000",
            "7537f803ae367128ca458204bde7caf81e97ed2683267232",
        ],
    );
}

#[test]
fn section_4_2_4_3_ntlm_v2() {
    // The document's client adds nothing to the server's target information; ours adds a target name, so our NT response is
    // longer and of another time. The document's is put in its place here, and compared with it.
    let mut message = answer(Version::Ntlmv2, &challenge());
    let nt = u16::from_le_bytes([message[20], message[21]]);
    let key = signature::nt_owf_v2(&signature::nt_hash(&"Password".into()), "User", "Domain");
    let target_info = hex_decode("02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000").unwrap();
    let published = signature::ntlm_v2(&key, *b"\x01\x23\x45\x67\x89\xab\xcd\xef", [0xaa; 8], 0, &target_info, false);
    message.splice(132.., [published.nt, message[132 + usize::from(nt)..].to_vec()].concat());
    message[20..24].copy_from_slice(&[0x54, 0, 0x54, 0]);
    message[56] = 0xd8;
    message[57] = 0;
    // With it the key that encrypts the session key is another.
    let encrypted = signature::encrypt_session_key(&published.key_exchange_key, &Zeroizing::new([0x55; 16]));
    let at = message.len() - 16;
    message[at..].copy_from_slice(&encrypted);
    assert_published(
        &message,
        &[
            "4e544c4d5353500003000000180018006c00000054005400840000000c000c00480000000800080054000000",
            "100010005c00000010001000d8000000358288e20501280a0000000f",
            "44006f006d00610069006e00550073006500720043004f004d0050005500540045005200",
            "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa",
            "68cd0ab851e51c96aabc927bebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000",
            "02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000",
            "c5dad2544fc9799094ce1ce90bc9d03e",
        ],
    );
}

#[test]
fn users_domains_and_hashes() {
    let user = |username: &str, domain: &str| {
        let mut config = Config::new(username, "p");
        config.domain = domain.into();
        let signer = Signer::new(&config).unwrap();
        (signer.user, signer.domain)
    };
    assert_eq!(user("DOMAIN\\User", ""), ("User".into(), "DOMAIN".into()));
    assert_eq!(user("user@example.com", ""), ("user@example.com".into(), String::new()));
    assert_eq!(user("A\\b", "C"), ("A\\b".into(), "C".into()));
    assert_eq!(Signer::new(&Config::new("D\\", "p")).unwrap_err().kind(), ErrorKind::InvalidConfig);
    let mut hashed = Config::new("User", "");
    hashed.nt_hash = Some("a4f49c406510bdcab6824ee7c30fd852".into());
    assert_eq!(*Signer::new(&hashed).unwrap().nt_hash, *Signer::new(&config()).unwrap().nt_hash);
    hashed.tls_server_end_point = Some("xyz".into());
    assert_eq!(Signer::new(&hashed).unwrap_err().kind(), ErrorKind::InvalidConfig);
}

/// The published challenge with a server's time of 1, 2, … 8 before the end mark of its target information.
fn timed() -> Vec<u8> {
    let mut timed = challenge();
    let at = timed.len() - 4;
    timed.splice(at..at, [7, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    timed[40] += 12;
    timed[42] += 12;
    timed
}

#[test]
fn a_server_time_brings_an_integrity_code() {
    let signer = Signer::new(&config()).unwrap();
    let first = signer.negotiate();
    let message = signer.authenticate(&first, &timed(), &parts(), &ctx()).unwrap();
    let mut unsigned = message.clone();
    unsigned[MIC_AT..MIC_AT + 16].fill(0);
    let mic = signature::mic(&Zeroizing::new([0x55; 16]), [&first, &timed(), &unsigned]);
    assert_eq!(message[MIC_AT..MIC_AT + 16], mic);
    assert_eq!(hex(&message[124..148]), "00".repeat(24), "the LM response is zero");
    let has = |needle: &[u8]| message.windows(needle.len()).any(|window| window == needle);
    assert!(has(&[6, 0, 4, 0, 2, 0, 0, 0]) && has(&utf16("HTTP/server.example")) && has(&[1, 2, 3, 4, 5, 6, 7, 8]));
}

#[test]
fn what_was_not_agreed_on_is_not_used() {
    let signer = |version, username: &str| {
        let mut config = Config::new(username, "p");
        config.version = version;
        Signer::new(&config).unwrap()
    };
    let answer = |signer: &Signer, challenge: &[u8]| signer.authenticate(b"", challenge, &parts(), &ctx());
    let field = |message: &[u8], at: usize| {
        let number = |at: usize| usize::from(message[at]) | usize::from(message[at + 1]) << 8;
        let start = number(at + 4);
        message[start..start + number(at)].to_vec()
    };
    // Without Unicode: ASCII or nothing, for the code page is not known.
    let mut oem = challenge();
    oem[20] &= !1;
    let message = answer(&signer(Version::Ntlmv2, "user"), &oem).unwrap();
    assert_eq!(field(&message, 36), b"user");
    assert_eq!(message[60] & 3, 2, "OEM is agreed on");
    let error = answer(&signer(Version::Ntlmv2, "us\u{e9}r"), &oem).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(error.to_string().contains("`username` is not ASCII"), "{error}");
    // Without the key exchange there is no session key.
    let mut keyless = challenge();
    keyless[23] &= !0x40;
    assert_eq!(field(&answer(&signer(Version::Ntlmv2, "u"), &keyless).unwrap(), 52), b"");
    // Session security is not fallen back from, and not slipped in.
    let mut plain = challenge();
    plain[22] &= !8;
    let error = answer(&signer(Version::Ntlmv1Session, "u"), &plain).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedAlgorithm);
    let v1 = signer(Version::Ntlmv1, "u");
    assert_eq!(answer(&v1, &plain).unwrap()[72..], answer(&v1, &challenge()).unwrap()[72..]);
    // A target information that the flags do not announce is ignored, whatever it is.
    let mut unannounced = challenge();
    unannounced[22] &= !0x80;
    unannounced[44..48].fill(0xff);
    assert!(answer(&signer(Version::Ntlmv2, "u"), &unannounced).is_ok());
}

#[test]
fn nothing_secret_is_shown() {
    let config = Config::new("User", "hunter2");
    let shown = format!("{config:?} {:?}", Signer::new(&config).unwrap());
    assert!(shown.contains("User") && !shown.contains("hunter2"), "{shown}");
}

/// Starts a conversation about the request.
fn start(config: &Config, request: Request<Payload>) -> (Exchange, Step) {
    Exchange::start(Arc::new(Signer::new(config).unwrap()), request, &ctx()).unwrap()
}

fn get() -> Request<Payload> {
    Request::get("http://server.example/").body(Payload::empty()).unwrap()
}

fn post() -> Request<Payload> {
    Request::post("http://server.example/").header(CONTENT_LENGTH, "3").body(Payload::from("a=1")).unwrap()
}

fn sent(step: Result<Step>) -> Request<Payload> {
    match step {
        Ok(Step::Send(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn failed(step: Result<Step>) -> ErrorKind {
    match step {
        Err(why) => why.kind(),
        other => panic!("{other:?}"),
    }
}

fn reply(exchange: &mut Exchange, status: u16, name: HeaderName, values: &[&str]) -> Result<Step> {
    let values = values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap()));
    exchange.on_response(Reply::new(StatusCode::from_u16(status).unwrap(), &values.collect::<HeaderMap>(), b""), &ctx())
}

fn asked(exchange: &mut Exchange, values: &[&str]) -> Result<Step> {
    reply(exchange, 401, WWW_AUTHENTICATE, values)
}

/// The type of the message in a header, after the name that it travels under.
fn message_type(request: &Request<Payload>, name: HeaderName) -> (String, u8) {
    let value = &request.headers()[name];
    assert!(value.is_sensitive());
    let (mechanism, token) = value.to_str().unwrap().split_once(' ').unwrap();
    let token = base64_decode(token.as_bytes()).unwrap();
    let message = spnego::response_token(&token).unwrap_or(&token);
    (mechanism.to_owned(), message[8])
}

fn ntlm_challenge() -> String {
    format!("NTLM {}", base64(&challenge()))
}

#[test]
fn three_legs_on_one_connection() {
    let (mut exchange, step) = start(&config(), get());
    assert!(exchange.connection_bound());
    assert_eq!(message_type(&sent(Ok(step)), AUTHORIZATION), ("NTLM".into(), 1));
    let proof = sent(asked(&mut exchange, &[&ntlm_challenge()]));
    assert_eq!(message_type(&proof, AUTHORIZATION), ("NTLM".into(), 3));
    assert!(matches!(reply(&mut exchange, 200, WWW_AUTHENTICATE, &[]), Ok(Step::Done)));
}

#[test]
fn a_refused_proof_is_final() {
    let (mut exchange, _) = start(&config(), get());
    sent(asked(&mut exchange, &[&ntlm_challenge()]));
    // As a server refuses (MS-NTHT section 3.2.5), and as one that never stops would.
    assert!(matches!(asked(&mut exchange, &["NTLM"]), Ok(Step::Done)));
    let (mut exchange, _) = start(&config(), get());
    sent(asked(&mut exchange, &[&ntlm_challenge()]));
    assert!(matches!(asked(&mut exchange, &[&ntlm_challenge()]), Ok(Step::Done)));
}

#[test]
fn a_body_stays_behind_until_the_proof() {
    let (mut exchange, step) = start(&config(), post());
    let opening = sent(Ok(step));
    assert_eq!((opening.headers()[CONTENT_LENGTH].as_bytes(), opening.body().bytes().unwrap().len()), (&b"0"[..], 0));
    let proof = sent(asked(&mut exchange, &[&ntlm_challenge()]));
    assert_eq!(
        (proof.headers()[CONTENT_LENGTH].as_bytes(), &proof.body().bytes().unwrap()[..]),
        (&b"3"[..], &b"a=1"[..])
    );

    // A stream can be sent once: with the proof.
    let streamed =
        Request::post("http://server.example/").header(TRANSFER_ENCODING, "chunked").body(Payload::Streaming);
    let (mut exchange, step) = start(&config(), streamed.unwrap());
    let opening = sent(Ok(step));
    assert!(opening.body().bytes().is_some() && !opening.headers().contains_key(TRANSFER_ENCODING));
    let proof = sent(asked(&mut exchange, &[&ntlm_challenge()]));
    assert!(proof.body().bytes().is_none() && proof.headers().contains_key(TRANSFER_ENCODING));
}

#[test]
fn who_is_not_asked_sends_the_request_as_it_is() {
    let (mut exchange, _) = start(&config(), post());
    let whole = sent(reply(&mut exchange, 200, WWW_AUTHENTICATE, &[]));
    assert!(!whole.headers().contains_key(AUTHORIZATION) && whole.body().bytes().unwrap().len() == 3);
    assert!(matches!(reply(&mut exchange, 200, WWW_AUTHENTICATE, &[]), Ok(Step::Done)));
    let (mut exchange, _) = start(&config(), get());
    assert!(matches!(reply(&mut exchange, 404, WWW_AUTHENTICATE, &[]), Ok(Step::Done)));
}

#[test]
fn the_opening_is_repeated_once_as_the_server_asks() {
    for (asks, mechanism) in
        [(&["Negotiate"][..], "Negotiate"), (&["Negotiate", "NTLM"], "NTLM"), (&["Basic realm=\"x\", NTLM"], "NTLM")]
    {
        let (mut exchange, _) = start(&config(), get());
        let opening = sent(asked(&mut exchange, asks));
        assert_eq!(message_type(&opening, AUTHORIZATION), (mechanism.into(), 1));
        assert_eq!(failed(asked(&mut exchange, asks)), ErrorKind::InvalidChallenge, "a connection that is not kept");
    }
    let (mut exchange, _) = start(&config(), get());
    assert_eq!(failed(asked(&mut exchange, &["Basic realm=\"x\""])), ErrorKind::NoChallenge);
}

#[test]
fn negotiate_may_wrap_its_challenge() {
    let (mut exchange, _) = start(&config(), get());
    sent(asked(&mut exchange, &["Negotiate"]));
    let wrapped = format!("Negotiate {}", base64(&spnego::wrapped(&challenge())));
    let proof = sent(asked(&mut exchange, &[&wrapped]));
    assert_eq!(message_type(&proof, AUTHORIZATION), ("Negotiate".into(), 3));
    let value = proof.headers()[AUTHORIZATION].to_str().unwrap().strip_prefix("Negotiate ").unwrap();
    assert!(spnego::response_token(&base64_decode(value.as_bytes()).unwrap()).is_some());
}

#[test]
fn a_proxy_and_the_server_behind_it() {
    let (mut exchange, _) = start(&config(), get());
    let opening = sent(reply(&mut exchange, 407, PROXY_AUTHENTICATE, &["NTLM"]));
    assert_eq!(message_type(&opening, PROXY_AUTHORIZATION), ("NTLM".into(), 1));
    assert!(!opening.headers().contains_key(AUTHORIZATION));
    let proof = sent(reply(&mut exchange, 407, PROXY_AUTHENTICATE, &[&ntlm_challenge()]));
    assert_eq!(message_type(&proof, PROXY_AUTHORIZATION), ("NTLM".into(), 3));
    // The connection is the proxy's now; the server asks for itself.
    let opening = sent(asked(&mut exchange, &["NTLM"]));
    assert_eq!(message_type(&opening, AUTHORIZATION), ("NTLM".into(), 1));
    assert!(!opening.headers().contains_key(PROXY_AUTHORIZATION));
    assert_eq!(message_type(&sent(asked(&mut exchange, &[&ntlm_challenge()])), AUTHORIZATION), ("NTLM".into(), 3));
    assert!(matches!(asked(&mut exchange, &["NTLM"]), Ok(Step::Done)));
}

#[test]
fn http_2_is_refused() {
    for version in [http::Version::HTTP_2, http::Version::HTTP_3] {
        let mut request = get();
        *request.version_mut() = version;
        let why = Exchange::start(Arc::new(Signer::new(&config()).unwrap()), request, &ctx()).unwrap_err();
        assert_eq!(why.kind(), ErrorKind::InvalidRequest);
        assert!(why.to_string().contains("use HTTP/1.1"), "{why}");
    }
}

#[test]
fn retries_can_be_left_to_the_caller() {
    let mut config = config();
    config.disable_retry = true;
    let (mut exchange, step) = start(&config, post());
    assert_eq!(sent(Ok(step)).body().bytes().unwrap().len(), 3);
    assert!(matches!(asked(&mut exchange, &[&ntlm_challenge()]), Ok(Step::Done)));
}

proptest! {
    #[test]
    fn every_conversation_ends(replies in proptest::collection::vec((any::<bool>(), 0..6_usize, proptest::collection::vec(any::<u8>(), 0..90)), 12)) {
        let (mut exchange, _) = start(&config(), post());
        let mut requests = 1;
        for (proxy, kind, bytes) in replies {
            let (status, name) = if proxy { (407, PROXY_AUTHENTICATE) } else { (401, WWW_AUTHENTICATE) };
            let mut message = challenge();
            let at = usize::from(bytes.first().copied().unwrap_or_default()).min(message.len() - bytes.len().min(message.len()));
            message.splice(at..(at + bytes.len()).min(message.len()), bytes.iter().copied());
            let value = match kind {
                0 => "NTLM".to_owned(),
                1 => "Negotiate".to_owned(),
                2 => ntlm_challenge(),
                3 => format!("NTLM {}", base64(&message)),
                4 => format!("Negotiate {}", base64(&bytes)),
                _ => "Negotiate, NTLM".to_owned(),
            };
            match reply(&mut exchange, status, name, &[&value]) {
                Ok(Step::Send(_)) => requests += 1,
                Ok(Step::Done) | Err(_) => return Ok(()),
                other => panic!("{other:?}"),
            }
            prop_assert!(requests <= 6, "{requests} requests");
        }
        prop_assert!(false, "it goes on");
    }

    #[test]
    fn nothing_is_signed_without_a_challenge(path in "/[a-z]{0,9}") {
        let (parts, payload) = Request::get(format!("http://h{path}")).body(Payload::empty()).unwrap().into_parts();
        let signer = Signer::new(&config()).unwrap();
        prop_assert_eq!(signer.compute(&parts, &payload, &ctx()).unwrap_err().kind(), ErrorKind::NeedsExchange);
    }
}
