use std::sync::Arc;

use countersign_core::challenge::Side;
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Quoted, Result, Scheme, Signed};
use http::Request;
use http::request::Parts;

use crate::challenge::{Accepted, Challenge};
use crate::memory::Sessions;
use crate::session::{Answer, Credentials, Session};
use crate::{Algorithm, Config, Qop, dialogue};

/// Answers servers' challenges for one user. What it learns from them it keeps for all who share it: later requests of the
/// same protection space are signed at once, with the next count.
#[derive(Debug)]
pub struct Signer {
    pub(crate) credentials: Credentials,
    pub(crate) accepted: Accepted,
    pub(crate) disable_retry: bool,
    pub(crate) sessions: Sessions,
}

/// What one request was signed with, to the server and to a proxy.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) answers: [Option<(Side, Arc<Session>, u32)>; 2],
}

impl Sent {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Side, Arc<Session>, u32)> {
        self.answers.iter().flatten()
    }
}

impl Signer {
    /// Reads the config.
    ///
    /// # Errors
    /// [`ErrorKind::UnsupportedAlgorithm`] and [`ErrorKind::UnsupportedQop`] for names that Digest does not know;
    /// [`ErrorKind::InvalidConfig`] when a text that goes into the header holds control characters, when `nonce_count` is 0,
    /// or for a -sess algorithm with `nonce` and without `qop`.
    pub fn new(config: &Config) -> Result<Self> {
        let (algorithm, qop) = (given(config.algorithm.as_ref()), given(config.qop.as_ref()));
        let accepted =
            Accepted { algorithm: algorithm.map(known_algorithm).transpose()?, qop: qop.map(known_qop).transpose()? };
        let client_nonce = given(config.client_nonce.as_ref());
        for (name, text) in [
            ("realm", given(config.realm.as_ref())),
            ("nonce", given(config.nonce.as_ref())),
            ("client_nonce", client_nonce),
            ("opaque", given(config.opaque.as_ref())),
        ] {
            if text.is_some_and(|text| text.chars().any(char::is_control)) {
                let why = format!("a Digest `{name}` may not hold control characters");
                return Err(Error::new(ErrorKind::InvalidConfig, why));
            }
        }
        if config.nonce_count == Some(0) {
            return Err(Error::new(ErrorKind::InvalidConfig, "a Digest `nonce_count` counts from 1"));
        }
        let sessions = match preset(config, accepted)? {
            Some(challenge) => Sessions::with_preset(challenge, config.nonce_count.unwrap_or(1)),
            None => Sessions::default(),
        };
        let credentials = Credentials {
            username: config.username.clone(),
            password: config.password.clone(),
            client_nonce: client_nonce.map(str::to_owned),
        };
        Ok(Self { credentials, accepted, disable_retry: config.disable_retry, sessions })
    }

    /// Signs for the server and for a proxy, as far as their challenges are known; nothing when neither is.
    pub(crate) fn answer(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Option<(Signed, Sent)>> {
        let known = self.sessions.find(parts, &self.credentials, ctx)?;
        if known.iter().all(Option::is_none) {
            return Ok(None);
        }
        self.answer_to(known, parts, payload, ctx).map(Some)
    }

    /// `known` is the proxy's session and the server's.
    pub(crate) fn answer_to(
        &self,
        known: [Option<Arc<Session>>; 2],
        parts: &Parts,
        payload: &Payload,
        ctx: &Context,
    ) -> Result<(Signed, Sent)> {
        let (mut signed, mut sent) = (Signed::default(), Sent::default());
        for ((side, session), place) in [Side::Proxy, Side::Server].into_iter().zip(known).zip(&mut sent.answers) {
            let Some(session) = session else { continue };
            let Answer { value, nc, canonical_request, string_to_sign } =
                session.answer(parts, payload, ctx.is_explaining())?;
            signed = signed.with_header(side.answers_in(), value);
            if let Some(text) = canonical_request {
                signed = signed.with_canonical_request(text);
            }
            if let Some(text) = string_to_sign {
                signed = signed.with_string_to_sign(text);
            }
            *place = Some((side, session, nc));
        }
        Ok((signed, sent))
    }
}

impl Scheme for Signer {
    /// Uses up one count of the remembered nonce, and changes nothing else.
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        self.answer(parts, payload, ctx)?.map(|(signed, _)| signed).ok_or_else(|| {
            let why = "no Digest challenge is known for this request: send it through an exchange, or give `realm` and `nonce`";
            Error::new(ErrorKind::NeedsExchange, why)
        })
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        dialogue::Conversation::boxed(self, request)
    }
}

/// An empty text counts as none.
fn given(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

fn known_algorithm(name: &str) -> Result<Algorithm> {
    Algorithm::named(name.as_bytes()).ok_or_else(|| {
        let name = Quoted(name.as_bytes());
        let why =
            format!("no Digest algorithm is called {name}: MD5, SHA-256 and SHA-512-256 are, each also with -sess");
        Error::new(ErrorKind::UnsupportedAlgorithm, why)
    })
}

fn known_qop(name: &str) -> Result<Qop> {
    Qop::named(name.as_bytes()).ok_or_else(|| {
        let why = format!("no Digest qop is called {}: auth and auth-int are", Quoted(name.as_bytes()));
        Error::new(ErrorKind::UnsupportedQop, why)
    })
}

/// The challenge that the config brings along, when it has a realm and a nonce. The algorithm is always named in its answers.
fn preset(config: &Config, accepted: Accepted) -> Result<Option<Challenge>> {
    let (Some(realm), Some(nonce)) = (given(config.realm.as_ref()), given(config.nonce.as_ref())) else {
        return Ok(None);
    };
    let algorithm = accepted.algorithm.unwrap_or(Algorithm::Md5);
    if algorithm.is_session() && accepted.qop.is_none() {
        let why = format!("the Digest algorithm {algorithm} needs a `qop`");
        return Err(Error::new(ErrorKind::InvalidConfig, why));
    }
    Ok(Some(Challenge {
        realm: realm.to_owned().into(),
        nonce: nonce.to_owned().into(),
        opaque: given(config.opaque.as_ref()).map(|text| text.to_owned().into()),
        algorithm,
        algorithm_text: Some(algorithm.as_str().into()),
        qop: accepted.qop,
        userhash: false,
        utf8: false,
        stale: false,
        domain: Vec::new(),
    }))
}
