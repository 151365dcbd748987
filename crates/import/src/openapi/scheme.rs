//! A security scheme object, as one of the schemes that all descriptions share.

use countersign::ErrorKind;
use countersign::api_key::AddTo;
use countersign::oauth2::GrantType;

use super::document::{Flows, SecurityScheme, Urls};
use crate::describe::scheme::{Flow, Scheme};
use crate::describe::shape::{Object, Text};
use crate::error::quoted;

/// Reads the object: types of version 2.0 and of 3.x.
pub(super) fn scheme(given: &SecurityScheme) -> Scheme {
    match given.amazon.given() {
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
        Some("awsSigv4") => return Scheme::AwsSigv4(None),
        Some("awsS3") => return Scheme::AwsSigv4(Some("s3")),
        _ => {}
    }
    match given.r#type.given() {
        Some("basic") => Scheme::Basic,
        Some("apiKey") => api_key(given),
        Some("http") => match given.scheme.given() {
            Some(name) => Scheme::http(name),
            None => malformed("an `http` scheme without its `scheme`"),
        },
        Some("oauth2") => oauth2(given),
        Some("openIdConnect") => match given.open_id_connect_url.given() {
            Some(url) => Scheme::OpenIdConnect(url.to_owned()),
            None => malformed("an `openIdConnect` scheme without its `openIdConnectUrl`"),
        },
        Some("mutualTLS") => Scheme::MutualTls,
        Some(other) => {
            Scheme::Fault(ErrorKind::UnsupportedScheme, format!("the type {} is not supported", quoted(other)))
        }
        None => malformed("a scheme without its `type`"),
    }
}

fn malformed(what: &str) -> Scheme {
    Scheme::Fault(ErrorKind::InvalidImport, what.to_owned())
}

fn api_key(given: &SecurityScheme) -> Scheme {
    let Some(name) = given.name.given() else { return malformed("an `apiKey` scheme without its `name`") };
    let add_to = match given.r#in.given() {
        Some("header") => AddTo::Header,
        Some("query") => AddTo::Query,
        Some("cookie") => AddTo::Cookie,
        _ => return malformed("an `apiKey` scheme whose `in` is none of header, query and cookie"),
    };
    Scheme::ApiKey(add_to, name.to_owned())
}

fn oauth2(given: &SecurityScheme) -> Scheme {
    if let Some(name) = given.flow.given() {
        let grant_type = match name {
            "accessCode" => GrantType::AuthorizationCode,
            "application" => GrantType::ClientCredentials,
            "password" => GrantType::Password,
            "implicit" => GrantType::Implicit,
            _ => return malformed("an `oauth2` scheme with an unknown `flow`"),
        };
        let mut flow = Flow::new(grant_type);
        flow.authorization_url = owned(&given.authorization_url);
        flow.token_url = owned(&given.token_url);
        return Scheme::OAuth2(vec![flow]);
    }
    let Object(Some(flows)) = &given.flows else { return malformed("an `oauth2` scheme without `flows`") };
    Scheme::OAuth2(all(flows))
}

fn all(flows: &Flows) -> Vec<Flow> {
    let each = [
        (GrantType::AuthorizationCode, &flows.authorization_code),
        (GrantType::ClientCredentials, &flows.client_credentials),
        (GrantType::DeviceCode, &flows.device_authorization),
        (GrantType::Password, &flows.password),
        (GrantType::Implicit, &flows.implicit),
    ];
    each.into_iter().filter_map(|(grant_type, urls)| Some(flow(grant_type, urls.0.as_ref()?))).collect()
}

fn flow(grant_type: GrantType, urls: &Urls) -> Flow {
    let mut flow = Flow::new(grant_type);
    flow.authorization_url = owned(&urls.authorization_url);
    flow.token_url = owned(&urls.token_url);
    flow.device_url = owned(&urls.device_authorization_url);
    flow
}

fn owned(text: &Text) -> Option<String> {
    text.given().map(str::to_owned)
}
