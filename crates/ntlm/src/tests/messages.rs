use countersign_core::encode::{hex, hex_decode};
use countersign_core::{Context, ErrorKind};
use zeroize::Zeroizing;

use super::{config, ctx, parts};
use crate::message::MIC_AT;
use crate::message::tests::challenge;
use crate::signature::{self, utf16};
use crate::{Config, Signer, Version, certificate};

fn answer(version: Version, challenge: &[u8]) -> Vec<u8> {
    let mut config = config();
    config.version = version;
    let signer = Signer::new(&config).unwrap();
    signer.authenticate(&signer.negotiate(), challenge, &parts(), &ctx()).unwrap()
}

/// Asserts that a message is the published one, but for the version, and for the flags: theirs name REQUEST_TARGET too, and once
/// TARGET_INFO, which their challenges do not.
fn assert_published(message: &[u8], published: &[&str]) {
    let mut published = hex_decode(&published.concat()).unwrap();
    let flags = |message: &[u8]| u32::from_le_bytes(message[60..64].try_into().unwrap());
    assert_eq!((flags(&published) ^ flags(message)) & !0x0080_0000, 0x0000_0004, "flags");
    published[60..72].copy_from_slice(&message[60..72]);
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
    // There is no fallback from session security, and it is not used where it was not offered.
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

/// MS-NLMP sections 3.1.5.1.2 and 3.2.5.2.2: without SIGN and SEAL the integrity code is made under the key exchange key.
#[test]
fn a_key_is_exchanged_only_to_sign_or_to_seal() {
    let signer = Signer::new(&config()).unwrap();
    let first = signer.negotiate();
    let answered = |agreed: u8| {
        let mut challenge = timed();
        challenge[20] = challenge[20] & !0x30 | agreed;
        let message = signer.authenticate(&first, &challenge, &parts(), &ctx()).unwrap();
        let flags = u32::from_le_bytes(message[60..64].try_into().unwrap());
        let mut unsigned = message.clone();
        unsigned[MIC_AT..MIC_AT + 16].fill(0);
        let is_under = |key: [u8; 16]| {
            message[MIC_AT..MIC_AT + 16] == signature::mic(&Zeroizing::new(key), [&first, &challenge, &unsigned])
        };
        let (nt, key) = (usize::from(message[20]) | usize::from(message[21]) << 8, usize::from(message[52]));
        let at = usize::from(message[24]);
        let server_challenge = *b"\x01\x23\x45\x67\x89\xab\xcd\xef";
        let target_info = &message[at + 44..at + nt - 4];
        let owf = signature::nt_owf_v2(&signer.nt_hash, "User", "Domain");
        let time = u64::from_le_bytes([1, 2, 3, 4, 5, 6, 7, 8]);
        let responses = signature::ntlm_v2(&owf, server_challenge, [0xaa; 8], time, target_info, true);
        (flags & 0x4000_0000 != 0, key, is_under([0x55; 16]), is_under(*responses.key_exchange_key))
    };
    for agreed in [0x10, 0x20, 0x30] {
        assert_eq!(answered(agreed), (true, 16, true, false), "{agreed:x}");
    }
    assert_eq!(answered(0), (false, 0, false, true));
}

#[test]
fn no_time_is_too_late() {
    let signer = Signer::new(&config()).unwrap();
    let message = signer.authenticate(b"", &challenge(), &parts(), &Context::at(u64::MAX)).unwrap();
    assert!(message.windows(8).any(|window| window == [0xff; 8]), "the last time that the message can hold");
}

#[test]
fn a_certificate_of_the_connection_is_bound_unless_the_config_says_otherwise() {
    let json: serde_json::Value = serde_json::from_str(include_str!("../../tests/data/certificates.json")).unwrap();
    let text = |field: &str| json["certificates"][3][field].as_str().unwrap();
    let der = countersign_core::encode::base64_decode(text("certificate").as_bytes()).unwrap();
    let sent = |config: &Config, der: Option<&[u8]>| {
        let ctx = der.into_iter().fold(ctx(), |ctx, der| ctx.with_peer_certificate(der));
        Signer::new(config).unwrap().authenticate(b"", &timed(), &parts(), &ctx)
    };
    let bound = |message: &[u8], hash: &[u8]| {
        let pair = [&[10, 0, 16, 0], &signature::channel_bindings(hash)[..]].concat();
        message.windows(pair.len()).any(|window| window == pair)
    };
    let own = hex_decode(text("tls_server_end_point")).unwrap();
    assert_eq!(certificate::end_point(&der).unwrap(), own);
    assert!(bound(&sent(&config(), Some(&der)).unwrap(), &own));
    assert!(!sent(&config(), None).unwrap().windows(4).any(|window| window == [10, 0, 16, 0]));
    let mut given = config();
    given.tls_server_end_point = Some("07".repeat(32));
    let message = sent(&given, Some(&der)).unwrap();
    assert!(bound(&message, &[7; 32]) && !bound(&message, &own));
    // A certificate that cannot be read is not left out: that would take the protection away.
    assert_eq!(sent(&config(), Some(b"no certificate")).unwrap_err().kind(), ErrorKind::InvalidRequest);
}
