use std::fmt;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use countersign_core::target;
use countersign_core::{Context, Dialogue, Error, ErrorKind, Once, Payload, Result, Scheme, Signed, query};
use http::Request;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::request::Parts;
use http::uri::Authority;

use crate::Config;
use crate::canonical::{self, Target};
use crate::signature::{Key, LENGTH};
use crate::timestamp::Timestamp;

/// Signs requests with one API client's credentials.
pub struct Signer {
    config: Config,
    key: Key,
    base: Option<Base>,
    timestamp: Option<Timestamp>,
    headers_to_sign: Vec<HeaderName>,
    /// The header as far as it is the same in each request.
    prefix: String,
}

/// What a base URL says.
struct Base {
    scheme: Option<String>,
    host: String,
}

impl Signer {
    /// Reads the config.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] for an empty token or secret, a token or nonce with `;`, white space or control characters, a
    /// `max_body` of 0, a time of another form, a base URL without host, or what is no header name among those to sign.
    pub fn new(config: &Config) -> Result<Self> {
        let invalid = |message: String| Error::new(ErrorKind::InvalidConfig, message);
        let nonce = config.nonce.as_deref().filter(|nonce| !nonce.is_empty());
        for (field, value) in [("access_token", config.access_token.as_str()), ("client_token", &config.client_token)] {
            if value.is_empty() {
                return Err(invalid(format!("`{field}` is empty")));
            }
            check_field(field, value)?;
        }
        nonce.map_or(Ok(()), |nonce| check_field("nonce", nonce))?;
        if config.client_secret.is_empty() {
            return Err(invalid("`client_secret` is empty".to_owned()));
        }
        if config.max_body == 0 {
            return Err(invalid(
                "`max_body` is 0: it is the number of bytes of a POST's body to hash, such as 131072".to_owned(),
            ));
        }
        let timestamp = config.timestamp.as_deref().filter(|text| !text.is_empty()).map(|text| {
            Timestamp::read(text).ok_or_else(|| {
                invalid("`timestamp` is not of the form 20140321T19:34:21+0000, nor seconds since 1970".to_owned())
            })
        });
        let headers = config.headers_to_sign.iter().map(|name| {
            HeaderName::from_bytes(name.trim().as_bytes())
                .map_err(|err| invalid("`headers_to_sign` holds what is no header name".to_owned()).with_source(err))
        });
        let base = config.base_url.as_deref().map(str::trim).filter(|url| !url.is_empty()).map(Base::read);
        Ok(Self {
            key: Key::new(&config.client_secret)?,
            base: base.transpose()?,
            timestamp: timestamp.transpose()?,
            headers_to_sign: headers.collect::<Result<_>>()?,
            prefix: format!(
                "EG1-HMAC-SHA256 client_token={};access_token={};timestamp=",
                config.client_token, config.access_token
            ),
            config: Config { nonce: nonce.map(str::to_owned), ..config.clone() },
        })
    }

    fn push_unsigned_header(&self, out: &mut String, timestamp: Timestamp, ctx: &Context) -> Result<()> {
        out.push_str(&self.prefix);
        out.push_str(timestamp.as_str());
        out.push_str(";nonce=");
        match self.config.nonce.as_deref().or(ctx.fixed_nonce()) {
            Some(nonce) => {
                check_field("nonce", nonce)?;
                out.push_str(nonce);
            }
            None => push_uuid(out, ctx)?,
        }
        out.push(';');
        Ok(())
    }
}

/// What stands in the header between `=` and `;`.
pub(crate) fn check_field(field: &str, value: &str) -> Result<()> {
    if value.bytes().any(|byte| matches!(byte, 0..=b' ' | b';' | 0x7f)) {
        let message =
            format!("`{field}` holds `;`, white space or a control character, which would break the header apart");
        return Err(Error::new(ErrorKind::InvalidConfig, message));
    }
    Ok(())
}

impl Base {
    fn read(url: &str) -> Result<Self> {
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, url),
        };
        let invalid = || {
            let message = "`base_url` is neither of the form https://akab-….luna.akamaiapis.net nor a host";
            Error::new(ErrorKind::InvalidConfig, message)
        };
        if scheme.as_deref().is_some_and(|scheme| !["http", "https"].contains(&scheme)) {
            return Err(invalid());
        }
        let host = rest.split('/').next().unwrap_or_default();
        let authority: Authority = host.parse().map_err(|err| invalid().with_source(err))?;
        let host = target::without_user_info(&authority);
        if host.is_empty() {
            return Err(invalid());
        }
        Ok(Self { scheme, host: host.to_owned() })
    }
}

impl Scheme for Signer {
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        let content = canonical::content(parts, payload, self.config.max_body)?;
        let account_key = self.config.account_key.as_deref().filter(|key| !key.is_empty());
        let uri = account_key
            .map(|key| query::replace(&parts.uri, |name| name == b"accountSwitchKey", &[("accountSwitchKey", key)]));
        let uri = uri.transpose()?;
        let path_and_query = target::path_and_query(uri.as_ref().unwrap_or(&parts.uri));
        let base_scheme = self.base.as_ref().and_then(|base| base.scheme.as_deref());
        let target = Target {
            scheme: parts.uri.scheme_str().or(base_scheme).unwrap_or("https"),
            host: match &self.base {
                Some(base) => &base.host,
                None => target::host(parts)?,
            },
            path_and_query: &path_and_query,
        };

        let timestamp = match self.timestamp {
            Some(timestamp) => timestamp,
            None => Timestamp::new(ctx.unix_time())?,
        };
        let mut text = String::with_capacity(512);
        canonical::push_request(&mut text, parts, target, &self.headers_to_sign, content)?;
        // What is signed ends with the unsigned header, and the header begins with it: one buffer holds both.
        let header_at = text.len();
        self.push_unsigned_header(&mut text, timestamp, ctx)?;
        let explained = ctx.is_explaining().then(|| text.clone());
        let mut signature = [0; LENGTH];
        let signature = self.key.signature_in(timestamp.as_str(), &text, &mut signature)?;
        text.push_str("signature=");
        text.push_str(signature);
        let mut header = Bytes::from(text);
        header.advance(header_at);
        let value = HeaderValue::from_maybe_shared(header)
            .map_err(|err| Error::new(ErrorKind::InvalidConfig, "a token cannot stand in a header").with_source(err))?;
        let mut signed = Signed::default().with_header(AUTHORIZATION, value);
        if let Some(uri) = uri {
            signed = signed.with_uri(uri);
        }
        if let Some(text) = explained {
            signed = signed.with_string_to_sign(text);
        }
        Ok(signed)
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Once::boxed(self, request)
    }
}

/// A version-4 UUID (RFC 9562 section 5.4).
fn push_uuid(out: &mut String, ctx: &Context) -> Result<()> {
    let mut hex = [0; 32];
    let hex = ctx.nonce_in(&mut hex)?;
    for (index, digit) in hex.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(match (index, digit) {
            (12, _) => '4',
            // The variant: of four bits the upper two are 10.
            (16, '0' | '4' | '8' | 'c') => '8',
            (16, '1' | '5' | '9' | 'd') => '9',
            (16, '2' | '6' | 'a' | 'e') => 'a',
            (16, _) => 'b',
            _ => digit,
        });
    }
    Ok(())
}

/// Shows whose credentials sign and how, never the secret.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("config", &self.config).finish_non_exhaustive()
    }
}
