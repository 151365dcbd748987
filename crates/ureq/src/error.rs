use countersign::scheme::target::Shown;
use http::Uri;

/// What can go wrong before there is a response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Authentication.
    #[error(transparent)]
    Auth(#[from] countersign::Error),
    /// Sending.
    #[error(transparent)]
    Http(ureq::Error),
}

/// Drops the query of the URL that some of ureq's errors show: a signature or a key may be in it.
impl From<ureq::Error> for Error {
    fn from(why: ureq::Error) -> Self {
        Self::Http(match why {
            ureq::Error::RequireHttpsOnly(uri) => ureq::Error::RequireHttpsOnly(shown(&uri)),
            ureq::Error::BadUri(uri) => ureq::Error::BadUri(shown(&uri)),
            why => why,
        })
    }
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
