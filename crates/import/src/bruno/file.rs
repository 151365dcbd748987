//! What one of Bruno's files says, whether it is written in `.bru` or in YAML
//! ([OpenCollection](https://docs.usebruno.com/opencollection-yaml/overview)).

use std::collections::HashMap;

use countersign::Result;
use serde_json::Value;

use super::bru::{self, Block};
use crate::fields::text_of;
use crate::{Limits, yaml};

/// A request, a folder's or collection's defaults, or an environment.
#[derive(Default)]
pub(super) struct File {
    pub(super) name: Option<String>,
    pub(super) request: Option<RequestLine>,
    /// How it is authenticated: none where nothing is said.
    pub(super) mode: Option<String>,
    /// The parameters of each mode, by their names in `.bru`.
    pub(super) auths: HashMap<String, HashMap<String, Value>>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) path: Vec<(String, String)>,
    pub(super) variables: HashMap<String, String>,
    pub(super) body: Option<Body>,
    pub(super) has_script: bool,
}

pub(super) struct RequestLine {
    pub(super) method: String,
    pub(super) url: String,
}

pub(super) enum Body {
    /// A text and its media type.
    Text(String, &'static str),
    Form(Vec<(String, String)>),
    /// Query and variables.
    GraphQl(String, String),
    /// Parts, or a file.
    Other,
}

const METHODS: [&str; 9] = ["get", "post", "put", "delete", "patch", "options", "head", "connect", "trace"];

impl File {
    pub(super) fn read(text: &str, what: &str, limits: &Limits) -> Result<Self> {
        // A block's first line ends with its bracket; no line of YAML that begins a file does.
        let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        let is_bru = first.is_none_or(|line| line.ends_with(['{', '[']) || line.ends_with("{}"));
        if is_bru { Self::of_bru(text) } else { Ok(Self::of_yaml(&yaml::read_either::<Value>(what, text, limits)?)) }
    }

    fn of_bru(text: &str) -> Result<Self> {
        let mut file = Self::default();
        let mut mode_of_body = None;
        let blocks = bru::blocks(text)?;
        for block in &blocks {
            let on = || block.pairs().into_iter().filter(|pair| pair.is_on).map(|pair| (pair.name, pair.value));
            match block.name {
                "meta" => file.name = block.value("name"),
                "http" => {
                    file.request = Some(RequestLine {
                        method: block.value("method").unwrap_or_default().to_uppercase(),
                        url: block.value("url").unwrap_or_default(),
                    });
                    (file.mode, mode_of_body) = (block.value("auth"), block.value("body"));
                }
                method if METHODS.contains(&method) => {
                    let url = block.value("url").unwrap_or_default();
                    file.request = Some(RequestLine { method: method.to_uppercase(), url });
                    (file.mode, mode_of_body) = (block.value("auth"), block.value("body"));
                }
                "auth" => file.mode = block.value("mode"),
                "headers" => file.headers = on().collect(),
                "params:path" => file.path = on().collect(),
                // The URL has the query already.
                "vars" | "vars:pre-request" => file.variables.extend(on()),
                "script:pre-request" => file.has_script = true,
                name => {
                    if let Some(mode) = name.strip_prefix("auth:") {
                        let values = block.pairs().into_iter().map(|pair| (pair.name, pair.value.into()));
                        file.auths.insert(mode.to_owned(), values.collect());
                    }
                }
            }
        }
        file.body = mode_of_body.and_then(|mode| body_of(&mode, &blocks));
        Ok(file)
    }

    fn of_yaml(document: &Value) -> Self {
        let http = document.get("http").or_else(|| document.get("request")).unwrap_or(&Value::Null);
        let runtime = document.get("runtime").unwrap_or(&Value::Null);
        let defaults = document.get("request").unwrap_or(&Value::Null);
        let text = |of: &Value, key: &str| of.get(key).and_then(text_of);
        let is_request = http.get("url").is_some();
        let mut file = Self {
            name: document.pointer("/info/name").and_then(text_of),
            request: is_request.then(|| RequestLine {
                method: text(http, "method").unwrap_or_else(|| "GET".into()).to_uppercase(),
                url: text(http, "url").unwrap_or_default(),
            }),
            headers: named(http.get("headers"), |_| true),
            path: named(http.get("params"), |one| one.get("type").and_then(Value::as_str) == Some("path")),
            ..Self::default()
        };
        let lists = [runtime.get("variables"), defaults.get("variables"), document.get("variables")];
        for list in lists {
            file.variables.extend(named(list, |_| true));
        }
        file.body = http.get("body").and_then(yaml_body);
        let scripts = [runtime.get("scripts"), defaults.get("scripts")];
        let is_before = |script: &Value| matches!(script.get("type").and_then(Value::as_str), Some("before-request"));
        file.has_script = scripts.into_iter().flatten().filter_map(Value::as_array).flatten().any(is_before);
        let auth = [runtime.get("auth"), http.get("auth"), defaults.get("auth")].into_iter().flatten().next();
        match auth {
            Some(Value::String(mode)) => file.mode = Some(mode.clone()),
            Some(Value::Object(fields)) => {
                let mode = fields.get("type").and_then(text_of).unwrap_or_default();
                file.auths.insert(mode.clone(), in_bru(&mode, auth.unwrap_or(&Value::Null)));
                file.mode = Some(mode);
            }
            // A request that says nothing is not authenticated; a folder's or collection's says nothing then.
            _ => file.mode = is_request.then(|| "none".to_owned()),
        }
        file
    }
}

/// The body of its mode.
fn body_of(mode: &str, blocks: &[Block<'_>]) -> Option<Body> {
    let block = |name: &str| blocks.iter().find(|block| block.name == name);
    let text = |name: &str, media_type| Some(Body::Text(block(name)?.text(), media_type));
    match mode {
        "json" => text("body:json", "application/json").or_else(|| text("body", "application/json")),
        "text" => text("body:text", "text/plain"),
        "xml" => text("body:xml", "application/xml"),
        "sparql" => text("body:sparql", "application/sparql-query"),
        "graphql" => {
            let variables = block("body:graphql:vars").map(Block::text).unwrap_or_default();
            Some(Body::GraphQl(block("body:graphql")?.text(), variables))
        }
        "formUrlEncoded" => {
            let pairs = block("body:form-urlencoded")?.pairs().into_iter().filter(|pair| pair.is_on);
            Some(Body::Form(pairs.map(|pair| (pair.name, pair.value)).collect()))
        }
        "multipartForm" | "file" => Some(Body::Other),
        _ => None,
    }
}

fn yaml_body(body: &Value) -> Option<Body> {
    let data = body.get("data").or_else(|| body.get("content"));
    let text = || data.and_then(text_of).unwrap_or_default();
    match body.get("type").and_then(Value::as_str)? {
        "json" => Some(Body::Text(text(), "application/json")),
        "text" => Some(Body::Text(text(), "text/plain")),
        "xml" => Some(Body::Text(text(), "application/xml")),
        "sparql" => Some(Body::Text(text(), "application/sparql-query")),
        "form-urlencoded" => Some(Body::Form(named(data, |_| true))),
        "multipart-form" | "file" => Some(Body::Other),
        _ => None,
    }
}

/// `name` and `value` of a list's objects that are switched on.
fn named(list: Option<&Value>, counts: impl Fn(&Value) -> bool) -> Vec<(String, String)> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    let is_on = |one: &&Value| {
        one.get("disabled") != Some(&Value::Bool(true)) && one.get("enabled") != Some(&Value::Bool(false))
    };
    let pairs = list.filter(is_on).filter(|one| counts(one)).filter_map(|one| {
        let value = one.get("value");
        // A variable's value may be an object with its data.
        let value = value.and_then(|value| value.get("data")).or(value).and_then(text_of);
        Some((one.get("name").and_then(text_of)?, value.unwrap_or_default()))
    });
    pairs.collect()
}

/// Parameters by their names in `.bru`.
fn in_bru(mode: &str, auth: &Value) -> HashMap<String, Value> {
    const OAUTH2: &[(&str, &str)] = &[
        ("/accessTokenUrl", "access_token_url"),
        ("/authorizationUrl", "authorization_url"),
        ("/callbackUrl", "callback_url"),
        ("/credentials/clientId", "client_id"),
        ("/credentials/clientSecret", "client_secret"),
        ("/credentials/placement", "credentials_placement"),
        ("/resourceOwner/username", "username"),
        ("/resourceOwner/password", "password"),
        ("/scope", "scope"),
        ("/state", "state"),
        ("/pkce/enabled", "pkce"),
        ("/tokenConfig/placement/header", "token_header_prefix"),
        ("/tokenConfig/placement/query", "token_query_key"),
    ];
    const OAUTH1: &[(&str, &str)] = &[
        ("/consumerKey", "consumer_key"),
        ("/consumerSecret", "consumer_secret"),
        ("/accessToken", "access_token"),
        ("/accessTokenSecret", "token_secret"),
        ("/callbackUrl", "callback_url"),
        ("/verifier", "verifier"),
        ("/signatureMethod", "signature_method"),
        ("/privateKey", "private_key"),
        ("/timestamp", "timestamp"),
        ("/nonce", "nonce"),
        ("/version", "version"),
        ("/realm", "realm"),
        ("/placement", "placement"),
        ("/includeBodyHash", "include_body_hash"),
    ];
    let renamed = |table: &[(&str, &str)]| {
        let pairs = table.iter().filter_map(|(place, name)| Some(((*name).to_owned(), auth.pointer(place)?.clone())));
        pairs.collect::<HashMap<String, Value>>()
    };
    match mode {
        "oauth2" => {
            let mut values = renamed(OAUTH2);
            let flow = match auth.get("flow").and_then(Value::as_str) {
                Some("resource_owner_password") => "password",
                Some(flow) => flow,
                None => "",
            };
            values.insert("grant_type".into(), flow.into());
            if values.contains_key("token_query_key") {
                values.insert("token_placement".into(), "url".into());
            }
            values
        }
        "oauth1" => renamed(OAUTH1),
        _ => {
            let mut values: HashMap<String, Value> =
                auth.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
            if values.get("placement").and_then(Value::as_str) == Some("query") {
                values.insert("placement".into(), "queryparams".into());
            }
            values
        }
    }
}
