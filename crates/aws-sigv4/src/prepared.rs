use std::sync::Arc;

use countersign_core::{Error, ErrorKind, Result};
use http::header::HeaderValue;

use crate::headers::Selection;
use crate::keys::{Key, Keys, ScopedKey};
use crate::scope::{Scope, check_part};
use crate::{AddTo, Config};

/// A config made ready: checked, its header values made, its keys at hand.
pub(crate) struct Prepared {
    pub(crate) config: Config,
    /// The session token as the header's value.
    pub(crate) session_token: Option<HeaderValue>,
    /// SigV4A's regions as the header's value.
    pub(crate) region_set: Option<HeaderValue>,
    pub(crate) selection: Selection,
    pub(crate) keys: Keys,
}

impl Prepared {
    /// # Errors
    /// As [`Signer::new`](crate::Signer::new).
    pub(crate) fn new(config: &Config) -> Result<Self> {
        check_keys(config)?;
        for (field, value) in [("region", &config.region), ("service", &config.service)] {
            value.iter().try_for_each(|text| check_part(field, text))?;
        }
        if config.add_to == AddTo::Query && !(1..=604_800).contains(&config.expires_in) {
            return Err(invalid("`expires_in` is outside 1 to 604800 seconds (seven days)"));
        }
        Ok(Self {
            session_token: session_token(config)?,
            region_set: region_set(config)?,
            selection: Selection::new(config)?,
            keys: Keys::new(config)?,
            config: config.clone(),
        })
    }

    /// What signs for a scope.
    pub(crate) fn key(&self, scope: &Scope<'_>) -> Key {
        self.keys.of(&self.config.secret_access_key, scope)
    }

    /// The MAC key for a scope; `what` names what is to be signed.
    ///
    /// # Errors
    /// [`ErrorKind::UnsupportedAlgorithm`] for SigV4A, which has none.
    pub(crate) fn mac(&self, scope: &Scope<'_>, what: &'static str) -> Result<Arc<ScopedKey>> {
        self.keys.mac(&self.config.secret_access_key, scope).ok_or_else(|| {
            let message = format!("{what} are signed with SigV4 only, not with SigV4A");
            Error::new(ErrorKind::UnsupportedAlgorithm, message)
        })
    }

    pub(crate) fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().and_then(|token| token.to_str().ok())
    }

    /// Whether signing sets or removes this header, so that one which is there already is not signed.
    pub(crate) fn replaces(&self, name: &str) -> bool {
        match (name, self.config.add_to) {
            ("x-amz-date", _) | ("x-amz-content-sha256", AddTo::Header) | ("x-amz-security-token", AddTo::Query) => {
                true
            }
            ("x-amz-security-token", AddTo::Header) => self.session_token.is_some(),
            ("x-amz-region-set", AddTo::Header) => self.region_set.is_some(),
            _ => false,
        }
    }
}

fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}

fn check_keys(config: &Config) -> Result<()> {
    if config.access_key_id.is_empty() || config.secret_access_key.is_empty() {
        return Err(invalid("`access_key_id` or `secret_access_key` is empty"));
    }
    if !config.access_key_id.bytes().all(|byte| byte.is_ascii_graphic() && !b"/,".contains(&byte)) {
        return Err(invalid(
            "`access_key_id` has what no access key has: white space, a control character, `/` or `,`",
        ));
    }
    Ok(())
}

fn session_token(config: &Config) -> Result<Option<HeaderValue>> {
    let token = config.session_token.as_ref().filter(|token| !token.is_empty());
    let value = token.map(|token| HeaderValue::from_str(token.expose())).transpose();
    value.map_err(|_| {
        invalid("`session_token` has what no header can hold: a line end, a control or non-ASCII character")
    })
}

fn region_set(config: &Config) -> Result<Option<HeaderValue>> {
    let Some(regions) = &config.region_set else { return Ok(None) };
    let plain =
        !regions.is_empty() && regions.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-,*".contains(&byte));
    let value = if plain { HeaderValue::from_str(regions).ok() } else { None };
    value
        .map(Some)
        .ok_or_else(|| invalid("`region_set` is not a list of regions separated by commas, such as `us-east-1,eu-*`"))
}
