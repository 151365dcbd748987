//! Where a signature goes: into the `Authorization` header, or into the query.

use bytes::Bytes;
use countersign_core::encode::{decimal_in, percent, push_percent};
use countersign_core::{Context, Error, ErrorKind, Result, Signed, query};
use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Parts;
use smallvec::SmallVec;

use crate::PayloadSigning;
use crate::canonical::{PathStyle, Query, push_request};
use crate::headers::{SignedHeaders, X_AMZ_CONTENT_SHA256, X_AMZ_DATE, X_AMZ_REGION_SET, X_AMZ_SECURITY_TOKEN};
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
    /// The host, where the request has no header of that name.
    pub(crate) host: Option<&'a str>,
    pub(crate) style: PathStyle,
    pub(crate) hash: Hash<'a>,
}

/// Signs in the `Authorization` header.
pub(crate) fn in_header<'a>(
    own: &'a Prepared,
    parts: &Parts,
    headers: &mut SignedHeaders<'a>,
    target: &'a Target<'_>,
    ctx: &Context,
) -> Result<Signed> {
    add_headers(own, headers, target);
    #[expect(
        clippy::needless_late_init,
        reason = "declared first, so that it is dropped after `query`, which borrows it"
    )]
    let edit;
    let mut path = parts.uri.path();
    let mut query = Query::of(parts.uri.query().unwrap_or_default());
    // A presigned URL that is signed in its header is no longer presigned.
    edit = query.names("X-Amz-Signature").then(|| query::Edit::without(&parts.uri, is_presigned));
    if let Some(edit) = &edit {
        (path, query) = split(edit.path_and_query());
    }
    let mut text = Vec::with_capacity(1024);
    push_request(&mut text, parts.method.as_str(), (path, query), target.style, headers, target.hash.as_str())?;
    let key = own.key(&target.scope);
    let (signature, explained) = sign_canonical(&mut text, own, &key, &target.scope, ctx);
    let signed = explained.add_to(set_headers(text, own, &key, headers, target, &signature)?);
    match edit {
        Some(edit) => Ok(signed.with_uri(edit.finish()?)),
        None => Ok(signed),
    }
}

/// Adds the headers that signing sets, and puts all in order.
fn add_headers<'a>(own: &'a Prepared, headers: &mut SignedHeaders<'a>, target: &'a Target<'_>) {
    if let Some(host) = target.host {
        headers.push("host", host.as_bytes());
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
}

fn sends_hash(own: &Prepared, target: &Target<'_>) -> bool {
    let asked = own.config.content_sha256_header.unwrap_or(target.style == PathStyle::S3);
    asked || own.config.payload != PayloadSigning::Hash
}

/// Sets the headers of a signature; `text` is empty, and all new values become slices of it.
fn set_headers(
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
    if let Hash::Computed(hash) = &target.hash {
        text.extend_from_slice(hash.as_bytes());
    }
    let mut rest = Bytes::from(text);
    let mut signed = Signed::default().with_header(AUTHORIZATION, header_value(rest.split_to(authorization))?);
    let hash = match &target.hash {
        Hash::Given(_) => None,
        Hash::Fixed(hash) => Some(header_value(Bytes::from_static(hash.as_bytes()))?),
        Hash::Computed(hash) => Some(header_value(rest.split_off(rest.len() - hash.as_bytes().len()))?),
    };
    signed = signed.with_plain_header(X_AMZ_DATE, header_value(rest)?);
    if let Some(hash) = hash.filter(|_| sends_hash(own, target)) {
        signed = signed.with_plain_header(X_AMZ_CONTENT_SHA256, hash);
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
    parts: &Parts,
    headers: &mut SignedHeaders<'a>,
    target: &'a Target<'_>,
    ctx: &Context,
) -> Result<Signed> {
    if let Some(host) = target.host {
        headers.push("host", host.as_bytes());
    }
    headers.sort();
    let key = own.key(&target.scope);
    let mut edit = query::Edit::without(&parts.uri, is_presigned);
    let token = own.session_token().map(|token| percent(token.as_bytes()));
    let (mut values, mut digits) = (String::with_capacity(256), [0; 20]);
    let added = presigned(&mut values, &mut digits, (own, &key), headers, target, token.as_deref());

    let (path, query) = edit.path_and_query().split_once('?').unwrap_or((edit.path_and_query(), ""));
    let query = Query::with(&added, query);
    let mut text = Vec::with_capacity(1024);
    push_request(&mut text, parts.method.as_str(), (path, query), target.style, headers, target.hash.as_str())?;
    let (signature, explained) = sign_canonical(&mut text, own, &key, &target.scope, ctx);
    for (name, value) in &added {
        edit.push_encoded(name, value);
    }
    if let Some(token) = token.as_deref().filter(|_| own.config.unsigned_session_token) {
        edit.push_encoded("X-Amz-Security-Token", token);
    }
    edit.push_encoded("X-Amz-Signature", signature.as_str());
    let signed = explained.add_to(Signed::default().with_uri(edit.finish()?));
    let replaced = [AUTHORIZATION, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN].into_iter();
    Ok(replaced.filter(|name| parts.headers.contains_key(name)).fold(signed, Signed::without_header))
}

/// What a presigned URL says of its signature: encoded, and in order but for what an earlier name may come before.
fn presigned<'a>(
    values: &'a mut String,
    digits: &'a mut [u8; 20],
    (own, key): (&'a Prepared, &Key),
    headers: &SignedHeaders<'_>,
    target: &'a Target<'_>,
    token: Option<&'a str>,
) -> SmallVec<[(&'static str, &'a str); 8]> {
    push_percent(values, &own.config.access_key_id);
    values.push_str("%2F");
    push_percent(values, key.scope());
    let credential = values.len();
    headers.push_encoded_names(values);
    let names = values.len();
    if let Some(regions) = &own.config.region_set {
        push_percent(values, regions);
    }
    let (credential, rest) = values.split_at_checked(credential).unwrap_or_default();
    let (names, regions) = rest.split_at_checked(names - credential.len()).unwrap_or_default();
    let mut added = SmallVec::from_slice(&[
        ("X-Amz-Algorithm", own.keys.algorithm()),
        ("X-Amz-Credential", credential),
        ("X-Amz-Date", target.scope.timestamp.as_str()),
        ("X-Amz-Expires", decimal_in(own.config.expires_in.into(), digits)),
    ]);
    if own.config.region_set.is_some() {
        added.push(("X-Amz-Region-Set", regions));
    }
    added.push(("X-Amz-SignedHeaders", names));
    if let Some(token) = token.filter(|_| !own.config.unsigned_session_token) {
        added.push(("X-Amz-Security-Token", token));
    }
    added
}

/// The texts of one signature, where the context asks for them.
#[derive(Default)]
struct Explained(Option<Box<[String; 2]>>);

impl Explained {
    fn add_to(self, signed: Signed) -> Signed {
        let Some(texts) = self.0 else { return signed };
        let [canonical_request, string_to_sign] = *texts;
        signed.with_canonical_request(canonical_request).with_string_to_sign(string_to_sign)
    }
}

/// Signs the canonical request in `text`, which is left empty, to be used again.
fn sign_canonical(
    text: &mut Vec<u8>,
    own: &Prepared,
    key: &Key,
    scope: &Scope<'_>,
    ctx: &Context,
) -> (Signature, Explained) {
    let explained = |text: &[u8]| ctx.is_explaining().then(|| String::from_utf8_lossy(text).into_owned());
    let canonical_request = explained(text);
    let hash = sha256_hex(text);
    text.clear();
    push_string_to_sign(text, own.keys.algorithm(), scope.timestamp.as_str(), key.scope(), &hash);
    let texts = canonical_request.zip(explained(text));
    let signature = key.sign(text);
    text.clear();
    (
        signature,
        Explained(texts.map(|(canonical_request, string_to_sign)| Box::new([canonical_request, string_to_sign]))),
    )
}

/// Appends the string to sign: algorithm, time, scope and the canonical request's hash, one per line.
/// Source: "Create a signed AWS API request", step 3, AWS Identity and Access Management User Guide.
pub(crate) fn push_string_to_sign(out: &mut Vec<u8>, algorithm: &str, time: &str, scope: &str, hash: &Hex64) {
    for line in [algorithm, time, scope] {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(hash.as_bytes());
}

/// Parts a request target into path and query.
pub(crate) fn split(path_and_query: &str) -> (&str, Query<'_>) {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    (path, Query::of(query))
}

fn is_presigned(name: &[u8]) -> bool {
    PRESIGNED.contains(&name)
}

fn header_value(bytes: Bytes) -> Result<HeaderValue> {
    HeaderValue::from_maybe_shared(bytes).map_err(|err| {
        Error::new(ErrorKind::InvalidConfig, "region or service cannot stand in a header").with_source(err)
    })
}
