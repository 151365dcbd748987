//! Requests and responses as they may be shown: names, and the values that are not secret.

use std::borrow::Cow;

use countersign::scheme::target;
use http::Uri;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue, LOCATION, PROXY_AUTHORIZATION, SET_COOKIE};

const MASK: &str = "***";

/// Parameters of credentials that anybody may see. (Digest's `uri` is not among them: it repeats the query.)
const OPEN: &[&str] = &[
    "algorithm",
    "nc",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_version",
    "qop",
    "realm",
    "signedheaders",
    "stale",
    "timestamp",
    "ts",
    "userhash",
];

/// What a header that holds a secret has in its name.
const SECRET: &[&str] = &["key", "token", "secret", "auth", "password", "signature", "session", "credential"];

/// The path, and the query's names.
pub(super) fn target(uri: &Uri) -> String {
    let path = target::path_and_query(uri);
    match path.split_once('?') {
        Some((path, query)) => format!("{path}?{}", parameters(query)),
        None => path.into_owned(),
    }
}

fn parameters(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, "")) => format!("{name}="),
        Some((name, _)) => format!("{name}={MASK}"),
        // Without a name, all of it may be the secret.
        None if pair.is_empty() => String::new(),
        None => MASK.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A header's value, as far as it is no secret.
pub(super) fn header(name: &HeaderName, value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    match name {
        &AUTHORIZATION | &PROXY_AUTHORIZATION => credentials(&text),
        &COOKIE => cookies(&text),
        &SET_COOKIE => match text.split_once(';') {
            Some((cookie, attributes)) => format!("{};{attributes}", cookies(cookie)),
            None => cookies(&text),
        },
        &LOCATION => location(&text),
        _ if value.is_sensitive() || is_secret(name) => MASK.to_owned(),
        _ => text.into_owned(),
    }
}

fn is_secret(name: &HeaderName) -> bool {
    // A server's demands and its proof are for everybody to see, but for the proof's own words.
    let is_open = ["www-authenticate", "proxy-authenticate", "authentication-info", "proxy-authentication-info"];
    !is_open.contains(&name.as_str()) && SECRET.iter().any(|word| name.as_str().contains(word))
}

/// The scheme, and the parameters' names with the values of those that are open.
fn credentials(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once(' ') else { return MASK.to_owned() };
    let separator = if scheme.starts_with("EG1-") { ';' } else { ',' };
    let mut shown = Vec::new();
    for parameter in split(rest, separator) {
        let Some((name, value)) = parameter.split_once('=').filter(|(name, _)| is_token(name)) else {
            return format!("{scheme} {MASK}");
        };
        // What follows the `=` of a token68 is more of its padding.
        if value.is_empty() || value.starts_with('=') {
            return format!("{scheme} {MASK}");
        }
        let is_open = OPEN.contains(&&*name.to_ascii_lowercase());
        shown.push(format!("{name}={}", if is_open { value } else { MASK }));
    }
    format!("{scheme} {}", shown.join(", "))
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Parts between separators that stand in no quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut in_quotes = false;
    let parts = text.split(move |character| {
        in_quotes ^= character == '"';
        !in_quotes && character == separator
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

fn cookies(text: &str) -> String {
    let pairs = text.split(';').map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{}={MASK}", name.trim()),
        None => MASK.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("; ")
}

fn location(text: &str) -> String {
    let text = text.split('#').next().unwrap_or_default();
    match text.split_once('?') {
        Some((place, query)) => format!("{}?{}", without_user(place), parameters(query)),
        None => without_user(text).into_owned(),
    }
}

fn without_user(place: &str) -> Cow<'_, str> {
    match place.split_once("//").map(|(scheme, rest)| (scheme, rest.split_once('/').unwrap_or((rest, "")))) {
        Some((scheme, (authority, path))) if authority.contains('@') => {
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}//{host}/{path}").into()
        }
        _ => place.into(),
    }
}

/// An error of the client's, without a URL's query.
pub(super) fn error(why: &ureq::Error) -> String {
    match why {
        ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_) => "the URL cannot be asked for".into(),
        why => why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &'static str, value: &str) -> String {
        header(&HeaderName::from_static(name), &HeaderValue::from_str(value).unwrap())
    }

    #[test]
    fn what_may_be_a_secret_is_masked() {
        for (name, value, expected) in [
            ("authorization", "Bearer hunter2", "Bearer ***"),
            ("authorization", "Basic aHVudGVyMg==", "Basic ***"),
            ("authorization", "Basic aHVudGVyMgo=", "Basic ***"),
            ("authorization", "hunter2", "***"),
            ("authorization", "Token token=\"hunter2\"", "Token token=***"),
            (
                "authorization",
                "Digest username=\"hunter2, x\", realm=\"a, b\", nc=00000001, uri=\"/?hunter2\", response=\"hunter2\"",
                "Digest username=***, realm=\"a, b\", nc=00000001, uri=***, response=***",
            ),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=hunter2, SignedHeaders=host;x, Signature=hunter2",
                "AWS4-HMAC-SHA256 Credential=***, SignedHeaders=host;x, Signature=***",
            ),
            (
                "authorization",
                "EG1-HMAC-SHA256 client_token=hunter2;timestamp=1;",
                "EG1-HMAC-SHA256 client_token=***, timestamp=1",
            ),
            ("proxy-authorization", "NTLM TlRMTVNTUAAB=", "NTLM ***"),
            ("cookie", "a=hunter2; b=hunter2", "a=***; b=***"),
            ("set-cookie", "a=hunter2; Path=/", "a=***; Path=/"),
            ("x-api-key", "hunter2", "***"),
            ("x-amz-security-token", "hunter2", "***"),
            ("location", "https://u:hunter2@h/p?code=hunter2&hunter2#hunter2", "https://h/p?code=***&***"),
            ("location", "https://hunter2@h", "https://h/"),
            ("www-authenticate", "Digest realm=\"r\", nonce=\"n\"", "Digest realm=\"r\", nonce=\"n\""),
            ("content-type", "text/plain; a=b", "text/plain; a=b"),
        ] {
            assert_eq!(shown(name, value), expected);
        }
        let mut value = HeaderValue::from_static("hunter2");
        value.set_sensitive(true);
        assert_eq!(header(&HeaderName::from_static("x"), &value), "***");
    }

    #[test]
    fn a_query_shows_its_names() {
        let shown = |uri: &'static str| target(&Uri::from_static(uri));
        assert_eq!(shown("https://h/p?a=hunter2&b=&hunter2"), "/p?a=***&b=&***");
        assert_eq!(shown("https://h"), "/");
    }
}
