//! When and for whom a signature is made: the time stamp and the credential scope.

use countersign_core::{Error, ErrorKind, Result};
use time::{Date, Month, OffsetDateTime, Time};

/// A time in ISO 8601's basic format, as every signature holds it: `20150830T123600Z`.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) struct Timestamp([u8; 16]);

impl Timestamp {
    /// The time of a Unix time stamp in seconds.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for a time after the year 9999, which the format cannot hold.
    pub(crate) fn new(unix_time: u64) -> Result<Self> {
        let time = i64::try_from(unix_time).ok().and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
        let time = time.ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "the time is outside the years 0 to 9999, which a signature can hold")
        })?;
        let [year_high, year_low] = pair_of(time.year().unsigned_abs());
        let [m0, m1] = digits(u8::from(time.month()));
        let ([d0, d1], [h0, h1]) = (digits(time.day()), digits(time.hour()));
        let ([n0, n1], [s0, s1]) = (digits(time.minute()), digits(time.second()));
        let ([y0, y1], [y2, y3]) = (digits(year_high), digits(year_low));
        Ok(Self([y0, y1, y2, y3, m0, m1, d0, d1, b'T', h0, h1, n0, n1, s0, s1, b'Z']))
    }

    /// The Unix time of a text in this format; `None` for any other text.
    pub(crate) fn parse(text: &str) -> Option<u64> {
        if text.len() != 16 || !text.is_ascii() {
            return None;
        }
        let number = |from: usize, to: usize| -> Option<u16> {
            let digits = text.get(from..to)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let small = |from: usize| number(from, from + 2).and_then(|number| u8::try_from(number).ok());
        if text.get(8..9) != Some("T") || text.get(15..) != Some("Z") {
            return None;
        }
        let month = Month::try_from(small(4)?).ok()?;
        let date = Date::from_calendar_date(i32::from(number(0, 4)?), month, small(6)?).ok()?;
        let time = Time::from_hms(small(9)?, small(11)?, small(13)?).ok()?;
        u64::try_from(date.with_time(time).assume_utc().unix_timestamp()).ok()
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

    /// The day alone: `20150830`.
    pub(crate) fn date(&self) -> &str {
        self.as_str().get(..8).unwrap_or_default()
    }
}

const fn digits(number: u8) -> [u8; 2] {
    [b'0' + number / 10 % 10, b'0' + number % 10]
}

/// A year of four digits, as two pairs.
fn pair_of(year: u32) -> [u8; 2] {
    [u8::try_from(year / 100).unwrap_or(u8::MAX), u8::try_from(year % 100).unwrap_or(u8::MAX)]
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
    /// Appends `20150830/us-east-1/service/aws4_request`.
    pub(crate) fn push(&self, out: &mut String) {
        out.push_str(self.timestamp.date());
        for part in self.region.into_iter().chain([self.service, "aws4_request"]) {
            out.push('/');
            out.push_str(part);
        }
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
            assert_eq!(Timestamp::parse(text), Some(unix));
        }
        assert_eq!(Timestamp::new(253_402_300_800).err().unwrap().kind(), ErrorKind::InvalidRequest);
        assert!(Timestamp::new(u64::MAX).is_err());
    }

    #[test]
    fn other_texts_are_no_time() {
        for text in
            ["", "20150830T123600", "20151330T123600Z", "20150830t123600Z", "2015083\u{fc}123600Z", "+0150830T123600Z"]
        {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
