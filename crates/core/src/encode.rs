//! Percent-encoding, hex and base64, as signatures need them. Thin wrappers over the crates of those names, so that every
//! scheme encodes in one way.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// Everything but RFC 3986 section 2.3's unreserved characters: `A-Z a-z 0-9 - . _ ~` stand, all else is encoded.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes all but RFC 3986's unreserved characters, with upper-case hex digits (OAuth 1, AWS queries).
///
/// ```
/// assert_eq!(countersign_core::encode::percent("a b/ü~".as_bytes()), "a%20b%2F%C3%BC~");
/// ```
#[must_use]
pub fn percent(bytes: &[u8]) -> Cow<'_, str> {
    percent_encoding::percent_encode(bytes, STRICT).into()
}

/// Appends [`percent`]'s text: in runs, so that a text with nothing to encode is one copy.
pub fn push_percent(out: &mut String, text: &str) {
    let mut rest = text;
    loop {
        let run = rest.bytes().position(|byte| !is_unreserved(byte)).unwrap_or(rest.len());
        let (run, after) = rest.split_at_checked(run).unwrap_or((rest, ""));
        out.push_str(run);
        let mut after = after.chars();
        let Some(character) = after.next() else { return };
        for &byte in character.encode_utf8(&mut [0; 4]).as_bytes() {
            out.push_str(percent_encoding::percent_encode_byte(byte));
        }
        rest = after.as_str();
    }
}

/// Undoes percent-encoding; a stray `%` stays as it is, and `+` is a plus.
#[must_use]
pub fn percent_decode(text: &[u8]) -> Cow<'_, [u8]> {
    percent_encoding::percent_decode(text).into()
}

/// Undoes percent-encoding in a form or query, where `+` is a space (WHATWG URL section 5.1); a stray `%` stays.
#[must_use]
pub fn form_decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') {
        return percent_decode(text);
    }
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    Cow::Owned(percent_encoding::percent_decode(&spaced).collect())
}

/// RFC 3986 section 2.3's unreserved characters: `A-Z a-z 0-9 - . _ ~`.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "the table has an entry for each byte")]
pub const fn is_unreserved(byte: u8) -> bool {
    // A table is faster than five ranges, and this is asked for each byte of a request.
    UNRESERVED[byte as usize]
}

#[expect(clippy::indexing_slicing, reason = "the table has an entry for each byte")]
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte as usize] = matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    table
};

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// Lower-case hex without an allocation: into `buf`, which must have two bytes for each of `bytes`; else the text is empty.
///
/// ```
/// let mut buf = [0; 4];
/// assert_eq!(countersign_core::encode::hex_in(&[0x0a, 0xff], &mut buf), "0aff");
/// ```
#[must_use]
pub fn hex_in<'a>(bytes: &[u8], buf: &'a mut [u8]) -> &'a str {
    base16ct::lower::encode_str(bytes, buf).unwrap_or_default()
}

/// A number's decimal digits without an allocation: into `digits`.
///
/// ```
/// assert_eq!(countersign_core::encode::decimal_in(1_353_832_234, &mut [0; 20]), "1353832234");
/// ```
#[must_use]
pub fn decimal_in(number: u64, digits: &mut [u8; 20]) -> &str {
    let digit = |number: u64| b'0' + u8::try_from(number).unwrap_or_default();
    let (mut rest, mut start) = (number, digits.len());
    // Two at a time: half the divisions, each of which waits for the one before.
    for pair in digits.as_chunks_mut::<2>().0.iter_mut().rev() {
        *pair = [digit(rest % 100 / 10), digit(rest % 10)];
        start -= if rest < 10 { 1 } else { 2 };
        rest /= 100;
        if rest == 0 {
            break;
        }
    }
    digits.get(start..).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or_default()
}

/// Reads hex of either case; `None` for any other text.
#[must_use]
pub fn hex_decode(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok()
}

/// Base64 with `+`, `/` and padding (RFC 4648 section 4).
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Appends [`base64()`]'s text.
pub fn push_base64(out: &mut String, bytes: &[u8]) {
    BASE64_STANDARD.encode_string(bytes, out);
}

/// [`base64()`]'s text without an allocation: into `buf`, which must have four bytes for each begun three of `bytes`; else the
/// text is empty.
///
/// ```
/// assert_eq!(countersign_core::encode::base64_in(b"\xfb\xff", &mut [0; 4]), "+/8=");
/// ```
#[must_use]
pub fn base64_in<'a>(bytes: &[u8], buf: &'a mut [u8]) -> &'a str {
    let length = BASE64_STANDARD.encode_slice(bytes, buf).unwrap_or_default();
    buf.get(..length).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
}

/// Base64 with `-`, `_` and no padding (RFC 4648 section 5).
#[must_use]
pub fn base64_url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads [`base64()`]'s text; `None` for what is not padded base64.
#[must_use]
pub fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}

/// Reads [`base64_url`]'s text; `None` for what is not unpadded URL-safe base64.
#[must_use]
pub fn base64_url_decode(text: &[u8]) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_survive() {
        assert_eq!(percent(b"\xff "), "%FF%20");
        assert_eq!(*percent_decode(b"%FF%2"), *b"\xff%2");
        assert_eq!(*form_decode(b"a+b%2Bc%"), *b"a b+c%");
    }

    #[test]
    fn hex_and_base64_come_back() {
        assert_eq!(hex_decode("00fFa1").unwrap(), [0, 0xff, 0xa1]);
        assert!(hex_decode("0").is_none() && hex_decode("zz").is_none());
        assert_eq!(base64_decode(base64(b"\xfb\xff").as_bytes()).unwrap(), b"\xfb\xff");
        assert_eq!(base64_url(b"\xfb\xff"), "-_8");
        assert_eq!(base64_url_decode(b"-_8").unwrap(), b"\xfb\xff");
        assert_eq!(hex_in(&[1, 2], &mut [0; 3]), "");
        for number in [0, 7, 10, 99, 100, 1_191_242_096, u64::MAX] {
            assert_eq!(decimal_in(number, &mut [0; 20]), number.to_string());
        }
    }
}
