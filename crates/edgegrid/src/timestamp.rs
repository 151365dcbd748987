//! Times as EdgeGrid writes them: `20140321T19:34:21+0000`.

use countersign_core::{Result, timestamp};

/// The text's length in bytes.
const LENGTH: usize = 22;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Timestamp([u8; LENGTH]);

impl Timestamp {
    /// The text of seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](countersign_core::ErrorKind::InvalidRequest) for a time after the year 9999.
    pub(crate) fn new(unix_time: u64) -> Result<Self> {
        let [y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, n0, n1, s0, s1] = timestamp::digits(unix_time)?;
        Ok(Self([
            y0, y1, y2, y3, m0, m1, d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1, b'+', b'0', b'0', b'0', b'0',
        ]))
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The seconds since the Unix epoch that a text of this form means; `None` for any other text.
pub(crate) fn read(text: &str) -> Option<u64> {
    let [y0, y1, y2, y3, m0, m1, d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1, b'+', b'0', b'0', b'0', b'0'] =
        *text.as_bytes()
    else {
        return None;
    };
    timestamp::unix_time(&[y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, n0, n1, s0, s1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        for (seconds, text) in [(1_395_430_461, "20140321T19:34:21+0000"), (0, "19700101T00:00:00+0000")] {
            assert_eq!(Timestamp::new(seconds).unwrap().as_str(), text);
            assert_eq!(read(text), Some(seconds));
        }
        assert!(Timestamp::new(253_402_300_800).is_err());
    }

    #[test]
    fn other_texts_are_none() {
        for text in ["", "2014", "20140321T19:34:21+0100", "20140230T00:00:00+0000", "20140321 19:34:21+0000"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
