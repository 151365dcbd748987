//! When and for whom a signature is made: the time stamp and the credential scope.

use countersign_core::timestamp;
use countersign_core::{Error, ErrorKind, Result};

/// A time in ISO 8601's basic format, as every signature holds it: `20150830T123600Z`.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) struct Timestamp([u8; 16]);

impl Timestamp {
    /// The time of a Unix time stamp in seconds.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for a time after the year 9999, which the format cannot hold.
    pub(crate) fn new(unix_time: u64) -> Result<Self> {
        let [y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, n0, n1, s0, s1] = timestamp::digits(unix_time)?;
        Ok(Self([y0, y1, y2, y3, m0, m1, d0, d1, b'T', h0, h1, n0, n1, s0, s1, b'Z']))
    }

    /// A text in this format with its Unix time; `None` for any other text, and for a time before 1970.
    pub(crate) fn parse(text: &str) -> Option<(Self, u64)> {
        let text: &[u8; 16] = text.as_bytes().try_into().ok()?;
        let &[y0, y1, y2, y3, m0, m1, d0, d1, b'T', h0, h1, n0, n1, s0, s1, b'Z'] = text else { return None };
        let time = timestamp::unix_time(&[y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, n0, n1, s0, s1])?;
        Some((Self(*text), time))
    }

    /// The whole: `20150830T123600Z`.
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// In ISO 8601's extended format: `2015-08-30T12:36:00.000Z`.
    pub(crate) fn extended(&self) -> String {
        let part = |from: usize, to: usize| self.as_str().get(from..to).unwrap_or_default();
        let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
        format!("{year}-{month}-{day}T{}:{}:{}.000Z", part(9, 11), part(11, 13), part(13, 15))
    }

    /// Only the day: `20150830`.
    pub(crate) fn date(&self) -> &str {
        self.as_str().get(..8).unwrap_or_default()
    }
}

/// A credential scope: a signature made for it counts nowhere else.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) timestamp: Timestamp,
    /// `None` for SigV4A, whose signatures hold for a set of regions.
    pub(crate) region: Option<&'a str>,
    pub(crate) service: &'a str,
}

impl Scope<'_> {
    /// `20150830/us-east-1/service/aws4_request`.
    pub(crate) fn text(&self) -> String {
        let mut text = self.timestamp.date().to_owned();
        for part in self.region.into_iter().chain([self.service, "aws4_request"]) {
            text.push('/');
            text.push_str(part);
        }
        text
    }
}

/// Refuses what would break the scope, or the header that holds it, apart.
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] for an empty text, and for `/`, `,`, white space and control characters.
pub(crate) fn check_part(field: &'static str, text: &str) -> Result<()> {
    if text.is_empty()
        || text.contains(|part: char| matches!(part, '/' | ',') || part.is_whitespace() || part.is_control())
    {
        return Err(Error::new(
            ErrorKind::InvalidConfig,
            format!(
                "`{field}` is empty, or holds a slash, a comma, white space or a line end, which would break the credential"
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        for (unix, text) in [
            (0, "19700101T000000Z"),
            (1_440_938_160, "20150830T123600Z"),
            (951_827_696, "20000229T123456Z"),
            (253_402_300_799, "99991231T235959Z"),
        ] {
            assert_eq!(Timestamp::new(unix).unwrap().as_str(), text);
            let (timestamp, time) = Timestamp::parse(text).unwrap();
            assert_eq!((timestamp.as_str(), time), (text, unix));
        }
        assert_eq!(Timestamp::new(253_402_300_800).err().unwrap().kind(), ErrorKind::InvalidRequest);
        assert!(Timestamp::new(u64::MAX).is_err());
    }

    #[test]
    fn other_texts_are_not_times() {
        for text in
            ["", "20150830T123600", "20151330T123600Z", "20150830t123600Z", "2015083\u{fc}123600Z", "+0150830T123600Z"]
        {
            assert!(Timestamp::parse(text).is_none(), "{text}");
        }
    }
}
