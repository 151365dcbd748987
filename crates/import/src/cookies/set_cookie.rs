//! `Set-Cookie`, as RFC 6265 section 5.2 reads it.

use super::date;

/// What one header says. The last of a repeated attribute counts.
#[derive(Debug, Default, PartialEq)]
pub(super) struct SetCookie<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) expires: Option<u64>,
    /// In seconds; 0 or less ends it at once.
    pub(super) max_age: Option<i64>,
    /// In lower case, without the dot in front.
    pub(super) domain: Option<String>,
    /// None where the default is meant.
    pub(super) path: Option<&'a [u8]>,
    pub(super) secure: bool,
}

impl<'a> SetCookie<'a> {
    /// None for what sets no cookie: it has no `=`, or no name.
    pub(super) fn parse(header: &'a [u8]) -> Option<Self> {
        let mut parts = header.split(|&byte| byte == b';');
        let (name, value) = pair(parts.next()?);
        let mut cookie = Self { name, value: value?, ..Self::default() };
        if cookie.name.is_empty() {
            return None;
        }
        for part in parts {
            cookie.attribute(part);
        }
        Some(cookie)
    }

    fn attribute(&mut self, part: &'a [u8]) {
        let (name, value) = pair(part);
        let value = value.unwrap_or_default();
        match &*name.to_ascii_lowercase() {
            b"expires" => self.expires = date::parse(value).or(self.expires),
            b"max-age" => self.max_age = seconds(value).or(self.max_age),
            b"domain" => {
                let domain = String::from_utf8_lossy(value.strip_prefix(b".").unwrap_or(value)).to_ascii_lowercase();
                if !domain.is_empty() {
                    self.domain = Some(domain);
                }
            }
            b"path" => self.path = value.starts_with(b"/").then_some(value),
            b"secure" => self.secure = true,
            _ => {}
        }
    }
}

/// Name and value without the white space around them.
fn pair(part: &[u8]) -> (&[u8], Option<&[u8]>) {
    let Some(at) = part.iter().position(|&byte| byte == b'=') else { return (trimmed(part), None) };
    let (name, value) = part.split_at(at);
    (trimmed(name), Some(trimmed(value.get(1..).unwrap_or_default())))
}

/// Without spaces and tabs at both ends.
fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Section 5.2.2: digits, with a minus or not. What is too large is as long as can be.
fn seconds(value: &[u8]) -> Option<i64> {
    let (is_negative, digits) = match value.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, value),
    };
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = str::from_utf8(digits).ok().filter(|_| is_number)?;
    let seconds = text.parse().unwrap_or(i64::MAX);
    Some(if is_negative { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_taken_apart() {
        let cookie = SetCookie::parse(
            b" a = b=c ; Secure; Path=/x; path=y; DOMAIN=.Example.COM; domain=; Max-Age=-5; max-age=x; HttpOnly",
        )
        .unwrap();
        let expected = SetCookie {
            name: b"a",
            value: b"b=c",
            max_age: Some(-5),
            domain: Some("example.com".into()),
            secure: true,
            ..SetCookie::default()
        };
        assert_eq!(cookie, expected);
        for nothing in ["", "a", "=b", ";a=b", " = "] {
            assert_eq!(SetCookie::parse(nothing.as_bytes()), None, "{nothing}");
        }
        assert_eq!(SetCookie::parse(b"a=; Max-Age=99999999999999999999").unwrap().max_age, Some(i64::MAX));
    }
}
