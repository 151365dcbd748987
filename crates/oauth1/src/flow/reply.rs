use std::fmt;

use countersign_core::encode::percent_decode;
use countersign_core::{Error, ErrorKind, Quoted, Reply, Result, Secret, challenge, query};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, StatusCode};
use zeroize::Zeroizing;

use crate::parameters::{Form, bytes};

/// A token, its secret, and whatever else the provider sent with them (a user's name and id, say).
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// `oauth_token`.
    pub token: String,
    /// `oauth_token_secret`; may be empty.
    pub token_secret: Secret,
    /// The other pairs of the reply, in order. Some providers send secrets here too: `Debug` shows only the names.
    pub extra: Vec<(String, String)>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.extra.iter().map(|(name, _)| name).collect();
        f.debug_struct("Credentials")
            .field("token", &self.token)
            .field("token_secret", &self.token_secret)
            .field("extra", &names)
            .finish()
    }
}

/// Reads the reply with temporary credentials (RFC 5849 section 2.1), which must hold `oauth_callback_confirmed=true`.
///
/// # Errors
/// [`ErrorKind::TokenRequestFailed`] with the status, and `oauth_problem` where the reply has one.
pub fn temporary_credentials<'a>(reply: impl Into<Reply<'a>>) -> Result<Credentials> {
    let reply = reply.into();
    let (credentials, confirmed) = credentials(reply)?;
    if !confirmed {
        const WHY: &str = "`oauth_callback_confirmed` is not true: the provider speaks OAuth 1.0, before its revision A, and is open \
            to session fixation";
        return Err(failed(reply.status, WHY));
    }
    Ok(credentials)
}

/// Reads the reply with token credentials (RFC 5849 section 2.3; xAuth's is the same).
///
/// # Errors
/// [`ErrorKind::TokenRequestFailed`] with the status, and `oauth_problem` where the reply has one.
pub fn token_credentials<'a>(reply: impl Into<Reply<'a>>) -> Result<Credentials> {
    credentials(reply.into()).map(|(credentials, _)| credentials)
}

/// What a reply to either request holds, and whether the callback is confirmed.
fn credentials(reply: Reply<'_>) -> Result<(Credentials, bool)> {
    let Reply { status, headers, body, .. } = reply;
    let pairs = Pairs::read(body);
    if let Some(why) = problem(status, headers, &pairs) {
        return Err(failed(status, &why));
    }
    if !status.is_success() {
        return Err(failed(status, "the body names no `oauth_problem`"));
    }
    let once = |name: &'static str| match (pairs.one(name), pairs.all(name).nth(1)) {
        (Some(value), None) => Ok(value),
        (None, _) => Err(failed(status, &format!("`{name}` is missing"))),
        (Some(_), Some(_)) => Err(failed(status, &format!("`{name}` occurs twice"))),
    };
    let (token, token_secret) = (once("oauth_token")?.to_owned(), Secret::from(once("oauth_token_secret")?));
    if token.is_empty() {
        return Err(failed(status, "`oauth_token` is empty"));
    }
    let confirmed = pairs.one("oauth_callback_confirmed") == Some("true");
    const OURS: [&str; 3] = ["oauth_token", "oauth_token_secret", "oauth_callback_confirmed"];
    let extra = pairs.0.iter().filter(|(name, _)| !OURS.contains(&name.as_str()));
    let extra = extra.map(|(name, value)| (String::clone(name), String::clone(value))).collect();
    Ok((Credentials { token, token_secret, extra }, confirmed))
}

/// The problems of OAuth Problem Reporting.
const PROBLEMS: &[&str] = &[
    "additional_authorization_required",
    "consumer_key_refused",
    "consumer_key_rejected",
    "consumer_key_unknown",
    "nonce_used",
    "parameter_absent",
    "parameter_rejected",
    "permission_denied",
    "permission_unknown",
    "signature_invalid",
    "signature_method_rejected",
    "timestamp_refused",
    "token_expired",
    "token_rejected",
    "token_revoked",
    "token_used",
    "user_refused",
    "verifier_invalid",
    "version_rejected",
];

/// `oauth_problem`, from `WWW-Authenticate: OAuth …` or the body. The body of a reply that says it succeeded may hold a token, so
/// only a known problem is quoted from it.
fn problem(status: StatusCode, headers: &HeaderMap, pairs: &Pairs) -> Option<String> {
    let challenges = challenge::in_headers(headers, &WWW_AUTHENTICATE).filter_map(Result::ok);
    let in_header = challenges.filter(|challenge| challenge.is("OAuth")).find_map(|challenge| {
        let value = challenge.param("oauth_problem")?;
        Some(format!("`oauth_problem` is {}", Quoted(&percent_decode(&value))))
    });
    in_header.or_else(|| match pairs.one("oauth_problem")? {
        problem if status.is_success() && !PROBLEMS.contains(&problem) => {
            Some("`oauth_problem` is not one that is known".to_owned())
        }
        problem => Some(format!("`oauth_problem` is {}", Quoted(problem.as_bytes()))),
    })
}

fn failed(status: StatusCode, why: &str) -> Error {
    Error::new(ErrorKind::TokenRequestFailed, format!("the provider's reply (status {}): {why}", status.as_u16()))
}

/// A form's pairs, decoded; what is not UTF-8 is replaced by U+FFFD. Wiped, because one may be a token's secret.
pub(super) struct Pairs(Vec<(Zeroizing<String>, Zeroizing<String>)>);

impl Pairs {
    pub(super) fn read(form: &[u8]) -> Self {
        fn decode(text: &str) -> Zeroizing<String> {
            // Room for all, so that growing leaves no copy behind.
            let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
            decoded.extend(bytes(text, Form::Encoded));
            Zeroizing::new(String::from_utf8_lossy(&decoded).into_owned())
        }
        // Some providers end the line.
        let text = String::from_utf8_lossy(form.trim_ascii());
        let pairs = query::pairs(&text).filter(|(name, _)| !name.is_empty());
        Self(pairs.map(|(name, value)| (decode(name), decode(value.unwrap_or_default()))).collect())
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known.as_str() == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn reply(status: u16, body: &str) -> Result<Credentials> {
        temporary_credentials(Reply::new(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes()))
    }

    #[test]
    fn replies_are_decoded_and_demanded_whole() {
        let whole = "oauth_token=a%2Fb+c&oauth_token_secret=s&oauth_callback_confirmed=true&screen_name=J%C3%BC\r\n";
        let credentials = reply(200, whole).unwrap();
        assert_eq!((credentials.token.as_str(), credentials.token_secret.expose()), ("a/b c", "s"));
        assert_eq!(credentials.extra, [("screen_name".to_owned(), "J\u{fc}".to_owned())]);
        let shown = format!("{credentials:?}");
        assert!(shown.contains("screen_name") && !shown.contains("\"s\"") && !shown.contains("J\u{fc}"), "{shown}");
        for (status, body, part) in [
            (200, "oauth_token=a&oauth_token_secret=s", "callback_confirmed"),
            (200, "oauth_token=a&oauth_callback_confirmed=true", "`oauth_token_secret` is missing"),
            (200, "oauth_token=a&oauth_token=b&oauth_token_secret=s", "`oauth_token` occurs twice"),
            (200, "oauth_token=&oauth_token_secret=s", "`oauth_token` is empty"),
            (200, "oauth_problem=token_rejected", "status 200): `oauth_problem` is \"token_rejected\""),
            (200, "oauth_problem=s3cret", "`oauth_problem` is not one that is known"),
            (400, "oauth_problem=custom", "`oauth_problem` is \"custom\""),
            (401, "oauth_token=a&oauth_token_secret=s&oauth_callback_confirmed=true", "status 401"),
            (502, "<html>s3cret</html>", "status 502"),
        ] {
            let error = reply(status, body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TokenRequestFailed);
            assert!(error.to_string().contains(part) && !error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn problems_are_read_from_the_header() {
        let value = HeaderValue::from_static("OAuth realm=\"x\", oauth_problem=\"timestamp%5Frefused\"");
        let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, value)]);
        let error = token_credentials(Reply::new(StatusCode::UNAUTHORIZED, &headers, b"")).unwrap_err();
        assert!(error.to_string().contains("timestamp_refused"), "{error}");
    }
}
