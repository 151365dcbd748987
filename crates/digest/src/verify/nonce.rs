use countersign_core::{Context, Result, encode};

use crate::signature::NonceMac;

/// Makes nonces that hold their time and a MAC, so that none has to be remembered until it is used.
#[derive(Clone, Debug)]
pub(super) struct Nonces {
    mac: NonceMac,
    pub(super) lifetime: u64,
}

impl Nonces {
    pub(super) fn new(key: &[u8; 32], lifetime: u64) -> Result<Self> {
        Ok(Self { mac: NonceMac::new(key)?, lifetime })
    }

    /// Time, randomness, and their MAC with the realm, in base64.
    pub(super) fn make(&self, realm: &str, ctx: &Context) -> Result<String> {
        let (time, mut random) = (ctx.unix_time().to_be_bytes(), [0; 8]);
        ctx.random(&mut random)?;
        let tag = self.mac.of(&[&time, &random, realm.as_bytes()]);
        Ok(encode::base64_url(&[&time[..], &random, &tag].concat()))
    }

    /// When a nonce of ours ends; none for another's, and for one that has expired or lies ahead of the clock.
    pub(super) fn expiry(&self, nonce: &[u8], realm: &str, now: u64) -> Option<u64> {
        let raw = encode::base64_url_decode(nonce)?;
        let (time, rest) = raw.split_first_chunk::<8>()?;
        let (random, tag) = rest.split_first_chunk::<8>()?;
        let made = u64::from_be_bytes(*time);
        let until = made.saturating_add(self.lifetime);
        let is_ours = self.mac.verify(&[time, random, realm.as_bytes()], tag);
        (is_ours && made <= now.saturating_add(1) && now < until).then_some(until)
    }
}
