use serde_json::Value;

use crate::{clock, words};

/// What a server says when it refuses a request: its reply, and of its own calculation what it quotes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ServerSays {
    headers: Vec<(String, String)>,
    body: String,
    canonical_request: Option<String>,
    string_to_sign: Option<String>,
}

impl ServerSays {
    /// Reads a whole reply or its headers, `curl -v`'s lines among them; else its body: an AWS service's error as XML or JSON, or the bare
    /// text of a canonical request, of a string to sign, or of both.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let (headers, body) = split(&text);
        let (canonical_request, string_to_sign) = quoted_texts(body.trim_start());
        Self { headers, body: body.trim().to_owned(), canonical_request, string_to_sign }
    }

    /// The canonical request that it calculated.
    #[must_use]
    pub fn canonical_request(&self) -> Option<&str> {
        self.canonical_request.as_deref()
    }

    /// The string to sign that it calculated.
    #[must_use]
    pub fn string_to_sign(&self) -> Option<&str> {
        self.string_to_sign.as_deref()
    }

    /// The moment that it signed for, in seconds since the Unix epoch: the second line of an AWS string to sign.
    #[must_use]
    pub fn unix_time(&self) -> Option<u64> {
        let text = self.string_to_sign().filter(|text| text.starts_with("AWS4-"))?;
        words::unix_time(text.lines().nth(1)?)
    }

    /// The base string of OAuth 1, if the text is one or quotes one.
    pub(crate) fn base_string(&self) -> Option<&str> {
        let found = ["GET&http", "POST&http", "PUT&http", "DELETE&http", "PATCH&http", "HEAD&http"]
            .iter()
            .find_map(|start| self.body.find(start))?;
        self.body.get(found..)?.split(['"', '\'', '<', ' ', '\n']).next()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The challenges' headers: name and value.
    pub(crate) fn challenges(&self) -> impl Iterator<Item = (&str, &str)> {
        let asks = |name: &str| {
            name.eq_ignore_ascii_case("www-authenticate") || name.eq_ignore_ascii_case("proxy-authenticate")
        };
        self.headers.iter().filter(move |(name, _)| asks(name)).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn speaks_of_time(&self) -> bool {
        self.times().is_some()
    }

    /// The request's time and the server's, where the server names both.
    fn times(&self) -> Option<(u64, u64)> {
        let after = |start: &str| words::unix_time(self.body.split_once(start)?.1.split(['<', ' ', ')', '"']).next()?);
        if let Some(times) = after("<RequestTime>").zip(after("<ServerTime>")) {
            return Some(times);
        }
        let sent = after("Signature expired: ").or_else(|| after("Signature not yet current: "))?;
        // (20241008T200440Z - 5 min.): the server's present, and what it takes.
        Some((sent, after("Z (")?))
    }

    /// What can be told from the server's words.
    pub(crate) fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        if let Some((sent, server)) = self.times() {
            findings.push(clock::off_by(sent, server));
        }
        findings.extend(self.scope());
        findings.extend(
            SENTENCES.iter().filter(|(said, _)| self.body.contains(said)).map(|(_, means)| (*means).to_owned()),
        );
        findings
    }

    /// The region or service that the server wants, which it names in several sentences.
    fn scope(&self) -> Option<String> {
        let quoted = |start: &str| Some(self.body.split_once(start)?.1.split(['\'', '"', '<']).next()?.to_owned());
        if let (Some(signed), Some(wanted)) = (quoted("the region '"), quoted("expecting '")) {
            return Some(format!(
                "The region is wrong: the request was signed for {signed}, and the server is in {wanted}. Sign for {wanted}."
            ));
        }
        if let Some(signed) = quoted("scoped to a valid region, not '") {
            return Some(format!(
                "The region is wrong: the request was signed for {signed:?}, and this host is in another. The host's name usually has \
                 its region; a global service is signed for us-east-1."
            ));
        }
        let wanted = quoted("scoped to correct service: '")?;
        Some(format!(
            "The service is wrong: sign for {wanted:?}. The service of a scope is its signing name, not its host."
        ))
    }
}

/// What servers say, and what it means for someone who signs.
const SENTENCES: &[(&str, &str)] = &[
    (
        "InvalidAccessKeyId",
        "The access key id is not known to the server: it was deleted, or is another account's or partition's.",
    ),
    (
        "The security token included in the request is invalid",
        "The access key id or its session token is not known: temporary keys (ASIA…) need their session token, of the same login.",
    ),
    ("ExpiredToken", "The session token has expired: get new temporary keys."),
    (
        "Missing Authentication Token",
        "The server saw no signature. API Gateway says so for a path or stage that does not exist, too.",
    ),
    (
        "<Code>AccessDenied</Code>",
        "The signature is good: the key is not allowed to do this. Look at the policies, not at the signature.",
    ),
    (
        "is not authorized to perform",
        "The signature is good: the key is not allowed to do this. Look at the policies, not at the signature.",
    ),
    (
        "Access to requested resource is denied",
        "This is not about the signature: the account or the access token is not allowed to do this.",
    ),
    ("nonce_used", "The nonce was used before: draw a new one for each request, repeated ones too."),
    ("timestamp_refused", "The timestamp is too far from the server's: set the clock."),
];

/// A reply's headers and its body. Bare headers need no status line; a text without any is a body.
fn split(text: &str) -> (Vec<(String, String)>, &str) {
    let is_reply = |line: &str| line.starts_with("HTTP/") || line.to_ascii_lowercase().contains("-authenticate:");
    let start = text.trim_start();
    if !start.lines().next().is_some_and(|line| is_reply(unmarked(line))) {
        return (Vec::new(), text);
    }
    let mut headers = Vec::new();
    let mut rest = start;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        let line = unmarked(line);
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':').filter(|_| !line.starts_with("HTTP/")) {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    (headers, rest)
}

/// Without the `<` of `curl -v`, which XML does not have before a space.
fn unmarked(line: &str) -> &str {
    line.strip_prefix("< ").unwrap_or(if line.trim() == "<" { "" } else { line }).trim_end()
}

/// The canonical request and the string to sign.
fn quoted_texts(text: &str) -> (Option<String>, Option<String>) {
    if let Ok(json) = serde_json::from_str::<Value>(text) {
        let message = ["message", "Message"].iter().find_map(|name| json.get(name)?.as_str());
        let message = message.or_else(|| json.get("errors")?.get(0)?.get("message")?.as_str());
        return message.map(in_message).unwrap_or_default();
    }
    let tag = |name: &str| {
        let (_, after) = text.split_once(&format!("<{name}>"))?;
        Some(unescaped(after.split_once(&format!("</{name}>"))?.0))
    };
    let (canonical_request, string_to_sign) = (tag("CanonicalRequest"), tag("StringToSign"));
    if canonical_request.is_some() || string_to_sign.is_some() {
        return (canonical_request, string_to_sign);
    }
    in_message(&tag("Message").unwrap_or_else(|| text.to_owned()))
}

/// Reads the sentence of most services: "The Canonical String for this request should have been '…' The String-to-Sign should have
/// been '…'"; else takes the text for one of the two, or for both, one after the other.
fn in_message(message: &str) -> (Option<String>, Option<String>) {
    let quoted = |after: &str, end: &str| {
        let (_, text) = message.split_once(after)?;
        let (_, text) = text.split_once('\'')?;
        let text = text.split_once(end).map_or(text, |(text, _)| text);
        Some(text.trim_end_matches(['\n', '"', ' ']).trim_end_matches('\'').to_owned())
    };
    let canonical_request = quoted("The Canonical String for this request should have been", "'\n\nThe String-to-Sign");
    let string_to_sign = quoted("The String-to-Sign should have been", "'\n");
    if canonical_request.is_some() || string_to_sign.is_some() {
        return (canonical_request, string_to_sign);
    }
    let text = message.trim_end_matches('\n');
    // A string to sign begins with its algorithm. A canonical request, even of one line, begins with a method.
    if text.starts_with("AWS4-") {
        return (None, Some(text.to_owned()));
    }
    let is_method = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase());
    if !text.lines().next().is_some_and(is_method) {
        return (None, None);
    }
    match text.split_once("\nAWS4-") {
        Some((canonical, string)) => (Some(canonical.trim_end().to_owned()), Some(format!("AWS4-{string}"))),
        None => (Some(text.to_owned()), None),
    }
}

/// Undoes XML's character references; an unknown one stays.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = after.split_once(';').and_then(|(name, after)| Some((reference(name)?, after)));
        let (character, after) = known.unwrap_or(('&', after));
        out.push(character);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
