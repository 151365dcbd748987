//! NTLM's messages, decoded flag by flag (MS-NLMP sections 2.2.1 and 2.2.2).

use countersign::scheme::encode;

use crate::report::{Report, Section};

/// Section 2.2.2.5. What a flag is called there, and what it means.
const FLAGS: &[(u32, &str, &str)] = &[
    (0x0000_0001, "UNICODE", "texts are UTF-16"),
    (0x0000_0002, "OEM", "texts may be in a code page"),
    (0x0000_0004, "REQUEST_TARGET", "the server names itself"),
    (0x0000_0010, "SIGN", "what follows can be signed"),
    (0x0000_0020, "SEAL", "what follows can be encrypted"),
    (0x0000_0040, "DATAGRAM", "without a connection"),
    (0x0000_0080, "LM_KEY", "the weak session key of LAN Manager"),
    (0x0000_0200, "NTLM", "NTLM is spoken"),
    (0x0000_0800, "ANONYMOUS", "nobody logs in"),
    (0x0000_1000, "OEM_DOMAIN_SUPPLIED", "the client's domain is in the message"),
    (0x0000_2000, "OEM_WORKSTATION_SUPPLIED", "the client's machine is in the message"),
    (0x0000_8000, "ALWAYS_SIGN", "a signature, if only for show"),
    (0x0001_0000, "TARGET_TYPE_DOMAIN", "the target is a domain"),
    (0x0002_0000, "TARGET_TYPE_SERVER", "the target is a server"),
    (0x0008_0000, "EXTENDED_SESSIONSECURITY", "NTLMv2's session security"),
    (0x0010_0000, "IDENTIFY", "to identify only"),
    (0x0040_0000, "REQUEST_NON_NT_SESSION_KEY", "a session key of LAN Manager"),
    (0x0080_0000, "TARGET_INFO", "the server says more of itself: needed for NTLMv2"),
    (0x0200_0000, "VERSION", "the version is in the message"),
    (0x2000_0000, "128", "keys of 128 bits"),
    (0x4000_0000, "KEY_EXCH", "a session key is exchanged"),
    (0x8000_0000, "56", "keys of 56 bits"),
];

/// Decodes a message in base64, where it is one of NTLM's; others (Kerberos, SPNEGO) are named.
pub(crate) fn explain(whose: &str, token: &str, report: &mut Report) {
    let Some(bytes) = encode::base64_decode(token.trim().as_bytes()) else { return };
    // SPNEGO wraps the message; it stands inside as it is.
    let at = bytes.windows(8).position(|eight| eight == b"NTLMSSP\0");
    let Some(message) = at.and_then(|at| bytes.get(at..)) else {
        let mut section = Section::new(whose);
        let what = if bytes.first() == Some(&0x60) {
            "SPNEGO without NTLM: most likely Kerberos"
        } else {
            "not a message of NTLM"
        };
        section.push("token", format!("{} bytes", bytes.len()), what);
        return report.sections.push(section);
    };
    let mut section = Section::new(format!("{whose}: NTLM"));
    match number(message, 8) {
        Some(1) => negotiate(message, &mut section),
        Some(2) => challenge(message, &mut section, report),
        Some(3) => authenticate(message, &mut section, report),
        _ => report.findings.push("The NTLM message is of no known type.".into()),
    }
    report.sections.push(section);
}

fn negotiate(message: &[u8], section: &mut Section) {
    section.push("type", "1, negotiate", "the client says what it can do");
    push_flags(number(message, 12), section);
    push_version(message, 32, section);
}

fn challenge(message: &[u8], section: &mut Section, report: &mut Report) {
    section.push("type", "2, challenge", "the server's random bytes, which the password must answer");
    let flags = number(message, 20);
    section.push("target", text(field(message, 12), flags), "who asks");
    section.push("server challenge", message.get(24..32).map(encode::hex).unwrap_or_default(), "eight random bytes");
    push_flags(flags, section);
    let mut info = field(message, 40).unwrap_or_default();
    let mut has_time = false;
    while let [a, b, c, d, rest @ ..] = info {
        let (id, length) = (u16::from_le_bytes([*a, *b]), usize::from(u16::from_le_bytes([*c, *d])));
        let (Some(value), Some(after)) = (rest.get(..length), rest.get(length..)) else { break };
        info = after;
        let name = match id {
            0 => break,
            1 => "server, NetBIOS name",
            2 => "domain, NetBIOS name",
            3 => "server, DNS name",
            4 => "domain, DNS name",
            5 => "forest, DNS name",
            7 => "time",
            _ => "other information",
        };
        has_time |= id == 7;
        let shown = if matches!(id, 1..=5) { utf16(value) } else { encode::hex(value) };
        section.push(name, shown, "target information");
    }
    if !has_time {
        report.findings.push(
            "The server's NTLM challenge has no time in its target information: the client uses its own clock, and sends no integrity \
             code."
                .into(),
        );
    }
    push_version(message, 48, section);
}

fn authenticate(message: &[u8], section: &mut Section, report: &mut Report) {
    section.push("type", "3, authenticate", "the client's proof");
    let flags = number(message, 60);
    for (at, name) in [(28, "domain"), (36, "user"), (44, "workstation")] {
        section.push(name, text(field(message, at), flags), "in the clear");
    }
    let nt = field(message, 20).unwrap_or_default().len();
    let kind = if nt > 24 { "NTLMv2" } else { "NTLMv1" };
    section.push("NT response", format!("{nt} bytes"), kind);
    if nt == 24 {
        report
            .findings
            .push("The client answers with NTLMv1, which most servers refuse today: configure NTLMv2.".into());
    }
    if nt > 0 && field(message, 28).is_none_or(<[u8]>::is_empty) {
        report
            .findings
            .push("The client names no domain: a server of a domain looks for the user among its own.".into());
    }
    push_flags(flags, section);
    push_version(message, 64, section);
}

fn push_flags(flags: Option<u32>, section: &mut Section) {
    let Some(flags) = flags else { return section.push("flags", "(none)", "the message ends before them") };
    section.push("flags", format!("{flags:08x}"), "what is agreed on");
    for (_, name, means) in FLAGS.iter().filter(|(flag, ..)| flags & flag != 0) {
        section.push("flag", *name, *means);
    }
}

fn push_version(message: &[u8], at: usize, section: &mut Section) {
    if let Some([major, minor, low, high, _, _, _, revision]) = message.get(at..at + 8) {
        let build = u16::from_le_bytes([*low, *high]);
        section.push(
            "version",
            format!("{major}.{minor}, build {build}, NTLM revision {revision}"),
            "for debugging only",
        );
    }
}

fn number(message: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(message.get(at..at + 4)?.try_into().ok()?))
}

/// What the field at this place points to.
fn field(message: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(u16::from_le_bytes(message.get(at..at + 2)?.try_into().ok()?));
    let from = usize::try_from(number(message, at + 4)?).ok()?;
    message.get(from..from.checked_add(length)?)
}

fn text(bytes: Option<&[u8]>, flags: Option<u32>) -> String {
    let bytes = bytes.unwrap_or_default();
    if flags.is_some_and(|flags| flags & 1 != 0) { utf16(bytes) } else { String::from_utf8_lossy(bytes).into_owned() }
}

fn utf16(bytes: &[u8]) -> String {
    let units =
        bytes.chunks_exact(2).map(|pair| pair.iter().rev().fold(0_u16, |unit, byte| unit << 8 | u16::from(*byte)));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The challenge of MS-NLMP section 4.2.4.3.
    const CHALLENGE: &str = "TlRMTVNTUAACAAAADAAMADgAAAAzgoriASNFZ4mrze8AAAAAAAAAACQAJABEAAAABgBwFwAAAA9TAGUAcgB2AGUAcgACAAwARABvAG0AYQBpAG4AAQAMAFMAZQByAHYAZQByAAAAAAA=";

    #[test]
    fn the_documents_challenge_is_decoded() {
        let mut report = Report::default();
        explain("the server's message", CHALLENGE, &mut report);
        let lines: Vec<_> = report.sections[0].lines.iter().map(|line| (&*line.part, &*line.text)).collect();
        for expected in [
            ("target", "Server"),
            ("server challenge", "0123456789abcdef"),
            ("flags", "e28a8233"),
            ("flag", "EXTENDED_SESSIONSECURITY"),
            ("flag", "KEY_EXCH"),
            ("domain, NetBIOS name", "Domain"),
            ("version", "6.0, build 6000, NTLM revision 15"),
        ] {
            assert!(lines.contains(&expected), "{expected:?} in {lines:?}");
        }
        assert!(report.findings[0].contains("no time"));
    }

    #[test]
    fn broken_messages_do_no_harm() {
        let whole = encode::base64_decode(CHALLENGE.as_bytes()).unwrap();
        for length in 0..whole.len() {
            for kind in 1..=4 {
                let mut message = whole[..length].to_vec();
                if let Some(byte) = message.get_mut(8) {
                    *byte = kind;
                }
                explain("a message", &encode::base64(&message), &mut Report::default());
            }
        }
    }
}
