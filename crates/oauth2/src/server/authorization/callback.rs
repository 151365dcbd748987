//! What a browser came back with: checked before it is believed.

use countersign_core::query;
use countersign_core::target::{Origin, path_and_query};
use countersign_core::{Context, Error, ErrorKind, Result, Secret};
use http::Uri;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::{AuthorizationRequest, decoded};
use crate::config::is_loopback;
use crate::server::{ServerError, Token};

/// What a browser came back with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Callback {
    /// A code, for [`AuthorizationRequest::code_request`].
    Code(Secret),
    /// The token itself: the implicit grant.
    Token(Token),
}

impl AuthorizationRequest {
    /// Reads the URL that the browser came back on: whole, or as a listener sees it (`/callback?…`). A fragment counts for the
    /// implicit grant only.
    ///
    /// # Errors
    /// * [`ErrorKind::StateMismatch`] when it is not the answer to this request: another callback URL, `state` or `iss`, an empty
    ///   `iss`, none where one is required (RFC 9207 section 2.4), or a parameter that occurs twice.
    /// * [`ErrorKind::TokenRequestFailed`] when the person or server refused (`error`), or code or token are missing.
    pub fn callback(&self, url: &str, ctx: &Context) -> Result<Callback> {
        let mismatch = |why: &'static str| Error::new(ErrorKind::StateMismatch, why);
        let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
        let uri: Uri = url.parse().map_err(|err| mismatch("the callback is not a URL").with_source(err))?;
        if !self.is_callback(&uri) {
            return Err(mismatch("the callback came to another URL than `callback_url`"));
        }
        let in_fragment = self.is_implicit && !fragment.is_empty();
        let parameters = parameters(if in_fragment { fragment } else { uri.query().unwrap_or_default() })?;
        self.check_answer(&parameters)?;
        let failed = |message: String| Error::new(ErrorKind::TokenRequestFailed, message);
        if parameters.contains_key("error") {
            let error = ServerError::of_callback(&parameters);
            return Err(failed(format!("the authorization was refused: {error}")).with_source(error));
        }
        if self.is_implicit {
            let token = Token::from_object(&parameters, ctx);
            return token.map(Callback::Token).map_err(|why| failed(format!("the callback has no token: {why}")));
        }
        let code = parameters.get("code").and_then(Value::as_str).filter(|code| !code.is_empty());
        Ok(Callback::Code(code.ok_or_else(|| failed("the callback has no `code`".to_owned()))?.into()))
    }

    /// Whether the parameters answer this request, before anything else in them is believed.
    fn check_answer(&self, parameters: &Map<String, Value>) -> Result<()> {
        let mismatch = |why: &'static str| Err(Error::new(ErrorKind::StateMismatch, why));
        let get = |name: &str| parameters.get(name).and_then(Value::as_str);
        let same = |one: &str, two: &str| bool::from(one.as_bytes().ct_eq(two.as_bytes()));
        if !get("state").is_some_and(|state| same(state, self.state.expose())) {
            return mismatch("the callback's `state` is not ours: it is the answer to another request, or forged");
        }
        match (get("iss"), &self.issuer) {
            (Some(""), _) => mismatch("the callback's `iss` is empty"),
            (Some(theirs), Some(ours)) if !same(ours, theirs) => {
                mismatch("the callback's `iss` is another issuer than ours")
            }
            (Some(_), None) if self.require_iss => {
                mismatch("the callback's `iss` cannot be compared: the config has no `issuer`")
            }
            (None, _) if self.require_iss => mismatch("the callback has no `iss`, which this server promises to send"),
            _ => Ok(()),
        }
    }

    /// Same scheme, host and path; the port is free on loopback (RFC 8252 section 7.3). A listener sees only the path.
    fn is_callback(&self, uri: &Uri) -> bool {
        let Ok(ours) = self.callback_url.parse::<Uri>() else { return false };
        let path = |uri: &Uri| path_and_query(uri).split('?').next().unwrap_or_default().to_owned();
        if path(&ours) != path(uri) {
            return false;
        }
        let (Some(one), Some(two)) = (Origin::of(&ours), Origin::of(uri)) else { return uri.host().is_none() };
        let on_loopback = ours.host().is_some_and(is_loopback) && ours.host() == uri.host();
        one == two || (on_loopback && one.scheme() == two.scheme())
    }
}

fn parameters(text: &str) -> Result<Map<String, Value>> {
    let mut parameters = Map::new();
    for (name, value) in query::pairs(text) {
        let value = Value::String(decoded(value.unwrap_or_default()));
        if parameters.insert(decoded(name), value).is_some() {
            return Err(Error::new(ErrorKind::StateMismatch, "a parameter of the callback occurs twice"));
        }
    }
    Ok(parameters)
}
