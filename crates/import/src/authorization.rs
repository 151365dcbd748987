//! What the value of an `Authorization` header says; curl, HAR, `.http` and others share it.

use countersign::core::encode;
use countersign::{AuthConfig, basic};

use crate::variables::Names;

/// Reads the value of an `Authorization` header. Basic and Bearer are whole. SigV4, Digest, OAuth 1 and Hawk say whose
/// credential it is; its secret becomes a variable, and an old nonce or signature is left out. Any other scheme is an API key
/// in the header `Authorization`.
///
/// ```
/// use countersign::AuthConfig;
///
/// let AuthConfig::Basic(config) = countersign_import::from_authorization(b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") else { panic!() };
/// assert_eq!((config.username.as_str(), config.password.expose()), ("Aladdin", "open sesame"));
/// ```
#[must_use]
pub fn from_authorization(value: &[u8]) -> AuthConfig {
    read(value, &mut Names::new())
}

/// [`from_authorization`], with the names of the variables so far.
pub(crate) fn read(value: &[u8], _names: &mut Names) -> AuthConfig {
    let value = value.trim_ascii();
    let at = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
    let (scheme, rest) = value.split_at(at);
    let rest = rest.trim_ascii();
    let config = match &*scheme.to_ascii_lowercase() {
        b"basic" => basic(rest),
        b"bearer" => str::from_utf8(rest).ok().filter(|token| !token.is_empty()).map(AuthConfig::bearer),
        _ => None,
    };
    config.unwrap_or_else(|| AuthConfig::api_key("Authorization", String::from_utf8_lossy(value).into_owned()))
}

fn basic(token: &[u8]) -> Option<AuthConfig> {
    let pair = String::from_utf8(encode::base64_decode(token).ok()?).ok()?;
    let (username, password) = pair.split_once(':')?;
    Some(AuthConfig::Basic(basic::Config::new(username, password)))
}
