use std::fmt;
use std::sync::Arc;

use countersign_core::encode::hex_decode;
use countersign_core::target::{self, split_port};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Result, Scheme, Signed};
use http::Request;
use http::request::Parts;
use zeroize::Zeroizing;

use crate::dialogue::Conversation;
use crate::message::{self, Authenticate, Challenge, MIC_AT, flags};
use crate::signature::{self, Key, Responses, utf16};
use crate::target_info::TargetInfo;
use crate::{Config, Version, certificate};

/// What every opening offers (MS-NLMP section 2.2.2.5).
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

/// Seconds from 1601 to 1970.
const EPOCH: u64 = 11_644_473_600;

/// Proves one user's password to servers. The NT hash is computed once; the password is not kept. Create one per config; share it
/// between threads.
///
/// ```
/// use std::sync::Arc;
///
/// use countersign_ntlm::{Config, Context, Exchange, Payload, Signer, Step, http};
///
/// let signer = Arc::new(Signer::new(&Config::new("DOMAIN\\User", "Password"))?);
/// let request = http::Request::get("http://intranet.example/").body(Payload::empty())?;
/// let (mut exchange, step) = Exchange::start(signer, request, &Context::now())?;
/// // Send every request of the exchange over one connection, which nobody else uses.
/// let Step::Send(request) = step else { panic!("{step:?}") };
/// assert!(request.headers()["authorization"].to_str()?.starts_with("NTLM "));
/// // Then hand in what came back. A server that does not ask gets the request without NTLM: the reply is the caller's.
/// let step = exchange.on_response(&http::Response::new("hello"), &Context::now())?;
/// assert!(matches!(step, Step::Done));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// Checks the config and prepares the keys.
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

    /// The third message, in answer to the second (`challenge`), for a transport of your own. `negotiate` is the first as it was sent;
    /// `parts` name the host that is spoken to, and [`Context::with_peer_certificate`] its certificate.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidChallenge`] when the second message cannot be read.
    /// * [`ErrorKind::UnsupportedAlgorithm`] when NTLMv1 with session security was asked for and the server does not agree, and as
    ///   [`tls_server_end_point`](crate::tls_server_end_point) for the context's certificate.
    /// * [`ErrorKind::InvalidConfig`] for names that the message cannot hold.
    /// * [`ErrorKind::InvalidRequest`] for a request without host, and for a certificate of the context that cannot be read.
    /// * [`ErrorKind::Randomness`].
    pub fn authenticate(&self, negotiate: &[u8], challenge: &[u8], parts: &Parts, ctx: &Context) -> Result<Vec<u8>> {
        let read = Challenge::read(challenge)?;
        let agreed = self.agreed(&read);
        let mut client_challenge = [0; 8];
        ctx.random(&mut client_challenge)?;
        let (responses, has_mic) = self.responses(&read, client_challenge, parts, ctx)?;
        let keys = SessionKeys::new(agreed, responses.key_exchange_key.clone(), ctx)?;
        let text = |field: &'static str, text: &str| encoded(agreed, field, text);
        let mut out = Authenticate {
            flags: agreed,
            lm: &responses.lm,
            nt: &responses.nt,
            domain: &text("domain", &self.domain)?,
            user: &text("username", &self.user)?,
            workstation: &text("workstation", &self.workstation)?,
            session_key: keys.encrypted(),
            has_mic,
        }
        .write()?;
        if has_mic {
            let mic = signature::mic(&keys.exported, [negotiate, challenge, &out]);
            if let Some(place) = out.get_mut(MIC_AT..MIC_AT + 16) {
                place.copy_from_slice(&mic);
            }
        }
        Ok(out)
    }

    /// What both sides can do.
    const fn agreed(&self, challenge: &Challenge<'_>) -> u32 {
        let mut agreed = challenge.flags & (self.offered() | flags::TARGET_INFO);
        if agreed & flags::UNICODE != 0 {
            agreed &= !flags::OEM;
        }
        // A key is exchanged only to sign or to seal: else the server checks the integrity code under the key exchange key, whatever
        // KEY_EXCH says (sections 3.1.5.1.2 and 3.2.5.2.2).
        if agreed & (flags::SIGN | flags::SEAL) == 0 {
            agreed &= !flags::KEY_EXCHANGE;
        }
        agreed
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
        let sent = TargetInfo::read(challenge.target_info)?;
        let target_info = sent.answered(self.bindings(ctx)?.as_ref(), &self.target_name(parts)?)?;
        let has_server_time = sent.time().is_some();
        let time = sent.time().unwrap_or_else(|| ctx.unix_time().saturating_add(EPOCH).saturating_mul(10_000_000));
        let responses =
            signature::ntlm_v2(&self.key, server_challenge, client_challenge, time, &target_info, has_server_time);
        Ok((responses, has_server_time))
    }

    /// The config's channel bindings, or those of the certificate that the context knows.
    fn bindings(&self, ctx: &Context) -> Result<Option<[u8; 16]>> {
        match (self.channel_bindings, ctx.peer_certificate()) {
            (None, Some(der)) => Ok(Some(signature::channel_bindings(&certificate::end_point(der)?))),
            (given, _) => Ok(given),
        }
    }

    fn target_name(&self, parts: &Parts) -> Result<Vec<u8>> {
        match &self.target_name {
            Some(name) => Ok(utf16(name)),
            None => Ok(utf16(&format!("HTTP/{}", split_port(target::host(parts)?).0))),
        }
    }
}

/// The key that signs and seals what follows, which the integrity code is made under.
struct SessionKeys {
    exported: Key,
    /// As the server is told it, where it is not the key exchange key.
    encrypted: Option<[u8; 16]>,
}

impl SessionKeys {
    fn new(agreed: u32, key_exchange_key: Key, ctx: &Context) -> Result<Self> {
        if agreed & flags::KEY_EXCHANGE == 0 {
            return Ok(Self { exported: key_exchange_key, encrypted: None });
        }
        let mut exported = Zeroizing::new([0; 16]);
        ctx.random(&mut *exported)?;
        let encrypted = signature::encrypt_session_key(&key_exchange_key, &exported);
        Ok(Self { exported, encrypted: Some(encrypted) })
    }

    fn encrypted(&self) -> &[u8] {
        self.encrypted.as_ref().map_or(&[], |key| key.as_slice())
    }
}

/// A name in the encoding that was agreed on. Which OEM code page the server uses is not known: only ASCII is the same in all.
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
