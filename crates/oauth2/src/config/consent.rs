use countersign_core::Secret;

/// Where a person is asked in a browser, and where the browser comes back to: what authorization code and implicit share.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Consent {
    /// The authorization endpoint.
    pub auth_url: String,
    /// Where the browser comes back to (`redirect_uri`).
    pub callback_url: String,
    /// The state, in place of a drawn one. It must be impossible to guess, and new for each request.
    pub state: Option<Secret>,
    /// Further parameters of the authorization request.
    pub auth_request_params: Vec<(String, String)>,
    /// Refuses a callback without `iss` (RFC 9207 section 2.4): for servers whose metadata says
    /// `authorization_response_iss_parameter_supported`.
    pub require_iss: bool,
}

impl Consent {
    /// Asks at `auth_url`, and comes back to `callback_url`.
    #[must_use]
    pub fn new(auth_url: impl Into<String>, callback_url: impl Into<String>) -> Self {
        Self {
            auth_url: auth_url.into(),
            callback_url: callback_url.into(),
            state: None,
            auth_request_params: Vec::new(),
            require_iss: false,
        }
    }
}
