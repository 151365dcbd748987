use std::fmt;
use std::sync::Arc;

use countersign_core::target::{self, default_port, split_port};
use countersign_core::{Context, Dialogue, Once, Payload, Result, Scheme, Signed};
use http::Request;
use http::header::HOST;
use http::request::Parts;

use crate::canonical::PathStyle;
use crate::headers::SignedHeaders;
use crate::payload::Hash;
use crate::placement::{self, Target};
use crate::prepared::Prepared;
use crate::scope::{Scope, Timestamp};
use crate::{AddTo, Config, hosts};

/// Signs requests with one access key. Derived keys are kept by day, region and service, and shared by all threads.
pub struct Signer(pub(crate) Prepared);

impl Signer {
    /// Checks the config and prepares the keys.
    ///
    /// # Errors
    /// [`InvalidConfig`](countersign_core::ErrorKind::InvalidConfig) for an empty key id or secret, control characters in
    /// the key id or token, a `/` or line end in region or service, an expiry outside 1 to 604,800 seconds, or a header list
    /// with an entry that is not a header name;
    /// [`UnsupportedAlgorithm`](countersign_core::ErrorKind::UnsupportedAlgorithm) for a region set without the feature
    /// `sigv4a`.
    pub fn new(config: &Config) -> Result<Self> {
        Prepared::new(config).map(Self)
    }

    /// What a signature made now for this host holds for. Where the config leaves region or service out, `lower` becomes the
    /// host in lower case, to read them from.
    fn scope<'a>(&'a self, host: &str, lower: &'a mut String, ctx: &Context) -> Result<Scope<'a>> {
        let config = &self.0.config;
        let (region, service) = match (&config.region, &config.service) {
            (Some(region), Some(service)) => (region.as_str(), service.as_str()),
            (region, service) => {
                *lower = split_port(host).0.to_ascii_lowercase();
                let known = hosts::endpoint(lower);
                let region = region.as_deref().or(known.map(|known| known.region)).unwrap_or("us-east-1");
                (region, service.as_deref().or(known.map(|known| known.service)).unwrap_or("execute-api"))
            }
        };
        let region = config.region_set.is_none().then_some(region);
        Ok(Scope { timestamp: Timestamp::new(ctx.unix_time())?, region, service })
    }
}

impl Scheme for Signer {
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        let Self(own) = self;
        let host = signed_host(parts)?;
        let mut lower = String::new();
        let scope = self.scope(host, &mut lower, ctx)?;
        let style = PathStyle::of(scope.service);
        #[expect(
            clippy::needless_late_init,
            reason = "declared first, so that it is dropped after `headers`, which borrow it"
        )]
        let target;
        let mut headers = SignedHeaders::default();
        let given = headers.take(&parts.headers, &own.selection, |name| own.replaces(name))?;
        let hash = Hash::of(given.content_sha256, payload, &own.config, style)?;
        target = Target { scope, host: (!given.has_host).then_some(host), style, hash };
        match own.config.add_to {
            AddTo::Header => placement::in_header(own, parts, &mut headers, &target, ctx),
            AddTo::Query => placement::in_query(own, parts, &mut headers, &target, ctx),
        }
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Once::boxed(self, request)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("config", &self.0.config).finish_non_exhaustive()
    }
}

/// The host as clients send it: the URI scheme's own port is left out.
pub(crate) fn signed_host(parts: &Parts) -> Result<&str> {
    let host = target::host(parts)?;
    let (name, port) = split_port(host);
    let is_default = port.is_none() || parts.uri.scheme_str().and_then(default_port) == port;
    // Most hosts have no port: only where one could go, the header is looked for.
    Ok(if name.len() < host.len() && is_default && !parts.headers.contains_key(HOST) { name } else { host })
}
