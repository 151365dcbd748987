use std::borrow::Cow;
use std::fmt;

use countersign_core::encode::form_decode;
use countersign_core::verify::{self, unreadable};
use countersign_core::{Error, ErrorKind, Payload, Result, Secret, query};
use http::request::Parts;

use super::Verifier;
use crate::parameters::{self, Form, Parameter, Parameters};
use crate::{SignatureMethod, canonical, protocol, signature};

/// What a request says of itself: who signed it, and how. Nothing of it is to be believed before [`Verifier::verify`].
pub struct Claim<'a> {
    parts: &'a Parts,
    scheme: Cow<'a, str>,
    host: Cow<'a, str>,
    form: Option<&'a str>,
    /// The header's parameters as they stand there, without realm and signature.
    header: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The protocol parameters from wherever they are. Secrets, because PLAINTEXT's signature is one.
    protocol: Vec<(&'static str, Secret)>,
    method: SignatureMethod,
    time: u64,
}

impl<'a> Claim<'a> {
    pub(super) fn read(verifier: &Verifier, parts: &'a Parts, payload: &'a Payload) -> Result<Self> {
        verify::no_doubles(parts)?;
        let origin = verifier.origin.as_ref();
        let given = origin.map(|origin| Cow::Owned(origin.scheme().to_owned()));
        let scheme = given.or_else(|| parts.uri.scheme_str().map(Cow::Borrowed));
        let is_tls = scheme.as_deref() == Some("https");
        let mut claim = Self {
            parts,
            scheme: scheme.unwrap_or(Cow::Borrowed("https")),
            host: verify::host(parts, origin)?,
            form: canonical::form(parts, payload)?,
            header: Vec::new(),
            protocol: Vec::new(),
            method: SignatureMethod::default(),
            time: 0,
        };
        claim.read_parameters()?;
        claim.method = SignatureMethod::from(claim.required("oauth_signature_method")?);
        claim.check()?;
        if claim.method == SignatureMethod::Plaintext && !is_tls && !verifier.plaintext_off_tls {
            return Err(verify::refused("PLAINTEXT is taken over TLS only"));
        }
        Ok(claim)
    }

    /// The consumer key: whose keys are to be looked up.
    #[must_use]
    pub fn id(&self) -> &str {
        self.optional("oauth_consumer_key").unwrap_or_default()
    }

    /// The token, whose secret is to be looked up, and whether it is this consumer's.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.optional("oauth_token").filter(|token| !token.is_empty())
    }

    /// The method.
    #[must_use]
    pub const fn signature_method(&self) -> &SignatureMethod {
        &self.method
    }

    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.protocol.iter().find(|(known, _)| *known == name).map(|(_, value)| value.expose())
    }

    fn required(&self, name: &str) -> Result<&str> {
        self.optional(name).ok_or_else(|| unreadable(format!("`{name}` is missing")))
    }

    /// Seconds since the Unix epoch.
    pub(super) const fn time(&self) -> u64 {
        self.time
    }

    pub(super) fn signature(&self) -> &str {
        self.optional("oauth_signature").unwrap_or_default()
    }

    pub(super) fn nonce(&self) -> &str {
        self.optional("oauth_nonce").unwrap_or_default()
    }

    fn read_parameters(&mut self) -> Result<()> {
        let header = match verify::credentials(self.parts, "OAuth") {
            Ok(credentials) => Some(credentials),
            // The signature may be in the query or the body, beside another scheme's header.
            Err(error) if error.kind() == ErrorKind::NoCredentials => None,
            Err(error) => return Err(error),
        };
        for parameter in header.iter().flat_map(|credentials| credentials.params()) {
            if parameter.name.eq_ignore_ascii_case("realm") {
                continue;
            }
            let (name, value) = (parameter.name, text(parameter.value())?);
            if self.add(name, &value, Form::Percent)? != Some("oauth_signature") {
                self.header.push((Cow::Borrowed(name), value));
            }
        }
        let pairs = [self.parts.uri.query(), self.form].into_iter().flatten().flat_map(query::pairs);
        for (name, value) in pairs {
            self.add(name, value.unwrap_or_default(), Form::Encoded)?;
        }
        if header.is_none() && self.optional("oauth_signature").is_none() {
            return Err(Error::new(ErrorKind::NoCredentials, "the request has no OAuth 1 signature"));
        }
        Ok(())
    }

    /// Keeps a protocol parameter; returns its name if it is one.
    fn add(&mut self, name: &str, value: &str, form: Form) -> Result<Option<&'static str>> {
        let mut known = protocol::NAMES.into_iter();
        let Some(known) = known.find(|known| parameters::bytes(name, form).eq(known.bytes())) else { return Ok(None) };
        if self.optional(known).is_some() {
            return Err(unreadable(format!("`{known}` occurs twice")));
        }
        // Room for all, so that growing leaves no copy of a secret behind.
        let mut decoded = Vec::with_capacity(value.len());
        decoded.extend(parameters::bytes(value, form));
        let decoded = String::from_utf8(decoded).map_err(|_| unreadable(format!("`{known}` is not UTF-8")))?;
        self.protocol.push((known, Secret::from(decoded)));
        Ok(Some(known))
    }

    /// What needs no key to be seen.
    fn check(&mut self) -> Result<()> {
        if let SignatureMethod::Other(name) = &self.method {
            return Err(signature::unknown(name));
        }
        if self.optional("oauth_version").is_some_and(|version| version != "1.0") {
            return Err(unreadable("`oauth_version` is not 1.0"));
        }
        let digits = self.required("oauth_timestamp")?;
        let time = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
        self.time = time.ok_or_else(|| unreadable("`oauth_timestamp` is not a number of seconds"))?;
        for name in ["oauth_consumer_key", "oauth_nonce", "oauth_signature"] {
            self.required(name)?;
        }
        if self.form.is_some() && self.optional("oauth_body_hash").is_some() {
            return Err(unreadable("a form body has no `oauth_body_hash`: its pairs are signed"));
        }
        Ok(())
    }

    /// The base string, of a request with this payload.
    pub(super) fn base_string(&self, payload: &Payload) -> Result<String> {
        if canonical::form(self.parts, payload)? != self.form {
            return Err(unreadable("the payload is not the one that the claim was read from"));
        }
        let mut parameters = Parameters::default();
        let is_signature = |name: &str| *form_decode(name.as_bytes()) == *b"oauth_signature";
        parameters.push_form(self.parts.uri.query().unwrap_or_default(), is_signature);
        parameters.push_form(self.form.unwrap_or_default(), is_signature);
        for (name, value) in &self.header {
            parameters.push(Parameter::percent_encoded(name, value));
        }
        let mut text = String::with_capacity(1024);
        canonical::push_request(&mut text, self.parts, &self.scheme, &self.host);
        parameters.push_normalized(&mut text);
        Ok(text)
    }

    /// Whether the body is signed; an error when it is not the signed one.
    pub(super) fn check_body(&self, payload: &Payload) -> Result<bool> {
        let Some(hash) = self.optional("oauth_body_hash") else {
            return Ok(self.form.is_some() || payload.bytes().is_some_and(bytes::Bytes::is_empty));
        };
        let Some(bytes) = payload.bytes() else {
            return Err(Error::new(ErrorKind::PayloadRequired, "the body's hash is signed, and the body is streamed"));
        };
        if signature::is_body_hash(&self.method, bytes, hash) {
            Ok(true)
        } else {
            Err(verify::refused("the body is not the signed one"))
        }
    }
}

fn text(value: Cow<'_, [u8]>) -> Result<Cow<'_, str>> {
    match value {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).map(Cow::Borrowed).ok(),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
    }
    .ok_or_else(|| unreadable("the Authorization header is not UTF-8"))
}

/// Shows whose claim it is, never the signature.
impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("id", &self.id())
            .field("token", &self.token())
            .field("signature_method", &self.method)
            .finish_non_exhaustive()
    }
}
