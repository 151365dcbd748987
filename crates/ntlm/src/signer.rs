use std::fmt;
use std::sync::Arc;

use countersign_core::encode::hex_decode;
use countersign_core::target::{self, split_port};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Result, Scheme, Signed};
use http::Request;
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
    pub(crate) user: String,
    pub(crate) domain: String,
    workstation: String,
    pub(crate) nt_hash: Key,
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
            let hash = hex_decode(hash).filter(|hash| !hash.is_empty());
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

    /// As [`Signer::authenticate`], with a version of one's own.
    pub(crate) fn authenticate_as(
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
        let mut agreed = challenge.flags & (self.offered() | flags::TARGET_INFO);
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
        // Plain NTLMv1 does not offer it: a server that names it all the same is answered as it was asked.
        let extended = challenge.has(self.offered() & flags::EXTENDED_SESSION_SECURITY);
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

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Box::new(Conversation::new(self, request))
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
