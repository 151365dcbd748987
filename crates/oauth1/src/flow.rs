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

use bytes::Bytes;
use countersign_core::encode::push_percent;
use countersign_core::{Context, Error, ErrorKind, Payload, Quoted, Result, Scheme as _, Secret, query};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Request, Uri};
use subtle::ConstantTimeEq as _;

use crate::placement::owned;
use crate::{Config, Signer};

mod reply;

use reply::Pairs;
pub use reply::{Credentials, temporary_credentials, token_credentials};

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
    post(&config, uri, Bytes::new(), ctx)
}

/// Where to send the user for consent (RFC 5849 section 2.2): `uri` with the temporary token.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] when the result is too long for a URI.
pub fn authorization_url(uri: &Uri, temporary_token: &str) -> Result<Uri> {
    query::replace(uri, |name| name == b"oauth_token", &[("oauth_token", temporary_token)])
}

/// Reads the URL that the user came back on; returns the verifier (RFC 5849 section 2.2).
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
        let message = format!("the provider refused: `oauth_problem` is {}", Quoted(problem.as_bytes()));
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
    post(&config, uri, Bytes::new(), ctx)
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
    // Room for all, so that growing leaves no copy of the password behind.
    let mut form = String::with_capacity(64 + 3 * (username.len() + password.expose().len()));
    form.push_str("x_auth_mode=client_auth&x_auth_username=");
    push_percent(&mut form, username);
    form.push_str("&x_auth_password=");
    push_percent(&mut form, password.expose());
    post(&config, uri, owned(form, true), ctx)
}

fn post(config: &Config, uri: &Uri, form: Bytes, ctx: &Context) -> Result<Request<Payload>> {
    let mut request = Request::post(uri.clone()).body(Payload::empty()).map_err(|err| {
        Error::new(ErrorKind::InvalidRequest, "the provider's URI cannot be requested").with_source(err)
    })?;
    // A form, if an empty one: with `AddTo::Request` the signature goes there.
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, form_type);
    *request.body_mut() = Payload::from(form);
    let (mut parts, mut payload) = request.into_parts();
    Signer::new(config)?.sign(&mut parts, &mut payload, ctx)?;
    Ok(Request::from_parts(parts, payload))
}

/// OAuth Echo: the headers `X-Auth-Service-Provider` and `X-Verify-Credentials-Authorization`, with which a third party can ask
/// `provider` who the user is, without seeing a secret. `signer` has the user's token and signs in the header.
///
/// # Errors
/// As signing; [`ErrorKind::InvalidConfig`] when the signer does not sign in the header.
pub fn echo(signer: &Signer, provider: &Uri, ctx: &Context) -> Result<HeaderMap> {
    let invalid = |err: http::Error| {
        Error::new(ErrorKind::InvalidRequest, "the provider's URI cannot be requested").with_source(err)
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
