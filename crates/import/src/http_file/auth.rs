//! The `Authorization` header, which may hold user and password in clear, and tokens that the environment describes.

use std::collections::HashMap;

use countersign::scheme::encode;
use countersign::{AuthConfig, Result, aws_sigv4, basic, digest};
use serde_json::{Map, Value};

use crate::fields::{Parameters, Words};
use crate::scopes::Scopes;
use crate::user_info::User;
use crate::variables::Names;
use crate::{Note, Request, authorization, error};

const OAUTH2: Words = Words {
    grant_type: "Grant Type",
    grants: &[
        ("Authorization Code", "authorization_code"),
        ("Client Credentials", "client_credentials"),
        ("Device Authorization", "device_code"),
        ("Implicit", "implicit"),
        ("Password", "password"),
    ],
    texts: &[
        ("Token URL", "access_token_url"),
        ("Auth URL", "auth_url"),
        ("Device Auth URL", "device_url"),
        ("Redirect URL", "callback_url"),
        ("Client ID", "client_id"),
        ("Client Secret", "client_secret"),
        ("Scope", "scope"),
        ("State", "state"),
        ("Username", "username"),
        ("Password", "password"),
    ],
    pkce: "PKCE",
    in_body: ("Client Credentials", "in body"),
    access_token: "",
    prefix: ("", ""),
    in_query: ("", ""),
    query_key: "",
};

/// What the environment says of a token, by its name.
type Security = HashMap<String, Map<String, Value>>;

/// Takes the credential out of the request.
pub(super) fn read(
    request: &mut Request,
    user: &Option<User>,
    security: &Security,
    scopes: &Scopes,
    place: &str,
    notes: &mut Vec<Note>,
) -> Result<AuthConfig> {
    let own = request.headers.iter().rfind(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let Some(value) = own.map(|(_, value)| value.trim().to_owned()) else {
        let user = user.as_ref().map(|(name, password)| {
            AuthConfig::Basic(basic::Config::new(name.as_str(), password.clone().unwrap_or_default()))
        });
        return Ok(user.unwrap_or(AuthConfig::None));
    };
    let (scheme, rest) =
        value.split_once(char::is_whitespace).map_or((value.as_str(), ""), |(one, rest)| (one, rest.trim()));
    if let Some(name) = token_of(rest) {
        request.take_header("authorization");
        return token(&name, security, scopes, place, notes);
    }
    let auth = match scheme.to_ascii_lowercase().as_str() {
        "basic" => in_clear(rest).map(|(name, password)| AuthConfig::Basic(basic::Config::new(name, password))),
        "digest" if !rest.contains('=') => {
            in_clear(rest).map(|(name, password)| AuthConfig::Digest(digest::Config::new(name, password)))
        }
        "aws" => Some(aws(rest)),
        "cognito" => {
            return Err(error::unsupported(place, "a login to Cognito asks AWS for a token, which is not done"));
        }
        _ => None,
    };
    match auth {
        Some(auth) => {
            request.take_header("authorization");
            Ok(auth)
        }
        None => Ok(authorization::settle(AuthConfig::None, request, &mut Names::new(), notes)),
    }
}

/// `user password` and `user:password`; none for base64.
fn in_clear(rest: &str) -> Option<(&str, &str)> {
    if let Some((name, password)) = rest.split_once(char::is_whitespace) {
        return Some((name, password.trim()));
    }
    rest.split_once(':').filter(|_| encode::base64_decode(rest.as_bytes()).is_none())
}

/// REST Client: `AWS ID SECRET token:… region:… service:…`.
fn aws(rest: &str) -> AuthConfig {
    let mut names = Names::new();
    let mut words = rest.split_whitespace();
    let key_id = words.next().map_or_else(|| names.placeholder("aws", "access_key_id"), str::to_owned);
    let secret = words.next().map_or_else(|| names.secret("aws", "secret_access_key"), Into::into);
    let mut config = aws_sigv4::Config::new(key_id, secret);
    for word in words {
        match word.split_once(':') {
            Some(("token", token)) => config.session_token = Some(token.into()),
            Some(("region", region)) => config.region = Some(region.to_owned()),
            Some(("service", service)) => config.service = Some(service.to_owned()),
            _ => {}
        }
    }
    AuthConfig::AwsSigv4(config)
}

/// The name in `{{$auth.token("name")}}`.
fn token_of(rest: &str) -> Option<String> {
    let inside = rest.strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let call = inside.strip_prefix("$auth.token(").or_else(|| inside.strip_prefix("$auth.idToken("))?;
    Some(call.strip_suffix(')')?.trim().trim_matches(['"', '\'']).to_owned())
}

/// A token as the environment describes it.
fn token(name: &str, security: &Security, scopes: &Scopes, place: &str, notes: &mut Vec<Note>) -> Result<AuthConfig> {
    let Some(fields) = security.get(name) else {
        let what = format!("the environment has no Security.Auth of the name {}", error::quoted(name));
        return Err(error::invalid(place, what));
    };
    let mut values: HashMap<String, Value> = fields.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    // An object says how, and so that.
    if values.get("PKCE").is_some_and(Value::is_object) {
        values.insert("PKCE".to_owned(), true.into());
    }
    let parameters = Parameters::new(values, scopes, format!("Security/Auth/{name}"));
    match parameters.known("Type")?.as_deref() {
        Some("OAuth2") => OAUTH2.config(&parameters, notes),
        Some("Static") => {
            let token = parameters.filled("Token")?;
            Ok(AuthConfig::bearer(token.unwrap_or_else(|| Names::new().placeholder("bearer", "token"))))
        }
        _ => Err(error::unsupported(parameters.place(), "a type that is neither OAuth2 nor Static")),
    }
}
