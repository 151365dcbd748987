use countersign::scheme::target::Shown;
use countersign::{Error as AuthError, ErrorKind};
use http::Uri;

/// What can go wrong before there is a response.
pub type Error = countersign::adapter::Error<ureq::Error>;

/// What ureq says of a leg that it could not send, without the query of the URL that some of its errors show: a signature or a key may be
/// in it.
pub(crate) fn not_sent(why: ureq::Error) -> Error {
    Error::Http(match why {
        ureq::Error::RequireHttpsOnly(uri) => ureq::Error::RequireHttpsOnly(shown(&uri)),
        ureq::Error::BadUri(uri) => ureq::Error::BadUri(shown(&uri)),
        ureq::Error::ConnectProxyFailed(reply) if is_407(&reply) => {
            const WHY: &str = "the proxy asks for credentials before it opens a tunnel (407 to CONNECT), which ureq opens by itself and with Basic only: give user name and password in the `ureq::Proxy`; for Digest and NTLM use `countersign_tower::Tunnel`";
            return AuthError::new(ErrorKind::InvalidRequest, WHY).into();
        }
        why => why,
    })
}

/// What follows says what the proxy replied, by its status line.
fn is_407(reply: &str) -> bool {
    reply.contains("407")
}

fn shown(text: &str) -> String {
    match text.parse::<Uri>() {
        Ok(uri) => Shown(&uri).to_string(),
        Err(_) => text.split(['?', '#']).next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use countersign::api_key::{AddTo, Config};
    use countersign::{AuthConfig, Authenticator};
    use http::Request;
    use ureq::Agent;

    use crate::RunWith as _;

    #[test]
    fn the_query_of_a_refused_url_is_not_shown() {
        let mut config = Config::new("key", "hunter2");
        config.add_to = AddTo::Query;
        let auth = Authenticator::new(&AuthConfig::ApiKey(config)).unwrap();
        let agent: Agent = Agent::config_builder().https_only(true).build().into();
        let why = agent.run_with(&auth, Request::get("http://example.com/p").body(()).unwrap()).unwrap_err();
        assert!(why.to_string().contains("http://example.com/p"), "{why}");
        assert!(!format!("{why} {why:?}").contains("hunter2"), "{why:?}");
    }
}
