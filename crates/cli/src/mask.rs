//! Credentials that a signature covers as they are sent: an explanation, which people show to others, leaves them out.

use countersign::scheme::{encode, query};
use http::Uri;
use http::request::Parts;

/// What stands in a credential's place.
const REDACTED: &str = "[redacted]";

/// The shortest text that is looked for. A shorter one keeps no secret, and stands in many other texts.
const SHORTEST: usize = 4;

/// The credentials that signing put into a request: a session token, an API key beside a signature.
#[derive(Debug)]
pub(crate) struct Mask {
    /// In every form that a signed text may hold, the longest first.
    secrets: Vec<String>,
}

impl Mask {
    /// Of a request that was signed, and its URI before.
    pub(crate) fn of(before: &Uri, signed: &Parts) -> Self {
        let mut secrets = Vec::new();
        for value in signed.headers.values().filter(|value| value.is_sensitive()) {
            let text = String::from_utf8_lossy(value.as_bytes());
            // As AWS folds it.
            secrets.push(text.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
            secrets.push(text.into_owned());
        }
        let own: Vec<_> = query::pairs(before.query().unwrap_or_default()).collect();
        for (name, value) in query::pairs(signed.uri.query().unwrap_or_default()) {
            let Some(value) = value.filter(|_| !own.contains(&(name, value)) && !is_open(name)) else { continue };
            let decoded = encode::percent_decode(value.as_bytes());
            let once = encode::percent(&decoded).into_owned();
            // OAuth 1 encodes a parameter, and then all of them once more.
            let twice = encode::percent(once.as_bytes()).into_owned();
            secrets.extend([value.to_owned(), String::from_utf8_lossy(&decoded).into_owned(), once, twice]);
        }
        secrets.retain(|secret| secret.len() >= SHORTEST);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    pub(crate) fn apply(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, REDACTED))
    }
}

/// Parameters of a signature that are no credential: without them nothing would be explained.
fn is_open(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("oauth_") || (name.starts_with("x-amz-") && name != "x-amz-security-token")
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};

    use super::*;

    #[test]
    fn what_signing_added_is_masked_in_every_form() {
        let before: Uri = "https://h/?own=hunter1&X-Amz-Date=x".parse().unwrap();
        let after = "https://h/?own=hunter1&X-Amz-Date=2015&X-Amz-Security-Token=hun%2Fter2&key=hunter3";
        let mut token = HeaderValue::from_static("hunter4  x");
        token.set_sensitive(true);
        let (parts, ()) = Request::get(after).header("a", token).header("b", "open").body(()).unwrap().into_parts();
        let mask = Mask::of(&before, &parts);
        let shown = mask.apply(
            "own=hunter1&X-Amz-Date=2015&t=hun%2Fter2&t=hun%252Fter2&t=hun/ter2&key%3Dhunter3\na:hunter4 x\nb:open",
        );
        assert_eq!(
            shown,
            "own=hunter1&X-Amz-Date=2015&t=[redacted]&t=[redacted]&t=[redacted]&key%3D[redacted]\na:[redacted]\nb:open"
        );
    }
}
