//! Bruno's modes and parameters as countersign's.

use countersign::{AuthConfig, Result};

use crate::fields::Shape::{Choice, Flag, Needed, NeededWith, Nonempty, Number, Optional, OrEmpty};
use crate::fields::{Parameters, Type, Words};
use crate::{Note, error};

const TYPES: &[Type] = &[
    Type {
        theirs: "apikey",
        ours: "api-key",
        names: "api_key",
        fields: &[
            ("key", "key", Nonempty),
            ("value", "value", Nonempty),
            ("placement", "add_to", Choice(&[("header", "header"), ("queryparams", "query")])),
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
        fields: &[("username", "username", Needed), ("password", "password", Needed)],
    },
    Type {
        theirs: "ntlm",
        ours: "ntlm",
        names: "ntlm",
        fields: &[("username", "username", Needed), ("password", "password", Needed), ("domain", "domain", OrEmpty)],
    },
    Type {
        theirs: "awsv4",
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
            ("consumer_key", "consumer_key", Nonempty),
            ("consumer_secret", "consumer_secret", Needed),
            ("access_token", "token", Optional),
            ("token_secret", "token_secret", NeededWith("access_token")),
            ("callback_url", "callback", Optional),
            ("verifier", "verifier", Optional),
            ("signature_method", "signature_method", Optional),
            ("private_key", "private_key", Optional),
            ("timestamp", "timestamp", Number),
            ("nonce", "nonce", Optional),
            ("version", "version", OrEmpty),
            ("realm", "realm", Optional),
            ("placement", "add_to", Choice(&[("header", "header"), ("query", "request"), ("body", "request")])),
            ("include_body_hash", "include_body_hash", Flag),
        ],
    },
];

const OAUTH2: Words = Words {
    grant_type: "grant_type",
    grants: &[
        ("authorization_code", "authorization_code"),
        ("client_credentials", "client_credentials"),
        ("password", "password"),
        ("implicit", "implicit"),
    ],
    texts: &[
        ("access_token_url", "access_token_url"),
        ("authorization_url", "auth_url"),
        ("callback_url", "callback_url"),
        ("client_id", "client_id"),
        ("client_secret", "client_secret"),
        ("scope", "scope"),
        ("state", "state"),
        ("username", "username"),
        ("password", "password"),
    ],
    pkce: "pkce",
    in_body: ("credentials_placement", "body"),
    access_token: "",
    prefix: ("token_header_prefix", ""),
    in_query: ("token_placement", "url"),
    query_key: "token_query_key",
};

/// Reads the parameters of a mode.
pub(super) fn read(mode: &str, parameters: &Parameters<'_>, notes: &mut Vec<Note>) -> Result<AuthConfig> {
    let unsupported = |what: &str| Err(error::unsupported(parameters.place(), what));
    match mode {
        "none" => return Ok(AuthConfig::None),
        "oauth2" => return OAUTH2.config(parameters, notes),
        "awsv4" if parameters.filled("profileName")?.is_some() && parameters.filled("accessKeyId")?.is_none() => {
            return unsupported(
                "`profileName` reads AWS's own files, which is not done; import the profile from those",
            );
        }
        _ => {}
    }
    match TYPES.iter().find(|known| known.theirs == mode) {
        Some(known) => known.config(parameters),
        None => unsupported(&format!("the mode {} is not one that can be imported", error::quoted(mode))),
    }
}
