use std::fmt;

use countersign_core::encode::{base64_url, form_decode};
use countersign_core::query;
use countersign_core::target::{Origin, Shown, path_and_query};
use countersign_core::{Context, Error, ErrorKind, Payload, Reply, Result, Secret};
use http::{Request, Uri};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::reply::{lacks, success};
use super::token::token_request;
use super::{ServerError, Token};
use crate::config::{AuthorizationCode, CodeChallengeMethod, Consent, Grant, GrantType, endpoint, is_loopback};
use crate::form::Form;
use crate::proof::post;

/// A request for a person's consent: the URL to open, and what only its asker knows, by which the answer is recognised: state,
/// nonce, issuer, and PKCE's verifier.
///
/// It is a value. Several may be open at once, and with the feature `serde` it can be kept in a web application's session, so that
/// the callback is answered by whichever process gets it. Whoever has it can answer the callback, so keep it from others: it shows
/// secrets when it is serialized, and never in `Debug`.
///
/// ```
/// use countersign_core::{Context, ErrorKind};
/// use countersign_oauth2::{Grant, server::{AuthorizationRequest, Callback}};
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
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
pub struct AuthorizationRequest {
    url: String,
    /// The parameters, until they are pushed.
    parameters: Secret,
    callback_url: String,
    is_implicit: bool,
    state: Secret,
    nonce: Option<Secret>,
    code_verifier: Option<Secret>,
    issuer: Option<String>,
    require_iss: bool,
}

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
    /// Draws state and verifier, unless the grant has them; and a nonce where an id token is asked for (OpenID Connect Core section
    /// 3.1.2.1: the scope `openid`) and the grant's parameters have none.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] for a grant without a browser, one that lacks `auth_url`, `callback_url` or `client_id`, or has
    /// a verifier that is not as RFC 7636 section 4.1 demands.
    pub fn new(grant: &Grant, ctx: &Context) -> Result<Self> {
        Self::bound(grant, None, ctx)
    }

    /// [`AuthorizationRequest::new`], its code bound to a key's thumbprint (RFC 9449 section 10).
    pub(crate) fn bound(grant: &Grant, thumbprint: Option<&str>, ctx: &Context) -> Result<Self> {
        let Some(consent) = grant.consent() else {
            return Err(Error::new(ErrorKind::InvalidConfig, "the grant asks no person in a browser"));
        };
        grant.check()?;
        let client = grant.client();
        let auth_url = endpoint("auth_url", &consent.auth_url, client)?;
        let state = given_or_drawn(consent.state.as_ref(), ctx)?;
        let nonce = nonce(grant, consent, ctx)?;
        let mut form = Form::default();
        form.push("response_type", if grant.grant_type() == GrantType::Implicit { "token" } else { "code" });
        form.push("client_id", &client.client_id);
        form.push("redirect_uri", &consent.callback_url);
        form.push_some("scope", client.scope.as_deref());
        form.push("state", state.expose());
        form.push_some("nonce", nonce.as_ref().map(Secret::expose));
        let code_verifier = match grant {
            Grant::AuthorizationCode(grant) => Some(push_challenge(&mut form, grant, ctx)?),
            _ => None,
        };
        form.push_some("dpop_jkt", thumbprint);
        client.resource.iter().for_each(|resource| form.push("resource", resource));
        form.push_some("audience", client.audience.as_deref());
        consent.auth_request_params.iter().for_each(|(name, value)| form.push(name, value));
        Ok(Self {
            url: with_query(&auth_url, form.text())?,
            parameters: String::from(form).into(),
            callback_url: consent.callback_url.clone(),
            is_implicit: grant.grant_type() == GrantType::Implicit,
            state,
            nonce,
            code_verifier,
            issuer: client.issuer.clone().filter(|issuer| !issuer.is_empty()),
            require_iss: consent.require_iss,
        })
    }

    /// Where to send the person.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The state, which comes back: by it a web application finds the request that a callback answers.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.expose()
    }

    /// The nonce that the id token must have, where one was drawn.
    #[must_use]
    pub const fn nonce(&self) -> Option<&Secret> {
        self.nonce.as_ref()
    }

    /// Sends the parameters ahead, from server to server (RFC 9126 section 2.1): the request to the grant's `par_url`, whose reply
    /// goes to [`AuthorizationRequest::pushed`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] without a `par_url`.
    pub fn push_request(&self, grant: &Grant, ctx: &Context) -> Result<Request<Payload>> {
        let par_url = match grant {
            Grant::AuthorizationCode(grant) => grant.par_url.as_deref(),
            _ => None,
        };
        let uri = endpoint("par_url", par_url.unwrap_or_default(), grant.client())?;
        let mut form = Form::default();
        for (name, value) in query::pairs(self.parameters.expose()) {
            // The client names itself as it authenticates.
            if name != "client_id" {
                form.push(&decoded(name), &decoded(value.unwrap_or_default()));
            }
        }
        post(grant, uri, form, ctx)
    }

    /// Reads the reply to a pushed request, received now: from then on, the URL is short and says nothing.
    ///
    /// # Errors
    /// [`ErrorKind::TokenRequestFailed`] when the server refuses, or its reply lacks `request_uri`.
    pub fn pushed<'a>(&mut self, grant: &Grant, reply: impl Into<Reply<'a>>, ctx: &Context) -> Result<()> {
        let object = success(reply.into(), ctx)?;
        let request_uri = object.get("request_uri").and_then(Value::as_str).ok_or_else(|| lacks("request_uri"))?;
        let auth_url = grant.consent().map(|consent| consent.auth_url.as_str()).unwrap_or_default();
        let mut form = Form::default();
        form.push("client_id", &grant.client().client_id);
        form.push("request_uri", request_uri);
        self.url = with_query(&endpoint("auth_url", auth_url, grant.client())?, form.text())?;
        self.parameters = Secret::default();
        Ok(())
    }

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

    /// The token request for a code (RFC 6749 section 4.1.3).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the grant has no token endpoint.
    pub fn code_request(&self, grant: &Grant, code: &Secret, ctx: &Context) -> Result<Request<Payload>> {
        let mut form = Form::default();
        form.push("grant_type", GrantType::AuthorizationCode.as_str());
        form.push("code", code.expose());
        form.push("redirect_uri", &self.callback_url);
        form.push_some("code_verifier", self.code_verifier.as_ref().map(Secret::expose));
        token_request(grant, form, ctx)
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

/// Adds PKCE's challenge; returns its verifier.
fn push_challenge(form: &mut Form, grant: &AuthorizationCode, ctx: &Context) -> Result<Secret> {
    let verifier = given_or_drawn(grant.code_verifier.as_ref(), ctx)?;
    let text = verifier.expose();
    let is_valid = (43..=128).contains(&text.len()) && text.bytes().all(countersign_core::encode::is_unreserved);
    if !is_valid {
        const WHY: &str =
            "`code_verifier` is not of 43 to 128 characters of A-Z a-z 0-9 - . _ ~ (RFC 7636 section 4.1)";
        return Err(Error::new(ErrorKind::InvalidConfig, WHY));
    }
    let method = match grant.code_challenge_method {
        CodeChallengeMethod::S256 => "S256",
        CodeChallengeMethod::Plain => "plain",
    };
    form.push("code_challenge", &code_challenge(grant.code_challenge_method, &verifier));
    form.push("code_challenge_method", method);
    Ok(verifier)
}

fn nonce(grant: &Grant, consent: &Consent, ctx: &Context) -> Result<Option<Secret>> {
    let scope = grant.client().scope.as_deref().unwrap_or_default();
    let is_given = consent.auth_request_params.iter().any(|(name, _)| name == "nonce");
    let is_wanted = scope.split(' ').any(|scope| scope == "openid") && !is_given;
    is_wanted.then(|| given_or_drawn(None, ctx)).transpose()
}

/// Thirty-two random bytes, unless it is given: 43 characters, none of which needs encoding.
fn given_or_drawn(given: Option<&Secret>, ctx: &Context) -> Result<Secret> {
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return Ok(given.clone());
    }
    let mut random = zeroize::Zeroizing::new([0; 32]);
    ctx.random(&mut *random)?;
    Ok(base64_url(&*random).into())
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

fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&form_decode(text.as_bytes())).into_owned()
}

fn with_query(uri: &Uri, more: &str) -> Result<String> {
    let text = path_and_query(uri);
    let separator = if text.ends_with(['?', '&']) {
        ""
    } else if text.contains('?') {
        "&"
    } else {
        "?"
    };
    query::with_path_and_query(uri, format!("{text}{separator}{more}")).map(|uri| uri.to_string())
}

/// Shows where the person goes, without the state.
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri: Option<Uri> = self.url.parse().ok();
        f.debug_struct("AuthorizationRequest").field("url", &uri.as_ref().map(Shown)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> AuthorizationCode {
        let mut grant =
            AuthorizationCode::new("https://as/auth?tenant=1", "https://as/token", "app", "https://app/back");
        grant.client.scope = Some("a b".into());
        grant.client.issuer = Some("https://as".into());
        grant.consent.state = Some("st ate".into());
        grant.code_verifier = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        grant
    }

    fn grant() -> Grant {
        code().into()
    }

    /// RFC 7636 appendix B.
    #[test]
    fn the_rfcs_challenge() {
        let request = AuthorizationRequest::new(&grant(), &Context::now()).unwrap();
        let expected = "https://as/auth?tenant=1&response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp%2Fback&scope=a%20b\
            &state=st%20ate&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
        assert_eq!(request.url(), expected);
        let token = request.code_request(&grant(), &"c/ode".into(), &Context::now()).unwrap();
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
        let mut grant = code();
        (grant.consent.state, grant.code_verifier) = (None, None);
        grant.client.scope = Some("openid".into());
        let new = |grant: &AuthorizationCode| AuthorizationRequest::new(&grant.clone().into(), &Context::now());
        let (one, two) = (new(&grant).unwrap(), new(&grant).unwrap());
        let nonce = one.nonce().unwrap();
        assert!(one.url().contains(&format!("nonce={}", nonce.expose())) && two.nonce() != Some(nonce));
        assert!(one.state().len() == 43 && one.state() != two.state());
        assert_ne!(one.code_verifier, two.code_verifier);
        for verifier in ["short", &"x".repeat(129), &"\u{fc}".repeat(43)] {
            grant.code_verifier = Some((*verifier).into());
            assert_eq!(new(&grant).unwrap_err().kind(), ErrorKind::InvalidConfig);
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
            "https://app/back?code=c&state=st+ate&iss=",
            "https://app:444/back?code=c&state=st+ate",
            "http://app/back?code=c&state=st+ate",
            "https://app/other?code=c&state=st+ate",
            "https://app/back#code=c&state=st+ate",
        ] {
            assert_eq!(read(url), Err(ErrorKind::StateMismatch), "{url}");
        }
        assert_eq!(read("https://app/back?state=st+ate"), Err(ErrorKind::TokenRequestFailed));
        let error = request.callback("https://app/back?state=st+ate&error=access_denied", &Context::at(0)).unwrap_err();
        assert!(ServerError::cause_of(&error).unwrap().is("access_denied"));
    }

    #[test]
    fn implicit_tokens_come_in_the_fragment() {
        let mut grant = crate::config::Implicit::new("https://as/auth", "app", "http://127.0.0.1/back");
        grant.consent.state = Some("st ate".into());
        let request = AuthorizationRequest::new(&grant.into(), &Context::now()).unwrap();
        assert!(request.url().contains("response_type=token") && request.code_verifier.is_none());
        let url = "http://127.0.0.1:5432/back#access_token=t&token_type=Bearer&expires_in=60&state=st%20ate";
        let Callback::Token(token) = request.callback(url, &Context::at(1000)).unwrap() else { panic!() };
        assert_eq!((token.access_token.expose(), token.expires_at), ("t", Some(1060)));
    }

    #[test]
    fn an_issuer_that_is_promised_is_demanded() {
        let mut grant = code();
        grant.consent.require_iss = true;
        let request = AuthorizationRequest::new(&grant.clone().into(), &Context::now()).unwrap();
        let kind = |url: &str| request.callback(url, &Context::at(0)).map_err(|err| err.kind());
        assert!(kind("/back?code=c&state=st+ate&iss=https%3A%2F%2Fas").is_ok());
        assert_eq!(kind("/back?code=c&state=st+ate").unwrap_err(), ErrorKind::StateMismatch);
        grant.client.issuer = None;
        let request = AuthorizationRequest::new(&grant.into(), &Context::now()).unwrap();
        assert!(request.callback("/back?code=c&state=st+ate&iss=https%3A%2F%2Fas", &Context::at(0)).is_err());
    }

    #[test]
    fn a_pushed_request_is_one_that_the_server_took() {
        let mut grant = code();
        grant.par_url = Some("https://as/par".into());
        let grant = grant.into();
        let mut request = AuthorizationRequest::new(&grant, &Context::now()).unwrap();
        let mut reply = http::Response::new(r#"{"request_uri":"urn:x","expires_in":60}"#);
        *reply.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        assert_eq!(request.pushed(&grant, &reply, &Context::at(0)).unwrap_err().kind(), ErrorKind::TokenRequestFailed);
        *reply.status_mut() = http::StatusCode::CREATED;
        request.pushed(&grant, &reply, &Context::at(0)).unwrap();
        assert_eq!(request.url(), "https://as/auth?tenant=1&client_id=app&request_uri=urn%3Ax");
    }

    #[cfg(feature = "serde")]
    #[test]
    fn another_process_takes_the_callback() {
        let json = serde_json::to_string(&AuthorizationRequest::new(&grant(), &Context::now()).unwrap()).unwrap();
        let request: AuthorizationRequest = serde_json::from_str(&json).unwrap();
        assert!(matches!(request.callback("/back?code=c&state=st+ate", &Context::at(0)), Ok(Callback::Code(_))));
        assert!(request.callback("/back?code=c&state=other", &Context::at(0)).is_err());
    }
}
