//! A RAML security scheme, as the schemes that all descriptions share.

use countersign::ErrorKind;
use countersign::api_key::AddTo;
use countersign::oauth1::SignatureMethod;
use countersign::oauth2::GrantType;

use super::document::{Described, Parameter, SchemeFields, Settings};
use crate::describe::scheme::{Flow, Scheme};
use crate::describe::shape::{Entries, Object};
use crate::error::quoted;

/// Each scheme with what its variables are called after the name; several where it describes several keys.
pub(super) fn schemes(given: &SchemeFields) -> Vec<(Option<String>, Scheme)> {
    let one = match given.r#type.given() {
        Some("Basic Authentication") => Scheme::Basic,
        Some("Digest Authentication") => Scheme::Digest,
        Some("OAuth 1.0") => oauth1(given.settings.0.as_ref()),
        Some("OAuth 2.0") => oauth2(given.settings.0.as_ref()),
        Some("Pass Through") => return keys(given.described_by.0.as_ref(), "Pass Through"),
        Some(own) if own.starts_with("x-") => return keys(given.described_by.0.as_ref(), own),
        Some(other) => {
            Scheme::Fault(ErrorKind::UnsupportedScheme, format!("the type {} is not supported", quoted(other)))
        }
        None => Scheme::Fault(ErrorKind::InvalidImport, "a scheme without its `type`".to_owned()),
    };
    vec![(None, one)]
}

/// The first signature method that is known here; HMAC-SHA1 where none is named.
fn oauth1(settings: Option<&Settings>) -> Scheme {
    let names = settings.map_or(&[][..], |settings| &settings.signatures.0);
    let known = |name: &String| SignatureMethod::ALL.iter().find(|method| method.as_str() == name);
    match names.iter().find_map(known) {
        Some(method) => Scheme::OAuth1(method.clone()),
        None if names.is_empty() => Scheme::OAuth1(SignatureMethod::default()),
        None => Scheme::Fault(ErrorKind::UnsupportedScheme, "none of its signature methods is supported".to_owned()),
    }
}

/// The grants of version 1.0, and the names that they have in 0.8.
fn oauth2(settings: Option<&Settings>) -> Scheme {
    let Some(settings) = settings else {
        return Scheme::Fault(ErrorKind::InvalidImport, "an OAuth 2.0 scheme without `settings`".to_owned());
    };
    let names = &settings.authorization_grants.0;
    let known = |name: &String| {
        Some(match name.as_str() {
            "authorization_code" | "code" => GrantType::AuthorizationCode,
            "client_credentials" | "credentials" => GrantType::ClientCredentials,
            "password" | "owner" => GrantType::Password,
            "implicit" | "token" => GrantType::Implicit,
            _ => return None,
        })
    };
    let flow = |grant_type| {
        let mut flow = Flow::new(grant_type);
        flow.authorization_url = settings.authorization_uri.0.clone();
        flow.token_url = settings.access_token_uri.0.clone();
        flow
    };
    let flows: Vec<Flow> = names.iter().filter_map(known).map(flow).collect();
    if flows.is_empty() && !names.is_empty() {
        let why = format!("none of its grants is supported: {}", quoted(&names.join(", ")));
        return Scheme::Fault(ErrorKind::UnsupportedScheme, why);
    }
    Scheme::OAuth2(flows)
}

/// The headers and query parameters that the scheme describes, as keys: those that are not optional, if there are such.
fn keys(described: Option<&Described>, kind: &str) -> Vec<(Option<String>, Scheme)> {
    let mut keys = Vec::new();
    if let Some(described) = described {
        add(&described.headers, AddTo::Header, &mut keys);
        add(&described.query_parameters, AddTo::Query, &mut keys);
    }
    if keys.iter().any(|(is_optional, ..)| !is_optional) {
        keys.retain(|(is_optional, ..)| !is_optional);
    }
    if keys.is_empty() {
        let why = format!("a scheme of type {} that describes neither header nor query parameter", quoted(kind));
        return vec![(None, Scheme::Fault(ErrorKind::UnsupportedScheme, why))];
    }
    let is_one = keys.len() == 1;
    let named = keys.into_iter().map(|(_, name, add_to)| {
        let after = (!is_one).then(|| name.clone());
        (after, Scheme::ApiKey(add_to, name))
    });
    named.collect()
}

fn add(described: &Entries<Object<Parameter>>, add_to: AddTo, keys: &mut Vec<(bool, String, AddTo)>) {
    for (name, parameter) in described.iter() {
        let required = parameter.0.as_ref().and_then(|parameter| parameter.required.given());
        let bare = name.strip_suffix('?').filter(|_| required.is_none());
        keys.push((bare.is_some() || required == Some("false"), bare.unwrap_or(name).to_owned(), add_to));
    }
}
