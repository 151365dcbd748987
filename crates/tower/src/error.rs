/// Any error that can go to another thread.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong before there is a response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Authentication.
    #[error(transparent)]
    Auth(#[from] countersign::Error),
    /// The service, a connection of the layer's own, or a body.
    #[error(transparent)]
    Service(BoxError),
}

impl Error {
    pub(crate) fn service(why: impl Into<BoxError>) -> Self {
        Self::Service(why.into())
    }
}
