use super::{Client, TokenEndpoint};

/// Device code (RFC 8628): a person at another device, for a program without a browser.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceCode {
    /// The client, and what it asks for.
    pub client: Client,
    /// Where to ask whether the person is done.
    pub token: TokenEndpoint,
    /// The device authorization endpoint.
    pub device_url: String,
    /// Further parameters of the device authorization request.
    pub auth_request_params: Vec<(String, String)>,
}

impl DeviceCode {
    /// For a public client.
    #[must_use]
    pub fn new(
        device_url: impl Into<String>,
        access_token_url: impl Into<String>,
        client_id: impl Into<String>,
    ) -> Self {
        Self {
            client: Client::new(client_id),
            token: TokenEndpoint::new(access_token_url),
            device_url: device_url.into(),
            auth_request_params: Vec::new(),
        }
    }
}
