/// What can go wrong before there is a response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Authentication.
    #[error(transparent)]
    Auth(#[from] countersign::Error),
    /// Sending.
    #[error(transparent)]
    Http(reqwest::Error),
}

/// Drops the query of the URL that reqwest's errors show: a signature or a key may be in it.
impl From<reqwest::Error> for Error {
    fn from(why: reqwest::Error) -> Self {
        let Some(mut url) = why.url().cloned() else { return Self::Http(why) };
        url.set_query(None);
        url.set_fragment(None);
        Self::Http(why.with_url(url))
    }
}
