use std::fmt;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use countersign_core::config::given;
use countersign_core::target;
use countersign_core::{Context, Dialogue, Error, ErrorKind, Once, Payload, Result, Scheme, Signed, query};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::request::Parts;
use http::uri::Authority;
use http::{Request, Uri};

use crate::Config;
use crate::canonical::{self, Target};
use crate::signature::{Key, LENGTH};
use crate::timestamp::Timestamp;

/// The name of the scheme, at the beginning of its `Authorization`.
pub(crate) const SCHEME: &str = "EG1-HMAC-SHA256";

/// Signs requests with one API client's credentials. Create one per config; share it between threads.
///
/// ```
/// use std::sync::Arc;
///
/// use countersign_edgegrid::{Config, Context, Exchange, Payload, Signer, Step, http};
///
/// let signer = Arc::new(Signer::new(&Config::new("akab-access", "akab-client", "the client secret="))?);
/// let request = http::Request::post("https://akab-host.luna.akamaiapis.net/ccu/v3/invalidate/url/production");
/// let request = request.body(Payload::from(r#"{ "objects": ["https://www.example.com/"] }"#))?;
/// let (mut exchange, step) = Exchange::start(signer, request, &Context::now())?;
/// let Step::Send(request) = step else { panic!("{step:?}") };
/// assert!(request.headers()["authorization"].to_str()?.starts_with("EG1-HMAC-SHA256 client_token=akab-client;"));
/// // What came back. EdgeGrid has one message: the reply is the caller's.
/// let step = exchange.on_response(&http::Response::new("{}"), &Context::now())?;
/// assert!(matches!(step, Step::Done));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// Checks the config and prepares the key.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] for an empty token or secret, a token or nonce with `;`, white space or control characters, a
    /// `max_body` of 0, a time after the year 9999, a base URL without host, or an invalid header name among those to sign.
    pub fn new(config: &Config) -> Result<Self> {
        let mut config = config.clone();
        config.nonce = given(config.nonce.as_ref()).map(str::to_owned);
        config.account_key = given(config.account_key.as_ref()).map(str::to_owned);
        check(&config)?;
        let base = config.base_url.as_deref().map(str::trim).filter(|url| !url.is_empty()).map(Base::read);
        let timestamp = config.timestamp.map(|time| {
            Timestamp::new(time).map_err(|err| invalid("`timestamp` is after the year 9999").with_source(err))
        });
        let headers = config.headers_to_sign.iter().map(|name| {
            HeaderName::from_bytes(name.trim().as_bytes())
                .map_err(|err| invalid("`headers_to_sign` holds an invalid header name").with_source(err))
        });
        Ok(Self {
            key: Key::new(&config.client_secret),
            base: base.transpose()?,
            timestamp: timestamp.transpose()?,
            headers_to_sign: headers.collect::<Result<_>>()?,
            prefix: format!(
                "{SCHEME} client_token={};access_token={};timestamp=",
                config.client_token, config.access_token
            ),
            config,
        })
    }

    /// The URI with the account key in its query, where there is one.
    fn switched(&self, uri: &Uri) -> Result<Option<Uri>> {
        let Some(key) = self.config.account_key.as_deref() else { return Ok(None) };
        query::replace(uri, |name| name == b"accountSwitchKey", &[("accountSwitchKey", key)]).map(Some)
    }

    fn target<'a>(&'a self, parts: &'a Parts, path_and_query: &'a str) -> Result<Target<'a>> {
        let base_scheme = self.base.as_ref().and_then(|base| base.scheme.as_deref());
        let host = match &self.base {
            Some(base) => &base.host,
            None => target::host(parts)?,
        };
        Ok(Target { scheme: parts.uri.scheme_str().or(base_scheme).unwrap_or("https"), host, path_and_query })
    }

    fn push_unsigned_header(&self, out: &mut String, timestamp: &Timestamp, ctx: &Context) -> Result<()> {
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

fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}

/// What no server takes.
fn check(config: &Config) -> Result<()> {
    for (field, value) in [("access_token", &config.access_token), ("client_token", &config.client_token)] {
        if value.is_empty() {
            return Err(Error::new(ErrorKind::InvalidConfig, format!("`{field}` is empty")));
        }
        check_field(field, value)?;
    }
    if let Some(nonce) = &config.nonce {
        check_field("nonce", nonce)?;
    }
    if config.client_secret.is_empty() {
        return Err(invalid("`client_secret` is empty"));
    }
    if config.max_body == 0 {
        return Err(invalid("`max_body` is 0: it is the number of bytes of a POST's body to hash, such as 131072"));
    }
    Ok(())
}

/// What stands in the header between `=` and `;`.
fn check_field(field: &str, value: &str) -> Result<()> {
    if value.bytes().any(|byte| matches!(byte, 0..=b' ' | b';' | 0x7f)) {
        let message = format!("`{field}` holds `;`, white space or a control character, which would split the header");
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
        let invalid = || invalid("`base_url` is neither of the form https://akab-….luna.akamaiapis.net nor a host");
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
        let uri = self.switched(&parts.uri)?;
        let path_and_query = target::path_and_query(uri.as_ref().unwrap_or(&parts.uri));
        let target = self.target(parts, &path_and_query)?;
        let timestamp = self.timestamp.map_or_else(|| Timestamp::new(ctx.unix_time()), Ok)?;

        let mut text = String::with_capacity(512);
        canonical::push_request(&mut text, parts, target, &self.headers_to_sign, content)?;
        // The text that is signed ends with the unsigned header, and the header begins with it: one buffer holds both.
        let header_at = text.len();
        self.push_unsigned_header(&mut text, &timestamp, ctx)?;
        let explained = ctx.is_explaining().then(|| text.clone());
        let mut signature = [0; LENGTH];
        let signature = self.key.signature_in(timestamp.as_str(), &text, &mut signature);
        text.push_str("signature=");
        text.push_str(signature);
        let mut header = Bytes::from(text);
        header.advance(header_at);
        let value = HeaderValue::from_maybe_shared(header)
            .map_err(|err| invalid("a token cannot stand in a header").with_source(err))?;
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
