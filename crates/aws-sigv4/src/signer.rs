use std::fmt;
use std::sync::Arc;

use countersign_core::target::{self, default_port, split_port};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Once, Payload, Result, Scheme, Signed};
use http::Request;
use http::header::{HOST, HeaderName, HeaderValue};
use http::request::Parts;

use crate::hosts;
use crate::placement::{Hash, Target};
use crate::scope::{Scope, Timestamp, check_part};
use crate::signature::{ALGORITHM, EMPTY_SHA256, Hex64, KeyCache, SigningKey, sha256_hex};
use crate::{AddTo, Config};

/// Headers that are never signed, for proxies and clients change them on the way.
pub const UNSIGNED_HEADERS: [&str; 16] = [
    "accept-encoding",
    "authorization",
    "baggage",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

pub(crate) const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
pub(crate) const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
pub(crate) const X_AMZ_REGION_SET: HeaderName = HeaderName::from_static("x-amz-region-set");
pub(crate) const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Signs requests with one access key. Derived keys are kept by day, region and service, and shared by all threads.
pub struct Signer {
    pub(crate) config: Config,
    /// The session token as the header's value.
    pub(crate) session_token: Option<HeaderValue>,
    /// SigV4A's regions as the header's value.
    pub(crate) region_set: Option<HeaderValue>,
    unsigned: Vec<HeaderName>,
    only: Option<Vec<HeaderName>>,
    keys: Keys,
}

/// What signs.
enum Keys {
    /// SigV4: a MAC key for each day, region and service.
    V4(KeyCache),
    /// SigV4A: one key pair for all.
    #[cfg(feature = "sigv4a")]
    V4a(crate::sigv4a::KeyPair),
}

impl Signer {
    /// Reads the config.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] for an empty key id or secret, control characters in the key id or token, a `/` or line
    /// end in region or service, an expiry outside 1 to 604,800 seconds, or a header list with what is no header name;
    /// [`ErrorKind::UnsupportedAlgorithm`] for a region set without the feature `sigv4a`.
    pub fn new(config: &Config) -> Result<Self> {
        let invalid = |message: &'static str| Error::new(ErrorKind::InvalidConfig, message);
        if config.access_key_id.is_empty() || config.secret_access_key.is_empty() {
            return Err(invalid("`access_key_id` or `secret_access_key` is empty"));
        }
        if !config.access_key_id.bytes().all(|byte| byte.is_ascii_graphic() && !b"/,".contains(&byte)) {
            return Err(invalid(
                "`access_key_id` holds what no access key has: white space, a control character, `/` or `,`",
            ));
        }
        for (field, value) in [("region", &config.region), ("service", &config.service)] {
            value.iter().try_for_each(|text| check_part(field, text))?;
        }
        if config.add_to == AddTo::Query && !(1..=604_800).contains(&config.expires_in) {
            return Err(invalid("`expires_in` is outside 1 to 604800 seconds (seven days)"));
        }
        let session_token = config.session_token.as_ref().filter(|token| !token.is_empty()).map(|token| {
            let value = HeaderValue::from_str(token.expose());
            value.map_err(|_| {
                invalid("`session_token` holds what no header can: a line end, a control or non-ASCII character")
            })
        });
        let region_set = config.region_set.as_ref().map(|regions| {
            let is_plain = !regions.is_empty()
                && regions.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-,*".contains(&byte));
            let value = if is_plain { HeaderValue::from_str(regions).ok() } else { None };
            value.ok_or_else(|| {
                invalid("`region_set` is not a list of regions separated by commas, such as `us-east-1,eu-*`")
            })
        });
        let names = |field: &'static str, names: &[String]| -> Result<Vec<HeaderName>> {
            let names = names.iter().map(|name| HeaderName::from_bytes(name.as_bytes()));
            names.collect::<Result<_, _>>().map_err(|err| {
                Error::new(ErrorKind::InvalidConfig, format!("`{field}` holds what is no header name")).with_source(err)
            })
        };
        Ok(Self {
            session_token: session_token.transpose()?,
            region_set: region_set.transpose()?,
            unsigned: names("unsigned_headers", &config.unsigned_headers)?,
            only: config.signed_headers.as_deref().map(|only| names("signed_headers", only)).transpose()?,
            keys: Keys::new(config)?,
            config: config.clone(),
        })
    }

    /// The key for a scope, from the cache; `None` for SigV4A.
    pub(crate) fn key(&self, scope: &Scope<'_>) -> Option<SigningKey> {
        match &self.keys {
            Keys::V4(cache) => Some(cache.key(&self.config.secret_access_key, scope)),
            #[cfg(feature = "sigv4a")]
            Keys::V4a(_) => None,
        }
    }

    pub(crate) fn signature(&self, scope: &Scope<'_>, string_to_sign: &[u8]) -> Signature {
        match &self.keys {
            Keys::V4(cache) => Signature::Mac(cache.sign(&self.config.secret_access_key, scope, string_to_sign)),
            #[cfg(feature = "sigv4a")]
            Keys::V4a(key) => Signature::Der(key.sign(string_to_sign)),
        }
    }

    pub(crate) fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().and_then(|token| token.to_str().ok())
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self.keys {
            Keys::V4(_) => ALGORITHM,
            #[cfg(feature = "sigv4a")]
            Keys::V4a(_) => crate::sigv4a::ALGORITHM,
        }
    }

    fn target<'a>(&'a self, host: &'a str, lower: &'a str, ctx: &Context) -> Result<Target<'a>> {
        let (region, service) = match (&self.config.region, &self.config.service) {
            (Some(region), Some(service)) => (region.as_str(), service.as_str()),
            (region, service) => {
                let known = hosts::endpoint(split_port(lower).0);
                let region = region.as_deref().or(known.map(|known| known.region)).unwrap_or("us-east-1");
                (region, service.as_deref().or(known.map(|known| known.service)).unwrap_or("execute-api"))
            }
        };
        let timestamp = Timestamp::new(ctx.unix_time())?;
        let region = self.config.region_set.is_none().then_some(region);
        Ok(Target { scope: Scope { timestamp, region, service }, host, is_s3: is_s3(service) })
    }

    /// What stands for the body: a given `X-Amz-Content-Sha256`, else as the config says.
    fn payload_hash(&self, parts: &Parts, payload: &Payload, is_s3: bool) -> Result<Hash> {
        if let Some(given) = parts.headers.get(X_AMZ_CONTENT_SHA256) {
            let text = given.to_str().map(str::trim).unwrap_or_default();
            let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_hash && text != "UNSIGNED-PAYLOAD" && !text.starts_with("STREAMING-") {
                return Err(Error::new(
                    ErrorKind::InvalidRequest,
                    "the given X-Amz-Content-Sha256 is neither 64 hex digits, nor UNSIGNED-PAYLOAD or STREAMING-…",
                ));
            }
            return Ok(Hash::Given(text.to_owned()));
        }
        if let Some(marker) = self.config.payload.marker() {
            return Ok(Hash::Fixed(marker));
        }
        if is_s3 && self.config.add_to == AddTo::Query {
            return Ok(Hash::Fixed("UNSIGNED-PAYLOAD"));
        }
        match payload.bytes() {
            Some(bytes) if bytes.is_empty() => Ok(Hash::Fixed(EMPTY_SHA256)),
            Some(bytes) => Ok(Hash::Computed(sha256_hex(bytes))),
            None => Err(Error::new(
                ErrorKind::PayloadRequired,
                "the body is streamed, so its hash must be given in X-Amz-Content-Sha256, or `payload` set to one that is not hashed",
            )),
        }
    }

    /// Whether this header of the request is signed. `host` always is: no server takes a signature without it.
    pub(crate) fn selects(&self, name: &HeaderName) -> bool {
        if *name == HOST {
            return true;
        }
        // One after the other: lengths differ most of the time, which is cheaper than the order a search needs.
        if UNSIGNED_HEADERS.contains(&name.as_str()) || self.unsigned.contains(name) {
            return false;
        }
        self.only.as_ref().is_none_or(|only| only.contains(name) || name.as_str().starts_with("x-amz-"))
    }

    /// Appends `AKIDEXAMPLE/20150830/us-east-1/service/aws4_request`.
    pub(crate) fn push_credential(&self, out: &mut String, scope: &Scope<'_>) {
        out.push_str(&self.config.access_key_id);
        out.push('/');
        scope.push(out);
    }
}

impl Scheme for Signer {
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        let host = signed_host(parts)?;
        let lower = if self.config.region.is_some() && self.config.service.is_some() {
            String::new()
        } else {
            host.to_ascii_lowercase()
        };
        let target = self.target(host, &lower, ctx)?;
        let hash = self.payload_hash(parts, payload, target.is_s3)?;
        match self.config.add_to {
            AddTo::Header => self.sign_header(parts, &target, &hash, ctx),
            AddTo::Query => self.sign_query(parts, &target, &hash, ctx),
        }
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Once::boxed(self, request)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Keys {
    fn new(config: &Config) -> Result<Self> {
        if config.region_set.is_none() {
            return Ok(Self::V4(KeyCache::default()));
        }
        #[cfg(feature = "sigv4a")]
        return crate::sigv4a::KeyPair::derive(&config.access_key_id, &config.secret_access_key).map(Self::V4a);
        #[cfg(not(feature = "sigv4a"))]
        Err(Error::new(
            ErrorKind::UnsupportedAlgorithm,
            "`region_set` asks for SigV4A, which this build has not: switch on the feature `sigv4a`",
        ))
    }
}

/// A signature in hex.
pub(crate) enum Signature {
    Mac(Hex64),
    /// Of SigV4A: an ECDSA signature in DER, whose length varies.
    #[cfg(feature = "sigv4a")]
    Der(String),
}

impl Signature {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Mac(hex) => hex.as_str(),
            #[cfg(feature = "sigv4a")]
            Self::Der(hex) => hex,
        }
    }
}

/// The host as clients send it: the URI scheme's own port is left out.
pub(crate) fn signed_host(parts: &Parts) -> Result<&str> {
    let host = target::host(parts)?;
    if parts.headers.contains_key(HOST) {
        return Ok(host);
    }
    Ok(match split_port(host) {
        (name, Some(port)) if parts.uri.scheme_str().and_then(default_port) == Some(port) => name,
        (name, None) => name,
        _ => host,
    })
}

pub(crate) fn is_s3(service: &str) -> bool {
    matches!(service, "s3" | "s3express" | "s3-object-lambda" | "s3-outposts")
}

/// Appends the string to sign: algorithm, time, scope and the canonical request's hash, a line each.
/// Source: "Create a signed AWS API request", step 3, AWS Identity and Access Management User Guide.
pub(crate) fn push_string_to_sign(out: &mut String, algorithm: &str, scope: &Scope<'_>, hash: &Hex64) {
    for part in [algorithm, "\n", scope.timestamp.as_str(), "\n"] {
        out.push_str(part);
    }
    scope.push(out);
    out.push('\n');
    out.push_str(hash.as_str());
}
