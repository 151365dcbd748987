use std::error::Error as _;

use countersign::{Error as AuthError, ErrorKind};

/// What can go wrong before there is a response.
pub type Error = countersign::adapter::Error<reqwest::Error>;

/// What a client says of a leg that it could not send, as [`Carry::carry`](crate::Carry::carry) is to say it: without the query of the
/// URL, which may hold a signature or a key, and by its own name where a proxy asks for credentials.
#[must_use]
pub fn not_sent(why: reqwest::Error) -> Error {
    if is_of_tunnel(&why) {
        const WHY: &str = "the proxy asks for credentials before it opens a tunnel (407 to CONNECT), which reqwest opens by itself and with Basic only: give `reqwest::Proxy::basic_auth`; for Digest and NTLM use `countersign_tower::Tunnel`";
        return AuthError::new(ErrorKind::InvalidRequest, WHY).with_source(without_query_of(why)).into();
    }
    without_query(why)
}

/// By its text, as the error's type is hyper-util's own.
fn is_of_tunnel(why: &reqwest::Error) -> bool {
    let mut source = why.source();
    while let Some(why) = source {
        if why.to_string() == "tunnel error: proxy authorization required" {
            return true;
        }
        source = why.source();
    }
    false
}

/// Drops the query of the URL that reqwest's errors show: a signature or a key may be in it.
pub(crate) fn without_query(why: reqwest::Error) -> Error {
    Error::Http(without_query_of(why))
}

fn without_query_of(why: reqwest::Error) -> reqwest::Error {
    let Some(mut url) = why.url().cloned() else { return why };
    url.set_query(None);
    url.set_fragment(None);
    why.with_url(url)
}
