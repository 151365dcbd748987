//! Reads `WWW-Authenticate` and `Proxy-Authenticate`, and the credentials of `Authorization`, which have the same form
//! ([RFC 9110] sections 11.3 to 11.6.1).
//!
//! ```
//! use countersign_core::challenge::challenges;
//!
//! let value = br#"Digest realm="a, \"b\"", nonce=abc, Negotiate dG9rZW4=, Basic realm="c""#;
//! let read: Vec<_> = challenges(value).collect::<Result<_, _>>()?;
//!
//! assert_eq!(read.iter().map(|challenge| challenge.scheme()).collect::<Vec<_>>(), ["Digest", "Negotiate", "Basic"]);
//! assert_eq!(read[0].param("REALM").as_deref(), Some(&b"a, \"b\""[..]));
//! assert_eq!(read[1].token68(), Some("dG9rZW4="));
//! # Ok::<(), countersign_core::Error>(())
//! ```
//!
//! It works on bytes, in linear time, and allocates only to undo a backslash. Unknown schemes and parameters are kept. Some
//! forms that the grammar forbids, and that servers send all the same, are read too: missing commas between parameters, no
//! quotes around a value that needs them, an empty value, tabs and spaces around `=`.
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110

use std::borrow::Cow;

use http::header::{AUTHORIZATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::{Error, ErrorKind, Result};

/// Who asks: the server itself, or the proxy on the way to it (RFC 9110 sections 11.6 and 11.7).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Side {
    /// The server: 401.
    Server,
    /// A proxy: 407.
    Proxy,
}

impl Side {
    /// Who asks with this status: 401 and 407; nobody with any other.
    #[must_use]
    pub const fn asking(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::UNAUTHORIZED => Some(Self::Server),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => Some(Self::Proxy),
            _ => None,
        }
    }

    /// The header of the challenges: `WWW-Authenticate`, `Proxy-Authenticate`.
    #[must_use]
    pub const fn asks_in(self) -> HeaderName {
        match self {
            Self::Server => WWW_AUTHENTICATE,
            Self::Proxy => PROXY_AUTHENTICATE,
        }
    }

    /// The header of the answer: `Authorization`, `Proxy-Authorization`.
    #[must_use]
    pub const fn answers_in(self) -> HeaderName {
        match self {
            Self::Server => AUTHORIZATION,
            Self::Proxy => PROXY_AUTHORIZATION,
        }
    }

    /// The header of what follows a good answer (RFC 7615): `Authentication-Info`, `Proxy-Authentication-Info`.
    #[must_use]
    pub const fn informs_in(self) -> HeaderName {
        match self {
            Self::Server => HeaderName::from_static("authentication-info"),
            Self::Proxy => HeaderName::from_static("proxy-authentication-info"),
        }
    }
}

/// Appends a quoted string (RFC 9110 section 5.6.4): in double quotes, `"` and `\` escaped.
///
/// ```
/// let mut out = Vec::new();
/// countersign_core::challenge::push_quoted(&mut out, br#"a "b""#);
/// assert_eq!(out, br#""a \"b\"""#);
/// ```
pub fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\');
    out.push(b'"');
    // No early end: nearly always there is nothing to escape, and then all bytes are compared at once.
    if text.iter().fold(false, |any, byte| any | is_special(byte)) {
        for &byte in text {
            if is_special(&byte) {
                out.push(b'\\');
            }
            out.push(byte);
        }
    } else {
        out.extend_from_slice(text);
    }
    out.push(b'"');
}

/// One challenge of a server, or one client's credentials, borrowed from the header value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Challenge<'a> {
    scheme: &'a str,
    content: Content<'a>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Content<'a> {
    Token68(&'a str),
    /// The parameters' text, already seen to be well-formed.
    Params(&'a [u8]),
}

/// A parameter of a [`Challenge`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Param<'a> {
    /// Its name, as written; names compare without case.
    pub name: &'a str,
    /// Its value as it stands: between the quotes, if it has them, with backslashes.
    pub raw: &'a [u8],
    /// Whether it stands in quotes.
    pub quoted: bool,
    /// Whether a backslash stands in the quotes.
    escaped: bool,
}

impl<'a> Param<'a> {
    /// The value, backslashes undone.
    #[must_use]
    pub fn value(&self) -> Cow<'a, [u8]> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut value = Vec::with_capacity(self.raw.len());
        let mut bytes = self.raw.iter().copied();
        while let Some(byte) = bytes.next() {
            // A backslash at the very end cannot be: it would have escaped the quote.
            value.push(if byte == b'\\' { bytes.next().unwrap_or(byte) } else { byte });
        }
        Cow::Owned(value)
    }
}

impl<'a> Challenge<'a> {
    /// The scheme's name, as written; names compare without case.
    #[must_use]
    pub const fn scheme(&self) -> &'a str {
        self.scheme
    }

    /// Whether this is the scheme of that name, without case.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The single token in place of parameters (`Basic`, `Bearer`, `Negotiate`, `NTLM`).
    #[must_use]
    pub const fn token68(&self) -> Option<&'a str> {
        match self.content {
            Content::Token68(token) => Some(token),
            Content::Params(_) => None,
        }
    }

    /// The parameters, in order.
    #[must_use]
    pub const fn params(&self) -> Params<'a> {
        match self.content {
            Content::Token68(_) => Params(Cursor { bytes: b"", at: 0 }),
            Content::Params(bytes) => Params(Cursor { bytes, at: 0 }),
        }
    }

    /// The value of the first parameter of that name, without case.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.params().find(|param| param.name.eq_ignore_ascii_case(name)).map(|param| param.value())
    }
}

/// The parameters of a [`Challenge`], in order.
#[derive(Clone, Debug)]
pub struct Params<'a>(Cursor<'a>);

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        self.0.skip_separators();
        self.0.param()
    }
}

/// The challenges of one header value, in order. An empty value has none. After an error there is nothing more.
#[must_use]
pub const fn challenges(value: &[u8]) -> Challenges<'_> {
    Challenges(Cursor { bytes: value, at: 0 })
}

/// The parameters of a header value that names no scheme (`Authentication-Info`, RFC 7615 section 3), as far as they can
/// be read.
///
/// ```
/// let names: Vec<_> = countersign_core::challenge::params(b"qop=auth, rspauth=\"6629\"").map(|param| param.name).collect();
/// assert_eq!(names, ["qop", "rspauth"]);
/// ```
#[must_use]
pub const fn params(value: &[u8]) -> Params<'_> {
    Params(Cursor { bytes: value, at: 0 })
}

/// The challenges of all values of a header, in order. A value that cannot be read does not hide the next one.
pub fn in_headers<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = Result<Challenge<'a>>> {
    headers.get_all(name).into_iter().flat_map(|value| challenges(value.as_bytes()))
}

/// Iterates the challenges of one header value; see [`challenges`].
#[derive(Clone, Debug)]
pub struct Challenges<'a>(Cursor<'a>);

impl<'a> Iterator for Challenges<'a> {
    type Item = Result<Challenge<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.skip_separators();
        self.0.peek()?;
        let challenge = self.0.challenge();
        if challenge.is_err() {
            self.0.at = self.0.bytes.len();
        }
        Some(challenge)
    }
}

#[derive(Clone, Debug)]
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|&byte| !fits(byte)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// A token; empty where there is none. All its characters are ASCII.
    fn token(&mut self) -> &'a str {
        str::from_utf8(self.take_while(is_token)).unwrap_or_default()
    }

    /// Whether a parameter begins here, a token and `=`: then the cursor stands after them and blanks, else where it was.
    fn skip_name(&mut self) -> bool {
        let start = self.at;
        let is_named = !self.take_while(is_token).is_empty();
        self.skip_blanks();
        if is_named && self.peek() == Some(b'=') {
            self.at += 1;
            self.skip_blanks();
            return true;
        }
        self.at = start;
        false
    }

    fn skip_blanks(&mut self) -> usize {
        self.take_while(|byte| byte == b' ' || byte == b'\t').len()
    }

    /// Skips blanks and commas: an empty list element is no element (RFC 9110 section 5.6.1).
    fn skip_separators(&mut self) {
        self.take_while(|byte| matches!(byte, b' ' | b'\t' | b','));
    }

    fn broken<T>(&self, what: &str) -> Result<T> {
        Err(Error::new(ErrorKind::InvalidChallenge, format!("cannot read the challenge: {what} at byte {}", self.at)))
    }

    fn challenge(&mut self) -> Result<Challenge<'a>> {
        let scheme = self.token();
        if scheme.is_empty() {
            return self.broken("no scheme");
        }
        let blanks = self.skip_blanks();
        match self.peek() {
            None | Some(b',') => return Ok(Challenge { scheme, content: Content::Params(b"") }),
            Some(_) if blanks == 0 => return self.broken("no blank after the scheme"),
            Some(b'=') => return self.broken("a parameter before any scheme"),
            Some(_) => {}
        }
        if let Some(token) = self.token68() {
            return Ok(Challenge { scheme, content: Content::Token68(token) });
        }
        let start = self.at;
        let mut end = start;
        while self.skip_name() {
            if self.value("").is_none() {
                return self.broken("an open quoted string");
            }
            end = self.at;
            self.skip_separators();
        }
        if end == start {
            return self.broken("no parameter");
        }
        // Between two challenges there is a comma; between two parameters it may be missing.
        let between = self.bytes.get(end..self.at).unwrap_or_default();
        if self.peek().is_some() && !between.contains(&b',') {
            return self.broken("neither a comma nor a parameter");
        }
        Ok(Challenge { scheme, content: Content::Params(self.bytes.get(start..end).unwrap_or_default()) })
    }

    /// A token68 that nothing follows but a comma; else the cursor stays.
    fn token68(&mut self) -> Option<&'a str> {
        let start = self.at;
        let token = self.take_while(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
        self.take_while(|byte| byte == b'=');
        let end = self.at;
        self.skip_blanks();
        if token.is_empty() || !matches!(self.peek(), None | Some(b',')) {
            self.at = start;
            return None;
        }
        str::from_utf8(self.bytes.get(start..end)?).ok()
    }

    fn param(&mut self) -> Option<Param<'a>> {
        let name = self.token();
        self.skip_blanks();
        if name.is_empty() || self.peek() != Some(b'=') {
            return None;
        }
        self.at += 1;
        self.skip_blanks();
        self.value(name)
    }

    /// A parameter's value, quoted or not; none where a quoted string does not end.
    fn value(&mut self, name: &'a str) -> Option<Param<'a>> {
        if self.peek() != Some(b'"') {
            let raw = self.take_while(|byte| !matches!(byte, b' ' | b'\t' | b',' | b'"'));
            return Some(Param { name, raw, quoted: false, escaped: false });
        }
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.skip_plain();
            match self.peek()? {
                b'"' => break,
                _ => {
                    escaped = true;
                    self.at += 2;
                }
            }
        }
        let raw = self.bytes.get(start..self.at)?;
        self.at += 1;
        Some(Param { name, raw, quoted: true, escaped })
    }

    /// Skips to the next quote or backslash, sixteen bytes at a time as long as there is none: most of a challenge is quoted.
    fn skip_plain(&mut self) {
        let is_special = |byte: u8| matches!(byte, b'"' | b'\\');
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (chunks, _) = rest.as_chunks::<16>();
        // No early end inside a chunk, so that it is one comparison.
        let plain = chunks.iter().take_while(|chunk| !chunk.iter().fold(false, |any, &byte| any | is_special(byte)));
        self.at += 16 * plain.count();
        self.take_while(|byte| !is_special(byte));
    }
}

/// RFC 9110 section 5.6.2.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    /// `Scheme token68` or `Scheme name=value;…`, joined by ` | `; an error is `!`.
    fn read(value: &[u8]) -> String {
        let one = |challenge: Result<Challenge<'_>>| match challenge {
            Err(_) => "!".to_owned(),
            Ok(challenge) => {
                let params = challenge.params().map(|param| format!("{}={}", param.name, param.value().escape_ascii()));
                let params: Vec<_> = challenge.token68().map(str::to_owned).into_iter().chain(params).collect();
                format!("{} {}", challenge.scheme(), params.join(";")).trim_end().to_owned()
            }
        };
        challenges(value).map(one).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn what_the_grammar_allows() {
        for (value, expected) in [
            (&b""[..], ""),
            (b" , ,", ""),
            (b"Negotiate", "Negotiate"),
            (b"Negotiate, NTLM", "Negotiate | NTLM"),
            (b"Negotiate dG9r/ZW4+.-_~==", "Negotiate dG9r/ZW4+.-_~=="),
            (b"Bearer", "Bearer"),
            (b"Basic realm=\"x\"", "Basic realm=x"),
            (b"Basic realm = \"x\" ,\tcharset\t=\tUTF-8", "Basic realm=x;charset=UTF-8"),
            (b",Basic realm=\"x\",,Digest a=b,,c=d,", "Basic realm=x | Digest a=b;c=d"),
            (b"A b=\"c, D e=f\", G h=i", "A b=c, D e=f | G h=i"),
            (b"A b=\"\\\"\\\\\\c\"", "A b=\\\"\\\\c"),
            (b"A b=\"\xfc\xff\"", "A b=\\xfc\\xff"),
            (b"A b=\"\"", "A b="),
            (b"NewScheme p.q*'~=x, Other", "NewScheme p.q*'~=x | Other"),
            // RFC 9110 section 11.6.1's own example
            (
                b"Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"",
                "Basic realm=simple | Newauth realm=apps;type=1;title=Login to \\\"apps\\\"",
            ),
        ] {
            assert_eq!(read(value), expected, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn what_servers_send_all_the_same() {
        for (value, expected) in [
            // Unquoted values that are no tokens: nonces in base64 of embedded web servers.
            (&b"Digest realm=cam, nonce=MTIz/NDU2==, qop=auth"[..], "Digest realm=cam;nonce=MTIz/NDU2==;qop=auth"),
            // No comma between parameters: CUPS 1.1.21 (its issue 882), codeigniter-restserver (its issue 68).
            (b"Digest realm=\"CUPS\" nonce=\"127.0.0.1\"", "Digest realm=CUPS;nonce=127.0.0.1"),
            (b"Digest realm=\"r\" qop=\"auth\"  opaque=\"o\"", "Digest realm=r;qop=auth;opaque=o"),
            // Blanks around `=`, which the grammar tolerates (BWS) and few clients do: seen by poco (its issue 1452).
            (b"Digest nonce = \"61222a\", realm = \"TEST\"", "Digest nonce=61222a;realm=TEST"),
            // Commas without a blank, empty and upper-case values: RTSP cameras (gortsplib, its issue 1).
            (b"Digest realm=\"r\",nonce=\"n\",opaque=\"\",stale=FALSE", "Digest realm=r;nonce=n;opaque=;stale=FALSE"),
            // `realm` not first, a boolean in quotes: Hikvision cameras (okhttp, its issue 2780).
            (b"Digest qop=\"auth\", realm=\"DS\", stale=\"FALSE\"", "Digest qop=auth;realm=DS;stale=FALSE"),
            // A trailing comma, and an empty value without quotes: embedded web servers.
            (b"Digest realm=\"r\", opaque=, nonce=\"n\",", "Digest realm=r;opaque=;nonce=n"),
            // realms with UTF-8 or Latin-1, unquoted
            (b"Basic realm=B\xfcro", "Basic realm=B\\xfcro"),
        ] {
            assert_eq!(read(value), expected, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error_with_its_place() {
        for value in [
            &b"\"quoted\""[..],
            b"=x",
            b"realm=\"x\"",
            b"A =b",
            b"A b=\"open",
            b"A b=\"open\\",
            b"A b=\"c\" d",
            b"A b=\"c\"; d=e",
            b"A \"b\"",
            b"(x)",
        ] {
            assert!(read(value).ends_with('!'), "{} gives {}", value.escape_ascii(), read(value));
        }
        let error = challenges(b"Basic realm=\"x\", \"").last().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "cannot read the challenge: no scheme at byte 17");
    }

    #[test]
    fn a_broken_value_does_not_hide_the_next() {
        let mut headers = HeaderMap::new();
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"open"));
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(""));
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("NTLM"));
        let read: Vec<_> = in_headers(&headers, &WWW_AUTHENTICATE).collect();
        assert!(read[0].is_err());
        assert!(read[1].as_ref().is_ok_and(|challenge| challenge.is("ntlm")));
        assert_eq!(read.len(), 2);
    }

    #[test]
    fn plain_values_are_borrowed() {
        let challenge = challenges(b"A b=\"c\"").next().unwrap().unwrap();
        assert!(matches!(challenge.param("B"), Some(Cow::Borrowed(b"c"))));
        assert_eq!(challenge.param("c"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_end(value in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(challenges(&value).count() <= value.len());
        }

        #[test]
        fn what_is_quoted_comes_back(value in proptest::collection::vec(any::<u8>(), 0..30)) {
            let mut text = b"A b=\"".to_vec();
            for &byte in &value {
                if byte == b'"' || byte == b'\\' {
                    text.push(b'\\');
                }
                text.push(byte);
            }
            text.extend(b"\", c=d");
            let challenge = challenges(&text).next().unwrap().unwrap();
            prop_assert_eq!(challenge.param("b").unwrap().into_owned(), value);
            prop_assert_eq!(challenge.param("c").unwrap().into_owned(), b"d");
        }
    }
}
