//! The HTTP client, as the options want it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy, SendBody};

use super::args::Send;
use super::legs::Legs;
use crate::failure::Failure;
use crate::input;

/// A client whose every request, those of a scheme included, passes `legs`.
pub(super) fn agent(args: &Send, legs: &Arc<Legs>) -> Result<Agent, Failure> {
    let legs = Arc::clone(legs);
    let mut config = Config::builder()
        .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
        .allow_non_standard_methods(true)
        .max_redirects(args.max_redirects)
        .timeout_connect(Some(Duration::from_secs_f64(args.connect_timeout)))
        .timeout_global(args.timeout.map(Duration::from_secs_f64))
        .middleware(move |request: http::Request<SendBody<'_>>, next: ureq::middleware::MiddlewareNext<'_>| {
            legs.pass(request, next)
        });
    if args.no_proxy {
        config = config.proxy(None);
    } else if let Some(url) = &args.proxy {
        // Its text may hold a password.
        let proxy = Proxy::new(url).map_err(|_| {
            Failure::Input("--proxy is no URL of a proxy: write http://host:port, https://… or socks5://…".into())
        })?;
        config = config.proxy(Some(proxy));
    }
    if let Some(path) = &args.ca {
        config = config.tls_config(TlsConfig::builder().root_certs(roots(path)?).build());
    }
    Ok(config.build().into())
}

fn roots(path: &Path) -> Result<RootCerts, Failure> {
    let pem = input::bytes(path)?;
    let unreadable = |why: String| Failure::Input(format!("{}: {why}", path.display()));
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|why| unreadable(why.to_string()))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(unreadable("no certificate in PEM (-----BEGIN CERTIFICATE-----)".into()));
    }
    Ok(RootCerts::from(certificates))
}
