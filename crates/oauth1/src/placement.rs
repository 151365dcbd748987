//! Where the parameters of a signature go: the header, the query or the form body (RFC 5849 section 3.5).

use bytes::Bytes;
use countersign_core::config::given;
use countersign_core::encode::{form_decode, push_percent};
use countersign_core::query::{self, Edit};
use countersign_core::{Error, ErrorKind, Payload, Result};
use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Parts;
use http::{Method, Uri};
use zeroize::Zeroizing;

use crate::protocol::{Fixed, Varying, is_protocol};
use crate::{AddTo, Config, canonical};

/// A request as signing sees it.
pub(crate) struct Target<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) scheme: &'a str,
    /// The body, if it is a form.
    pub(crate) form: Option<&'a str>,
    pub(crate) place: Place,
    /// Whether the query's parameters of protocol names go: the signature's place is there, or an earlier one was. Otherwise,
    /// parameters of these names are the caller's own.
    pub(crate) replaces_query: bool,
    /// The same of the form's.
    pub(crate) replaces_form: bool,
}

/// Where the signature of one request goes.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Place {
    Header,
    Query,
    Body,
}

impl<'a> Target<'a> {
    pub(crate) fn new(add_to: AddTo, parts: &'a Parts, payload: &'a Payload) -> Result<Self> {
        let Some(scheme) = parts.uri.scheme_str() else {
            const WHY: &str = "scheme and host of the URI are signed, and this one has none: give an absolute URI";
            return Err(Error::new(ErrorKind::InvalidRequest, WHY));
        };
        let form = canonical::form(parts, payload)?;
        let place = match add_to {
            AddTo::Header => Place::Header,
            AddTo::Request if form.is_some() && [Method::POST, Method::PUT].contains(&parts.method) => Place::Body,
            AddTo::Request => Place::Query,
        };
        let replaces_query = place == Place::Query || parts.uri.query().is_some_and(is_signed);
        let replaces_form = place == Place::Body || form.is_some_and(is_signed);
        Ok(Self { parts, scheme, form, place, replaces_query, replaces_form })
    }

    /// Whether the `Authorization` header is of this scheme, whatever follows its name: providers would read it.
    pub(crate) fn has_oauth_header(&self) -> bool {
        let value = self.parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
        value.split_at_checked(5).is_some_and(|(scheme, rest)| {
            let is_whole = rest.first().is_none_or(|next| matches!(next, b' ' | b'\t' | b','));
            is_whole && scheme.eq_ignore_ascii_case(b"OAuth")
        })
    }
}

/// Whether a query or form already carries a signature.
fn is_signed(form: &str) -> bool {
    form.contains("oauth_signature=") && query::pairs(form).any(|(name, _)| name == "oauth_signature")
}

/// The `Authorization` header, prepared.
pub(crate) struct Header {
    /// As far as it is the same for each request: `OAuth realm="…", oauth_consumer_key="…", …, `.
    prefix: String,
    /// Appends a value as the header has it between its quotes.
    push: fn(&mut String, &str),
}

impl Header {
    pub(crate) fn new(config: &Config, fixed: &Fixed) -> Result<Self> {
        let push = if config.encode_header_params { push_percent } else { push_escaped };
        if !config.encode_header_params {
            fixed.iter().try_for_each(|(name, value)| check_text(name, value))?;
            config.nonce.iter().try_for_each(|nonce| check_text("nonce", nonce))?;
        }
        let mut prefix = "OAuth ".to_owned();
        let mut add = |name: &str, push: fn(&mut String, &str), value: &str| {
            prefix.push_str(name);
            prefix.push_str("=\"");
            push(&mut prefix, value);
            prefix.push_str("\", ");
        };
        if let Some(realm) = given(config.realm.as_ref()) {
            check_text("realm", realm)?;
            add("realm", push_escaped, realm);
        }
        for (name, value) in fixed {
            add(name, push, value);
        }
        Ok(Self { prefix, push })
    }

    /// The header's value, written into `text`, whose own text is done with.
    pub(crate) fn write(
        &self,
        mut text: String,
        varying: Varying<'_>,
        signature: &str,
        is_secret: bool,
    ) -> Result<HeaderValue> {
        text.clear();
        text.push_str(&self.prefix);
        if let Some(hash) = varying.body_hash {
            text.push_str("oauth_body_hash=\"");
            (self.push)(&mut text, hash);
            text.push_str("\", ");
        }
        text.push_str("oauth_nonce=\"");
        if varying.is_drawn {
            text.push_str(varying.nonce);
        } else {
            (self.push)(&mut text, varying.nonce);
        }
        text.push_str("\", oauth_timestamp=\"");
        text.push_str(varying.timestamp);
        text.push_str("\", oauth_signature=\"");
        // Room for the longest, so that no copy of PLAINTEXT's secrets is left behind by growing.
        text.reserve(3 * signature.len() + 1);
        (self.push)(&mut text, signature);
        text.push('"');
        // The only text that `Header::new` has not checked is the context's nonce.
        HeaderValue::from_maybe_shared(owned(text, is_secret)).map_err(|err| {
            Error::new(ErrorKind::InvalidConfig, "the nonce holds what no header can hold").with_source(err)
        })
    }
}

/// A text for the request; wiped when the last request that has it is dropped, if it holds a secret.
pub(crate) fn owned(text: String, is_secret: bool) -> Bytes {
    if is_secret { Bytes::from_owner(Zeroizing::new(text.into_bytes())) } else { Bytes::from(text) }
}

/// Appends what stands between the quotes of a quoted string (RFC 9110 section 5.6.4).
fn push_escaped(out: &mut String, value: &str) {
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
}

fn check_text(field: &str, value: &str) -> Result<()> {
    if value.bytes().any(|byte| byte.is_ascii_control()) {
        let message = format!("`{field}` holds a line end or control character, which no header can hold");
        return Err(Error::new(ErrorKind::InvalidConfig, message));
    }
    Ok(())
}

/// The URI with these parameters in place of earlier ones.
pub(crate) fn signed_query<'a>(uri: &Uri, pairs: impl Iterator<Item = (&'static str, &'a str)>) -> Result<Uri> {
    let mut edit = Edit::without(uri, is_protocol);
    for (name, value) in pairs {
        edit.push(name, value);
    }
    edit.finish()
}

/// The form with these parameters in place of earlier ones.
pub(crate) fn signed_form<'a>(
    form: &str,
    pairs: impl Iterator<Item = (&'static str, &'a str)> + Clone,
    is_secret: bool,
) -> Bytes {
    let added: usize = pairs.clone().map(|(name, value)| name.len() + 3 * value.len() + 2).sum();
    let mut out = String::with_capacity(form.len() + 1 + added);
    let is_own = |pair: &str| is_protocol(&form_decode(pair.split('=').next().unwrap_or_default().as_bytes()));
    for pair in form.split('&').filter(|pair| !form.is_empty() && !is_own(pair)) {
        out.push_str(pair);
        out.push('&');
    }
    for (name, value) in pairs {
        out.push_str(name);
        out.push('=');
        push_percent(&mut out, value);
        out.push('&');
    }
    out.pop();
    owned(out, is_secret)
}
