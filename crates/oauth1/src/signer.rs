use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use countersign_core::encode::{decimal_in, form_decode, push_percent};
use countersign_core::query::{self, Edit};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Once, Payload, Result, Scheme, Signed};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Uri};

use crate::canonical::{self, Parameters, is_protocol};
use crate::signature::{Key, SignatureMethod};
use crate::{AddTo, Config};

/// Signs requests with one set of credentials. HMAC keys are begun and RSA keys parsed once, here.
pub struct Signer {
    config: Config,
    method: SignatureMethod,
    key: Key,
    /// The parameters that are the same in each request.
    fixed: Vec<Fixed>,
    /// The header as far as it is the same: `OAuth realm="…", oauth_consumer_key="…", …, `.
    prefix: String,
}

struct Fixed {
    name: &'static str,
    value: String,
    /// Name and value as the base string has them.
    encoded_pair: String,
}

/// Where the signature of one request goes.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Place {
    Header,
    Query,
    Body,
}

impl Signer {
    /// Reads the config.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidConfig`] for an empty consumer key, for a realm with control characters, and for any other value with
    ///   them when `encode_header_params` is off: no header can hold them.
    /// * [`ErrorKind::UnsupportedAlgorithm`] for an unknown method, or an RSA method without the feature `rsa`.
    /// * [`ErrorKind::InvalidKey`] when an RSA method has no key, or one that cannot be read.
    pub fn new(config: &Config) -> Result<Self> {
        let method: SignatureMethod = config.signature_method.parse()?;
        if config.consumer_key.is_empty() {
            return Err(Error::new(ErrorKind::InvalidConfig, "`consumer_key` is empty"));
        }
        let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        let or_empty = |text: Option<String>| text.or_else(|| config.add_empty_params_to_signature.then(String::new));
        let fixed = [
            ("oauth_callback", given(&config.callback)),
            ("oauth_consumer_key", Some(config.consumer_key.clone())),
            ("oauth_signature_method", Some(method.into())),
            ("oauth_token", or_empty(given(&config.token))),
            ("oauth_verifier", given(&config.verifier)),
            ("oauth_version", or_empty(Some(config.version.clone()).filter(|text| !text.is_empty()))),
        ];
        let fixed = fixed.into_iter().filter_map(|(name, value)| {
            let mut encoded_pair = String::new();
            canonical::push_encoded_pair(&mut encoded_pair, name, value.as_deref()?);
            Some(Fixed { name, value: value?, encoded_pair })
        });
        let fixed: Vec<Fixed> = fixed.collect();

        let mut prefix = "OAuth ".to_owned();
        if let Some(realm) = given(&config.realm) {
            check_header_text("realm", &realm)?;
            prefix.push_str("realm=");
            push_quoted(&mut prefix, &realm);
            prefix.push_str(", ");
        }
        if !config.encode_header_params {
            fixed.iter().try_for_each(|fixed| check_header_text(fixed.name, &fixed.value))?;
            config.nonce.iter().try_for_each(|nonce| check_header_text("nonce", nonce))?;
        }
        for Fixed { name, value, .. } in &fixed {
            push_param(&mut prefix, config.encode_header_params, name, value);
        }
        Ok(Self { method, key: Key::new(method, config)?, fixed, prefix, config: config.clone() })
    }

    fn place(&self, parts: &Parts, form: Option<&str>) -> Place {
        match self.config.add_to {
            AddTo::Header => Place::Header,
            AddTo::Request if form.is_some() && [Method::POST, Method::PUT].contains(&parts.method) => Place::Body,
            AddTo::Request => Place::Query,
        }
    }

    /// In the order of their names, so that there is little left to sort.
    fn push_protocol<'a>(&self, parameters: &mut Parameters, varying: impl Iterator<Item = (&'static str, &'a str)>) {
        let mut fixed = self.fixed.iter().peekable();
        for (name, value) in varying {
            while let Some(before) = fixed.next_if(|fixed| fixed.name < name) {
                parameters.push_encoded(before.name, &before.encoded_pair);
            }
            parameters.push(name, value);
        }
        for rest in fixed {
            parameters.push_encoded(rest.name, &rest.encoded_pair);
        }
    }

    /// `oauth_body_hash`, where it is asked for and allowed.
    fn body_hash(&self, payload: &Payload, is_form: bool) -> Result<Option<String>> {
        if !self.config.include_body_hash || is_form || self.method == SignatureMethod::Plaintext {
            return Ok(None);
        }
        match payload.bytes() {
            Some(bytes) => Ok(self.method.body_hash(bytes)),
            None => {
                Err(Error::new(ErrorKind::PayloadRequired, "`include_body_hash` needs the body, and it is streamed"))
            }
        }
    }
}

impl Scheme for Signer {
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        let Some(scheme) = parts.uri.scheme_str() else {
            const WHY: &str = "scheme and host of the URI are signed, and this one has none: give an absolute URI";
            return Err(Error::new(ErrorKind::InvalidRequest, WHY));
        };
        let form = canonical::form(parts, payload)?;
        let place = self.place(parts, form);
        let query = parts.uri.query().unwrap_or_default();
        // Elsewhere, parameters of these names are the caller's own, unless they came with a signature.
        let replaces_query = place == Place::Query || is_signed(query);
        let replaces_form = place == Place::Body || form.is_some_and(is_signed);

        let mut parameters = Parameters::with_capacity(query.len() + form.map_or(0, str::len) + 512);
        let is_own = |name: &str| is_protocol(&form_decode(name.as_bytes()));
        let mut hex = [0; 32];
        let nonce = match self.config.nonce.as_deref().filter(|nonce| !nonce.is_empty()) {
            Some(nonce) => nonce,
            None => ctx.nonce_in(&mut hex)?,
        };
        let mut digits = [0; 20];
        let timestamp = decimal_in(self.config.timestamp.unwrap_or_else(|| ctx.unix_time()), &mut digits);
        let body_hash = self.body_hash(payload, form.is_some())?;
        let varying = [("oauth_nonce", nonce), ("oauth_timestamp", timestamp)];
        let varying = body_hash.as_deref().map(|hash| ("oauth_body_hash", hash)).into_iter().chain(varying);
        self.push_protocol(&mut parameters, varying.clone());
        parameters.push_form(query, |name| replaces_query && is_own(name));
        parameters.push_form(form.unwrap_or_default(), |name| replaces_form && is_own(name));

        let mut text = String::with_capacity(1024);
        parameters.push_base_string(&mut text, parts, scheme)?;
        let signature = parameters.push_signature(|out| self.key.sign(text.as_bytes(), out))?;
        let varying = varying.chain([("oauth_signature", signature)]);
        let mut signed = Signed::default();
        // PLAINTEXT signs no text, and what it sends is the key.
        if ctx.is_explaining() && self.method != SignatureMethod::Plaintext {
            signed = signed.with_string_to_sign(text.clone());
        }

        if place == Place::Header {
            text.clear();
            text.push_str(&self.prefix);
            for (name, value) in varying.clone() {
                push_param(&mut text, self.config.encode_header_params, name, value);
            }
            text.truncate(text.len() - 2);
            signed = signed.with_header(AUTHORIZATION, header_value(text)?);
        } else if has_oauth_header(parts) {
            signed = signed.without_header(AUTHORIZATION);
        }
        let pairs = self.fixed.iter().map(|fixed| (fixed.name, fixed.value.as_str())).chain(varying);
        if replaces_query {
            signed = signed.with_uri(signed_query(&parts.uri, pairs.clone().filter(|_| place == Place::Query))?);
        }
        if replaces_form {
            let form = signed_form(form.unwrap_or_default(), pairs.filter(|_| place == Place::Body));
            if parts.headers.contains_key(CONTENT_LENGTH) {
                signed = signed.with_plain_header(CONTENT_LENGTH, HeaderValue::from(form.len()));
            }
            signed = signed.with_payload(Payload::from(form));
        }
        Ok(signed)
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Once::boxed(self, request)
    }
}

/// Whether a query or form already carries a signature.
fn is_signed(form: &str) -> bool {
    form.contains("oauth_signature=") && query::pairs(form).any(|(name, _)| name == "oauth_signature")
}

fn has_oauth_header(parts: &Parts) -> bool {
    let scheme = parts.headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().get(..6));
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"OAuth "))
}

fn signed_query<'a>(uri: &Uri, pairs: impl Iterator<Item = (&'static str, &'a str)>) -> Result<Uri> {
    let mut edit = Edit::without(uri, is_protocol);
    for (name, value) in pairs {
        edit.push(name, value);
    }
    edit.finish()
}

fn signed_form<'a>(form: &str, pairs: impl Iterator<Item = (&'static str, &'a str)>) -> String {
    let mut out = String::with_capacity(form.len() + 512);
    let own = |pair: &str| is_protocol(&form_decode(pair.split('=').next().unwrap_or_default().as_bytes()));
    for pair in form.split('&').filter(|pair| !own(pair)) {
        out.push_str(pair);
        out.push('&');
    }
    if form.is_empty() {
        out.clear();
    }
    for (name, value) in pairs {
        out.push_str(name);
        out.push('=');
        push_percent(&mut out, value);
        out.push('&');
    }
    out.pop();
    out
}

/// Appends `name="value", `.
fn push_param(out: &mut String, encodes: bool, name: &str, value: &str) {
    out.push_str(name);
    out.push('=');
    if encodes {
        out.push('"');
        push_percent(out, value);
        out.push('"');
    } else {
        push_quoted(out, value);
    }
    out.push_str(", ");
}

/// Appends a quoted string (RFC 9110 section 5.6.4).
fn push_quoted(out: &mut String, value: &str) {
    out.push('"');
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
}

fn check_header_text(field: &str, value: &str) -> Result<()> {
    if value.bytes().any(|byte| byte.is_ascii_control()) {
        let message = format!("`{field}` holds a line end or control character, which no header can hold");
        return Err(Error::new(ErrorKind::InvalidConfig, message));
    }
    Ok(())
}

/// The only text that [`Signer::new`] has not checked is the context's fixed nonce.
fn header_value(text: String) -> Result<HeaderValue> {
    HeaderValue::from_maybe_shared(Bytes::from(text))
        .map_err(|err| Error::new(ErrorKind::InvalidConfig, "the nonce holds what no header can hold").with_source(err))
}

/// Shows whose key signs and how, never a secret.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("config", &self.config).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
