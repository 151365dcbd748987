//! The moment to sign for: `--time` and `--nonce`.

use countersign::Context;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::failure::Failure;

/// The context of those two options; what is left out is the system's.
pub(crate) fn context(unix_time: Option<u64>, nonce: Option<&str>) -> Context {
    let ctx = unix_time.map_or_else(Context::now, Context::at);
    match nonce {
        Some(nonce) => ctx.with_nonce(nonce),
        None => ctx,
    }
}

/// Reads a time: unix seconds, RFC 3339, or the basic form that AWS writes.
pub(crate) fn parse(text: &str) -> Result<u64, Failure> {
    let unreadable = || {
        Failure::Input(format!(
            "{text:?} is no time: write unix seconds (1440938160), 2015-08-30T12:36:00Z or 20150830T123600Z"
        ))
    };
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_err(|_| unreadable());
    }
    let time = OffsetDateTime::parse(&extended(text).unwrap_or_else(|| text.to_owned()), &Rfc3339);
    time.ok().and_then(|time| u64::try_from(time.unix_timestamp()).ok()).ok_or_else(unreadable)
}

/// `20150830T123600Z` as RFC 3339 writes it.
fn extended(text: &str) -> Option<String> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(date, 8) || !digits(time, 6) {
        return None;
    }
    let ((year, month_day), (hour, minute_second)) = (date.split_at(4), time.split_at(2));
    let ((month, day), (minute, second)) = (month_day.split_at(2), minute_second.split_at(2));
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moment_has_many_names() {
        for text in [
            "1440938160",
            "20150830T123600Z",
            "2015-08-30T12:36:00Z",
            "2015-08-30T14:36:00+02:00",
            "2015-08-30T12:36:00.9Z",
        ] {
            assert_eq!(parse(text).unwrap(), 1_440_938_160, "{text}");
        }
        for text in [
            "",
            "yesterday",
            "20151330T123600Z",
            "-1",
            "1960-01-01T00:00:00Z",
            "2015083üT123600Z",
            "9".repeat(30).as_str(),
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_fixed_is_the_systems() {
        let ctx = context(Some(5), None);
        assert_eq!(ctx.unix_time(), 5);
        assert_ne!(ctx.nonce(8).unwrap(), ctx.nonce(8).unwrap());
        assert_eq!(context(Some(1 << 40), None).unix_time(), 1 << 40);
        assert_eq!(context(None, Some("n")).nonce(8).unwrap(), "n");
    }
}
