//! A scheme that a description defines, and the configs that it makes.

use countersign::api_key::{self, AddTo};
use countersign::oauth1::{self, SignatureMethod};
use countersign::oauth2::GrantType;
use countersign::{AuthConfig, ErrorKind, Result, aws_sigv4, digest, hawk, ntlm};

use serde_json::{Map, Value};

use super::url;
use crate::error::{invalid, quoted, unsupported};
use crate::variables::Names;
use crate::{Note, config};

/// What the descriptions' words come down to.
#[derive(Clone, Debug)]
pub(crate) enum Scheme {
    Basic,
    Bearer,
    Digest,
    /// OAuth 1.0 with its signature method.
    OAuth1(SignatureMethod),
    Hawk,
    Ntlm,
    ApiKey(AddTo, String),
    /// AWS Signature V4, for a service if the description names one.
    AwsSigv4(Option<&'static str>),
    /// Each flow is a way of its own.
    OAuth2(Vec<Flow>),
    /// The discovery document's URL.
    OpenIdConnect(String),
    /// A client certificate: nothing that a request carries.
    MutualTls,
    /// What cannot be carried over, and why.
    Fault(ErrorKind, String),
}

/// One way to a token.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) grant_type: GrantType,
    pub(crate) authorization_url: Option<String>,
    pub(crate) token_url: Option<String>,
    pub(crate) device_url: Option<String>,
}

impl Flow {
    pub(crate) fn new(grant_type: GrantType) -> Self {
        Self { grant_type, authorization_url: None, token_url: None, device_url: None }
    }

    /// The better grant has the lower rank.
    fn rank(&self) -> usize {
        match self.grant_type {
            GrantType::AuthorizationCode => 0,
            GrantType::ClientCredentials => 1,
            GrantType::DeviceCode => 2,
            GrantType::Password => 3,
            _ => 4,
        }
    }
}

/// What all schemes of a description share while their configs are made.
pub(crate) struct Making<'a> {
    /// What relative endpoints are resolved against.
    pub(crate) base: Option<&'a str>,
    pub(crate) names: Names,
    pub(crate) notes: Vec<Note>,
}

impl<'a> Making<'a> {
    pub(crate) fn new(base: Option<&'a str>) -> Self {
        Self { base, names: Names::new(), notes: Vec::new() }
    }

    /// A note, once.
    pub(crate) fn note(&mut self, place: &str, text: impl Into<String>) {
        let note = Note::new(place, text);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// A part of a request that only one credential can fill.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Header(String),
    Query(String),
    Cookie(String),
}

impl Scheme {
    /// For an `http` scheme (RFC 9110 section 11.1); `place` names it in errors.
    pub(crate) fn http(name: &str) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "basic" => Self::Basic,
            "bearer" => Self::Bearer,
            "digest" => Self::Digest,
            "oauth" => Self::OAuth1(SignatureMethod::default()),
            "hawk" => Self::Hawk,
            "ntlm" => Self::Ntlm,
            _ => {
                Self::Fault(ErrorKind::UnsupportedScheme, format!("the HTTP scheme {} is not supported", quoted(name)))
            }
        }
    }

    /// Where the credential goes; none where nothing is sent.
    pub(crate) fn place(&self) -> Option<Place> {
        match self {
            Self::ApiKey(AddTo::Header, name) => Some(Place::Header(name.to_ascii_lowercase())),
            Self::ApiKey(AddTo::Query, name) => Some(Place::Query(name.clone())),
            Self::ApiKey(_, name) => Some(Place::Cookie(name.clone())),
            Self::MutualTls | Self::Fault(..) => None,
            _ => Some(Place::Header("authorization".into())),
        }
    }

    /// Whether it sends an OAuth 2 token.
    pub(crate) fn is_token(&self) -> bool {
        matches!(self, Self::OAuth2(_) | Self::OpenIdConnect(_))
    }

    /// How good its best flow is; lower is better.
    pub(crate) fn rank(&self) -> usize {
        match self {
            Self::OAuth2(flows) => flows.iter().map(Flow::rank).min().unwrap_or(usize::MAX),
            _ => usize::MAX,
        }
    }

    /// Its configs, best first: several for several flows. `name` is the scheme's, `place` where it is defined.
    ///
    /// # Errors
    /// When none can be made.
    pub(crate) fn configs(
        &self,
        name: &str,
        place: &str,
        scopes: &[String],
        making: &mut Making<'_>,
    ) -> Result<Vec<AuthConfig>> {
        let names = &mut making.names;
        Ok(vec![match self {
            Self::Basic => AuthConfig::basic(names.placeholder(name, "username"), names.secret(name, "password")),
            Self::Digest => {
                let username = names.placeholder(name, "username");
                AuthConfig::Digest(digest::Config::new(username, names.secret(name, "password")))
            }
            Self::Ntlm => {
                let username = names.placeholder(name, "username");
                AuthConfig::Ntlm(ntlm::Config::new(username, names.secret(name, "password")))
            }
            Self::Bearer => AuthConfig::bearer(names.secret(name, "token")),
            Self::Hawk => AuthConfig::Hawk(hawk::Config::new(names.placeholder(name, "id"), names.secret(name, "key"))),
            Self::OAuth1(method) => AuthConfig::Oauth1(oauth1(name, method, names)),
            Self::ApiKey(add_to, key) => {
                let mut config = api_key::Config::new(key.clone(), names.secret(name, "value"));
                config.add_to = *add_to;
                AuthConfig::ApiKey(config)
            }
            Self::AwsSigv4(service) => {
                let id = names.placeholder("AWS", "access_key_id");
                let mut config = aws_sigv4::Config::new(id, names.secret("AWS", "secret_access_key"));
                config.service = service.map(str::to_owned);
                AuthConfig::AwsSigv4(config)
            }
            Self::OAuth2(flows) => return tokens(flows, name, place, scopes, making),
            Self::OpenIdConnect(discovery) => open_id_connect(discovery, name, place, scopes, making)?,
            Self::MutualTls => {
                making.note(place, "a client certificate proves the client: give it to the HTTP client");
                AuthConfig::None
            }
            Self::Fault(ErrorKind::UnsupportedScheme, why) => return Err(unsupported(place, why)),
            Self::Fault(_, why) => return Err(invalid(place, why)),
        }])
    }
}

fn oauth1(name: &str, method: &SignatureMethod, names: &mut Names) -> oauth1::Config {
    use SignatureMethod::{RsaSha1, RsaSha256, RsaSha512};
    let key = names.placeholder(name, "consumer_key");
    let token = names.placeholder(name, "token");
    let mut config = if matches!(method, RsaSha1 | RsaSha256 | RsaSha512) {
        let mut config = oauth1::Config::new(key, "");
        config.token = Some(token);
        config.private_key = Some(names.secret(name, "private_key"));
        config
    } else {
        let config = oauth1::Config::new(key, names.secret(name, "consumer_secret"));
        config.with_token(token, names.secret(name, "token_secret"))
    };
    config.signature_method = method.clone();
    config
}

/// One config per flow, best first. A flow that cannot be used is a note as long as another can.
fn tokens(
    flows: &[Flow],
    name: &str,
    place: &str,
    scopes: &[String],
    making: &mut Making<'_>,
) -> Result<Vec<AuthConfig>> {
    let mut flows: Vec<&Flow> = flows.iter().collect();
    flows.sort_by_key(|flow| flow.rank());
    let (mut configs, mut failed) = (Vec::new(), Vec::new());
    for flow in flows {
        match token(flow, name, place, scopes, making) {
            Ok(config) => configs.push(config),
            Err(why) => failed.push(why),
        }
    }
    if configs.is_empty() {
        let none = || invalid(place, "no flow of OAuth 2.0 is described");
        return Err(failed.into_iter().next().unwrap_or_else(none));
    }
    for why in failed {
        making.notes.push(Note::new(place, format!("a flow was left out: {why}")));
    }
    Ok(configs)
}

/// A flow's config, whose credentials are variables.
fn token(flow: &Flow, name: &str, place: &str, scopes: &[String], making: &mut Making<'_>) -> Result<AuthConfig> {
    let base = making.base;
    let endpoint = |field: &str, given: &Option<String>| -> Result<Value> {
        let given = given.as_deref().map(str::trim).filter(|url| !url.is_empty());
        let given = given.ok_or_else(|| invalid(place, format!("the flow lacks its {field}")))?;
        let relative =
            || invalid(place, format!("the {field} is relative, and no server says to what: give a base URL"));
        url::resolve(base, given).map(Value::from).ok_or_else(relative)
    };
    let mut urls = Map::new();
    let is_implicit = flow.grant_type == GrantType::Implicit;
    if is_implicit || flow.grant_type == GrantType::AuthorizationCode {
        urls.insert("auth_url".into(), endpoint("authorization URL", &flow.authorization_url)?);
    }
    if flow.grant_type == GrantType::DeviceCode {
        urls.insert("device_url".into(), endpoint("device authorization URL", &flow.device_url)?);
    }
    if !is_implicit {
        urls.insert("access_token_url".into(), endpoint("token URL", &flow.token_url)?);
    }
    with_urls(flow.grant_type, urls, name, place, scopes, &mut making.names)
}

fn with_urls(
    grant_type: GrantType,
    mut grant: Map<String, Value>,
    name: &str,
    place: &str,
    scopes: &[String],
    names: &mut Names,
) -> Result<AuthConfig> {
    let (type_name, fields): (_, &[&str]) = match grant_type {
        GrantType::AuthorizationCode => ("authorization_code", &["client_id", "client_secret", "callback_url"]),
        GrantType::ClientCredentials => ("client_credentials", &["client_id", "client_secret"]),
        GrantType::DeviceCode => ("device_code", &["client_id"]),
        GrantType::Password => ("password", &["client_id", "client_secret", "username", "password"]),
        GrantType::Implicit => ("implicit", &["client_id", "callback_url"]),
        _ => return Err(unsupported(place, "no description has a flow of this grant")),
    };
    grant.insert("grant_type".into(), type_name.into());
    for field in fields {
        grant.insert((*field).to_owned(), names.placeholder(name, field).into());
    }
    if let Some(scope) = scope(scopes) {
        grant.insert("scope".into(), scope.into());
    }
    config::read(place, "oauth2", Map::from_iter([("grant".to_owned(), grant.into())]))
}

/// Authorization code, with the endpoints that only the discovery document knows as variables.
fn open_id_connect(
    discovery: &str,
    name: &str,
    place: &str,
    scopes: &[String],
    making: &mut Making<'_>,
) -> Result<AuthConfig> {
    let discovery = url::resolve(making.base, discovery.trim()).unwrap_or_else(|| discovery.trim().to_owned());
    making.note(place, format!("the endpoints are those of the discovery document at {}", quoted(&discovery)));
    let names = &mut making.names;
    let url = |field: &str, names: &mut Names| (field.to_owned(), names.placeholder(name, field).into());
    let urls = Map::from_iter([url("auth_url", names), url("access_token_url", names)]);
    with_urls(GrantType::AuthorizationCode, urls, name, place, scopes, names)
}

/// Scopes, each once, separated by spaces (RFC 6749 section 3.3).
fn scope(scopes: &[String]) -> Option<String> {
    let mut kept: Vec<&str> = Vec::new();
    for scope in scopes {
        if !scope.is_empty() && !kept.contains(&scope.as_str()) {
            kept.push(scope);
        }
    }
    (!kept.is_empty()).then(|| kept.join(" "))
}
