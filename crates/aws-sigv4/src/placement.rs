//! Where a signature goes: into the `Authorization` header, or into the query.

use bytes::Bytes;
use countersign_core::encode::decimal_in;
use countersign_core::{Context, Error, ErrorKind, Result, Signed, query};
use http::Uri;
use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Parts;

use crate::PayloadSigning;
use crate::canonical::{PathStyle, push_request};
use crate::headers::{Given, SignedHeaders, X_AMZ_CONTENT_SHA256, X_AMZ_DATE, X_AMZ_REGION_SET, X_AMZ_SECURITY_TOKEN};
use crate::keys::{Key, Signature};
use crate::payload::Hash;
use crate::prepared::Prepared;
use crate::scope::Scope;
use crate::signature::{Hex64, sha256_hex};

/// What presigning adds to a query, and what signing again replaces.
const PRESIGNED: [&[u8]; 8] = [
    b"X-Amz-Algorithm",
    b"X-Amz-Credential",
    b"X-Amz-Date",
    b"X-Amz-Expires",
    b"X-Amz-Region-Set",
    b"X-Amz-SignedHeaders",
    b"X-Amz-Security-Token",
    b"X-Amz-Signature",
];

/// One signature's circumstances.
pub(crate) struct Target<'a> {
    pub(crate) scope: Scope<'a>,
    /// As the canonical request has it.
    pub(crate) host: &'a str,
    pub(crate) style: PathStyle,
    pub(crate) hash: Hash<'a>,
}

/// Signs in the `Authorization` header.
pub(crate) fn in_header<'a>(
    own: &'a Prepared,
    parts: &'a Parts,
    given: Given<'a>,
    target: &'a Target<'_>,
    ctx: &Context,
) -> Result<Signed> {
    let headers = headers_of_header(own, given, target);
    // A presigned URL that is signed in its header is no longer presigned.
    let edit = is_presigned_uri(&parts.uri).then(|| query::Edit::without(&parts.uri, is_presigned));
    let path_and_query = match &edit {
        Some(edit) => split(edit.path_and_query()),
        None => (parts.uri.path(), parts.uri.query().unwrap_or_default()),
    };
    let mut text = Vec::with_capacity(1024);
    push_request(&mut text, parts.method.as_str(), path_and_query, target.style, &headers, target.hash.as_str())?;
    let key = own.key(&target.scope);
    let (signed, signature) = sign_canonical(&mut text, own, &key, &target.scope, ctx);
    let signed = set_headers(signed, text, own, &key, &headers, target, &signature)?;
    match edit {
        Some(edit) => Ok(signed.with_uri(edit.finish()?)),
        None => Ok(signed),
    }
}

/// The request's headers and those that signing adds, in order.
fn headers_of_header<'a>(own: &'a Prepared, given: Given<'a>, target: &'a Target<'_>) -> SignedHeaders<'a> {
    let mut headers = given.signed;
    if !given.has_host {
        headers.push("host", target.host.as_bytes());
    }
    if sends_hash(own, target) || matches!(target.hash, Hash::Given(_)) {
        headers.push("x-amz-content-sha256", target.hash.as_str().as_bytes());
    }
    headers.push("x-amz-date", target.scope.timestamp.as_str().as_bytes());
    if let Some(regions) = &own.region_set {
        headers.push("x-amz-region-set", regions.as_bytes());
    }
    if let Some(token) = own.session_token.as_ref().filter(|_| !own.config.unsigned_session_token) {
        headers.push("x-amz-security-token", token.as_bytes());
    }
    headers.sort();
    headers
}

fn sends_hash(own: &Prepared, target: &Target<'_>) -> bool {
    let asked = own.config.content_sha256_header.unwrap_or(target.style == PathStyle::S3);
    asked || own.config.payload != PayloadSigning::Hash
}

/// Sets the headers of a signature; `text` is empty, and all new values become slices of it.
fn set_headers(
    mut signed: Signed,
    mut text: Vec<u8>,
    own: &Prepared,
    key: &Key,
    headers: &SignedHeaders<'_>,
    target: &Target<'_>,
    signature: &Signature,
) -> Result<Signed> {
    text.extend_from_slice(own.keys.algorithm().as_bytes());
    text.extend_from_slice(b" Credential=");
    text.extend_from_slice(own.config.access_key_id.as_bytes());
    text.push(b'/');
    text.extend_from_slice(key.scope().as_bytes());
    text.extend_from_slice(b", SignedHeaders=");
    headers.push_names(&mut text);
    text.extend_from_slice(b", Signature=");
    text.extend_from_slice(signature.as_str().as_bytes());
    let authorization = text.len();
    text.extend_from_slice(target.scope.timestamp.as_str().as_bytes());
    let date = text.len();
    if let Hash::Computed(hash) = &target.hash {
        text.extend_from_slice(hash.as_bytes());
    }
    let text = Bytes::from(text);
    signed = signed
        .with_header(AUTHORIZATION, header_value(text.slice(..authorization))?)
        .with_plain_header(X_AMZ_DATE, header_value(text.slice(authorization..date))?);
    if sends_hash(own, target) {
        match target.hash {
            Hash::Given(_) => {}
            Hash::Fixed(hash) => {
                signed = signed.with_plain_header(X_AMZ_CONTENT_SHA256, HeaderValue::from_static(hash));
            }
            Hash::Computed(_) => {
                signed = signed.with_plain_header(X_AMZ_CONTENT_SHA256, header_value(text.slice(date..))?);
            }
        }
    }
    if let Some(regions) = &own.region_set {
        signed = signed.with_plain_header(X_AMZ_REGION_SET, regions.clone());
    }
    if let Some(token) = &own.session_token {
        signed = signed.with_header(X_AMZ_SECURITY_TOKEN, token.clone());
    }
    Ok(signed)
}

/// Signs in the query: a presigned URL.
pub(crate) fn in_query<'a>(
    own: &'a Prepared,
    parts: &'a Parts,
    given: Given<'a>,
    target: &'a Target<'_>,
    ctx: &Context,
) -> Result<Signed> {
    let mut headers = given.signed;
    if !given.has_host {
        headers.push("host", target.host.as_bytes());
    }
    headers.sort();
    let key = own.key(&target.scope);
    let mut text = Vec::with_capacity(1024);
    let mut edit = query::Edit::without(&parts.uri, is_presigned);
    push_presigned(&mut edit, own, &key, &headers, target);
    let token = own.session_token();
    if let Some(token) = token.filter(|_| !own.config.unsigned_session_token) {
        edit.push("X-Amz-Security-Token", token);
    }
    let path_and_query = split(edit.path_and_query());
    push_request(&mut text, parts.method.as_str(), path_and_query, target.style, &headers, target.hash.as_str())?;
    let (signed, signature) = sign_canonical(&mut text, own, &key, &target.scope, ctx);
    if let Some(token) = token.filter(|_| own.config.unsigned_session_token) {
        edit.push("X-Amz-Security-Token", token);
    }
    edit.push("X-Amz-Signature", signature.as_str());
    let replaced = [AUTHORIZATION, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN];
    Ok(replaced.into_iter().fold(signed.with_uri(edit.finish()?), Signed::without_header))
}

/// Adds what a presigned URL says of its signature.
fn push_presigned(
    edit: &mut query::Edit<'_>,
    own: &Prepared,
    key: &Key,
    headers: &SignedHeaders<'_>,
    target: &Target<'_>,
) {
    edit.push("X-Amz-Algorithm", own.keys.algorithm());
    edit.push("X-Amz-Credential", &[&own.config.access_key_id, "/", key.scope()].concat());
    edit.push("X-Amz-Date", target.scope.timestamp.as_str());
    edit.push("X-Amz-Expires", decimal_in(own.config.expires_in.into(), &mut [0; 20]));
    if let Some(regions) = &own.config.region_set {
        edit.push("X-Amz-Region-Set", regions);
    }
    edit.push("X-Amz-SignedHeaders", &headers.names());
}

/// Signs the canonical request in `text`, which is left empty, to be used again.
fn sign_canonical(
    text: &mut Vec<u8>,
    own: &Prepared,
    key: &Key,
    scope: &Scope<'_>,
    ctx: &Context,
) -> (Signed, Signature) {
    let mut signed = Signed::default();
    let as_text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    if ctx.is_explaining() {
        signed = signed.with_canonical_request(as_text(text));
    }
    let hash = sha256_hex(text);
    text.clear();
    push_string_to_sign(text, own.keys.algorithm(), scope.timestamp.as_str(), key.scope(), &hash);
    if ctx.is_explaining() {
        signed = signed.with_string_to_sign(as_text(text));
    }
    let signature = key.sign(text);
    text.clear();
    (signed, signature)
}

/// Appends the string to sign: algorithm, time, scope and the canonical request's hash, a line each.
/// Source: "Create a signed AWS API request", step 3, AWS Identity and Access Management User Guide.
pub(crate) fn push_string_to_sign(out: &mut Vec<u8>, algorithm: &str, time: &str, scope: &str, hash: &Hex64) {
    for line in [algorithm, time, scope] {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(hash.as_bytes());
}

/// Parts a request target into path and query.
pub(crate) fn split(path_and_query: &str) -> (&str, &str) {
    path_and_query.split_once('?').unwrap_or((path_and_query, ""))
}

fn is_presigned_uri(uri: &Uri) -> bool {
    query::pairs(uri.query().unwrap_or_default()).any(|(name, _)| name == "X-Amz-Signature")
}

fn is_presigned(name: &[u8]) -> bool {
    PRESIGNED.contains(&name)
}

fn header_value(bytes: Bytes) -> Result<HeaderValue> {
    HeaderValue::from_maybe_shared(bytes).map_err(|err| {
        Error::new(ErrorKind::InvalidConfig, "region or service cannot stand in a header").with_source(err)
    })
}
