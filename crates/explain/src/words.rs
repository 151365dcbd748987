//! Times and durations in words.

use countersign::scheme::{encode, timestamp};

/// "7 minutes", "1 hour 2 minutes", "9 minutes 18 seconds".
pub(crate) fn duration(seconds: u64) -> String {
    let unit = |number: u64, name: &str| match number {
        0 => String::new(),
        1 => format!("1 {name}"),
        _ => format!("{number} {name}s"),
    };
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let parts = [unit(days, "day"), unit(hours, "hour"), unit(minutes, "minute"), unit(seconds % 60, "second")];
    let told: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).take(2).collect();
    if told.is_empty() { "no time".into() } else { told.join(" ") }
}

/// The seconds since the Unix epoch of `20150830T123600Z` or `2015-08-30T12:36:00Z`.
pub(crate) fn unix_time(text: &str) -> Option<u64> {
    let digits: Vec<u8> = text.trim().strip_suffix('Z')?.bytes().filter(u8::is_ascii_digit).collect();
    timestamp::unix_time(&digits.try_into().ok()?)
}

/// Percent-decoded, for people to read.
pub(crate) fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&encode::percent_decode(text.as_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units() {
        for (seconds, words) in [
            (0, "no time"),
            (1, "1 second"),
            (420, "7 minutes"),
            (558, "9 minutes 18 seconds"),
            (3_600, "1 hour"),
            (90_061, "1 day 1 hour"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }

    #[test]
    fn times_of_both_forms() {
        assert_eq!(unix_time("20150830T123600Z"), Some(1_440_938_160));
        assert_eq!(unix_time("2015-08-30T12:36:00Z"), Some(1_440_938_160));
        assert_eq!(unix_time("20000229T000000Z"), Some(951_782_400));
        assert_eq!(unix_time("19700101T000000Z"), Some(0));
        for text in ["", "Z", "20151330T123600Z", "20150830T123600", "soonZ"] {
            assert_eq!(unix_time(text), None, "{text}");
        }
    }
}
