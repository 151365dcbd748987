//! Postman's types and parameters as countersign's, by one table for both directions.

use std::collections::HashMap;

use countersign::{AuthConfig, Result};
use serde_json::Value;

use super::model::Auth;
use super::oauth2;
use crate::fields::{Parameters, Shape, Type, text_of};
use crate::scopes::Scopes;
use crate::{Note, error};

use Shape::{Choice, Either, Flag, Hex, List, Needed, NeededWith, Nonempty, Number, Opposite, Optional, OrEmpty};

pub(super) const TYPES: &[Type] = &[
    Type {
        theirs: "apikey",
        ours: "api-key",
        names: "api_key",
        fields: &[
            ("key", "key", Nonempty),
            ("value", "value", Nonempty),
            ("in", "add_to", Choice(&[("header", "header"), ("query", "query")])),
        ],
    },
    Type { theirs: "bearer", ours: "bearer", names: "bearer", fields: &[("token", "token", Nonempty)] },
    Type {
        theirs: "basic",
        ours: "basic",
        names: "basic",
        fields: &[("username", "username", Needed), ("password", "password", Needed)],
    },
    Type {
        theirs: "digest",
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
        theirs: "oauth1",
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
        theirs: "hawk",
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
        theirs: "awsv4",
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
        theirs: "ntlm",
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
        theirs: "edgegrid",
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
    let parameters = parameters(auth, place, scopes)?;
    if kind == "oauth2" {
        return oauth2::read(&parameters, notes);
    }
    match TYPES.iter().find(|known| known.theirs == kind) {
        Some(known) => known.config(&parameters),
        None => {
            let what = format!("the type {} is not one that can be imported", error::quoted(kind));
            Err(error::unsupported(place, what))
        }
    }
}

/// The parameters, in the form of v2.1 (a list of keys and values) or v2.0 (an object). The last of a repeated parameter
/// counts; `disabled` does not, as in postman-runtime.
fn parameters<'s>(auth: &Auth<'_>, place: &str, scopes: &'s Scopes) -> Result<Parameters<'s>> {
    let place = format!("{place}/{}", auth.kind);
    let mut whole: Value =
        serde_json::from_str(auth.json.get()).map_err(|_| error::invalid(&place, "not an object"))?;
    let values = match whole.get_mut(&*auth.kind).map(Value::take) {
        Some(Value::Array(list)) => list.into_iter().filter_map(pair).collect(),
        Some(Value::Object(object)) => object.into_iter().collect(),
        None | Some(Value::Null) => HashMap::new(),
        Some(_) => return Err(error::invalid(&place, "neither a list of parameters nor an object")),
    };
    Ok(Parameters::new(values, scopes, place))
}

fn pair(parameter: Value) -> Option<(String, Value)> {
    let Value::Object(mut parameter) = parameter else { return None };
    let key = parameter.get("key").and_then(text_of)?;
    Some((key, parameter.remove("value").unwrap_or_default()))
}
