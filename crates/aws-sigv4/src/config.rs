use countersign_core::Secret;

/// Whose key signs, for which region and service, and how. As JSON, with what may be left out left out:
/// `{ "access_key_id": "AKIDEXAMPLE", "secret_access_key": "…", "region": "us-east-1", "service": "s3" }`.
///
/// ```
/// use countersign_aws_sigv4::{AddTo, Config};
///
/// // A presigned URL, good for one hour.
/// let mut config = Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
/// config.add_to = AddTo::Query;
/// config.expires_in = 3600;
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Config {
    /// The access key id, `AKIA…` or `ASIA…`; may not be empty.
    pub access_key_id: String,
    /// The secret access key; may not be empty.
    pub secret_access_key: Secret,
    /// The token of temporary credentials (from STS).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub session_token: Option<Secret>,
    /// The region, as `eu-central-1`. Left out: read from an AWS host, else `us-east-1`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub region: Option<String>,
    /// The service's signing name, as `s3` or `execute-api`. Left out: read from an AWS host, else `execute-api`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub service: Option<String>,
    /// Where the signature goes.
    #[cfg_attr(feature = "serde", serde(default))]
    pub add_to: AddTo,
    /// For how many seconds a presigned URL holds: 1 to 604,800 (seven days). Counts only for [`AddTo::Query`].
    #[cfg_attr(feature = "serde", serde(default = "day"))]
    pub expires_in: u32,

    /// Signs with SigV4A (`AWS4-ECDSA-P256-SHA256`) for these regions, separated by commas, `*` as a wild card; `region` then
    /// does not count. Needs the feature `sigv4a`. Beyond format 1 of the vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub region_set: Option<String>,
    /// What is signed of the body. Beyond format 1 of the vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "countersign_core::config::is_default"))]
    pub payload: PayloadSigning,
    /// Whether `X-Amz-Content-Sha256` is sent. Left out: for S3 only, which demands it. Beyond format 1 of the vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub content_sha256_header: Option<bool>,
    /// Adds the session token after signing, outside the signature, as AWS IoT wants it. Beyond format 1 of the vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "countersign_core::config::is_default"))]
    pub unsigned_session_token: bool,
    /// Headers that are not signed, beside those that never are (see [`UNSIGNED_HEADERS`](crate::UNSIGNED_HEADERS)), in any
    /// case; `host` is signed all the same. S3 refuses an `x-amz-*` header that is not signed. Beyond format 1 of the vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub unsigned_headers: Vec<String>,
    /// If set, only these headers are signed, with `host` and every `x-amz-*` header; in any case. Beyond format 1 of the
    /// vectors.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub signed_headers: Option<Vec<String>>,
}

/// Where a signature goes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum AddTo {
    /// The `Authorization` header.
    #[default]
    Header,
    /// The query: a presigned URL.
    Query,
}

/// What is signed of a body. An `X-Amz-Content-Sha256` header that the request already has wins over it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum PayloadSigning {
    /// Its SHA-256; but nothing, `UNSIGNED-PAYLOAD`, in a presigned S3 URL, whose body is not known yet.
    #[default]
    Hash,
    /// Nothing: `UNSIGNED-PAYLOAD`. For S3 over TLS, and bodies that are streamed.
    Unsigned,
    /// Nothing, and the body is in chunks with an unsigned trailer: `STREAMING-UNSIGNED-PAYLOAD-TRAILER`.
    StreamingUnsignedTrailer,
    /// Each chunk for itself: `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`.
    StreamingSigned,
    /// Each chunk for itself, and a trailer: `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`.
    StreamingSignedTrailer,
    /// Each message of an event stream for itself: `STREAMING-AWS4-HMAC-SHA256-EVENTS`.
    StreamingEvents,
}

const fn day() -> u32 {
    86_400
}

impl Config {
    /// Signs in the header, with region and service read from the host.
    #[must_use]
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<Secret>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
            region: None,
            service: None,
            add_to: AddTo::Header,
            expires_in: day(),
            region_set: None,
            payload: PayloadSigning::Hash,
            content_sha256_header: None,
            unsigned_session_token: false,
            unsigned_headers: Vec::new(),
            signed_headers: None,
        }
    }
}
