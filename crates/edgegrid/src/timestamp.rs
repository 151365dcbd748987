//! Times as EdgeGrid writes them: `20140321T19:34:21+0000`.

use countersign_core::{Error, ErrorKind, Result};
use time::{Date, Month, OffsetDateTime, Time};

/// The text's length in bytes.
const LENGTH: usize = 22;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Timestamp([u8; LENGTH]);

impl Timestamp {
    /// Of seconds since the Unix epoch.
    pub(crate) fn new(unix_time: u64) -> Result<Self> {
        let time = i64::try_from(unix_time).ok().and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
        let time = time.filter(|time| (0..=9999).contains(&time.year())).ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "the time is after the year 9999, which a signature cannot hold")
        })?;
        let year = time.year().unsigned_abs();
        let mut text = *b"00000000T00:00:00+0000";
        let mut put = |at: usize, number: u32| {
            let digits = [number / 10 % 10, number % 10].map(|digit| b'0' + u8::try_from(digit).unwrap_or_default());
            if let Some(place) = text.get_mut(at..at + 2) {
                place.copy_from_slice(&digits);
            }
        };
        put(0, year / 100);
        put(2, year % 100);
        put(4, u32::from(u8::from(time.month())));
        put(6, u32::from(time.day()));
        put(9, u32::from(time.hour()));
        put(12, u32::from(time.minute()));
        put(15, u32::from(time.second()));
        Ok(Self(text))
    }

    /// Of a text in this form, or of seconds since the Unix epoch in decimal; `None` for any other.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::new(text.parse().ok()?).ok();
        }
        unix_time(text).and_then(|time| Self::new(time).ok())
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Seconds since the Unix epoch, of a text as EdgeGrid writes it.
pub(crate) fn unix_time(text: &str) -> Option<u64> {
    if text.len() != LENGTH || !text.is_ascii() {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<u16> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let small = |from: usize| number(from, from + 2).and_then(|number| u8::try_from(number).ok());
    let marks = [(8..9, "T"), (11..12, ":"), (14..15, ":"), (17..22, "+0000")];
    if marks.into_iter().any(|(place, mark)| text.get(place) != Some(mark)) {
        return None;
    }
    let date = Date::from_calendar_date(i32::from(number(0, 4)?), Month::try_from(small(4)?).ok()?, small(6)?).ok()?;
    let time = Time::from_hms(small(9)?, small(12)?, small(15)?).ok()?;
    u64::try_from(date.with_time(time).assume_utc().unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        for (seconds, text) in [(1_395_430_461, "20140321T19:34:21+0000"), (0, "19700101T00:00:00+0000")] {
            assert_eq!(Timestamp::new(seconds).unwrap().as_str(), text);
            assert_eq!(unix_time(text), Some(seconds));
            assert_eq!(Timestamp::read(&seconds.to_string()).unwrap().as_str(), text);
        }
        for text in ["", "2014", "20140321T19:34:21+0100", "20140230T00:00:00+0000", "20140321 19:34:21+0000"] {
            assert!(Timestamp::read(text).is_none() || text == "2014", "{text}");
        }
        assert!(Timestamp::new(253_402_300_800).is_err());
    }
}
