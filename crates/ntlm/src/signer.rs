use std::fmt;
use std::sync::Arc;

use countersign_core::encode::hex_decode;
use countersign_core::target::{self, split_port};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Result, Scheme, Signed};
use http::request::Parts;
use zeroize::Zeroizing;

use crate::dialogue::Conversation;
use crate::message::{self, Authenticate, Challenge, MIC_AT, WINDOWS_VERSION, flags, pairs};
use crate::signature::{self, Key, Responses, utf16};
use crate::{Config, Version};

/// What every opening offers.
const OFFERED: u32 = flags::UNICODE
    | flags::OEM
    | flags::REQUEST_TARGET
    | flags::SIGN
    | flags::SEAL
    | flags::NTLM
    | flags::ALWAYS_SIGN
    | flags::EXTENDED_SESSION_SECURITY
    | flags::VERSION
    | flags::KEY_128
    | flags::KEY_EXCHANGE
    | flags::KEY_56;

/// The server sends target information: not ours to offer, but kept in the answer.
const TARGET_INFO: u32 = 0x0080_0000;

/// Ids of target information (MS-NLMP section 2.2.2.1).
const AV_FLAGS: u16 = 6;
const AV_TIMESTAMP: u16 = 7;
const AV_TARGET_NAME: u16 = 9;
const AV_CHANNEL_BINDINGS: u16 = 10;
/// In `AV_FLAGS`: the third message has an integrity code.
const HAS_MIC: u32 = 2;

/// Seconds from 1601 to 1970.
const EPOCH: u64 = 11_644_473_600;

/// Proves one user's password to servers. The NT hash is computed once; the password is not kept.
pub struct Signer {
    user: String,
    domain: String,
    workstation: String,
    nt_hash: Key,
    /// NTOWFv2: the hash bound to user and domain.
    key: Key,
    version: Version,
    channel_bindings: Option<[u8; 16]>,
    target_name: Option<String>,
    pub(crate) disable_retry: bool,
}

impl Signer {
    /// Reads the config.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] for an empty user name, or a certificate hash that is not hex; [`ErrorKind::InvalidKey`]
    /// for an NT hash that is not 32 hex digits.
    pub fn new(config: &Config) -> Result<Self> {
        let (domain, user) = match config.username.split_once('\\') {
            Some((domain, user)) if config.domain.is_empty() => (domain, user),
            _ => (config.domain.as_str(), config.username.as_str()),
        };
        if user.is_empty() {
            return Err(Error::new(ErrorKind::InvalidConfig, "the NTLM `username` is empty"));
        }
        let nt_hash = match &config.nt_hash {
            Some(hash) => signature::read_nt_hash(hash)?,
            None => signature::nt_hash(&config.password),
        };
        let channel_bindings = config.tls_server_end_point.as_ref().map(|hash| {
            let hash = hex_decode(hash).ok().filter(|hash| !hash.is_empty());
            hash.map(|hash| signature::channel_bindings(&hash))
                .ok_or_else(|| Error::new(ErrorKind::InvalidConfig, "`tls_server_end_point` is not a hash in hex"))
        });
        Ok(Self {
            key: signature::nt_owf_v2(&nt_hash, user, domain),
            nt_hash,
            user: user.to_owned(),
            domain: domain.to_owned(),
            workstation: config.workstation.clone(),
            version: config.version,
            channel_bindings: channel_bindings.transpose()?,
            target_name: config.target_name.clone(),
            disable_retry: config.disable_retry,
        })
    }

    /// The first message, for a transport of your own; over HTTP an [`Exchange`](countersign_core::Exchange) sends it.
    #[must_use]
    pub fn negotiate(&self) -> Vec<u8> {
        message::negotiate(self.offered())
    }

    /// What the opening offers.
    const fn offered(&self) -> u32 {
        match self.version {
            Version::Ntlmv1 => OFFERED & !flags::EXTENDED_SESSION_SECURITY,
            Version::Ntlmv2 | Version::Ntlmv1Session => OFFERED,
        }
    }

    /// The third message, in answer to the second, for a transport of your own; `negotiate` is the first as it was sent, and
    /// `parts` tell the host that is spoken to.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidChallenge`] when the second message cannot be read; [`ErrorKind::UnsupportedAlgorithm`] when NTLMv1
    /// with session security was asked for and the server does not agree; [`ErrorKind::InvalidConfig`] for names that the
    /// message cannot hold; [`ErrorKind::InvalidRequest`] for a request without host; [`ErrorKind::Randomness`].
    pub fn authenticate(&self, negotiate: &[u8], challenge: &[u8], parts: &Parts, ctx: &Context) -> Result<Vec<u8>> {
        self.authenticate_as(WINDOWS_VERSION, negotiate, challenge, parts, ctx)
    }

    fn authenticate_as(
        &self,
        version: [u8; 8],
        negotiate: &[u8],
        message: &[u8],
        parts: &Parts,
        ctx: &Context,
    ) -> Result<Vec<u8>> {
        let challenge = Challenge::read(message)?;
        let mut client_challenge = [0; 8];
        ctx.random(&mut client_challenge)?;
        let (responses, has_mic) = self.responses(&challenge, client_challenge, parts, ctx)?;

        let mut session_key = responses.key_exchange_key.clone();
        let mut encrypted_session_key: &[u8] = &[];
        let encrypted;
        if challenge.has(flags::KEY_EXCHANGE) {
            session_key = Zeroizing::new([0; 16]);
            ctx.random(&mut *session_key)?;
            encrypted = signature::encrypt_session_key(&responses.key_exchange_key, &session_key);
            encrypted_session_key = &encrypted;
        }
        let mut agreed = challenge.flags & (self.offered() | TARGET_INFO);
        if agreed & flags::UNICODE != 0 {
            agreed &= !flags::OEM;
        }
        let text = |field: &'static str, text: &str| encoded(agreed, field, text);
        let (domain, user) = (text("domain", &self.domain)?, text("username", &self.user)?);
        let mut out = Authenticate {
            flags: agreed,
            lm: &responses.lm,
            nt: &responses.nt,
            domain: &domain,
            user: &user,
            workstation: &text("workstation", &self.workstation)?,
            session_key: encrypted_session_key,
            version,
            has_mic,
        }
        .write()?;
        if has_mic {
            let mic = signature::mic(&session_key, [negotiate, message, &out]);
            if let Some(place) = out.get_mut(MIC_AT..MIC_AT + 16) {
                place.copy_from_slice(&mic);
            }
        }
        Ok(out)
    }

    /// The responses, and whether the message needs an integrity code.
    fn responses(
        &self,
        challenge: &Challenge<'_>,
        client_challenge: [u8; 8],
        parts: &Parts,
        ctx: &Context,
    ) -> Result<(Responses, bool)> {
        let server_challenge = challenge.server_challenge;
        let extended = challenge.has(flags::EXTENDED_SESSION_SECURITY);
        if self.version == Version::Ntlmv1Session && !extended {
            let message = "the server does not agree to extended session security: only plain NTLMv1 is left, which must be asked for";
            return Err(Error::new(ErrorKind::UnsupportedAlgorithm, message));
        }
        if self.version != Version::Ntlmv2 {
            return Ok((signature::ntlm_v1(&self.nt_hash, server_challenge, client_challenge, extended), false));
        }
        let sent = pairs(challenge.target_info)?;
        let server_time =
            sent.iter().find(|(id, _)| *id == AV_TIMESTAMP).and_then(|(_, value)| (*value).try_into().ok());
        let time = server_time.map_or_else(|| (ctx.unix_time() + EPOCH).saturating_mul(10_000_000), u64::from_le_bytes);
        let target_info = self.target_info(&sent, server_time.is_some(), parts)?;
        let has_server_time = server_time.is_some();
        let responses =
            signature::ntlm_v2(&self.key, server_challenge, client_challenge, time, &target_info, has_server_time);
        Ok((responses, has_server_time))
    }

    /// The server's pairs, and ours in place of what it may have sent: flags, channel bindings, target name.
    fn target_info(&self, sent: &[(u16, &[u8])], has_mic: bool, parts: &Parts) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(128);
        let mut push = |id: u16, value: &[u8]| {
            let length = u16::try_from(value.len()).map_err(|_| {
                Error::new(ErrorKind::InvalidConfig, "the target name is longer than an NTLM message can hold")
            })?;
            out.extend_from_slice(&id.to_le_bytes());
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(value);
            Ok::<_, Error>(())
        };
        for (id, value) in sent {
            if ![AV_FLAGS, AV_CHANNEL_BINDINGS, AV_TARGET_NAME].contains(id) {
                push(*id, value)?;
            }
        }
        let sent_flags = sent.iter().find(|(id, _)| *id == AV_FLAGS).and_then(|(_, value)| (*value).try_into().ok());
        if has_mic || sent_flags.is_some() {
            let flags = sent_flags.map_or(0, u32::from_le_bytes) | if has_mic { HAS_MIC } else { 0 };
            push(AV_FLAGS, &flags.to_le_bytes())?;
        }
        if let Some(bindings) = &self.channel_bindings {
            push(AV_CHANNEL_BINDINGS, bindings)?;
        }
        match &self.target_name {
            Some(name) => push(AV_TARGET_NAME, &utf16(name))?,
            None => push(AV_TARGET_NAME, &utf16(&format!("HTTP/{}", split_port(target::host(parts)?).0)))?,
        }
        push(0, &[])?;
        Ok(out)
    }
}

/// A name in the encoding that was agreed on. An OEM code page is not ours to know: there, only ASCII is sure.
fn encoded(agreed: u32, field: &'static str, text: &str) -> Result<Vec<u8>> {
    if agreed & flags::UNICODE != 0 {
        return Ok(utf16(text));
    }
    if !text.is_ascii() {
        let message = format!("the server does not agree to Unicode, and the NTLM `{field}` is not ASCII");
        return Err(Error::new(ErrorKind::InvalidConfig, message));
    }
    Ok(text.as_bytes().to_vec())
}

impl Scheme for Signer {
    /// Always an error: NTLM needs the server's challenge.
    fn compute(&self, _: &Parts, _: &Payload, _: &Context) -> Result<Signed> {
        Err(Error::new(
            ErrorKind::NeedsExchange,
            "NTLM signs nothing without the server's challenge: send through an exchange, on one connection",
        ))
    }

    fn dialogue(self: Arc<Self>) -> Box<dyn Dialogue> {
        Box::new(Conversation::new(self))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("user", &self.user)
            .field("domain", &self.domain)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use countersign_core::encode::hex;

    use super::*;
    use crate::message::tests::challenge;

    /// MS-NLMP section 4.2.1: client challenge aa…, session key 55…
    fn ctx() -> Context {
        let second = AtomicBool::new(false);
        Context::fixed(0, "").with_random(move |buf| {
            buf.fill(if second.swap(true, Ordering::SeqCst) { 0x55 } else { 0xaa });
            Ok(())
        })
    }

    fn parts() -> Parts {
        http::Request::get("http://server.example:8080/").body(()).unwrap().into_parts().0
    }

    fn config() -> Config {
        let mut config = Config::new("User", "Password");
        config.domain = "Domain".into();
        config.workstation = "COMPUTER".into();
        config
    }

    #[test]
    fn a_documented_message() {
        // MS-NLMP section 4.2.4.3, AUTHENTICATE_MESSAGE: fields and payload, with the example's version and its time of zero.
        // Our target name is not in the example, so the NT response, which covers it, is left out of the comparison.
        let message = {
            let signer = Signer::new(&config()).unwrap();
            let version = [5, 1, 0x28, 0x0a, 0, 0, 0, 15];
            signer.authenticate_as(version, &signer.negotiate(), &challenge(), &parts(), &ctx()).unwrap()
        };
        assert!(message.starts_with(b"NTLMSSP\0\x03\0\0\0"));
        assert_eq!(hex(&message[28..36]), "0c000c0048000000", "domain");
        assert_eq!(hex(&message[36..44]), "0800080054000000", "user");
        assert_eq!(hex(&message[44..52]), "100010005c000000", "workstation");
        assert_eq!(hex(&message[12..20]), "180018006c000000", "LM response");
        assert_eq!(hex(&message[64..72]), "0501280a0000000f", "version");
        assert_eq!(
            hex(&message[72..108]),
            "44006f006d00610069006e005500730065007200\
             43004f004d0050005500540045005200"
        );
        assert_eq!(hex(&message[108..132]), "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa");
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

    #[test]
    fn a_server_time_brings_an_integrity_code() {
        let mut timed = challenge();
        // Before the end mark of the target information: id 7, eight bytes; and the field's length is twelve more.
        let at = timed.len() - 4;
        timed.splice(at..at, [7, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        timed[40] += 12;
        timed[42] += 12;
        let signer = Signer::new(&config()).unwrap();
        let first = signer.negotiate();
        let message = signer.authenticate(&first, &timed, &parts(), &ctx()).unwrap();
        let mut unsigned = message.clone();
        unsigned[MIC_AT..MIC_AT + 16].fill(0);
        let mic = signature::mic(&Zeroizing::new([0x55; 16]), [&first, &timed, &unsigned]);
        assert_eq!(message[MIC_AT..MIC_AT + 16], mic);
        assert_eq!(hex(&message[124..148]), "00".repeat(24), "the LM response is zero");
        let has = |needle: &[u8]| message.windows(needle.len()).any(|window| window == needle);
        assert!(has(&[6, 0, 4, 0, 2, 0, 0, 0]) && has(&utf16("HTTP/server.example")) && has(&[1, 2, 3, 4, 5, 6, 7, 8]));
    }

    #[test]
    fn nothing_secret_is_shown() {
        let config = Config::new("User", "hunter2");
        let shown = format!("{config:?} {:?}", Signer::new(&config).unwrap());
        assert!(shown.contains("User") && !shown.contains("hunter2"), "{shown}");
    }
}
