//! The target information (MS-NLMP section 2.2.2.1): what the server says of itself, and what the client adds.

use countersign_core::{Error, ErrorKind, Result};

use crate::message::pairs;

/// Ids of its pairs.
const AV_FLAGS: u16 = 6;
const AV_TIMESTAMP: u16 = 7;
const AV_TARGET_NAME: u16 = 9;
const AV_CHANNEL_BINDINGS: u16 = 10;
/// In `AV_FLAGS`: the third message has an integrity code.
const HAS_MIC: u32 = 2;

/// The server's pairs.
pub(crate) struct TargetInfo<'a>(Vec<(u16, &'a [u8])>);

impl<'a> TargetInfo<'a> {
    /// # Errors
    /// [`ErrorKind::InvalidChallenge`] when a pair is cut short.
    pub(crate) fn read(sent: &'a [u8]) -> Result<Self> {
        pairs(sent).map(Self)
    }

    fn find<const N: usize>(&self, wanted: u16) -> Option<[u8; N]> {
        self.0.iter().find(|(id, _)| *id == wanted).and_then(|(_, value)| (*value).try_into().ok())
    }

    /// The server's time, in 100 nanoseconds since 1601. Where there is one, the third message has an integrity code (section
    /// 3.1.5.1.2).
    pub(crate) fn time(&self) -> Option<u64> {
        self.find(AV_TIMESTAMP).map(u64::from_le_bytes)
    }

    /// The server's pairs with ours in place of what it may have sent: flags, channel bindings, target name.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the target name is longer than a pair can hold.
    pub(crate) fn answered(&self, channel_bindings: Option<&[u8; 16]>, target_name: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(128);
        let ours = [AV_FLAGS, AV_CHANNEL_BINDINGS, AV_TARGET_NAME];
        for (id, value) in self.0.iter().filter(|(id, _)| !ours.contains(id)) {
            push(&mut out, *id, value)?;
        }
        let has_mic = self.time().is_some();
        let sent_flags = self.find(AV_FLAGS).map(u32::from_le_bytes);
        if has_mic || sent_flags.is_some() {
            let flags = sent_flags.unwrap_or_default() | if has_mic { HAS_MIC } else { 0 };
            push(&mut out, AV_FLAGS, &flags.to_le_bytes())?;
        }
        if let Some(bindings) = channel_bindings {
            push(&mut out, AV_CHANNEL_BINDINGS, bindings)?;
        }
        push(&mut out, AV_TARGET_NAME, target_name)?;
        push(&mut out, 0, &[])?;
        Ok(out)
    }
}

fn push(out: &mut Vec<u8>, id: u16, value: &[u8]) -> Result<()> {
    let length = u16::try_from(value.len())
        .map_err(|_| Error::new(ErrorKind::InvalidConfig, "the target name is longer than an NTLM message can hold"))?;
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(value);
    Ok(())
}
