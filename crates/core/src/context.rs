use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::{Error, ErrorKind, Result, encode};

type Fill = Arc<dyn Fn(&mut [u8]) -> Result<()> + Send + Sync>;

/// One moment's clock and randomness: the only things from outside that a scheme may use.
///
/// A value, not a clock: every timestamp of one signature comes from the same instant. Make a new one for each step.
///
/// ```
/// use countersign_core::Context;
///
/// let ctx = Context::at(1_440_938_160).with_nonce("0a4f113b");
/// assert_eq!(ctx.unix_time(), 1_440_938_160);
/// assert_eq!(ctx.nonce(16)?, "0a4f113b");
/// # Ok::<(), countersign_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Context {
    unix_time: u64,
    nonce: Option<Arc<str>>,
    fill: Option<Fill>,
    explaining: bool,
    peer_certificate: Option<Arc<[u8]>>,
}

impl Context {
    /// The system's clock, read now, and the system's randomness. A clock before 1970 reads as 1970.
    #[cfg(feature = "system")]
    #[must_use]
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self::at(since.as_secs())
    }

    /// A given moment, in seconds since the Unix epoch. Nonces are still drawn: from the system, where the feature `system`
    /// is on, unless [`Context::with_nonce`] or [`Context::with_random`] says otherwise.
    ///
    /// ```
    /// use countersign_core::Context;
    ///
    /// let ctx = Context::at(1_440_938_160).with_random(|buf| {
    ///     buf.fill(7); // your own source
    ///     Ok(())
    /// });
    /// assert_eq!(ctx.nonce(2)?, "0707");
    /// # Ok::<(), countersign_core::Error>(())
    /// ```
    #[must_use]
    pub const fn at(unix_time: u64) -> Self {
        Self { unix_time, nonce: None, fill: None, explaining: false, peer_certificate: None }
    }

    /// Fixes the client nonce, as its literal text.
    #[must_use]
    pub fn with_nonce(mut self, nonce: impl Into<Arc<str>>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// The same moment, `seconds` later (or earlier): for a server whose clock is off.
    #[must_use]
    pub fn shifted(&self, seconds: i64) -> Self {
        Self { unix_time: self.unix_time.saturating_add_signed(seconds), ..self.clone() }
    }

    /// Draws random bytes from `fill` instead of the system.
    #[must_use]
    pub fn with_random(mut self, fill: impl Fn(&mut [u8]) -> Result<()> + Send + Sync + 'static) -> Self {
        self.fill = Some(Arc::new(fill));
        self
    }

    /// Asks schemes to keep the texts that they hash and sign, for [`Signed`](crate::Signed) to show.
    #[must_use]
    pub const fn explaining(mut self) -> Self {
        self.explaining = true;
        self
    }

    /// Says which certificate the server showed on the TLS connection that the request goes over, as DER: schemes that bind
    /// credentials to it (NTLM's channel bindings, RFC 5929 section 4) read it here.
    ///
    /// ```
    /// use countersign_core::Context;
    ///
    /// let ctx = Context::at(0).with_peer_certificate(vec![0x30, 0x82]);
    /// assert_eq!(ctx.peer_certificate(), Some(&[0x30, 0x82][..]));
    /// ```
    #[must_use]
    pub fn with_peer_certificate(mut self, der: impl Into<Arc<[u8]>>) -> Self {
        self.peer_certificate = Some(der.into());
        self
    }

    /// The certificate that the server showed on this request's connection, as DER, where it is known.
    #[must_use]
    pub fn peer_certificate(&self) -> Option<&[u8]> {
        self.peer_certificate.as_deref()
    }

    /// Whether schemes are to keep the texts that they hash and sign.
    #[must_use]
    pub const fn is_explaining(&self) -> bool {
        self.explaining
    }

    /// Seconds since the Unix epoch.
    #[must_use]
    pub const fn unix_time(&self) -> u64 {
        self.unix_time
    }

    /// The fixed client nonce, if there is one, for a scheme whose own nonces are not hex.
    #[must_use]
    pub fn fixed_nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// The client nonce: the fixed text, or `bytes` random bytes in lower-case hex.
    ///
    /// The system's randomness is drawn by the kilobyte for each thread. A process that forks without starting another program
    /// must give its contexts a source of its own ([`Context::with_random`]), or it repeats its parent's nonces.
    ///
    /// # Errors
    /// [`ErrorKind::Randomness`] when the source fails.
    pub fn nonce(&self, bytes: usize) -> Result<Cow<'_, str>> {
        let mut buf = [0; 2 * MOST_NONCE];
        let buf = buf.get_mut(..bytes.saturating_mul(2)).ok_or_else(nonce_too_long)?;
        match &self.nonce {
            Some(nonce) => Ok(Cow::Borrowed(nonce)),
            None => self.nonce_in(buf).map(|nonce| Cow::Owned(nonce.to_owned())),
        }
    }

    /// The client nonce without an allocation: the fixed text, or as many hex digits as `buf` has bytes (one less if that is odd), at
    /// most 128.
    ///
    /// # Errors
    /// [`ErrorKind::Randomness`] when the source fails, or when `buf` is longer.
    pub fn nonce_in<'a>(&'a self, buf: &'a mut [u8]) -> Result<&'a str> {
        if let Some(nonce) = &self.nonce {
            return Ok(nonce);
        }
        let mut raw = [0; MOST_NONCE];
        let raw = raw.get_mut(..buf.len() / 2).ok_or_else(nonce_too_long)?;
        match &self.fill {
            Some(fill) => fill(raw)?,
            None => source::draw(raw)?,
        }
        Ok(encode::hex_in(raw, buf))
    }

    /// Fills `buf` with random bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Randomness`] when the source fails.
    pub fn random(&self, buf: &mut [u8]) -> Result<()> {
        match &self.fill {
            Some(fill) => fill(buf),
            None => source::fill(buf),
        }
    }
}

/// The longest nonce, in bytes: twice as many hex digits.
const MOST_NONCE: usize = 64;

fn nonce_too_long() -> Error {
    Error::new(ErrorKind::Randomness, "a nonce has at most 64 bytes")
}

/// The system's randomness.
#[cfg(feature = "system")]
mod source {
    use std::cell::RefCell;

    use rand::TryRng as _;
    use rand::rngs::SysRng;

    use super::{Error, ErrorKind, Result};

    pub(super) fn fill(buf: &mut [u8]) -> Result<()> {
        SysRng.try_fill_bytes(buf).map_err(|err| {
            Error::new(ErrorKind::Randomness, "the system has no random bytes").with_source(err.to_string())
        })
    }

    struct Pool {
        bytes: [u8; 1024],
        used: usize,
    }

    thread_local! {
        static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; 1024], used: 1024 }) };
    }

    /// By the kilobyte: asking the system for a few bytes takes longer than signing a request. Only for nonces, which must be
    /// unique but are not keys: what is drawn ahead lies in memory.
    pub(super) fn draw(buf: &mut [u8]) -> Result<()> {
        POOL.with_borrow_mut(|pool| {
            if pool.bytes.len() - pool.used < buf.len() {
                pool.used = pool.bytes.len();
                fill(&mut pool.bytes)?;
                pool.used = 0;
            }
            let unused = pool.bytes.get_mut(pool.used..).and_then(|unused| unused.get_mut(..buf.len()));
            match unused {
                Some(drawn) => {
                    buf.copy_from_slice(drawn);
                    drawn.fill(0);
                    pool.used += buf.len();
                    Ok(())
                }
                None => fill(buf),
            }
        })
    }
}

/// A build that has no system: only what the caller gives.
#[cfg(not(feature = "system"))]
mod source {
    use super::{Error, ErrorKind, Result};

    pub(super) fn fill(_: &mut [u8]) -> Result<()> {
        const WHY: &str =
            "this build has no source of randomness (feature `system` is off): give one by `Context::with_random`";
        Err(Error::new(ErrorKind::Randomness, WHY))
    }

    pub(super) fn draw(buf: &mut [u8]) -> Result<()> {
        fill(buf)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("unix_time", &self.unix_time)
            .field("nonce", &self.nonce)
            .field("explaining", &self.explaining)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_drawn_where_none_is_fixed() {
        let ctx = Context::now();
        let (one, two) = (ctx.nonce(8).unwrap(), ctx.nonce(8).unwrap());
        assert_eq!(one.len(), 16);
        assert_ne!(one, two);
        assert_eq!(ctx.nonce(65).unwrap_err().kind(), ErrorKind::Randomness);
        assert_eq!(ctx.nonce_in(&mut [0; 32]).unwrap().len(), 32);
        assert_eq!(Context::at(0).with_nonce("n").nonce_in(&mut [0; 32]).unwrap(), "n");
    }

    #[test]
    fn drawn_nonces_do_not_repeat() {
        let mut seen = std::collections::HashSet::new();
        for bytes in (1..=64).cycle().skip(7).take(1000) {
            let nonce = Context::now().nonce(bytes).unwrap().into_owned();
            assert!(nonce.len() == 2 * bytes && (bytes < 8 || seen.insert(nonce)), "{bytes}");
        }
    }

    #[test]
    fn own_randomness_wins_over_the_systems() {
        let ctx = Context::now().with_random(|buf| {
            buf.fill(0xab);
            Ok(())
        });
        assert_eq!(ctx.nonce(2).unwrap(), "abab");
    }

    #[test]
    fn a_shift_stops_at_the_ends_of_time() {
        assert_eq!(Context::at(5).shifted(-10).unix_time(), 0);
        assert_eq!(Context::at(5).shifted(10).unix_time(), 15);
    }
}
