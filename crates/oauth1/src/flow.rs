//! The three-legged flow (RFC 5849 section 2): how a user gives a program a token. Requests out, responses in; sending is the
//! caller's.
//!
//! ```
//! use countersign_core::{Context, Payload};
//! use countersign_oauth1::{Config, Signer, flow};
//! use http::{HeaderMap, Request, Response, StatusCode};
//!
//! # fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, std::io::Error> {
//! #     let body = if request.uri().path() == "/initiate" {
//! #         "oauth_token=hh5s93j4hdidpola&oauth_token_secret=hdhd0244k9j7ao03&oauth_callback_confirmed=true"
//! #     } else {
//! #         "oauth_token=nnch734d00sl2jdk&oauth_token_secret=pfkkdhi9sl3r4s00"
//! #     };
//! #     Ok(Response::new(body.into()))
//! # }
//! let config = Config::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44");
//!
//! // 1. Temporary credentials.
//! let uri = "https://photos.example.net/initiate".parse()?;
//! let request = flow::temporary_credentials_request(&config, &uri, "https://printer.example.com/ready", &Context::now())?;
//! let response = send(request)?;
//! let temporary = flow::temporary_credentials(&response)?;
//!
//! // 2. The user's consent, in a browser.
//! let url = flow::authorization_url(&"https://photos.example.net/authorize".parse()?, &temporary.token)?;
//! assert_eq!(url, "https://photos.example.net/authorize?oauth_token=hh5s93j4hdidpola");
//! let callback = "https://printer.example.com/ready?oauth_token=hh5s93j4hdidpola&oauth_verifier=hfdp7dh39dks9884".parse()?;
//! let verifier = flow::callback(&callback, &temporary.token)?;
//!
//! // 3. The token.
//! let uri = "https://photos.example.net/token".parse()?;
//! let request = flow::token_request(&config, &uri, &temporary, &verifier, &Context::now())?;
//! let response = send(request)?;
//! let credentials = flow::token_credentials(&response)?;
//!
//! let signer = Signer::new(&config.with_token(credentials.token, credentials.token_secret))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::borrow::Cow;

use countersign_core::encode::{form_decode, percent_decode, push_percent};
use countersign_core::{
    Context, Error, ErrorKind, Payload, Quoted, Reply, Result, Scheme as _, Secret, challenge, query,
};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, StatusCode, Uri};
use subtle::ConstantTimeEq as _;

use crate::{Config, Signer};

/// A token, its secret, and whatever else the provider sent with them (a user's name and id, say).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Credentials {
    /// `oauth_token`.
    pub token: String,
    /// `oauth_token_secret`; may be empty.
    pub token_secret: Secret,
    /// The other pairs of the reply, in order.
    pub extra: Vec<(String, String)>,
}

/// The request for temporary credentials (RFC 5849 section 2.1): a POST to `uri`, signed without a token, as `config` says. What
/// the config has of token and verifier is left out. `callback` is where the user is sent back to, or `oob` when the provider
/// shows the verifier instead.
///
/// # Errors
/// As [`Signer::new`] and signing; [`ErrorKind::InvalidConfig`] for an empty callback.
pub fn temporary_credentials_request(
    config: &Config,
    uri: &Uri,
    callback: &str,
    ctx: &Context,
) -> Result<Request<Payload>> {
    if callback.is_empty() {
        return Err(Error::new(ErrorKind::InvalidConfig, "the callback is empty: give a URL, or `oob`"));
    }
    let mut config = Config { token: None, token_secret: None, verifier: None, ..config.clone() };
    config.callback = Some(callback.to_owned());
    post(&config, uri, String::new(), ctx)
}

/// Where to send the user for consent (RFC 5849 section 2.2): `uri` with the temporary token.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] when the result is too long for a URI.
pub fn authorization_url(uri: &Uri, temporary_token: &str) -> Result<Uri> {
    query::replace(uri, |name| name == b"oauth_token", &[("oauth_token", temporary_token)])
}

/// Reads the URL that the user came back on: gives the verifier (RFC 5849 section 2.2).
///
/// # Errors
/// * [`ErrorKind::StateMismatch`] when its token is not `temporary_token`: it is another user's, or forged.
/// * [`ErrorKind::Rejected`] when the user or provider refused (`denied`, `oauth_problem`).
/// * [`ErrorKind::InvalidRequest`] when a parameter is missing or occurs twice.
pub fn callback(uri: &Uri, temporary_token: &str) -> Result<String> {
    let pairs = Pairs::read(uri.query().unwrap_or_default().as_bytes());
    let invalid = |why: String| Error::new(ErrorKind::InvalidRequest, format!("the callback cannot be read: {why}"));
    for name in ["oauth_token", "oauth_verifier", "oauth_problem", "denied"] {
        if pairs.all(name).nth(1).is_some() {
            return Err(invalid(format!("`{name}` occurs twice")));
        }
    }
    let is_ours = |token: &str| bool::from(token.as_bytes().ct_eq(temporary_token.as_bytes()));
    // Twitter's refusal names the token in `denied`, and nothing else.
    let token = pairs.one("oauth_token").or_else(|| pairs.one("denied"));
    let problem = pairs.one("oauth_problem");
    match token {
        // Problem reporting does not demand the token; without one there is nothing to check.
        None if problem.is_some() => {}
        None => return Err(invalid("`oauth_token` is missing".to_owned())),
        Some(token) if !is_ours(token) => {
            return Err(Error::new(ErrorKind::StateMismatch, "the callback is for another token than ours"));
        }
        Some(_) => {}
    }
    if let Some(problem) = problem {
        let message = format!("the provider refused: oauth_problem is {}", Quoted(problem.as_bytes()));
        return Err(Error::new(ErrorKind::Rejected, message));
    }
    if pairs.one("denied").is_some() {
        return Err(Error::new(ErrorKind::Rejected, "the user refused"));
    }
    pairs.one("oauth_verifier").map(str::to_owned).ok_or_else(|| invalid("`oauth_verifier` is missing".to_owned()))
}

/// The request for token credentials (RFC 5849 section 2.3): a POST to `uri`, signed with the temporary credentials.
///
/// # Errors
/// As [`Signer::new`] and signing.
pub fn token_request(
    config: &Config,
    uri: &Uri,
    temporary: &Credentials,
    verifier: &str,
    ctx: &Context,
) -> Result<Request<Payload>> {
    let mut config = config.clone().with_token(&temporary.token, temporary.token_secret.clone());
    config.callback = None;
    config.verifier = Some(verifier.to_owned());
    post(&config, uri, String::new(), ctx)
}

/// The request for token credentials by user name and password, without a browser (xAuth), for the providers that allow it.
/// Over TLS only: the password is in the body.
///
/// # Errors
/// As [`Signer::new`] and signing.
pub fn xauth_request(
    config: &Config,
    uri: &Uri,
    username: &str,
    password: &Secret,
    ctx: &Context,
) -> Result<Request<Payload>> {
    let config = Config { token: None, token_secret: None, verifier: None, callback: None, ..config.clone() };
    let mut form = "x_auth_mode=client_auth&x_auth_username=".to_owned();
    push_percent(&mut form, username);
    form.push_str("&x_auth_password=");
    push_percent(&mut form, password.expose());
    post(&config, uri, form, ctx)
}

fn post(config: &Config, uri: &Uri, form: String, ctx: &Context) -> Result<Request<Payload>> {
    let mut request = Request::post(uri.clone())
        .body(Payload::empty())
        .map_err(|err| Error::new(ErrorKind::InvalidRequest, "the provider's URI makes no request").with_source(err))?;
    // A form, if an empty one: with `AddTo::Request` the signature goes there.
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, form_type);
    *request.body_mut() = Payload::from(form);
    let (mut parts, mut payload) = request.into_parts();
    Signer::new(config)?.sign(&mut parts, &mut payload, ctx)?;
    Ok(Request::from_parts(parts, payload))
}

/// Reads the reply with temporary credentials (RFC 5849 section 2.1), which must hold `oauth_callback_confirmed=true`.
///
/// # Errors
/// [`ErrorKind::TokenRequestFailed`] with the status, and `oauth_problem` where the reply has one.
pub fn temporary_credentials<'a>(reply: impl Into<Reply<'a>>) -> Result<Credentials> {
    let reply = reply.into();
    let (credentials, confirmed) = credentials(reply)?;
    if !confirmed {
        const WHY: &str = "`oauth_callback_confirmed` is not true: the provider speaks OAuth 1.0, before its revision A, and is open \
            to session fixation";
        return Err(failed(reply.status, WHY));
    }
    Ok(credentials)
}

/// Reads the reply with token credentials (RFC 5849 section 2.3; xAuth's is the same).
///
/// # Errors
/// [`ErrorKind::TokenRequestFailed`] with the status, and `oauth_problem` where the reply has one.
pub fn token_credentials<'a>(reply: impl Into<Reply<'a>>) -> Result<Credentials> {
    credentials(reply.into()).map(|(credentials, _)| credentials)
}

/// What a reply to either request holds, and whether the callback is confirmed.
fn credentials(reply: Reply<'_>) -> Result<(Credentials, bool)> {
    let Reply { status, headers, body, .. } = reply;
    let pairs = Pairs::read(body);
    if let Some(problem) = problem(headers, &pairs) {
        return Err(failed(status, &format!("oauth_problem is {}", Quoted(problem.as_bytes()))));
    }
    if !status.is_success() {
        return Err(failed(status, "the body names no `oauth_problem`"));
    }
    let once = |name: &'static str| match (pairs.one(name), pairs.all(name).nth(1)) {
        (Some(value), None) => Ok(value.to_owned()),
        (None, _) => Err(failed(status, &format!("`{name}` is missing"))),
        (Some(_), Some(_)) => Err(failed(status, &format!("`{name}` occurs twice"))),
    };
    let (token, token_secret) = (once("oauth_token")?, Secret::from(once("oauth_token_secret")?));
    if token.is_empty() {
        return Err(failed(status, "`oauth_token` is empty"));
    }
    let confirmed = pairs.one("oauth_callback_confirmed") == Some("true");
    const OURS: [&str; 3] = ["oauth_token", "oauth_token_secret", "oauth_callback_confirmed"];
    let extra = pairs.0.into_iter().filter(|(name, _)| !OURS.contains(&name.as_str()));
    Ok((Credentials { token, token_secret, extra: extra.collect() }, confirmed))
}

/// `oauth_problem`, from `WWW-Authenticate: OAuth …` or the body (OAuth Problem Reporting).
fn problem(headers: &HeaderMap, pairs: &Pairs) -> Option<String> {
    let challenges = challenge::in_headers(headers, &WWW_AUTHENTICATE).filter_map(Result::ok);
    let in_header = challenges.filter(|challenge| challenge.is("OAuth")).find_map(|challenge| {
        let value = challenge.param("oauth_problem")?;
        Some(String::from_utf8_lossy(&percent_decode(&value)).into_owned())
    });
    in_header.or_else(|| pairs.one("oauth_problem").map(str::to_owned))
}

fn failed(status: StatusCode, why: &str) -> Error {
    Error::new(ErrorKind::TokenRequestFailed, format!("the provider's reply (status {}): {why}", status.as_u16()))
}

/// A form's pairs, decoded; what is not UTF-8 is replaced by U+FFFD.
struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn read(form: &[u8]) -> Self {
        // Some providers end the line.
        let text = String::from_utf8_lossy(form.trim_ascii());
        let decode = |text: &str| match form_decode(text.as_bytes()) {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let pairs = query::pairs(&text).filter(|(name, _)| !name.is_empty());
        Self(pairs.map(|(name, value)| (decode(name), decode(value.unwrap_or_default()))).collect())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }
}

/// OAuth Echo: the headers `X-Auth-Service-Provider` and `X-Verify-Credentials-Authorization`, with which a third party can ask
/// `provider` who the user is, without seeing a secret. `signer` has the user's token and signs in the header.
///
/// # Errors
/// As signing; [`ErrorKind::InvalidConfig`] when the signer does not sign in the header.
pub fn echo(signer: &Signer, provider: &Uri, ctx: &Context) -> Result<HeaderMap> {
    let invalid = |err: http::Error| {
        Error::new(ErrorKind::InvalidRequest, "the provider's URI makes no request").with_source(err)
    };
    let (parts, ()) = Request::get(provider.clone()).body(()).map_err(invalid)?.into_parts();
    let signed = signer.compute(&parts, &Payload::empty(), ctx)?;
    let authorization = signed.headers().iter().find(|(name, _)| name == AUTHORIZATION);
    let (_, authorization) = authorization
        .ok_or_else(|| Error::new(ErrorKind::InvalidConfig, "OAuth Echo needs `add_to` to be `header`"))?;
    let provider = HeaderValue::from_str(&provider.to_string()).map_err(|err| invalid(err.into()))?;
    Ok(HeaderMap::from_iter([
        (HeaderName::from_static("x-auth-service-provider"), provider),
        (HeaderName::from_static("x-verify-credentials-authorization"), authorization.clone()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Result<Credentials> {
        temporary_credentials(Reply::new(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes()))
    }

    #[test]
    fn replies_are_decoded_and_demanded_whole() {
        let whole = "oauth_token=a%2Fb+c&oauth_token_secret=s&oauth_callback_confirmed=true&screen_name=J%C3%BC\r\n";
        let credentials = reply(200, whole).unwrap();
        assert_eq!((credentials.token.as_str(), credentials.token_secret.expose()), ("a/b c", "s"));
        assert_eq!(credentials.extra, [("screen_name".to_owned(), "J\u{fc}".to_owned())]);
        assert!(!format!("{credentials:?}").contains("\"s\""));
        for (status, body, part) in [
            (200, "oauth_token=a&oauth_token_secret=s", "callback_confirmed"),
            (200, "oauth_token=a&oauth_callback_confirmed=true", "`oauth_token_secret` is missing"),
            (200, "oauth_token=a&oauth_token=b&oauth_token_secret=s", "`oauth_token` occurs twice"),
            (200, "oauth_token=&oauth_token_secret=s", "`oauth_token` is empty"),
            (200, "oauth_problem=token_rejected", "status 200): oauth_problem is \"token_rejected\""),
            (401, "oauth_token=a&oauth_token_secret=s&oauth_callback_confirmed=true", "status 401"),
            (502, "<html>s3cret</html>", "status 502"),
        ] {
            let error = reply(status, body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TokenRequestFailed);
            assert!(error.to_string().contains(part) && !error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn problems_are_read_from_the_header() {
        let value = HeaderValue::from_static("OAuth realm=\"x\", oauth_problem=\"timestamp%5Frefused\"");
        let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, value)]);
        let error = token_credentials(Reply::new(StatusCode::UNAUTHORIZED, &headers, b"")).unwrap_err();
        assert!(error.to_string().contains("timestamp_refused"), "{error}");
    }

    #[test]
    fn callbacks_are_for_our_token() {
        let read = |query: &str| {
            let uri = format!("https://h/ready?{query}").parse().unwrap();
            callback(&uri, "tok").map_err(|err| err.kind())
        };
        assert_eq!(read("oauth_token=tok&oauth_verifier=v%2B"), Ok("v+".to_owned()));
        assert_eq!(read("oauth_token=other&oauth_verifier=v"), Err(ErrorKind::StateMismatch));
        assert_eq!(read("oauth_token=other&oauth_problem=user_refused"), Err(ErrorKind::StateMismatch));
        assert_eq!(read("denied=other"), Err(ErrorKind::StateMismatch));
        assert_eq!(read("denied=tok"), Err(ErrorKind::Rejected));
        assert_eq!(read("oauth_problem=user_refused"), Err(ErrorKind::Rejected));
        for query in ["", "oauth_verifier=v", "oauth_token=tok", "oauth_token=tok&oauth_token=tok&oauth_verifier=v"] {
            assert_eq!(read(query), Err(ErrorKind::InvalidRequest), "{query}");
        }
    }

    #[test]
    fn requests_carry_what_their_leg_needs() {
        let config = Config::new("k", "s").with_token("old", "old");
        let uri: Uri = "https://h/initiate".parse().unwrap();
        let ctx = Context::at(1).with_nonce("n");
        let header = |request: &Request<Payload>| request.headers()[AUTHORIZATION].to_str().unwrap().to_owned();
        let first = header(&temporary_credentials_request(&config, &uri, "oob", &ctx).unwrap());
        assert!(first.contains("oauth_callback=\"oob\"") && !first.contains("oauth_token="), "{first}");
        let temporary = Credentials { token: "t".into(), token_secret: "ts".into(), extra: Vec::new() };
        let second = header(&token_request(&config, &uri, &temporary, "v", &ctx).unwrap());
        assert!(second.contains("oauth_token=\"t\"") && second.contains("oauth_verifier=\"v\""), "{second}");
        let xauth = xauth_request(&config, &uri, "u&", &"p=".into(), &ctx).unwrap();
        let form = b"x_auth_mode=client_auth&x_auth_username=u%26&x_auth_password=p%3D";
        assert_eq!(xauth.body().bytes().unwrap().as_ref(), form);
        let headers = echo(&Signer::new(&config).unwrap(), &uri, &ctx).unwrap();
        assert_eq!(headers["x-auth-service-provider"], "https://h/initiate");
        assert!(headers["x-verify-credentials-authorization"].is_sensitive());
    }
}
