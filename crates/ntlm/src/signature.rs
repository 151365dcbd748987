//! The keys and responses of MS-NLMP section 3.3, over the old primitives that it is made of.

use countersign_core::{Error, ErrorKind, Result, Secret};
use des::Des;
use des::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use hmac::{Hmac, Mac as _};
use md4::Md4;
use md5::{Digest as _, Md5};
use rc4::{Rc4, StreamCipher as _};
use zeroize::Zeroizing;

/// A key of sixteen bytes; wiped on drop.
pub(crate) type Key = Zeroizing<[u8; 16]>;

/// NTOWFv1: MD4 of the password in UTF-16 (section 3.3.1). As good as the password.
pub(crate) fn nt_hash(password: &Secret) -> Key {
    let utf16 = Zeroizing::new(utf16(password.expose()));
    Zeroizing::new(Md4::digest(&*utf16).into())
}

/// The NT hash that a config has in place of a password.
///
/// # Errors
/// [`ErrorKind::InvalidKey`] unless it is 32 hex digits.
pub(crate) fn read_nt_hash(hash: &Secret) -> Result<Key> {
    let bytes = countersign_core::encode::hex_decode(hash.expose()).map(Zeroizing::new);
    let key = bytes.and_then(|bytes| bytes.as_slice().try_into().ok()).map(Zeroizing::new);
    key.ok_or_else(|| Error::new(ErrorKind::InvalidKey, "`nt_hash` is not 32 hex digits"))
}

/// NTOWFv2: the NT hash bound to user and domain (section 3.3.2).
pub(crate) fn nt_owf_v2(nt_hash: &Key, user: &str, domain: &str) -> Key {
    let name = utf16(&(upper(user) + domain));
    hmac_md5(nt_hash, &[&name])
}

/// NTLMv2's responses and session base key (section 3.3.2).
pub(crate) struct Responses {
    pub(crate) nt: Vec<u8>,
    pub(crate) lm: Vec<u8>,
    pub(crate) key_exchange_key: Key,
}

/// NTLMv2 (section 3.3.2). `time` is in 100 nanoseconds since 1601; `target_info` is what the server sent, with our pairs.
/// With `has_server_time` the LM response is zero (section 3.1.5.1.2).
pub(crate) fn ntlm_v2(
    key: &Key,
    server_challenge: [u8; 8],
    client_challenge: [u8; 8],
    time: u64,
    target_info: &[u8],
    has_server_time: bool,
) -> Responses {
    let mut temp = Vec::with_capacity(32 + target_info.len());
    temp.extend_from_slice(&[1, 1, 0, 0, 0, 0, 0, 0]);
    temp.extend_from_slice(&time.to_le_bytes());
    temp.extend_from_slice(&client_challenge);
    temp.extend_from_slice(&[0; 4]);
    temp.extend_from_slice(target_info);
    temp.extend_from_slice(&[0; 4]);
    let proof = hmac_md5(key, &[&server_challenge, &temp]);
    let key_exchange_key = hmac_md5(key, &[&*proof]);
    let lm = if has_server_time {
        vec![0; 24]
    } else {
        let proof = hmac_md5(key, &[&server_challenge, &client_challenge]);
        [&proof[..], &client_challenge].concat()
    };
    let mut nt = proof.to_vec();
    nt.append(&mut temp);
    Responses { nt, lm, key_exchange_key }
}

/// NTLMv1, with extended session security where it is agreed (section 3.3.1). Without, the LM response is the NT response: the
/// LM hash is never sent.
pub(crate) fn ntlm_v1(
    nt_hash: &Key,
    server_challenge: [u8; 8],
    client_challenge: [u8; 8],
    extended_session_security: bool,
) -> Responses {
    let session_base_key: Key = Zeroizing::new(Md4::digest(**nt_hash).into());
    if !extended_session_security {
        let nt = desl(nt_hash, server_challenge);
        return Responses { lm: nt.clone(), nt, key_exchange_key: session_base_key };
    }
    let digest: [u8; 16] = Md5::digest([server_challenge, client_challenge].concat()).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    let mut lm = client_challenge.to_vec();
    lm.resize(24, 0);
    // KXKEY, section 3.4.5.1
    let key_exchange_key = hmac_md5(&session_base_key, &[&server_challenge, &client_challenge]);
    Responses { nt: desl(nt_hash, [a, b, c, d, e, f, g, h]), lm, key_exchange_key }
}

/// The exported session key as the server can read it: RC4 under the key exchange key.
pub(crate) fn encrypt_session_key(key_exchange_key: &Key, session_key: &Key) -> [u8; 16] {
    // RC4 repeats its key until it is long enough: twice the key is the same key, of the length that cannot be wrong.
    let mut twice = Zeroizing::new([0; 32]);
    twice.iter_mut().zip(key_exchange_key.iter().cycle()).for_each(|(to, from)| *to = *from);
    let mut out = **session_key;
    Rc4::new((&*twice).into()).apply_keystream(&mut out);
    out
}

/// The message integrity code: an HMAC over all three messages, its own place zero (section 3.1.5.1.2).
pub(crate) fn mic(session_key: &Key, messages: [&[u8]; 3]) -> [u8; 16] {
    *hmac_md5(session_key, &messages)
}

/// The hash of the channel bindings: an MD5 of GSS-API's structure with nothing but the application data (RFC 2744 section
/// 3.11; MS-NLMP section 2.2.2.1, MsvAvChannelBindings).
pub(crate) fn channel_bindings(tls_server_end_point: &[u8]) -> [u8; 16] {
    const PREFIX: &[u8] = b"tls-server-end-point:";
    let length = u32::try_from(PREFIX.len() + tls_server_end_point.len()).unwrap_or(u32::MAX);
    let mut md5 = Md5::new();
    md5.update([0; 16]);
    md5.update(length.to_le_bytes());
    md5.update(PREFIX);
    md5.update(tls_server_end_point);
    md5.finalize().into()
}

/// DESL: the block encrypted under three DES keys cut from the sixteen bytes and five zeros (section 6).
fn desl(key: &Key, block: [u8; 8]) -> Vec<u8> {
    let mut padded = Zeroizing::new([0; 21]);
    for (to, from) in padded.iter_mut().zip(key.iter()) {
        *to = *from;
    }
    padded.chunks_exact(7).flat_map(|seven| des(seven, block)).collect()
}

/// DES under seven bytes: each seven bits get a parity bit, which DES ignores.
fn des(seven: &[u8], block: [u8; 8]) -> [u8; 8] {
    let bits = seven.iter().fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte));
    let mut key = Zeroizing::new([0; 8]);
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::try_from(bits >> (49 - 7 * index) & 0x7f).unwrap_or_default() << 1;
    }
    let mut block = block.into();
    Des::new(&(*key).into()).encrypt_block(&mut block);
    block.into()
}

/// HMAC under one of this scheme's keys, all of which are shorter than MD5's blocks: padded with zeros to one (RFC 2104 section 2), so
/// that no length can be wrong.
fn hmac_md5(key: &Key, parts: &[&[u8]]) -> Key {
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key.iter()).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Md5>::new((&*block).into());
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// UTF-16, little-endian.
pub(crate) fn utf16(text: &str) -> Vec<u8> {
    // Room for all of it: what holds a password is not to move and leave a copy behind.
    let mut out = Vec::with_capacity(2 * text.len());
    text.encode_utf16().for_each(|unit| out.extend_from_slice(&unit.to_le_bytes()));
    out
}

/// Upper case by Unicode's simple mapping, one character for one, as Windows does: `ß` stays.
fn upper(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            // Greek with iota subscript: the full mapping has two letters, the simple one is the title case.
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(u32::from(character) + 8).unwrap_or(character)
            }
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(u32::from(character) + 9).unwrap_or(character),
            _ => {
                let mut mapped = character.to_uppercase();
                match (mapped.next(), mapped.next()) {
                    (Some(one), None) => one,
                    _ => character,
                }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use countersign_core::encode::{hex, hex_decode};

    use super::*;

    const SERVER: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
    const CLIENT: [u8; 8] = [0xaa; 8];

    /// MS-NLMP section 4.2.1: user `User`, password `Password`, domain `Domain`, session key 55…
    fn key() -> Key {
        nt_hash(&Secret::from("Password"))
    }

    #[test]
    fn section_4_2_2_ntlm_v1() {
        assert_eq!(hex(&*key()), "a4f49c406510bdcab6824ee7c30fd852");
        let responses = ntlm_v1(&key(), SERVER, CLIENT, false);
        assert_eq!(hex(&responses.nt), "67c43011f30298a2ad35ece64f16331c44bdbed927841f94");
        assert_eq!(hex(&*responses.key_exchange_key), "d87262b0cde4b1cb7499becccdf10784");
        let encrypted = encrypt_session_key(&responses.key_exchange_key, &Zeroizing::new([0x55; 16]));
        assert_eq!(hex(&encrypted), "518822b1b3f350c8958682ecbb3e3cb7");
    }

    #[test]
    fn section_4_2_3_ntlm_v1_with_session_security() {
        let responses = ntlm_v1(&key(), SERVER, CLIENT, true);
        assert_eq!(hex(&responses.nt), "7537f803ae367128ca458204bde7caf81e97ed2683267232");
        assert_eq!(hex(&responses.lm), "aaaaaaaaaaaaaaaa00000000000000000000000000000000");
        assert_eq!(hex(&*responses.key_exchange_key), "eb93429a8bd952f8b89c55b87f475edc");
    }

    #[test]
    fn section_4_2_4_ntlm_v2() {
        let key = nt_owf_v2(&key(), "User", "Domain");
        assert_eq!(hex(&*key), "0c868a403bfd7a93a3001ef22ef02e3f");
        let target_info = hex_decode("02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000");
        let responses = ntlm_v2(&key, SERVER, CLIENT, 0, &target_info.unwrap(), false);
        // 4.2.4.2.2: the proof; 4.2.4.1.3: `temp`, which it covers and which follows it.
        assert_eq!(hex(&responses.nt[..16]), "68cd0ab851e51c96aabc927bebef6a1c");
        assert_eq!(
            hex(&responses.nt[16..]),
            "01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000\
             02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000"
        );
        assert_eq!(hex(&responses.lm), "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
        assert_eq!(hex(&*responses.key_exchange_key), "8de40ccadbc14a82f15cb0ad0de95ca3");
        let encrypted = encrypt_session_key(&responses.key_exchange_key, &Zeroizing::new([0x55; 16]));
        assert_eq!(hex(&encrypted), "c5dad2544fc9799094ce1ce90bc9d03e");
    }

    #[test]
    fn upper_case_is_one_for_one() {
        assert_eq!(upper("user\u{fc}\u{df}\u{149}\u{1f80}\u{1fb3}"), "USER\u{dc}\u{df}\u{149}\u{1f88}\u{1fbc}");
    }

    #[test]
    fn an_nt_hash_is_hex() {
        assert_eq!(*read_nt_hash(&Secret::from("A4F49C406510BDCAB6824EE7C30FD852")).unwrap(), *key());
        for wrong in ["", "a4f4", "zz"] {
            assert_eq!(read_nt_hash(&Secret::from(wrong)).unwrap_err().kind(), ErrorKind::InvalidKey);
        }
    }
}
