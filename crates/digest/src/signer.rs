use std::sync::Arc;

use countersign_core::config::given;
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Quoted, Result, Scheme, Signed};
use http::Request;
use http::request::Parts;

use crate::algorithm::Suite;
use crate::challenge::{Accepted, Challenge};
use crate::client::{Client, Credentials};
use crate::memory::Sessions;
use crate::qop::Protection;
use crate::{Algorithm, Config, Qop, dialogue};

/// Answers servers' challenges for one user. What it learns from them it keeps for all who share it: later requests of the
/// same protection space are signed at once, with the next count.
///
/// ```
/// use countersign_digest::{Config, Context, Payload, Scheme as _, Signer, http};
///
/// let mut config = Config::new("Mufasa", "Circle Of Life");
/// config.realm = Some("testrealm@host.com".into());
/// config.nonce = Some("dcd98b7102dd2f0e8b11d0f600bfb0c093".into());
/// config.qop = Some("auth".into());
///
/// let (mut parts, ()) = http::Request::get("http://www.nowhere.org/dir/index.html").body(())?.into_parts();
/// Signer::new(&config)?.sign(&mut parts, &mut Payload::empty(), &Context::at(0).with_nonce("0a4f113b"))?;
/// assert!(parts.headers["authorization"].to_str()?.contains("response=\"6629fae49393a05397450978507c4ef1\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Signer(Client);

impl Signer {
    /// Checks the config and prepares the challenge that it may bring along.
    ///
    /// # Errors
    /// [`ErrorKind::UnsupportedAlgorithm`] and [`ErrorKind::UnsupportedQop`] for names that Digest does not know;
    /// [`ErrorKind::InvalidConfig`] when a text that goes into the header holds control characters, when `nonce_count` is 0,
    /// or for a -sess algorithm with `nonce` and without `qop`.
    pub fn new(config: &Config) -> Result<Self> {
        let accepted = Accepted {
            suite: config.algorithm.as_ref().and_then(known_algorithm).transpose()?,
            qop: config.qop.as_ref().and_then(known_qop).transpose()?,
        };
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
            Some(challenge) => Sessions::with_preset(challenge, config.nonce_count.unwrap_or(1).saturating_sub(1)),
            None => Sessions::default(),
        };
        let credentials = Credentials {
            username: config.username.clone(),
            password: config.password.clone(),
            client_nonce: client_nonce.map(str::to_owned),
        };
        Ok(Self(Client { credentials, accepted, disable_retry: config.disable_retry, sessions }))
    }
}

impl Scheme for Signer {
    /// Uses up one count of the remembered nonce, and changes nothing else.
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        let drawn = self.0.sessions.known(parts, payload, &self.0.credentials, ctx)?;
        if drawn.iter().all(Option::is_none) {
            let why = "no Digest challenge is known for this request: send it through an exchange, or give `realm` and `nonce`";
            return Err(Error::new(ErrorKind::NeedsExchange, why));
        }
        self.0.answer(&drawn, parts, payload, ctx)
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        dialogue::boxed(self, request)
    }
}

impl AsRef<Client> for Signer {
    fn as_ref(&self) -> &Client {
        &self.0
    }
}

/// None where the name is an empty text, which counts as left out.
fn known_algorithm(algorithm: &Algorithm) -> Option<Result<Suite>> {
    let known = algorithm.suite().ok_or_else(|| {
        let name = Quoted(algorithm.as_str().as_bytes());
        let why =
            format!("no Digest algorithm is called {name}: MD5, SHA-256 and SHA-512-256 are, each also with -sess");
        Error::new(ErrorKind::UnsupportedAlgorithm, why)
    });
    (!algorithm.as_str().is_empty()).then_some(known)
}

/// None where the name is an empty text, which counts as left out.
fn known_qop(qop: &Qop) -> Option<Result<Protection>> {
    let known = qop.protection().ok_or_else(|| {
        let why = format!("no Digest qop is called {}: auth and auth-int are", Quoted(qop.as_str().as_bytes()));
        Error::new(ErrorKind::UnsupportedQop, why)
    });
    (!qop.as_str().is_empty()).then_some(known)
}

/// The challenge that the config brings along, when it has a realm and a nonce. The algorithm is always named in its answers.
fn preset(config: &Config, accepted: Accepted) -> Result<Option<Challenge<'static>>> {
    let (Some(realm), Some(nonce)) = (given(config.realm.as_ref()), given(config.nonce.as_ref())) else {
        return Ok(None);
    };
    let suite = accepted.suite.unwrap_or(Suite::MD5);
    if suite.is_session && accepted.qop.is_none() {
        let why = format!("the Digest algorithm {suite} needs a `qop`");
        return Err(Error::new(ErrorKind::InvalidConfig, why));
    }
    let owned = |text: &str| text.as_bytes().to_owned().into();
    Ok(Some(Challenge {
        realm: owned(realm),
        nonce: owned(nonce),
        opaque: given(config.opaque.as_ref()).map(owned),
        suite,
        algorithm: Some(suite.as_str().as_bytes().into()),
        qop: accepted.qop,
        userhash: false,
        utf8: false,
        stale: false,
        domain: None,
    }))
}
