//! Several schemes at once, as 1 in 11 public API descriptions demands: an API key beside a token, say.
//!
//! ```
//! use countersign::{AuthConfig, Authenticator, Context, api_key};
//! use http::Request;
//!
//! let mut key = api_key::Config::new("app_id", "5ad2");
//! key.add_to = api_key::AddTo::Query;
//!
//! let auth = Authenticator::new(&AuthConfig::all([AuthConfig::bearer("mF_9.B5f-4.1JqM"), AuthConfig::ApiKey(key)]))?;
//! let request = auth.sign_request(Request::get("https://api.example.com/items").body(())?, &Context::now())?;
//! assert_eq!(request.uri(), "https://api.example.com/items?app_id=5ad2");
//! assert_eq!(request.headers()["authorization"], "Bearer mF_9.B5f-4.1JqM");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In whatever order they are written: API keys are added first, the scheme that signs comes last, so that it covers them. At most
//! one may sign, and at most one may converse with the server (Digest, NTLM, a grant of OAuth 2). Beside each other, the request
//! is signed once, before the conversation, which then adds its header.

mod conversation;
mod place;

use std::borrow::Cow;
use std::sync::Arc;

use countersign_core::{Context, Dialogue, Error, ErrorKind, Once, Payload, Result, Scheme, Signed};
use http::Request;
use http::request::Parts;

use self::conversation::Conversation;
use self::place::{Part, Place};
use crate::AuthConfig;
use crate::builder::Making;

/// What applies together. As JSON: `{ "of": [{ "type": "bearer", "token": "…" }, { "type": "api-key", "key": "…", "value": "…" }] }`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The configs; at least one, none that inherits, and none that is itself of several.
    pub of: Vec<AuthConfig>,
}

impl Config {
    /// These configs together.
    #[must_use]
    pub fn new(of: impl IntoIterator<Item = AuthConfig>) -> Self {
        Self { of: of.into_iter().collect() }
    }
}

/// Applies several schemes to every request.
#[derive(Debug)]
pub struct Signer {
    /// Those that come before the last, in order.
    keys: Vec<Arc<dyn Scheme>>,
    /// The one that converses, else the one that signs.
    last: Option<Arc<dyn Scheme>>,
}

impl Signer {
    /// Checks the configs and prepares the scheme of each.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when there is none, when one inherits or is itself of several, when two fill one place (the
    /// `Authorization` header, an API key's), when two sign, when two converse, and when a token that is got would change the
    /// query that is signed. Else as the schemes' own errors.
    pub fn new(config: &Config) -> Result<Self> {
        Self::make(config, &mut Making::default())
    }

    pub(crate) fn make(config: &Config, making: &mut Making) -> Result<Self> {
        if config.of.is_empty() {
            return Err(invalid("`of` of `all` is empty"));
        }
        let (mut keys, mut others, mut signs, mut converses) = (Vec::new(), Vec::new(), None, None);
        let mut places: Vec<Place<'_>> = Vec::new();
        for one in &config.of {
            if matches!(one, AuthConfig::Inherit | AuthConfig::All(_)) {
                return Err(invalid("`of` of `all` holds what inherits, or an `all` of its own"));
            }
            if let Some(place) = Place::of(one) {
                if places.contains(&place) {
                    return Err(invalid(format!("two configs of `all` fill one place: {place}")));
                }
                places.push(place);
            }
            let scheme = one.scheme(making)?;
            match Part::of(one) {
                Part::Key => keys.push(scheme),
                Part::Known => others.push(scheme),
                Part::Signs if signs.is_none() => signs = Some(scheme),
                Part::Signs => {
                    return Err(invalid("two configs of `all` sign: only one can cover the request as it goes out"));
                }
                Part::Converses if converses.is_none() => {
                    converses = Some((scheme, !matches!(Place::of(one), Some(Place::Header(_)))));
                }
                Part::Converses => return Err(invalid("two configs of `all` converse with the server")),
            }
        }
        keys.append(&mut others);
        let last = match (signs, converses) {
            (Some(_), Some((_, true))) => {
                return Err(invalid("of `all`, one config signs the query, and another adds a token to it afterwards"));
            }
            (signs, Some((converses, _))) => {
                keys.extend(signs);
                Some(converses)
            }
            (signs, None) => signs,
        };
        Ok(Self { keys, last })
    }

    /// Adds what is known, and returns it.
    fn add_keys(&self, parts: &mut Parts, payload: &mut Payload, ctx: &Context) -> Result<Signed> {
        self.keys.iter().try_fold(Signed::default(), |before, key| Ok(before.then(key.sign(parts, payload, ctx)?)))
    }
}

impl Scheme for Signer {
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        let (mut parts, mut payload) = (parts.clone(), payload.clone());
        let signed = self.add_keys(&mut parts, &mut payload, ctx)?;
        match &self.last {
            Some(last) => Ok(signed.then(last.compute(&parts, &payload, ctx)?)),
            None => Ok(signed),
        }
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        match &self.last {
            None => Once::boxed(self, request),
            Some(_) => Box::new(Conversation::new(self, request)),
        }
    }
}

fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api_key;
    #[cfg(feature = "digest")]
    use countersign_core::Step;

    fn key(name: &str, add_to: api_key::AddTo) -> AuthConfig {
        AuthConfig::ApiKey(api_key::Config { add_to, ..api_key::Config::new(name, "hunter2") })
    }

    fn kind(of: Vec<AuthConfig>) -> Option<ErrorKind> {
        Signer::new(&Config::new(of)).err().map(|why| why.kind())
    }

    #[test]
    fn each_place_is_filled_once() {
        use api_key::AddTo::{Cookie, Header, Query};
        let places = [
            key("k", Header),
            key("k", Query),
            key("k", Cookie),
            key("K", Cookie),
            AuthConfig::bearer("t"),
            AuthConfig::None,
        ];
        assert_eq!(kind(places.to_vec()), None);
        for again in
            [key("K", Header), key("k", Query), key("k", Cookie), key("AUTHORIZATION", Header), AuthConfig::bearer("u")]
        {
            let of = places.iter().cloned().chain([again]).collect();
            assert_eq!(kind(of), Some(ErrorKind::InvalidConfig));
        }
        let error = Signer::new(&Config::new([key("k", Header), key("K", Header)])).unwrap_err();
        assert!(error.to_string().contains(r#"the header "k""#), "{error}");
    }

    #[test]
    fn nothing_nests_and_nothing_inherits() {
        for of in [vec![], vec![AuthConfig::Inherit], vec![AuthConfig::all([AuthConfig::None])]] {
            assert_eq!(kind(of), Some(ErrorKind::InvalidConfig));
        }
    }

    #[cfg(all(feature = "aws-sigv4", feature = "oauth1"))]
    #[test]
    fn what_signs_covers_the_keys_and_is_the_only_one() {
        let mut aws = crate::aws_sigv4::Config::new("AKID", "hunter2");
        aws.region = Some("us-east-1".into());
        let aws = AuthConfig::AwsSigv4(aws);
        let all = Signer::new(&Config::new([aws.clone(), key("x-key", api_key::AddTo::Header)])).unwrap();
        let (mut parts, ()) = Request::get("https://h/").body(()).unwrap().into_parts();
        let ctx = Context::at(1_440_938_160);
        all.sign(&mut parts, &mut Payload::empty(), &ctx).unwrap();
        let once = parts.headers.clone();
        assert!(once["authorization"].to_str().unwrap().contains("SignedHeaders=host;x-amz-date;x-key,"), "{once:?}");
        all.sign(&mut parts, &mut Payload::empty(), &ctx).unwrap();
        assert_eq!(once, parts.headers);

        let mut oauth1 = crate::oauth1::Config::new("k", "s");
        oauth1.add_to = crate::oauth1::AddTo::Request;
        assert_eq!(kind(vec![aws, AuthConfig::Oauth1(oauth1)]), Some(ErrorKind::InvalidConfig));
    }

    #[cfg(all(feature = "aws-sigv4", feature = "digest", feature = "ntlm", feature = "oauth2"))]
    #[test]
    fn one_may_sign_beside_one_that_converses() {
        let mut aws = crate::aws_sigv4::Config::new("AKID", "hunter2");
        aws.region = Some("us-east-1".into());
        let in_header = AuthConfig::AwsSigv4(aws.clone());
        aws.add_to = crate::aws_sigv4::AddTo::Query;
        let in_query = AuthConfig::AwsSigv4(aws);
        let (digest, ntlm) = (AuthConfig::digest("u", "p"), AuthConfig::ntlm("u", "p"));
        for other in [ntlm, in_header.clone()] {
            assert_eq!(kind(vec![digest.clone(), other]), Some(ErrorKind::InvalidConfig));
        }
        let grant =
            crate::oauth2::ClientCredentials::new("https://a/t", "i", crate::oauth2::ClientAuthentication::None);
        let mut token = crate::oauth2::Config::of(grant);
        token.add_to = crate::oauth2::AddTo::Query;
        let error = Signer::new(&Config::new([in_header, AuthConfig::Oauth2(token)])).unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidConfig && error.to_string().contains("query"), "{error}");

        // Signed first: Digest covers the URI as it goes out, SigV4 never covers `Authorization`.
        let auth =
            crate::Authenticator::new(&AuthConfig::all([digest, in_query, key("k", api_key::AddTo::Query)])).unwrap();
        let ctx = Context::at(1_440_938_160).with_nonce("c");
        let (mut exchange, step) = auth.start(Request::get("http://h/p").body(()).unwrap(), &ctx).unwrap();
        let Step::Send(first) = step else { panic!("{step:?}") };
        let query = first.uri().query().unwrap();
        assert!(query.starts_with("k=hunter2&") && query.contains("X-Amz-Signature="), "{query}");
        let challenge =
            http::Response::builder().status(401).header("www-authenticate", r#"Digest realm="r", nonce="n""#);
        let step = exchange.on_response(&challenge.body(Vec::new()).unwrap(), &ctx).unwrap();
        let Step::Send(second) = step else { panic!("{step:?}") };
        assert_eq!(first.uri(), second.uri());
        let authorization = second.headers()["authorization"].to_str().unwrap();
        assert!(authorization.contains(&format!("uri=\"/p?{query}\"")), "{authorization}");
    }

    #[cfg(feature = "digest")]
    #[test]
    fn a_conversation_keeps_the_keys() {
        let auth = AuthConfig::all([AuthConfig::digest("u", "p"), key("k", api_key::AddTo::Query)]);
        let auth = crate::Authenticator::new(&auth).unwrap();
        let ctx = Context::at(0).with_nonce("c");
        let (mut exchange, step) = auth.start(Request::get("http://h/p").body(()).unwrap(), &ctx).unwrap();
        let Step::Send(request) = step else { panic!("{step:?}") };
        assert_eq!((request.uri().to_string(), request.headers().len()), ("http://h/p?k=hunter2".into(), 0));
        let challenge =
            http::Response::builder().status(401).header("www-authenticate", r#"Digest realm="r", nonce="n""#);
        let step = exchange.on_response(&challenge.body(Vec::new()).unwrap(), &ctx).unwrap();
        let Step::Send(request) = step else { panic!("{step:?}") };
        assert_eq!(request.uri(), "http://h/p?k=hunter2");
        assert!(request.headers()["authorization"].to_str().unwrap().contains(r#"uri="/p?k=hunter2""#));
        assert_eq!(exchange.signed().unwrap().uri().unwrap(), request.uri());
        assert!(!format!("{exchange:?} {auth:?}").contains("hunter2"));
    }
}
