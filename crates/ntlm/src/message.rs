//! The three messages (MS-NLMP section 2.2.1), read and written.

use countersign_core::{Error, ErrorKind, Result};

/// Negotiate flags (MS-NLMP section 2.2.2.5).
pub(crate) mod flags {
    pub(crate) const UNICODE: u32 = 0x0000_0001;
    pub(crate) const OEM: u32 = 0x0000_0002;
    pub(crate) const REQUEST_TARGET: u32 = 0x0000_0004;
    pub(crate) const SIGN: u32 = 0x0000_0010;
    pub(crate) const SEAL: u32 = 0x0000_0020;
    pub(crate) const NTLM: u32 = 0x0000_0200;
    pub(crate) const ALWAYS_SIGN: u32 = 0x0000_8000;
    pub(crate) const EXTENDED_SESSION_SECURITY: u32 = 0x0008_0000;
    /// The server sends target information: not the client's to offer.
    pub(crate) const TARGET_INFO: u32 = 0x0080_0000;
    pub(crate) const VERSION: u32 = 0x0200_0000;
    pub(crate) const KEY_128: u32 = 0x2000_0000;
    pub(crate) const KEY_EXCHANGE: u32 = 0x4000_0000;
    pub(crate) const KEY_56: u32 = 0x8000_0000;
}

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// Windows 10, build 19041, NTLM revision 15: some servers refuse a message without it. For debugging only (section 2.2.2.10).
const WINDOWS_VERSION: [u8; 8] = [10, 0, 0x61, 0x4a, 0, 0, 0, 15];

/// The client's opening (type 1): what it can do. Names are left for the third message.
pub(crate) fn negotiate(flags: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(40);
    out.extend_from_slice(SIGNATURE);
    out.extend_from_slice(&1_u32.to_le_bytes());
    out.extend_from_slice(&flags.to_le_bytes());
    for _ in ["domain", "workstation"] {
        push_field(&mut out, 0, 40);
    }
    out.extend_from_slice(&WINDOWS_VERSION);
    out
}

/// The server's answer (type 2), borrowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Challenge<'a> {
    /// What the server agreed to.
    pub(crate) flags: u32,
    /// The server's eight random bytes.
    pub(crate) server_challenge: [u8; 8],
    /// What the server says of itself: pairs of id and value; empty where it says nothing.
    pub(crate) target_info: &'a [u8],
}

impl<'a> Challenge<'a> {
    /// Reads a type 2 message.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidChallenge`] when it is cut short, of another type, or points outside itself.
    pub(crate) fn read(message: &'a [u8]) -> Result<Self> {
        let part =
            |from: usize| message.get(from..from + 4).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
        if !message.starts_with(SIGNATURE) || part(8) != Some(2) {
            return Err(broken("it is not an NTLMSSP message of type 2"));
        }
        let (Some(flags), Some(server_challenge)) = (part(20), message.get(24..32)) else {
            return Err(broken("it ends before its challenge"));
        };
        // Without the flag its field is to be ignored (section 2.2.1.2); messages older than it end before.
        let target_info = if flags & flags::TARGET_INFO == 0 { &[] } else { field(message, 40)? };
        Ok(Self { flags, server_challenge: server_challenge.try_into().unwrap_or_default(), target_info })
    }

    /// Whether the server agreed to this.
    pub(crate) const fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }
}

/// The pairs of a target information, up to its end (section 2.2.2.1).
///
/// # Errors
/// [`ErrorKind::InvalidChallenge`] when a pair is cut short.
pub(crate) fn pairs(mut target_info: &[u8]) -> Result<Vec<(u16, &[u8])>> {
    let mut pairs = Vec::new();
    while let [id_low, id_high, length_low, length_high, rest @ ..] = target_info {
        let id = u16::from_le_bytes([*id_low, *id_high]);
        let length = usize::from(u16::from_le_bytes([*length_low, *length_high]));
        if id == 0 {
            return Ok(pairs);
        }
        let (Some(value), Some(after)) = (rest.get(..length), rest.get(length..)) else {
            return Err(broken("a pair of its target information is cut short"));
        };
        pairs.push((id, value));
        target_info = after;
    }
    if target_info.is_empty() { Ok(pairs) } else { Err(broken("its target information is cut short")) }
}

/// The client's proof (type 3).
pub(crate) struct Authenticate<'a> {
    pub(crate) flags: u32,
    pub(crate) lm: &'a [u8],
    pub(crate) nt: &'a [u8],
    pub(crate) domain: &'a [u8],
    pub(crate) user: &'a [u8],
    pub(crate) workstation: &'a [u8],
    pub(crate) session_key: &'a [u8],
    pub(crate) has_mic: bool,
}

/// Where the message integrity code stands in a type 3 message.
pub(crate) const MIC_AT: usize = 72;

impl Authenticate<'_> {
    /// The message; the place of its integrity code, if it has one, is zero.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when a name is longer than a field's 65,535 bytes.
    pub(crate) fn write(&self) -> Result<Vec<u8>> {
        let Self { lm, nt, domain, user, workstation, session_key, .. } = self;
        if [lm, nt, domain, user, workstation, session_key].iter().any(|field| field.len() > usize::from(u16::MAX)) {
            return Err(Error::new(ErrorKind::InvalidConfig, "a name is longer than an NTLM message can hold"));
        }
        let header = if self.has_mic { MIC_AT + 16 } else { MIC_AT };
        // The payload has the order of the documented messages: domain, user, workstation, LM, NT, session key.
        let payload = [domain, user, workstation, lm, nt, session_key];
        let at = |index: usize| header + payload.iter().take(index).map(|field| field.len()).sum::<usize>();
        let mut out = Vec::with_capacity(at(6));
        out.extend_from_slice(SIGNATURE);
        out.extend_from_slice(&3_u32.to_le_bytes());
        for (field, index) in [(lm, 3), (nt, 4), (domain, 0), (user, 1), (workstation, 2), (session_key, 5)] {
            push_field(&mut out, field.len(), at(index));
        }
        out.extend_from_slice(&self.flags.to_le_bytes());
        out.extend_from_slice(&WINDOWS_VERSION);
        out.resize(header, 0);
        payload.iter().for_each(|field| out.extend_from_slice(field));
        Ok(out)
    }
}

/// Appends a field: its length, twice, and where it begins. One that is too long was refused before.
fn push_field(out: &mut Vec<u8>, length: usize, at: usize) {
    let length = u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&length);
    out.extend_from_slice(&u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes());
}

/// What the field at this place points to.
fn field(message: &[u8], at: usize) -> Result<&[u8]> {
    let outside = || broken("a field points outside it");
    let Some(&[low, high, _, _, a, b, c, d]) = message.get(at..at + 8) else { return Err(outside()) };
    let length = usize::from(u16::from_le_bytes([low, high]));
    let start = usize::try_from(u32::from_le_bytes([a, b, c, d])).map_err(|_| outside())?;
    if length == 0 {
        return Ok(&[]);
    }
    let end = start.checked_add(length).ok_or_else(outside)?;
    message.get(start..end).ok_or_else(outside)
}

fn broken(why: &str) -> Error {
    Error::new(ErrorKind::InvalidChallenge, format!("cannot read the server's NTLM challenge: {why}"))
}

#[cfg(test)]
pub(crate) mod tests {
    use countersign_core::encode::{hex, hex_decode};
    use proptest::prelude::*;

    use super::*;

    /// MS-NLMP section 4.2.4.3: the CHALLENGE_MESSAGE of the NTLMv2 example.
    const CHALLENGE: &str = "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef0000000000000000240024004400\
                                        00000600701700000 00f530065007200760065007200020 00c0044006f006d00610069006e0001000c0053006500\
                                        7200760065007200 00000000";

    pub(crate) fn challenge() -> Vec<u8> {
        hex_decode(&CHALLENGE.replace([' ', '\n'], "")).unwrap()
    }

    #[test]
    fn the_documented_challenge() {
        let message = challenge();
        let read = Challenge::read(&message).unwrap();
        assert_eq!((read.flags, hex(&read.server_challenge).as_str()), (0xe28a_8233, "0123456789abcdef"));
        let names: Vec<_> = pairs(read.target_info).unwrap();
        assert_eq!(names, [(2, &b"D\0o\0m\0a\0i\0n\0"[..]), (1, b"S\0e\0r\0v\0e\0r\0")]);
    }

    #[test]
    fn every_truncation_is_an_error_or_a_challenge() {
        let message = challenge();
        for length in 0..message.len() {
            let error = Challenge::read(&message[..length]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidChallenge);
        }
        // Of a server older than target informations: its message may end with its challenge.
        let mut old = message.clone();
        old[22] &= !0x80;
        for length in 0..old.len() {
            let read = Challenge::read(&old[..length]);
            assert_eq!(read.map_or(32, |read| read.target_info.len()), if length < 32 { 32 } else { 0 });
        }
        for length in 0..36 {
            // A list that ends between two pairs is taken, without its end mark too.
            let read = pairs(&Challenge::read(&message).unwrap().target_info[..length]);
            assert_eq!(read.is_ok(), [0, 16, 32].contains(&length), "{length}");
        }
    }

    proptest! {
        #[test]
        fn every_offset_and_length_is_survived(at in 0_usize..48, bytes in proptest::collection::vec(any::<u8>(), 1..9)) {
            let mut message = challenge();
            message.splice(at..(at + bytes.len()).min(48), bytes.into_iter().take(48 - at));
            if let Ok(read) = Challenge::read(&message) {
                let _ = pairs(read.target_info);
            }
        }

        #[test]
        fn any_bytes_are_survived(message in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Challenge::read(&message);
            let _ = pairs(&message);
        }
    }
}
