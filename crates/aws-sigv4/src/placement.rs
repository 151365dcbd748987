//! Where a signature goes: into the `Authorization` header, or into the query.

use bytes::Bytes;
use countersign_core::target;
use countersign_core::{Context, Error, ErrorKind, Result, Signed, query};
use http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue};
use http::request::Parts;

use crate::canonical::{self, PathStyle, SignedHeaders};
use crate::scope::Scope;
use crate::signature::{Hex64, sha256_hex};
use crate::signer::{
    Signature, X_AMZ_CONTENT_SHA256, X_AMZ_DATE, X_AMZ_REGION_SET, X_AMZ_SECURITY_TOKEN, push_string_to_sign,
};
use crate::{PayloadSigning, Signer};

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
    pub(crate) is_s3: bool,
}

/// The payload's place in the canonical request.
pub(crate) enum Hash {
    Given(String),
    Fixed(&'static str),
    Computed(Hex64),
}

impl Hash {
    fn as_str(&self) -> &str {
        match self {
            Self::Given(text) => text,
            Self::Fixed(text) => text,
            Self::Computed(hex) => hex.as_str(),
        }
    }
}

impl Signer {
    /// Signs the canonical request in `text`, which is left empty, to be used again.
    fn sign_canonical(&self, text: &mut String, scope: &Scope<'_>, ctx: &Context) -> (Signed, Signature) {
        let hash = sha256_hex(text.as_bytes());
        let mut signed = Signed::default();
        if ctx.is_explaining() {
            signed = signed.with_canonical_request(text.clone());
        }
        text.clear();
        push_string_to_sign(text, self.algorithm(), scope, &hash);
        let signature = self.signature(scope, text.as_bytes());
        if ctx.is_explaining() {
            signed = signed.with_string_to_sign(text.clone());
        }
        text.clear();
        (signed, signature)
    }

    pub(crate) fn sign_header(&self, parts: &Parts, target: &Target<'_>, hash: &Hash, ctx: &Context) -> Result<Signed> {
        let Self { config, .. } = self;
        let scope = &target.scope;
        let sends_hash = config.content_sha256_header.unwrap_or(target.is_s3) || config.payload != PayloadSigning::Hash;
        let added = [
            ("host", (!parts.headers.contains_key(HOST)).then_some(target.host)),
            ("x-amz-date", Some(scope.timestamp.as_str())),
            ("x-amz-content-sha256", (sends_hash || matches!(hash, Hash::Given(_))).then(|| hash.as_str())),
            ("x-amz-region-set", config.region_set.as_deref()),
            ("x-amz-security-token", self.session_token().filter(|_| !config.unsigned_session_token)),
        ];
        let added = added.into_iter().filter_map(|(name, value)| Some((name, value?)));
        // An earlier signing's token, which this one replaces, is not to be signed where the new one is not.
        let stale_token = |name: &HeaderName| self.session_token.is_some() && name == X_AMZ_SECURITY_TOKEN;
        let headers = SignedHeaders::new(&parts.headers, |name| !stale_token(name) && self.selects(name), added);

        // A presigned URL that is signed in its header is no longer presigned.
        let presigned =
            parts.uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("X-Amz-Signature=")));
        let edit = presigned.then(|| query::Edit::without(&parts.uri, is_presigned));
        let given = target::path_and_query(&parts.uri);
        let path_and_query = edit.as_ref().map_or(&*given, |edit| edit.path_and_query());

        let mut text = String::with_capacity(1024);
        canonical::push_request(
            &mut text,
            parts.method.as_str(),
            path_and_query,
            style(target),
            &headers,
            hash.as_str(),
        )?;
        let (mut signed, signature) = self.sign_canonical(&mut text, scope, ctx);

        // All new values are slices of one buffer.
        text.push_str(self.algorithm());
        text.push_str(" Credential=");
        self.push_credential(&mut text, scope);
        text.push_str(", SignedHeaders=");
        headers.push_names(&mut text);
        text.push_str(", Signature=");
        text.push_str(signature.as_str());
        let authorization = text.len();
        text.push_str(scope.timestamp.as_str());
        let date = text.len();
        text.push_str(hash.as_str());
        let buffer = Bytes::from(text);

        signed = signed
            .with_header(AUTHORIZATION, header_value(buffer.slice(..authorization))?)
            .with_plain_header(X_AMZ_DATE, header_value(buffer.slice(authorization..date))?);
        if sends_hash && !matches!(hash, Hash::Given(_)) {
            signed = signed.with_plain_header(X_AMZ_CONTENT_SHA256, header_value(buffer.slice(date..))?);
        }
        if let Some(regions) = &self.region_set {
            signed = signed.with_plain_header(X_AMZ_REGION_SET, regions.clone());
        }
        if let Some(token) = &self.session_token {
            signed = signed.with_header(X_AMZ_SECURITY_TOKEN, token.clone());
        }
        match edit {
            Some(edit) => Ok(signed.with_uri(edit.finish()?)),
            None => Ok(signed),
        }
    }

    pub(crate) fn sign_query(&self, parts: &Parts, target: &Target<'_>, hash: &Hash, ctx: &Context) -> Result<Signed> {
        let Self { config, .. } = self;
        let scope = &target.scope;
        let replaced = [AUTHORIZATION, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN];
        let host = (!parts.headers.contains_key(HOST)).then_some(("host", target.host));
        let selects = |name: &HeaderName| !replaced.contains(name) && self.selects(name);
        let headers = SignedHeaders::new(&parts.headers, selects, host.into_iter());

        let mut text = String::with_capacity(1024);
        let mut edit = query::Edit::without(&parts.uri, is_presigned);
        edit.push("X-Amz-Algorithm", self.algorithm());
        self.push_credential(&mut text, scope);
        edit.push("X-Amz-Credential", &text);
        edit.push("X-Amz-Date", scope.timestamp.as_str());
        edit.push("X-Amz-Expires", &config.expires_in.to_string());
        if let Some(regions) = &config.region_set {
            edit.push("X-Amz-Region-Set", regions);
        }
        text.clear();
        headers.push_names(&mut text);
        edit.push("X-Amz-SignedHeaders", &text);
        text.clear();
        let token = self.session_token();
        if let Some(token) = token.filter(|_| !config.unsigned_session_token) {
            edit.push("X-Amz-Security-Token", token);
        }

        let method = parts.method.as_str();
        canonical::push_request(&mut text, method, edit.path_and_query(), style(target), &headers, hash.as_str())?;
        let (signed, signature) = self.sign_canonical(&mut text, scope, ctx);
        if let Some(token) = token.filter(|_| config.unsigned_session_token) {
            edit.push("X-Amz-Security-Token", token);
        }
        edit.push("X-Amz-Signature", signature.as_str());
        Ok(replaced.into_iter().fold(signed.with_uri(edit.finish()?), Signed::without_header))
    }
}

const fn style(target: &Target<'_>) -> PathStyle {
    if target.is_s3 { PathStyle::S3 } else { PathStyle::Normalised }
}

fn is_presigned(name: &[u8]) -> bool {
    PRESIGNED.contains(&name)
}

fn header_value(bytes: Bytes) -> Result<HeaderValue> {
    HeaderValue::from_maybe_shared(bytes).map_err(|err| {
        Error::new(ErrorKind::InvalidConfig, "region or service cannot stand in a header").with_source(err)
    })
}
