use std::fmt;

use countersign_core::encode::{base64_url, form_decode};
use countersign_core::query;
use countersign_core::target::{Origin, path_and_query};
use countersign_core::{Context, Error, ErrorKind, Payload, Reply, Result, Secret};
use http::{Request, Uri};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::client::{Form, endpoint, is_loopback};
use crate::config::{CodeChallengeMethod, Grant, GrantType};
use crate::token::{ServerError, Token, read_object};

/// A request for a person's consent: the URL to open, and what only its asker knows, by which the answer is recognised.
///
/// ```
/// use countersign_core::{Context, ErrorKind};
/// use countersign_oauth2::{AuthorizationRequest, Callback, Grant};
///
/// let grant = Grant::authorization_code("https://as/auth", "https://as/token", "app", "http://127.0.0.1:8080/callback");
/// let ctx = Context::now();
/// let authorization = AuthorizationRequest::new(&grant, &ctx)?;
/// println!("open {}", authorization.url());
///
/// // The browser comes back with our state, or it is somebody else's answer.
/// let url = format!("http://127.0.0.1:8080/callback?code=SplxlOBeZQQYbYS6WxSbIA&state={}", authorization.state());
/// assert!(matches!(authorization.callback(&url, &ctx)?, Callback::Code(_)));
/// let forged = authorization.callback("http://127.0.0.1:8080/callback?code=x&state=y", &ctx);
/// assert_eq!(forged.unwrap_err().kind(), ErrorKind::StateMismatch);
/// # Ok::<(), countersign_core::Error>(())
/// ```
#[derive(Clone)]
pub struct AuthorizationRequest {
    grant: Grant,
    auth_url: Uri,
    parameters: String,
    url: Uri,
    state: Secret,
    code_verifier: Option<Secret>,
}

/// What a browser came back with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Callback {
    /// A code, for [`AuthorizationRequest::token_request`].
    Code(Secret),
    /// The token itself: the implicit grant.
    Token(Token),
}

impl AuthorizationRequest {
    /// Draws state and verifier, unless the grant has them.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] for a grant without a browser, one that lacks `auth_url`, `callback_url` or `client_id`, or has
    /// a verifier that is not as RFC 7636 section 4.1 demands.
    pub fn new(grant: &Grant, ctx: &Context) -> Result<Self> {
        let invalid = |message: &'static str| Error::new(ErrorKind::InvalidConfig, message);
        let response_type = match grant.grant_type {
            GrantType::AuthorizationCode => "code",
            GrantType::Implicit => "token",
            _ => return Err(invalid("the grant needs no browser: it has no authorization request")),
        };
        let auth_url = endpoint("auth_url", grant.auth_url.as_deref().unwrap_or_default(), grant)?;
        if grant.client_id.is_empty() {
            return Err(invalid("`client_id` is empty"));
        }
        let callback_url = grant.callback_url.as_deref().filter(|url| !url.is_empty());
        let callback_url =
            callback_url.ok_or_else(|| invalid("`callback_url` is missing: where the browser comes back to"))?;
        let state = match grant.state.as_deref().filter(|state| !state.is_empty()) {
            Some(state) => Secret::from(state),
            None => drawn(ctx)?,
        };
        let mut form = Form::default();
        form.push("response_type", response_type);
        form.push("client_id", &grant.client_id);
        form.push("redirect_uri", callback_url);
        form.push_some("scope", grant.scope.as_deref());
        form.push("state", state.expose());
        let mut code_verifier = None;
        if grant.grant_type == GrantType::AuthorizationCode {
            let verifier = match grant.code_verifier.as_ref().filter(|verifier| !verifier.is_empty()) {
                Some(verifier) => checked(verifier)?,
                None => drawn(ctx)?,
            };
            form.push("code_challenge", &code_challenge(grant.code_challenge_method, &verifier));
            form.push(
                "code_challenge_method",
                match grant.code_challenge_method {
                    CodeChallengeMethod::S256 => "S256",
                    CodeChallengeMethod::Plain => "plain",
                },
            );
            code_verifier = Some(verifier);
        }
        grant.resource.iter().for_each(|resource| form.push("resource", resource));
        form.push_some("audience", grant.audience.as_deref());
        grant.auth_request_params.iter().for_each(|(name, value)| form.push(name, value));
        let url = with_query(&auth_url, form.text())?;
        Ok(Self { grant: grant.clone(), auth_url, parameters: form.text().to_owned(), url, state, code_verifier })
    }

    /// Where to send the person.
    #[must_use]
    pub const fn url(&self) -> &Uri {
        &self.url
    }

    /// The state, which comes back.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.expose()
    }

    /// Sends the parameters ahead, from server to server (RFC 9126): the request to the grant's `par_url`, whose reply goes to
    /// [`AuthorizationRequest::pushed`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] without a `par_url`.
    pub fn push_request(&self, ctx: &Context) -> Result<Request<Payload>> {
        let uri = endpoint("par_url", self.grant.par_url.as_deref().unwrap_or_default(), &self.grant)?;
        let mut form = Form::default();
        for (name, value) in query::pairs(&self.parameters) {
            let decode = |text: &str| String::from_utf8_lossy(&form_decode(text.as_bytes())).into_owned();
            // The client names itself as it authenticates.
            if name != "client_id" {
                form.push(&decode(name), &decode(value.unwrap_or_default()));
            }
        }
        form.into_request(&self.grant, uri, ctx)
    }

    /// Reads the reply to a pushed request: from then on, the URL is short and says nothing.
    ///
    /// # Errors
    /// [`ErrorKind::TokenRequestFailed`] when the server refuses, or its reply lacks `request_uri`.
    pub fn pushed<'a>(&mut self, reply: impl Into<Reply<'a>>) -> Result<()> {
        let reply = reply.into();
        let object = read_object(reply)?;
        let request_uri = object.get("request_uri").and_then(Value::as_str).ok_or_else(|| {
            Error::new(ErrorKind::TokenRequestFailed, "the reply to the pushed request has no `request_uri`")
        })?;
        let mut form = Form::default();
        form.push("client_id", &self.grant.client_id);
        form.push("request_uri", request_uri);
        self.url = with_query(&self.auth_url, form.text())?;
        Ok(())
    }

    /// Reads the URL that the browser came back on: whole, or as a listener sees it (`/callback?…`). A fragment counts for the
    /// implicit grant only.
    ///
    /// # Errors
    /// * [`ErrorKind::StateMismatch`] when it is not the answer to this request: another callback URL, `state` or `iss`, or a
    ///   parameter that occurs twice.
    /// * [`ErrorKind::TokenRequestFailed`] when the person or server refused (`error`), or code or token are missing.
    pub fn callback(&self, url: &str, ctx: &Context) -> Result<Callback> {
        let mismatch = |why: &'static str| Error::new(ErrorKind::StateMismatch, why);
        let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
        let uri: Uri = url.parse().map_err(|err| mismatch("the callback is no URL").with_source(err))?;
        if !self.is_callback(&uri) {
            return Err(mismatch("the callback came to another URL than `callback_url`"));
        }
        let is_implicit = self.grant.grant_type == GrantType::Implicit;
        let pairs = if is_implicit && !fragment.is_empty() { fragment } else { uri.query().unwrap_or_default() };
        let mut parameters = Map::new();
        for (name, value) in query::pairs(pairs) {
            let decode = |text: &str| String::from_utf8_lossy(&form_decode(text.as_bytes())).into_owned();
            let value = Value::String(decode(value.unwrap_or_default()));
            if parameters.insert(decode(name), value).is_some() {
                return Err(mismatch("a parameter of the callback occurs twice"));
            }
        }
        let get = |name: &str| parameters.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let same = |one: &str, two: &str| bool::from(one.as_bytes().ct_eq(two.as_bytes()));
        if !get("state").is_some_and(|state| same(state, self.state.expose())) {
            return Err(mismatch("the callback's `state` is not ours: it is the answer to another request, or forged"));
        }
        if let (Some(ours), Some(theirs)) = (&self.grant.issuer, get("iss"))
            && !same(ours, theirs)
        {
            return Err(mismatch("the callback's `iss` is another issuer than ours"));
        }
        let failed = |message: String| Error::new(ErrorKind::TokenRequestFailed, message);
        if let Some(error) = parameters.get("error") {
            let error = ServerError::of(&parameters, error);
            return Err(failed(format!("the authorization was refused: {error}")).with_source(error));
        }
        if is_implicit {
            let token = Token::from_object(&parameters, ctx);
            return token.map(Callback::Token).map_err(|why| failed(format!("the callback has no token: {why}")));
        }
        let code = get("code").ok_or_else(|| failed("the callback has no `code`".to_owned()))?;
        Ok(Callback::Code(code.into()))
    }

    /// Same scheme, host and path; the port is free on loopback (RFC 8252 section 7.3). A listener sees the path alone.
    fn is_callback(&self, uri: &Uri) -> bool {
        let Some(Ok(ours)) = self.grant.callback_url.as_deref().map(str::parse::<Uri>) else { return false };
        let path = |uri: &Uri| path_and_query(uri).split('?').next().unwrap_or_default().to_owned();
        if path(&ours) != path(uri) {
            return false;
        }
        let (Some(one), Some(two)) = (Origin::of(&ours), Origin::of(uri)) else { return uri.host().is_none() };
        let on_loopback = ours.host().is_some_and(is_loopback) && ours.host() == uri.host();
        one == two || (on_loopback && one.scheme() == two.scheme())
    }

    /// The token request for a code (RFC 6749 section 4.1.3).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the grant has no token endpoint.
    pub fn token_request(&self, code: &Secret, ctx: &Context) -> Result<Request<Payload>> {
        let mut form = Form::default();
        form.push("grant_type", GrantType::AuthorizationCode.as_str());
        form.push("code", code.expose());
        form.push_some("redirect_uri", self.grant.callback_url.as_deref());
        form.push_some("code_verifier", self.code_verifier.as_ref().map(Secret::expose));
        crate::request::send(&self.grant, form, ctx)
    }
}

/// The challenge of a verifier (RFC 7636 section 4.2).
#[must_use]
pub fn code_challenge(method: CodeChallengeMethod, verifier: &Secret) -> String {
    match method {
        CodeChallengeMethod::S256 => base64_url(&Sha256::digest(verifier.expose())),
        CodeChallengeMethod::Plain => verifier.expose().to_owned(),
    }
}

/// Thirty-two random bytes: 43 characters, none of which needs encoding.
fn drawn(ctx: &Context) -> Result<Secret> {
    let mut random = zeroize::Zeroizing::new([0; 32]);
    ctx.random(&mut *random)?;
    Ok(base64_url(&*random).into())
}

fn checked(verifier: &Secret) -> Result<Secret> {
    let text = verifier.expose();
    let is_valid = (43..=128).contains(&text.len()) && text.bytes().all(countersign_core::encode::is_unreserved);
    if !is_valid {
        const WHY: &str =
            "`code_verifier` is not of 43 to 128 characters of A-Z a-z 0-9 - . _ ~ (RFC 7636 section 4.1)";
        return Err(Error::new(ErrorKind::InvalidConfig, WHY));
    }
    Ok(verifier.clone())
}

fn with_query(uri: &Uri, more: &str) -> Result<Uri> {
    let text = path_and_query(uri);
    let separator = if text.ends_with(['?', '&']) {
        ""
    } else if text.contains('?') {
        "&"
    } else {
        "?"
    };
    query::with_path_and_query(uri, format!("{text}{separator}{more}"))
}

/// Shows where the person goes, without the state.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest").field("auth_url", &self.auth_url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        let mut grant =
            Grant::authorization_code("https://as/auth?tenant=1", "https://as/token", "app", "https://app/back");
        grant.scope = Some("a b".into());
        grant.state = Some("st ate".into());
        grant.code_verifier = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        grant.issuer = Some("https://as".into());
        grant
    }

    /// RFC 7636 appendix B.
    #[test]
    fn the_rfcs_challenge() {
        let request = AuthorizationRequest::new(&grant(), &Context::now()).unwrap();
        let url = request.url().to_string();
        let expected = "https://as/auth?tenant=1&response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp%2Fback&scope=a%20b\
            &state=st%20ate&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
        assert_eq!(url, expected);
        let token = request.token_request(&"c/ode".into(), &Context::now()).unwrap();
        let body = String::from_utf8(token.body().bytes().unwrap().to_vec()).unwrap();
        assert_eq!(
            body,
            "grant_type=authorization_code&code=c%2Fode&redirect_uri=https%3A%2F%2Fapp%2Fback\
             &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&client_id=app"
        );
        assert!(!format!("{request:?}").contains("ate"));
    }

    #[test]
    fn what_is_drawn_is_new_each_time() {
        let mut grant = grant();
        (grant.state, grant.code_verifier) = (None, None);
        let one = AuthorizationRequest::new(&grant, &Context::now()).unwrap();
        let two = AuthorizationRequest::new(&grant, &Context::now()).unwrap();
        assert!(one.state().len() == 43 && one.state() != two.state());
        assert_ne!(one.code_verifier, two.code_verifier);
        for verifier in ["short", &"x".repeat(129), &"\u{fc}".repeat(43)] {
            grant.code_verifier = Some((*verifier).into());
            assert_eq!(
                AuthorizationRequest::new(&grant, &Context::now()).unwrap_err().kind(),
                ErrorKind::InvalidConfig
            );
        }
    }

    #[test]
    fn callbacks_are_checked_before_they_are_believed() {
        let request = AuthorizationRequest::new(&grant(), &Context::now()).unwrap();
        let read = |url: &str| match request.callback(url, &Context::at(0)) {
            Ok(Callback::Code(code)) => Ok(code.expose().to_owned()),
            Ok(Callback::Token(_)) => Ok(String::new()),
            Err(why) => Err(why.kind()),
        };
        for url in ["https://app/back?code=c%2B&state=st+ate", "/back?state=st%20ate&code=c%2B&iss=https%3A%2F%2Fas"] {
            assert_eq!(read(url), Ok("c+".to_owned()));
        }
        for url in [
            "https://app/back?code=c",
            "https://app/back?code=c&state=other",
            "https://app/back?error=access_denied&state=other",
            "https://app/back?code=c&state=st+ate&state=st+ate",
            "https://app/back?code=c&code=d&state=st+ate",
            "https://app/back?code=c&state=st+ate&iss=https%3A%2F%2Fevil",
            "https://app:444/back?code=c&state=st+ate",
            "http://app/back?code=c&state=st+ate",
            "https://app/other?code=c&state=st+ate",
            "https://app/back#code=c&state=st+ate",
        ] {
            assert_eq!(read(url), Err(ErrorKind::StateMismatch), "{url}");
        }
        assert_eq!(read("https://app/back?state=st+ate"), Err(ErrorKind::TokenRequestFailed));
        let error = request.callback("https://app/back?state=st+ate&error=access_denied", &Context::at(0)).unwrap_err();
        assert_eq!(ServerError::cause_of(&error).unwrap().error, "access_denied");
    }

    #[test]
    fn implicit_tokens_come_in_the_fragment() {
        let mut grant = grant();
        grant.grant_type = GrantType::Implicit;
        grant.callback_url = Some("http://127.0.0.1/back".into());
        let request = AuthorizationRequest::new(&grant, &Context::now()).unwrap();
        assert!(request.url().query().unwrap().contains("response_type=token") && request.code_verifier.is_none());
        let url = "http://127.0.0.1:5432/back#access_token=t&token_type=Bearer&expires_in=60&state=st%20ate";
        let Callback::Token(token) = request.callback(url, &Context::at(1000)).unwrap() else { panic!() };
        assert_eq!((token.access_token.expose(), token.expires_at), ("t", Some(1060)));
    }
}
