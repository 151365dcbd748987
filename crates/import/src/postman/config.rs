//! Postman's types and parameters as countersign's, by one table for both directions.

use countersign::{AuthConfig, Result};
use serde_json::{Map, Value};

use super::model::Auth;
use super::oauth2;
use super::parameters::Parameters;
use super::variables::Scopes;
use crate::variables::Names;
use crate::{Note, config, error};

/// A type that both know.
pub(super) struct Type {
    pub(super) postman: &'static str,
    pub(super) ours: &'static str,
    /// What variables of missing values begin with.
    names: &'static str,
    /// Postman's key, ours, and what it holds.
    pub(super) fields: &'static [(&'static str, &'static str, Shape)],
}

/// What a parameter holds.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A text that may be left out, which an empty one is.
    Optional,
    /// A text that must be there, if only empty. Without it: a variable.
    Needed,
    /// A text that must be there and not empty. Without it: a variable.
    Nonempty,
    /// A text that must be there, if only empty, where the other parameter has something. Without it: a variable.
    NeededWith(&'static str),
    /// A text that is empty where it is left out.
    OrEmpty,
    Flag,
    /// A flag whose opposite is ours.
    Opposite,
    Number,
    /// A number in hexadecimal digits.
    Hex,
    /// Texts, as a list or separated by commas.
    List,
    /// A text of a few: Postman's and ours. The first is meant where none is given.
    Choice(&'static [(&'static str, &'static str)]),
    /// A flag that chooses: ours for false, and for true.
    Either(&'static str, &'static str),
}

use Shape::{Choice, Either, Flag, Hex, List, Needed, NeededWith, Nonempty, Number, Opposite, Optional, OrEmpty};

pub(super) const TYPES: &[Type] = &[
    Type {
        postman: "apikey",
        ours: "api-key",
        names: "api_key",
        fields: &[
            ("key", "key", Nonempty),
            ("value", "value", Nonempty),
            ("in", "add_to", Choice(&[("header", "header"), ("query", "query")])),
        ],
    },
    Type { postman: "bearer", ours: "bearer", names: "bearer", fields: &[("token", "token", Nonempty)] },
    Type {
        postman: "basic",
        ours: "basic",
        names: "basic",
        fields: &[("username", "username", Needed), ("password", "password", Needed)],
    },
    Type {
        postman: "digest",
        ours: "digest",
        names: "digest",
        fields: &[
            ("username", "username", Needed),
            ("password", "password", Needed),
            ("realm", "realm", Optional),
            ("nonce", "nonce", Optional),
            ("algorithm", "algorithm", Optional),
            ("qop", "qop", Optional),
            ("nonceCount", "nonce_count", Hex),
            ("clientNonce", "client_nonce", Optional),
            ("opaque", "opaque", Optional),
            ("disableRetryRequest", "disable_retry", Flag),
        ],
    },
    Type {
        postman: "oauth1",
        ours: "oauth1",
        names: "oauth1",
        fields: &[
            ("consumerKey", "consumer_key", Nonempty),
            ("consumerSecret", "consumer_secret", Needed),
            ("token", "token", Optional),
            ("tokenSecret", "token_secret", NeededWith("token")),
            ("signatureMethod", "signature_method", Optional),
            ("privateKey", "private_key", Optional),
            ("callback", "callback", Optional),
            ("verifier", "verifier", Optional),
            ("timestamp", "timestamp", Number),
            ("nonce", "nonce", Optional),
            ("version", "version", OrEmpty),
            ("realm", "realm", Optional),
            ("includeBodyHash", "include_body_hash", Flag),
            ("addEmptyParamsToSign", "add_empty_params_to_signature", Flag),
            ("disableHeaderEncoding", "encode_header_params", Opposite),
            ("addParamsToHeader", "add_to", Either("request", "header")),
        ],
    },
    Type {
        postman: "hawk",
        ours: "hawk",
        names: "hawk",
        fields: &[
            ("authId", "id", Nonempty),
            ("authKey", "key", Nonempty),
            ("algorithm", "algorithm", Optional),
            ("user", "user", Optional),
            ("nonce", "nonce", Optional),
            ("extraData", "ext", Optional),
            ("app", "app", Optional),
            ("delegation", "dlg", Optional),
            ("timestamp", "timestamp", Number),
            ("includePayloadHash", "include_payload_hash", Flag),
        ],
    },
    Type {
        postman: "awsv4",
        ours: "aws-sigv4",
        names: "aws",
        fields: &[
            ("accessKey", "access_key_id", Nonempty),
            ("secretKey", "secret_access_key", Nonempty),
            ("sessionToken", "session_token", Optional),
            ("region", "region", Optional),
            ("service", "service", Optional),
            ("addAuthDataToQuery", "add_to", Either("header", "query")),
        ],
    },
    Type {
        postman: "ntlm",
        ours: "ntlm",
        names: "ntlm",
        fields: &[
            ("username", "username", Needed),
            ("password", "password", Needed),
            ("domain", "domain", OrEmpty),
            ("workstation", "workstation", OrEmpty),
            ("disableRetryRequest", "disable_retry", Flag),
        ],
    },
    Type {
        postman: "edgegrid",
        ours: "edgegrid",
        names: "edgegrid",
        fields: &[
            ("accessToken", "access_token", Nonempty),
            ("clientToken", "client_token", Nonempty),
            ("clientSecret", "client_secret", Nonempty),
            ("nonce", "nonce", Optional),
            ("timestamp", "timestamp", Optional),
            ("baseURL", "base_url", Optional),
            ("headersToSign", "headers_to_sign", List),
            ("maxBodySize", "max_body", Number),
        ],
    },
];

/// Reads an `auth`.
pub(super) fn read(auth: &Auth<'_>, place: &str, scopes: &Scopes, notes: &mut Vec<Note>) -> Result<AuthConfig> {
    let kind = &*auth.kind;
    if kind == "noauth" {
        return Ok(AuthConfig::None);
    }
    let parameters = Parameters::read(auth, place, scopes)?;
    if kind == "oauth2" {
        return oauth2::read(&parameters, notes);
    }
    let Some(known) = TYPES.iter().find(|known| known.postman == kind) else {
        return Err(error::unsupported(
            place,
            format!("the type {} is not one that can be imported", error::quoted(kind)),
        ));
    };
    let mut fields = known.read(&parameters)?;
    let method = fields.get("signature_method").and_then(Value::as_str);
    if known.ours == "oauth1" && method.is_some_and(|method| method.starts_with("RSA")) {
        sign_with_private_key(&mut fields);
    }
    config::read(parameters.place(), known.ours, fields)
}

/// The RSA methods use a key, and no secret.
fn sign_with_private_key(fields: &mut Map<String, Value>) {
    let mut names = Names::new();
    fields.entry("private_key").or_insert_with(|| names.placeholder("oauth1", "private_key").into());
    for secret in ["consumer_secret", "token_secret"] {
        let placeholder = names.placeholder("oauth1", secret);
        if fields.get(secret).and_then(Value::as_str) == Some(&*placeholder) {
            fields.remove(secret);
        }
    }
}

impl Type {
    fn read(&self, parameters: &Parameters<'_>) -> Result<Map<String, Value>> {
        let mut fields = Map::new();
        let mut names = Names::new();
        for &(key, ours, shape) in self.fields {
            let mut missing = || Value::from(names.placeholder(self.names, ours));
            let value = match shape {
                Optional => parameters.filled(key)?.map(Value::from),
                Needed => Some(parameters.text(key)?.map_or_else(missing, Value::from)),
                Nonempty => Some(parameters.filled(key)?.map_or_else(missing, Value::from)),
                NeededWith(other) => match parameters.text(key)? {
                    None if parameters.filled(other)?.is_some() => Some(missing()),
                    text => text.filter(|text| !text.is_empty()).map(Value::from),
                },
                OrEmpty => Some(parameters.text(key)?.unwrap_or_default().into()),
                Flag => Some(parameters.flag(key)?.into()),
                Opposite => Some((!parameters.flag(key)?).into()),
                Number => parameters.number(key)?.map(Value::from),
                Hex => match parameters.known(key)? {
                    Some(text) => Some(
                        u32::from_str_radix(&text, 16)
                            .map_err(|_| parameters.invalid(key, "not hexadecimal digits"))?
                            .into(),
                    ),
                    None => None,
                },
                List => Some(parameters.list(key)?.into())
                    .filter(|list: &Value| list.as_array().is_some_and(|list| !list.is_empty())),
                Choice(choices) => {
                    let given = parameters.known(key)?;
                    let choice =
                        choices.iter().find(|(postman, _)| given.as_deref() == Some(*postman)).or(choices.first());
                    choice.map(|(_, ours)| Value::from(*ours))
                }
                Either(if_false, if_true) => Some(if parameters.flag(key)? { if_true } else { if_false }.into()),
            };
            fields.extend(value.map(|value| (ours.to_owned(), value)));
        }
        Ok(fields)
    }
}
