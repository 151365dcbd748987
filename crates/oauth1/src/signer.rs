use std::fmt;
use std::sync::Arc;

use countersign_core::config::given;
use countersign_core::encode::{decimal_in, form_decode};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Once, Payload, Result, Scheme, Signed, target};
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use http::request::Parts;
use zeroize::Zeroize as _;

use crate::parameters::{Parameter, Parameters};
use crate::placement::{Header, Place, Target, signed_form, signed_query};
use crate::protocol::{self, Block, Fixed, Varying, is_protocol};
use crate::signature::{self, Key, MAC_TEXT};
use crate::{Config, SignatureMethod, canonical};

/// Signs requests with one set of credentials. HMAC keys are prepared and RSA keys parsed once, here.
pub struct Signer {
    config: Config,
    key: Key,
    fixed: Fixed,
    block: Block,
    header: Header,
}

impl Signer {
    /// Checks the config and prepares the key.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidConfig`] for an empty consumer key, for a realm with control characters, and for any other value with
    ///   them when `encode_header_params` is off: no header can hold them.
    /// * [`ErrorKind::UnsupportedAlgorithm`] for [`SignatureMethod::Other`], or an RSA method without the feature `rsa`.
    /// * [`ErrorKind::InvalidKey`] when an RSA method has no key, or one that cannot be read.
    pub fn new(config: &Config) -> Result<Self> {
        if config.consumer_key.is_empty() {
            return Err(Error::new(ErrorKind::InvalidConfig, "`consumer_key` is empty"));
        }
        let key = Key::new(config)?;
        let fixed = protocol::fixed(config);
        let header = Header::new(config, &fixed)?;
        Ok(Self { key, header, block: Block::new(&fixed), fixed, config: config.clone() })
    }

    fn base_string(&self, target: &Target<'_>, varying: Varying<'_>) -> Result<String> {
        let mut parameters = Parameters::default();
        let is_own = |name: &str| is_protocol(&form_decode(name.as_bytes()));
        let query = target.parts.uri.query().unwrap_or_default();
        parameters.push_form(query, |name| target.replaces_query && is_own(name));
        parameters.push_form(target.form.unwrap_or_default(), |name| target.replaces_form && is_own(name));

        // Room for a form whose every byte is encoded twice, so that growing leaves no copy of a password in it behind.
        let mut text = String::with_capacity(1024 + 5 * target.form.map_or(0, str::len));
        canonical::push_request(&mut text, target.parts, target.scheme, target::host(target.parts)?);
        if parameters.any_is_like_protocol() {
            for (name, value) in self.pairs(varying) {
                parameters.push(Parameter::decoded(name, value));
            }
            parameters.push_normalized(&mut text);
        } else {
            parameters.push_normalized_around(&mut text, |text| self.block.push_to(text, varying));
        }
        Ok(text)
    }

    /// What of the request changes. `text` is a buffer to write into.
    fn place(&self, target: &Target<'_>, varying: Varying<'_>, signature: &str, text: String) -> Result<Signed> {
        let is_secret = self.config.signature_method == SignatureMethod::Plaintext;
        let mut signed = Signed::default();
        if target.place == Place::Header {
            signed = signed.with_header(AUTHORIZATION, self.header.write(text, varying, signature, is_secret)?);
        } else if target.has_oauth_header() {
            signed = signed.without_header(AUTHORIZATION);
        }
        let pairs = self.pairs(varying).chain([("oauth_signature", signature)]);
        if target.replaces_query {
            let pairs = pairs.clone().filter(|_| target.place == Place::Query);
            signed = signed.with_uri(signed_query(&target.parts.uri, pairs)?);
        }
        if target.replaces_form {
            let pairs = pairs.filter(|_| target.place == Place::Body);
            let form = signed_form(target.form.unwrap_or_default(), pairs, is_secret);
            if target.parts.headers.contains_key(CONTENT_LENGTH) {
                signed = signed.with_plain_header(CONTENT_LENGTH, HeaderValue::from(form.len()));
            }
            signed = signed.with_payload(Payload::from(form));
        }
        Ok(signed)
    }

    /// The protocol parameters but the signature.
    fn pairs<'a>(&'a self, varying: Varying<'a>) -> impl Iterator<Item = (&'static str, &'a str)> + Clone {
        self.fixed.iter().map(|(name, value)| (*name, value.as_str())).chain(varying.pairs())
    }

    /// `oauth_body_hash`, where it is asked for and allowed.
    fn body_hash(&self, payload: &Payload, is_form: bool) -> Result<Option<String>> {
        let method = &self.config.signature_method;
        if !self.config.include_body_hash || is_form || *method == SignatureMethod::Plaintext {
            return Ok(None);
        }
        match payload.bytes() {
            Some(bytes) => Ok(signature::body_hash(method, bytes)),
            None => {
                Err(Error::new(ErrorKind::PayloadRequired, "`include_body_hash` needs the body, and it is streamed"))
            }
        }
    }
}

impl Scheme for Signer {
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        let target = Target::new(self.config.add_to, parts, payload)?;
        let (mut hex, mut digits) = ([0; 32], [0; 20]);
        let given = given(self.config.nonce.as_ref()).or(ctx.fixed_nonce());
        let nonce = given.map_or_else(|| ctx.nonce_in(&mut hex), Ok)?;
        let timestamp = decimal_in(self.config.timestamp.unwrap_or_else(|| ctx.unix_time()), &mut digits);
        let body_hash = self.body_hash(payload, target.form.is_some())?;
        let varying = Varying { body_hash: body_hash.as_deref(), nonce, is_drawn: given.is_none(), timestamp };

        let mut base_string = self.base_string(&target, varying)?;
        let mut mac = [0; MAC_TEXT];
        let signature = self.key.sign(base_string.as_bytes(), &mut mac)?;
        // PLAINTEXT signs no text, and what it sends is the key.
        let explains = ctx.is_explaining() && self.config.signature_method != SignatureMethod::Plaintext;
        let explained = explains.then(|| base_string.clone());
        if target.form.is_some() {
            base_string.zeroize();
        }
        let signed = self.place(&target, varying, &signature, base_string)?;
        Ok(match explained {
            Some(text) => signed.with_string_to_sign(text),
            None => signed,
        })
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Once::boxed(self, request)
    }
}

/// Shows whose key signs and how, never a secret.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("config", &self.config).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
