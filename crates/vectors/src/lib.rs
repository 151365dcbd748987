//! Signature vectors for HTTP authentication schemes: data only, no dependencies.
//!
//! Every file was computed by an independent program or taken from a published document, which its `source` names; none by
//! countersign itself. The format is in this crate's README, and as a JSON Schema in [`SCHEMA`].
//!
//! ```
//! for (name, json) in countersign_vectors::FILES {
//!     assert!(json.starts_with('{'), "{name}");
//! }
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

macro_rules! files {
    ($($name:literal,)*) => {
        /// Every vector file: its name, and its JSON text.
        pub const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../data/", $name, ".json")))),*];
    };
}

// One line a file, in order of name.
files! {
    "all-policies",
    "api-key-policies",
    "api-key-requests",
    "aws-sigv4-botocore",
    "aws-sigv4-policies",
    "aws-sigv4-suite",
    "basic-policies",
    "basic-requests",
    "basic-rfc7617",
    "bearer-policies",
    "bearer-rfc6750",
    "digest-aiohttp",
    "digest-curl",
    "digest-httpx",
    "digest-policies",
    "digest-rfc2617",
    "digest-rfc7616",
    "edgegrid-akamai",
    "edgegrid-node",
    "edgegrid-policies",
    "edgegrid-published",
    "hawk-mohawk",
    "hawk-policies",
    "hawk-reference",
    "ntlm-impacket",
    "ntlm-policies",
    "ntlm-pyspnego",
    "oauth1-core",
    "oauth1-oauth10a",
    "oauth1-oauthlib",
    "oauth1-policies",
    "oauth1-rfc5849",
    "oauth1-twitter",
    "oauth1-wiki",
    "oauth2-policies",
    "oauth2-rfc6750",
}

/// The JSON Schema (draft 2020-12) of a vector file.
pub const SCHEMA: &str = include_str!("../schema.json");
