//! Insomnia's types and fields as countersign's.

use std::collections::HashMap;

use countersign::{AuthConfig, Result};
use serde_json::Value;

use crate::fields::Shape::{Choice, Flag, Needed, NeededWith, Nonempty, Number, Optional, OrEmpty};
use crate::fields::{Parameters, Type, Words};
use crate::scopes::Scopes;
use crate::{Note, error};

const TYPES: &[Type] = &[
    Type {
        theirs: "apikey",
        ours: "api-key",
        names: "api_key",
        fields: &[
            ("key", "key", Nonempty),
            ("value", "value", Nonempty),
            ("addTo", "add_to", Choice(&[("header", "header"), ("queryParams", "query"), ("cookie", "cookie")])),
        ],
    },
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
        fields: &[("username", "username", Needed), ("password", "password", Needed)],
    },
    Type {
        theirs: "ntlm",
        ours: "ntlm",
        names: "ntlm",
        fields: &[("username", "username", Needed), ("password", "password", Needed)],
    },
    Type {
        theirs: "hawk",
        ours: "hawk",
        names: "hawk",
        fields: &[
            ("id", "id", Nonempty),
            ("key", "key", Nonempty),
            ("algorithm", "algorithm", Optional),
            ("ext", "ext", Optional),
            ("validatePayload", "include_payload_hash", Flag),
        ],
    },
    Type {
        theirs: "iam",
        ours: "aws-sigv4",
        names: "aws",
        fields: &[
            ("accessKeyId", "access_key_id", Nonempty),
            ("secretAccessKey", "secret_access_key", Nonempty),
            ("sessionToken", "session_token", Optional),
            ("region", "region", Optional),
            ("service", "service", Optional),
        ],
    },
    Type {
        theirs: "oauth1",
        ours: "oauth1",
        names: "oauth1",
        fields: &[
            ("consumerKey", "consumer_key", Nonempty),
            ("consumerSecret", "consumer_secret", Needed),
            ("tokenKey", "token", Optional),
            ("tokenSecret", "token_secret", NeededWith("tokenKey")),
            ("signatureMethod", "signature_method", Optional),
            ("privateKey", "private_key", Optional),
            ("callback", "callback", Optional),
            ("verifier", "verifier", Optional),
            ("timestamp", "timestamp", Number),
            ("nonce", "nonce", Optional),
            ("version", "version", OrEmpty),
            ("realm", "realm", Optional),
            ("includeBodyHash", "include_body_hash", Flag),
        ],
    },
    // Read with a prefix by `bearer` below.
    Type { theirs: "bearer", ours: "bearer", names: "bearer", fields: &[("token", "token", Nonempty)] },
    Type {
        theirs: "bearer",
        ours: "oauth2",
        names: "bearer",
        fields: &[("token", "access_token", Nonempty), ("prefix", "header_prefix", OrEmpty)],
    },
];

/// What stands in place of a prefix when there is to be none.
const NO_PREFIX: &str = "NO_PREFIX";

const OAUTH2: Words = Words {
    grant_type: "grantType",
    grants: &[
        ("authorization_code", "authorization_code"),
        ("client_credentials", "client_credentials"),
        ("password", "password"),
        ("implicit", "implicit"),
        ("refresh_token", "refresh_token"),
    ],
    texts: &[
        ("accessTokenUrl", "access_token_url"),
        ("authorizationUrl", "auth_url"),
        ("redirectUrl", "callback_url"),
        ("clientId", "client_id"),
        ("clientSecret", "client_secret"),
        ("scope", "scope"),
        ("state", "state"),
        ("username", "username"),
        ("password", "password"),
        ("audience", "audience"),
        ("resource", "resource"),
        ("refreshToken", "refresh_token"),
        ("pkceMethod", "code_challenge_method"),
    ],
    pkce: "usePkce",
    in_body: ("credentialsInBody", "true"),
    access_token: "accessToken",
    prefix: ("tokenPrefix", NO_PREFIX),
    in_query: ("", ""),
    query_key: "",
};

/// Reads an `authentication`.
pub(super) fn read(auth: &Value, place: String, scopes: &Scopes, notes: &mut Vec<Note>) -> Result<AuthConfig> {
    let kind = auth.get("type").and_then(Value::as_str).unwrap_or_default();
    let values: HashMap<String, Value> =
        auth.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut parameters = Parameters::new(values, scopes, place);
    match kind {
        "none" => return Ok(AuthConfig::None),
        "oauth2" => return OAUTH2.config(&parameters, notes),
        "netrc" => {
            let what = "it reads ~/.netrc, which is not done; import that file itself";
            return Err(error::unsupported(parameters.place(), what));
        }
        _ => {}
    }
    let mut ours = None;
    if kind == "bearer" {
        let prefix = parameters.filled("prefix")?;
        if prefix.as_deref() == Some(NO_PREFIX) {
            parameters.set("prefix", "");
        }
        ours = prefix.is_some().then_some("oauth2");
    }
    let known = TYPES.iter().find(|known| known.theirs == kind && ours.is_none_or(|ours| known.ours == ours));
    match known {
        Some(known) => known.config(&parameters),
        None => {
            let what = format!("the type {} is not one that can be imported", error::quoted(kind));
            Err(error::unsupported(parameters.place(), what))
        }
    }
}
