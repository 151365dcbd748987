//! The provider's side: checks a signed request. For tests and small services.
//!
//! ```
//! use countersign_core::{Context, ErrorKind, Payload, Scheme as _};
//! use countersign_oauth1::verify::{Keys, Verifier};
//! use countersign_oauth1::{Config, Signer};
//! use http::Request;
//!
//! let signer = Signer::new(&Config::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44"))?;
//! let (mut parts, ()) = Request::get("https://photos.example.net/photos?size=original").body(())?.into_parts();
//! signer.sign(&mut parts, &mut Payload::empty(), &Context::now())?;
//!
//! let verifier = Verifier::new(|consumer_key: &str, _token: Option<&str>| {
//!     (consumer_key == "dpf43f3p2l4k3l03").then(|| Keys::new("kd94hf93k423kf44"))
//! });
//! let verified = verifier.verify(&parts, &Payload::empty(), &Context::now())?;
//! assert_eq!(verified.consumer_key, "dpf43f3p2l4k3l03");
//!
//! // A nonce counts once.
//! let again = verifier.verify(&parts, &Payload::empty(), &Context::now());
//! assert_eq!(again.unwrap_err().kind(), ErrorKind::Rejected);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use countersign_core::challenge;
use countersign_core::encode::{form_decode, percent_decode};
use countersign_core::replay::{MemoryNonceStore, NonceStore};
use countersign_core::{Context, Error, ErrorKind, Payload, Quoted, Result, Secret, query, target};
use http::header::AUTHORIZATION;
use http::request::Parts;
use subtle::ConstantTimeEq as _;

use crate::SignatureMethod;
use crate::canonical;
use crate::parameters::{Parameter, Parameters};
use crate::protocol;
use crate::signature;

/// Checks signatures, given a way to find the keys of a consumer and its token.
pub struct Verifier<F> {
    keys: F,
    nonces: Box<dyn NonceStore>,
    /// How far the signed time may be from ours, in seconds, either way: 300 unless set.
    pub clock_skew: u64,
    /// The scheme of the URIs that are signed, for requests whose own is in origin form (`/path`): `https` unless set.
    pub scheme: &'static str,
    /// Whether `PLAINTEXT` is taken, which proves the secrets by sending them: not unless set, and then over TLS only, which is
    /// the caller's to see to (RFC 5849 section 3.4.4).
    pub allow_plaintext: bool,
}

/// What checks a signature.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Keys {
    /// The consumer secret, for the HMAC methods and PLAINTEXT.
    pub consumer_secret: Secret,
    /// The token's secret; empty where the request has no token.
    pub token_secret: Secret,
    /// The consumer's public key for the RSA methods: PEM, `BEGIN PUBLIC KEY` or `BEGIN RSA PUBLIC KEY`.
    pub public_key: Option<String>,
}

impl Keys {
    /// A consumer secret, no token.
    #[must_use]
    pub fn new(consumer_secret: impl Into<Secret>) -> Self {
        Self { consumer_secret: consumer_secret.into(), ..Self::default() }
    }

    /// The same with the secret of a token.
    #[must_use]
    pub fn with_token_secret(mut self, token_secret: impl Into<Secret>) -> Self {
        self.token_secret = token_secret.into();
        self
    }
}

/// Who signed a request.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Verified {
    /// The consumer.
    pub consumer_key: String,
    /// The token, if there is one.
    pub token: Option<String>,
    /// The method.
    pub signature_method: SignatureMethod,
    /// `oauth_callback`, in a request for temporary credentials.
    pub callback: Option<String>,
    /// `oauth_verifier`, in a request for token credentials. That it is the right one is the caller's to check.
    pub verifier: Option<String>,
    /// Whether the body is signed: it is a form, it was seen to have the signed hash, or there is none.
    pub body_is_signed: bool,
}

impl<F: Fn(&str, Option<&str>) -> Option<Keys>> Verifier<F> {
    /// `keys` finds the keys of a consumer key and a token, if the request has one; `None` where either is unknown.
    #[must_use]
    pub fn new(keys: F) -> Self {
        let nonces = Box::new(MemoryNonceStore::default());
        Self { keys, nonces, clock_skew: 300, scheme: "https", allow_plaintext: false }
    }

    /// Remembers nonces in this store instead of the process's memory.
    #[must_use]
    pub fn with_nonce_store(mut self, store: impl NonceStore + 'static) -> Self {
        self.nonces = Box::new(store);
        self
    }

    /// Checks a request as it came in. A nonce is remembered only once its signature is seen to be right.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidRequest`] when there is no signature, a protocol parameter is missing or occurs twice, or the form
    ///   body cannot be read; [`ErrorKind::PayloadRequired`] when a form or hashed body is streamed.
    /// * [`ErrorKind::UnsupportedAlgorithm`] for an unknown method.
    /// * [`ErrorKind::Rejected`] for unknown keys, a signature or body hash that differs, a time outside
    ///   [`Verifier::clock_skew`], a nonce seen before, or PLAINTEXT where it is not taken.
    pub fn verify(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Verified> {
        let claim = Claim::of(parts, payload)?;
        let method = SignatureMethod::from(claim.required("oauth_signature_method")?);
        if let SignatureMethod::Other(name) = &method {
            return Err(signature::unknown(name));
        }
        if method == SignatureMethod::Plaintext && !self.allow_plaintext {
            return Err(rejected("PLAINTEXT is not accepted here"));
        }
        if claim.optional("oauth_version").is_some_and(|version| version != "1.0") {
            return Err(unreadable("`oauth_version` is not 1.0"));
        }
        let timestamp = claim.required("oauth_timestamp")?;
        let time: u64 = timestamp.parse().map_err(|_| unreadable("`oauth_timestamp` is no number of seconds"))?;
        if time.abs_diff(ctx.unix_time()) > self.clock_skew {
            return Err(rejected("its time is too far from ours"));
        }
        let (consumer_key, nonce) = (claim.required("oauth_consumer_key")?, claim.required("oauth_nonce")?);
        let token = claim.optional("oauth_token").filter(|token| !token.is_empty());
        let keys = (self.keys)(consumer_key, token).ok_or_else(|| rejected("its consumer key or token is unknown"))?;

        let base_string = claim.base_string(parts, parts.uri.scheme_str().unwrap_or(self.scheme))?;
        let given = claim.required("oauth_signature")?;
        let secrets = (&keys.consumer_secret, &keys.token_secret);
        let public_key = keys.public_key.as_deref();
        if !signature::is_signature(&method, secrets, public_key, base_string.as_bytes(), given.as_bytes())? {
            return Err(rejected("its signature is not that of this request"));
        }
        let body_is_signed = claim.check_body(&method, payload)?;
        // A client's nonces are unique for a timestamp and a token (RFC 5849 section 3.3). The parts are percent-encoded, so
        // that none can run into the next.
        let parts = [consumer_key, token.unwrap_or_default(), timestamp, nonce];
        let key = parts.map(|part| countersign_core::encode::percent(part.as_bytes())).join(" ");
        let expires_at = time.saturating_add(self.clock_skew);
        if !countersign_core::replay::remember_ready(&*self.nonces, &key, expires_at, ctx.unix_time()) {
            return Err(rejected("its nonce was seen before"));
        }
        Ok(Verified {
            consumer_key: consumer_key.to_owned(),
            token: token.map(str::to_owned),
            signature_method: method,
            callback: claim.optional("oauth_callback").map(str::to_owned),
            verifier: claim.optional("oauth_verifier").map(str::to_owned),
            body_is_signed,
        })
    }
}

/// What a request says of its signature.
struct Claim<'a> {
    /// Protocol parameters, decoded, from wherever they are.
    protocol: Vec<(&'static str, String)>,
    /// All parameters of the header but its realm, decoded.
    header: Vec<(String, String)>,
    query: &'a str,
    form: Option<&'a str>,
}

impl<'a> Claim<'a> {
    fn of(parts: &'a Parts, payload: &'a Payload) -> Result<Self> {
        let header = header_parameters(parts)?;
        let query = parts.uri.query().unwrap_or_default();
        let form = canonical::form(parts, payload)?;
        let mut protocol: Vec<(&'static str, String)> = Vec::new();
        let mut add = |name: &[u8], value: &[u8]| -> Result<()> {
            let Some(name) = protocol::NAMES.into_iter().find(|known| known.as_bytes() == name) else { return Ok(()) };
            if protocol.iter().any(|(seen, _)| *seen == name) {
                return Err(unreadable(&format!("`{name}` occurs twice")));
            }
            let Ok(value) = str::from_utf8(value) else {
                return Err(unreadable(&format!("`{name}` is not UTF-8")));
            };
            protocol.push((name, value.to_owned()));
            Ok(())
        };
        for (name, value) in &header {
            add(name.as_bytes(), value.as_bytes())?;
        }
        for (name, value) in query::pairs(query).chain(query::pairs(form.unwrap_or_default())) {
            add(&form_decode(name.as_bytes()), &form_decode(value.unwrap_or_default().as_bytes()))?;
        }
        Ok(Self { protocol, header, query, form })
    }

    fn optional(&self, name: &str) -> Option<&str> {
        self.protocol.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn required(&self, name: &str) -> Result<&str> {
        self.optional(name).ok_or_else(|| unreadable(&format!("`{name}` is missing")))
    }

    fn base_string(&self, parts: &Parts, scheme: &str) -> Result<String> {
        let mut parameters = Parameters::default();
        let is_signature = |name: &str| *form_decode(name.as_bytes()) == *b"oauth_signature";
        parameters.push_form(self.query, is_signature);
        parameters.push_form(self.form.unwrap_or_default(), is_signature);
        for (name, value) in self.header.iter().filter(|(name, _)| name != "oauth_signature") {
            parameters.push(Parameter::decoded(name, value));
        }
        let mut text = String::new();
        canonical::push_request(&mut text, parts, scheme, target::host(parts)?);
        parameters.push_normalized(&mut text);
        Ok(text)
    }

    /// Whether the body is signed; an error when it is not the signed one.
    fn check_body(&self, method: &SignatureMethod, payload: &Payload) -> Result<bool> {
        let Some(hash) = self.optional("oauth_body_hash") else {
            return Ok(self.form.is_some() || payload.bytes().is_some_and(bytes::Bytes::is_empty));
        };
        if self.form.is_some() {
            return Err(rejected("a form body may have no `oauth_body_hash`"));
        }
        let Some(bytes) = payload.bytes() else {
            return Err(Error::new(ErrorKind::PayloadRequired, "the body's hash is signed, and the body is streamed"));
        };
        match signature::body_hash(method, bytes) {
            Some(expected) if bool::from(expected.as_bytes().ct_eq(hash.as_bytes())) => Ok(true),
            _ => Err(rejected("its body is not the signed one")),
        }
    }
}

/// The parameters of the `Authorization` header, decoded, without the realm.
fn header_parameters(parts: &Parts) -> Result<Vec<(String, String)>> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let Some(value) = headers.next() else { return Ok(Vec::new()) };
    if headers.next().is_some() {
        return Err(unreadable("it has two Authorization headers"));
    }
    // Another scheme's credentials are not ours to read: the signature may be in the query or the body.
    if !value.as_bytes().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"OAuth ")) {
        return Ok(Vec::new());
    }
    let Some(credentials) = challenge::challenges(value.as_bytes()).next() else { return Ok(Vec::new()) };
    let credentials =
        credentials.map_err(|err| unreadable("its Authorization header cannot be read").with_source(err))?;
    let mut all = Vec::new();
    for param in credentials.params() {
        if param.name.eq_ignore_ascii_case("realm") {
            continue;
        }
        let value = param.value();
        let text = |bytes: &[u8]| String::from_utf8(percent_decode(bytes).into_owned());
        match (text(param.name.as_bytes()), text(&value)) {
            (Ok(name), Ok(value)) => all.push((name, value)),
            _ => {
                let name = Quoted(param.name.as_bytes());
                return Err(unreadable(&format!("the parameter {name} of its Authorization header is not UTF-8")));
            }
        }
    }
    Ok(all)
}

fn unreadable(why: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("the request cannot be verified: {why}"))
}

fn rejected(why: &str) -> Error {
    Error::new(ErrorKind::Rejected, format!("the request is refused: {why}"))
}

impl<F> fmt::Debug for Verifier<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("clock_skew", &self.clock_skew).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use countersign_core::Scheme as _;
    use http::Request;

    use super::*;
    use crate::{AddTo, Config, Signer};

    const NOW: u64 = 1_191_242_096;

    fn signed(config: &Config, request: http::request::Builder, body: &'static str) -> (Parts, Payload) {
        let (mut parts, mut payload) = request.body(Payload::from(body)).unwrap().into_parts();
        Signer::new(config).unwrap().sign(&mut parts, &mut payload, &Context::at(NOW).with_nonce("n")).unwrap();
        (parts, payload)
    }

    fn kind(parts: &Parts, payload: &Payload, secret: &str, now: u64) -> Option<ErrorKind> {
        let mut verifier = Verifier::new(|_: &str, _: Option<&str>| Some(Keys::new(secret).with_token_secret("ts")));
        verifier.allow_plaintext = true;
        verifier.verify(parts, payload, &Context::at(now)).err().map(|err| err.kind())
    }

    fn form() -> http::request::Builder {
        Request::put("http://h/p?a=1").header("content-type", "application/x-www-form-urlencoded")
    }

    #[test]
    fn every_placement_verifies_and_a_wrong_secret_does_not() {
        for method in ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT"] {
            for add_to in [AddTo::Header, AddTo::Request] {
                let mut config = Config::new("k", "s").with_token("t", "ts");
                config.signature_method = method.into();
                config.add_to = add_to;
                for (parts, payload) in
                    [signed(&config, form(), "b=2+3"), signed(&config, Request::get("http://h/?c"), "")]
                {
                    assert_eq!(kind(&parts, &payload, "s", NOW), None, "{method} {add_to:?}");
                    assert_eq!(kind(&parts, &payload, "x", NOW), Some(ErrorKind::Rejected));
                    assert_eq!(kind(&parts, &payload, "s", NOW + 301), Some(ErrorKind::Rejected));
                }
            }
        }
    }

    #[test]
    fn a_changed_body_is_refused() {
        let mut config = Config::new("k", "s").with_token("t", "ts");
        config.include_body_hash = true;
        let (parts, payload) = signed(&config, Request::post("http://h/"), "{}");
        assert_eq!(kind(&parts, &payload, "s", NOW), None);
        assert_eq!(kind(&parts, &Payload::from("{ }"), "s", NOW), Some(ErrorKind::Rejected));
        assert_eq!(kind(&parts, &Payload::Streaming, "s", NOW), Some(ErrorKind::PayloadRequired));
        let (parts, _) = signed(&config, form(), "a=1");
        assert_eq!(kind(&parts, &Payload::from("a=2"), "s", NOW), Some(ErrorKind::Rejected));
    }

    #[test]
    fn what_cannot_be_read_is_no_rejection() {
        for value in ["OAuth", "Basic abc=", "OAuth oauth_token=\"a", "OAuth a=\"1\", a=\"2\""] {
            let (parts, payload) =
                Request::get("http://h/").header("authorization", value).body(Payload::empty()).unwrap().into_parts();
            assert_eq!(kind(&parts, &payload, "s", NOW), Some(ErrorKind::InvalidRequest), "{value}");
        }
        let (mut parts, payload) = signed(&Config::new("k", "s"), Request::get("http://h/"), "");
        parts.uri = "http://h/?oauth_nonce=2".parse().unwrap();
        assert_eq!(kind(&parts, &payload, "s", NOW), Some(ErrorKind::InvalidRequest));
    }
}
