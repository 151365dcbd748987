//! Where the browser comes back to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use countersign_core::{Error, ErrorKind, Result};
use http::Uri;

/// A callback URL on loopback.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Callback {
    /// As it is written: `localhost` need not be allowed where `127.0.0.1` is.
    host: String,
    /// Where to listen; port 0 for a free one.
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
}

impl Callback {
    pub(crate) fn of(url: &str) -> Result<Self> {
        let invalid = |why: &'static str| Error::new(ErrorKind::InvalidConfig, why);
        let uri: Uri = url.parse().map_err(|why| invalid("`callback_url` is not a URL").with_source(why))?;
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let ip: Option<IpAddr> = match host.as_str() {
            "127.0.0.1" | "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
            "[::1]" => Some(Ipv6Addr::LOCALHOST.into()),
            _ => None,
        };
        let (Some(ip), Some("http"), None) = (ip, uri.scheme_str(), uri.query()) else {
            return Err(invalid(
                "the browser does not come back to this program: `callback_url` must be http on 127.0.0.1, [::1] or localhost, without a query",
            ));
        };
        Ok(Self { host, address: SocketAddr::new(ip, uri.port_u16().unwrap_or(0)), path: uri.path().to_owned() })
    }

    /// The URL with the port that is listened on.
    pub(crate) fn url(&self, port: u16) -> String {
        format!("http://{}:{port}{}", self.host, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        for (url, address, shown) in [
            ("http://127.0.0.1/", "127.0.0.1:0", "http://127.0.0.1:7/"),
            ("http://LOCALHOST:5000/a/b", "127.0.0.1:5000", "http://localhost:7/a/b"),
            ("http://[::1]:5000/a", "[::1]:5000", "http://[::1]:7/a"),
        ] {
            let callback = Callback::of(url).unwrap();
            assert_eq!(
                (callback.address.to_string(), callback.url(7)),
                (address.to_owned(), shown.to_owned()),
                "{url}"
            );
        }
        for url in [
            "https://127.0.0.1/",
            "http://0.0.0.0/",
            "http://127.0.0.1.evil.example/",
            "http://localhost@evil.example/",
            "http://app.example/",
            "app:/callback",
            "/callback",
            "",
            "http://127.0.0.1/?a=b",
            "http://127.0.0.1/ x",
        ] {
            assert_eq!(Callback::of(url).unwrap_err().kind(), ErrorKind::InvalidConfig, "{url}");
        }
    }
}
