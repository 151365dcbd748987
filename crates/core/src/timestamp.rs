//! The calendar that signatures write their time in (UTC, Gregorian).

use time::{Date, Month, OffsetDateTime, Time};

use crate::{Error, ErrorKind, Result};

/// Year, month, day, hour, minute and second as 14 digits: `20150830123600`.
///
/// ```
/// use countersign_core::timestamp::{digits, unix_time};
///
/// assert_eq!(&digits(1_440_938_160)?, b"20150830123600");
/// assert_eq!(unix_time(b"20150830123600"), Some(1_440_938_160));
/// # Ok::<(), countersign_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] for a time after the year 9999.
pub fn digits(unix_time: u64) -> Result<[u8; 14]> {
    let time = i64::try_from(unix_time).ok().and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
    // The `time` crate knows later years too when its feature `large-dates` is on somewhere in the tree.
    let time = time.filter(|time| time.year() <= 9999).ok_or_else(|| {
        Error::new(ErrorKind::InvalidRequest, "the time is after the year 9999, which a signature cannot hold")
    })?;
    let year = time.year().unsigned_abs();
    let [[y0, y1], [y2, y3]] = [year / 100, year % 100].map(|pair| pair_of(u8::try_from(pair).unwrap_or_default()));
    let [m0, m1] = pair_of(u8::from(time.month()));
    let [[d0, d1], [h0, h1]] = [time.day(), time.hour()].map(pair_of);
    let [[n0, n1], [s0, s1]] = [time.minute(), time.second()].map(pair_of);
    Ok([y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, n0, n1, s0, s1])
}

/// The seconds since the Unix epoch that 14 digits mean; `None` for what is no date, and for one before 1970.
#[must_use]
pub fn unix_time(digits: &[u8; 14]) -> Option<u64> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let text = str::from_utf8(digits).ok()?;
    let pair = |from: usize| text.get(from..from + 2)?.parse::<u8>().ok();
    let year = text.get(..4)?.parse().ok()?;
    let date = Date::from_calendar_date(year, Month::try_from(pair(4)?).ok()?, pair(6)?).ok()?;
    let time = Time::from_hms(pair(8)?, pair(10)?, pair(12)?).ok()?;
    u64::try_from(date.with_time(time).assume_utc().unix_timestamp()).ok()
}

const fn pair_of(number: u8) -> [u8; 2] {
    [b'0' + number / 10 % 10, b'0' + number % 10]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        for (unix, text) in [
            (0, b"19700101000000"),
            (1_440_938_160, b"20150830123600"),
            (951_827_696, b"20000229123456"),
            (253_402_300_799, b"99991231235959"),
        ] {
            assert_eq!(&digits(unix).unwrap(), text);
            assert_eq!(unix_time(text), Some(unix));
        }
        // The `time` crate knows these years here: the tests switch on its `large-dates`.
        assert!(OffsetDateTime::from_unix_timestamp(253_402_300_800).is_ok());
        assert_eq!(digits(253_402_300_800).unwrap_err().kind(), ErrorKind::InvalidRequest);
        assert!(digits(u64::MAX).is_err());
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [b"20151330123600", b"20150230000000", b"2015083012360 ", b"+0150830123600", b"19691231235959"] {
            assert_eq!(unix_time(text), None, "{}", text.escape_ascii());
        }
    }
}
