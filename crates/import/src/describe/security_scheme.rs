//! OpenAPI's security scheme object, which AsyncAPI shares but for the names of some types.

use countersign::ErrorKind;
use countersign::api_key::AddTo;
use countersign::oauth2::GrantType;
use serde::Deserialize;

use super::reference::Reference;
use super::scheme::{Flow, Scheme};
use super::shape::{List, Object, Text};
use crate::error::quoted;

/// The object, of any version.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct SecurityScheme {
    #[serde(rename = "$ref")]
    pub(crate) reference: Text,
    pub(crate) r#type: Text,
    pub(crate) name: Text,
    pub(crate) r#in: Text,
    pub(crate) scheme: Text,
    pub(crate) flows: Object<Flows>,
    pub(crate) open_id_connect_url: Text,
    /// Version 2.0 has one flow, whose URLs stand here.
    pub(crate) flow: Text,
    pub(crate) authorization_url: Text,
    pub(crate) token_url: Text,
    /// AsyncAPI 3 names the scopes that it asks for here.
    pub(crate) scopes: List<Text>,
    #[serde(rename = "x-amazon-apigateway-authtype")]
    pub(crate) amazon: Text,
}

impl Reference for Object<SecurityScheme> {
    fn reference(&self) -> Option<&str> {
        self.0.as_ref()?.reference.as_deref()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Flows {
    pub(crate) authorization_code: Object<Urls>,
    pub(crate) client_credentials: Object<Urls>,
    pub(crate) device_authorization: Object<Urls>,
    pub(crate) password: Object<Urls>,
    pub(crate) implicit: Object<Urls>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Urls {
    pub(crate) authorization_url: Text,
    pub(crate) token_url: Text,
    pub(crate) device_authorization_url: Text,
}

/// Reads the object: types of version 2.0 and of 3.x.
pub(crate) fn scheme(given: &SecurityScheme) -> Scheme {
    match given.amazon.given() {
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
        Some("awsSigv4") => return Scheme::AwsSigv4(None),
        Some("awsS3") => return Scheme::AwsSigv4(Some("s3")),
        _ => {}
    }
    match given.r#type.given() {
        Some("basic") => Scheme::Basic,
        // `httpApiKey` is AsyncAPI's, whose `apiKey` is a message broker's.
        Some("apiKey" | "httpApiKey") => api_key(given),
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
        _ => return malformed("an `apiKey` scheme whose `in` is not header, query or cookie"),
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
