use countersign_core::target::{split_port, without_user_info};
use countersign_core::{Error, ErrorKind, Result};
use http::Uri;

use super::Client;

/// An endpoint's URL: absolute, and `https` or on loopback unless the config says that it need not be.
pub(crate) fn endpoint(field: &str, url: &str, client: &Client) -> Result<Uri> {
    let invalid = |why: &str| Error::new(ErrorKind::InvalidConfig, format!("`{field}` {why}"));
    if url.trim().is_empty() {
        return Err(invalid("is missing"));
    }
    let uri: Uri = url.trim().parse().map_err(|err| invalid("is not a URL").with_source(err))?;
    let Some(authority) = uri.authority() else { return Err(invalid("is not absolute: it needs a scheme and a host")) };
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if client.allow_insecure || is_loopback(split_port(without_user_info(authority)).0) => Ok(uri),
        Some("http") => Err(invalid(
            "is of plain http, which sends credentials in clear: use https, or set `allow_insecure` if nobody can listen",
        )),
        _ => Err(invalid("is neither of https nor of http")),
    }
}

/// Whether a host is this machine (RFC 8252 section 7.3, and the name).
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_over_tls_or_stay_here() {
        let mut client = Client::new("i");
        for url in ["https://h/t", "http://127.0.0.1:8080/t", "http://[::1]/t", "http://localhost/t"] {
            assert!(endpoint("access_token_url", url, &client).is_ok(), "{url}");
        }
        for url in
            ["", "/t", "h/t", "http://h/t", "ftp://h/t", "http://127.0.0.1.example/t", "http://localhost.example/"]
        {
            let error = endpoint("access_token_url", url, &client).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{url}");
        }
        client.allow_insecure = true;
        assert!(endpoint("access_token_url", "http://h/t", &client).is_ok());
    }
}
