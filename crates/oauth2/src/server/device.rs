use countersign_core::{Context, Error, ErrorKind, Payload, Reply, Result, Secret};
use http::{Request, Uri};
use serde_json::Value;

use super::ServerError;
use super::reply::{lacks, seconds, success, unusable};
use super::token::token_request;
use crate::config::{Grant, GrantType, endpoint};
use crate::form::Form;
use crate::proof::post;

/// The first request of the device flow (RFC 8628 section 3.1); the reply goes to [`DeviceAuthorization::from_reply`].
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] for another grant than [`DeviceCode`](crate::DeviceCode), or one without a `device_url`.
pub fn device_request(grant: &Grant, ctx: &Context) -> Result<Request<Payload>> {
    let Grant::DeviceCode(device) = grant else {
        return Err(Error::new(ErrorKind::InvalidConfig, "the grant asks no person at another device"));
    };
    let client = grant.client();
    let uri = endpoint("device_url", &device.device_url, client)?;
    let mut form = Form::default();
    form.push_some("scope", client.scope.as_deref());
    client.resource.iter().for_each(|resource| form.push("resource", resource));
    form.push_some("audience", client.audience.as_deref());
    device.auth_request_params.iter().for_each(|(name, value)| form.push(name, value));
    post(grant, uri, form, ctx)
}

/// What a person has to do at another device, and how often to ask whether it is done.
///
/// The loop: show code and URI; wait [`DeviceAuthorization::interval`] seconds; ask, by [`Session::poll`](crate::Session::poll) or
/// [`DeviceAuthorization::poll_request`]; where that ends in an error for which [`DeviceAuthorization::goes_on`] is true, wait and
/// ask again.
///
/// What the server sends is checked: the URIs are http or https, and nothing holds a control character.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceAuthorization {
    device_code: Secret,
    /// What the person types in.
    pub user_code: String,
    /// Where the person goes.
    pub verification_uri: String,
    /// The same with the code, for a picture to scan, or a browser to open.
    pub verification_uri_complete: Option<String>,
    /// Until when to ask, in seconds since the Unix epoch.
    pub expires_at: u64,
    /// How long to wait before each asking, in seconds: 1 to 300.
    pub interval: u64,
}

/// The bounds of [`DeviceAuthorization::interval`], whatever the server says.
const INTERVAL: (u64, u64) = (1, 300);

impl DeviceAuthorization {
    /// Reads the reply to [`device_request`], received now.
    ///
    /// # Errors
    /// [`ErrorKind::TokenRequestFailed`] when the server refuses, or when the reply lacks a field or has one that cannot be used.
    pub fn from_reply<'a>(reply: impl Into<Reply<'a>>, ctx: &Context) -> Result<Self> {
        let object = success(reply.into(), ctx)?;
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| match object.get(name).filter(|value| !value.is_null()) {
            None => Ok(None),
            Some(value) => seconds(value).map(Some).ok_or_else(|| unusable(name, &value.to_string())),
        };
        let user_code = text("user_code").ok_or_else(|| lacks("user_code"))?;
        if user_code.is_empty() || user_code.chars().any(char::is_control) {
            return Err(unusable("user_code", &user_code));
        }
        // `verification_url` is what Google calls it.
        let uri = text("verification_uri").or_else(|| text("verification_url"));
        Ok(Self {
            device_code: text("device_code").ok_or_else(|| lacks("device_code"))?.into(),
            user_code,
            verification_uri: page("verification_uri", uri.ok_or_else(|| lacks("verification_uri"))?)?,
            verification_uri_complete: text("verification_uri_complete")
                .map(|uri| page("verification_uri_complete", uri))
                .transpose()?,
            expires_at: ctx.unix_time().saturating_add(number("expires_in")?.ok_or_else(|| lacks("expires_in"))?),
            interval: number("interval")?.unwrap_or(5).clamp(INTERVAL.0, INTERVAL.1),
        })
    }

    /// Asks whether the person is done (RFC 8628 section 3.4).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the grant has no token endpoint.
    pub fn poll_request(&self, grant: &Grant, ctx: &Context) -> Result<Request<Payload>> {
        let mut form = Form::default();
        form.push("grant_type", GrantType::DeviceCode.as_str());
        form.push("device_code", self.device_code.expose());
        token_request(grant, form, ctx)
    }

    /// Whether to ask again after this error: the person is not done yet. A server that is asked too often is asked more slowly
    /// from then on (RFC 8628 section 3.5).
    pub fn goes_on(&mut self, error: &Error, ctx: &Context) -> bool {
        let Some(cause) = ServerError::cause_of(error) else { return false };
        if cause.is("slow_down") {
            self.interval = (self.interval + 5).min(INTERVAL.1);
        }
        ctx.unix_time() < self.expires_at && (cause.is("authorization_pending") || cause.is("slow_down"))
    }
}

/// A page that a browser may be sent to.
fn page(field: &str, text: String) -> Result<String> {
    let is_page = text.parse::<Uri>().is_ok_and(|uri| {
        uri.scheme_str().is_some_and(|scheme| ["http", "https"].contains(&scheme)) && uri.host().is_some()
    });
    if is_page { Ok(text) } else { Err(unusable(field, &text)) }
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;

    fn read(more: &str) -> Result<DeviceAuthorization> {
        let body = format!(
            r#"{{"device_code":"d","user_code":"WDJB-MJHT","verification_uri":"https://h/device","expires_in":"600"{more}}}"#
        );
        DeviceAuthorization::from_reply(&Response::new(body), &Context::at(1000))
    }

    #[test]
    fn times_are_read_as_servers_write_them_and_have_bounds() {
        let device = read("").unwrap();
        assert_eq!((device.expires_at, device.interval), (1600, 5));
        assert_eq!(read(r#","interval":0"#).unwrap().interval, 1);
        assert_eq!(read(r#","interval":9223372036854775808"#).unwrap().interval, 300);
        assert!(read(r#","interval":"soon""#).unwrap_err().to_string().contains("`interval`"));
    }

    /// What goes to the system's opener, or to a terminal, is not the server's to choose.
    #[test]
    fn a_server_cannot_name_a_file_or_write_to_the_terminal() {
        for uri in ["file:///etc/passwd", "--version", "javascript:alert(1)", "https:///x", ""] {
            let error = read(&format!(r#","verification_uri_complete":"{uri}""#)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TokenRequestFailed, "{uri}");
        }
        for field in ["user_code", "verification_uri"] {
            let body = read("").map(|_| ()).map_or(String::new(), |()| {
                format!(
                    r#"{{"device_code":"d","user_code":"u","verification_uri":"https://h/","expires_in":1,"{field}":"\u001b[31m"}}"#
                )
            });
            let error = DeviceAuthorization::from_reply(&Response::new(body), &Context::at(0)).unwrap_err();
            assert!(error.to_string().contains(field) && !error.to_string().contains('\u{1b}'), "{error}");
        }
    }
}
