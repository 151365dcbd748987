use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use countersign_core::encode::decimal_in;
use countersign_core::target::{self, Origin};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Result, Scheme, Signed};
use http::Request;
use http::Uri;
use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Parts;

use crate::attributes::{is_plain, is_printable, push_escaped};
use crate::canonical::{Artifacts, Kind, Target, push_normalized};
use crate::dialogue::Conversation;
use crate::signature::Key;
use crate::{Algorithm, Config};

/// Signs requests with one key. What it learns of servers' clocks is shared by clones of its `Arc` and by threads.
pub struct Signer {
    pub(crate) config: Config,
    pub(crate) key: Key,
    offsets: RwLock<Vec<(Origin, i64)>>,
}

impl Signer {
    /// Reads the config.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidConfig`] for an empty id or key, or a text that cannot stand in the header.
    /// * [`ErrorKind::UnsupportedAlgorithm`] for an unknown algorithm.
    pub fn new(config: &Config) -> Result<Self> {
        let invalid = |message: String| Error::new(ErrorKind::InvalidConfig, message);
        let algorithm: Algorithm = config.algorithm.parse()?;
        if config.id.is_empty() || config.key.is_empty() {
            return Err(invalid("`id` or `key` is empty".to_owned()));
        }
        let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        let mut config = config.clone();
        for field in [&mut config.nonce, &mut config.ext, &mut config.app, &mut config.dlg] {
            *field = given(field);
        }
        config.dlg = config.dlg.filter(|_| config.app.is_some());
        let plain = [
            ("id", Some(&config.id)),
            ("nonce", config.nonce.as_ref()),
            ("app", config.app.as_ref()),
            ("dlg", config.dlg.as_ref()),
        ];
        for (field, value) in plain {
            if !value.is_none_or(|value| is_plain(value)) {
                return Err(invalid(format!(
                    "`{field}` holds what a Hawk server refuses: printable ASCII but `\"` and `\\` is taken"
                )));
            }
        }
        if !config.ext.as_deref().is_none_or(is_printable) {
            return Err(invalid("`ext` holds what no header can: only printable ASCII is taken".to_owned()));
        }
        Ok(Self { key: Key::new(algorithm, config.key.expose())?, config, offsets: RwLock::default() })
    }

    /// How far the clock of this URI's origin is ahead of ours, in seconds, as far as it is known.
    pub(crate) fn offset(&self, uri: &Uri) -> i64 {
        let offsets = self.offsets.read().unwrap_or_else(PoisonError::into_inner);
        offsets.iter().find(|(origin, _)| origin.holds(uri)).map_or(0, |(_, offset)| *offset)
    }

    /// Remembers how far the clock of this URI's origin is ahead of ours.
    pub(crate) fn remember(&self, uri: &Uri, offset: i64) {
        /// A client talks to few servers; past this many the oldest is forgotten.
        const MOST: usize = 256;
        let Some(origin) = Origin::of(uri) else { return };
        let mut offsets = self.offsets.write().unwrap_or_else(PoisonError::into_inner);
        offsets.retain(|(known, _)| *known != origin);
        if offsets.len() >= MOST {
            offsets.remove(0);
        }
        offsets.push((origin, offset));
    }

    fn payload_hash(&self, parts: &Parts, payload: &Payload) -> Result<Option<String>> {
        if !self.config.include_payload_hash {
            return Ok(None);
        }
        let Some(bytes) = payload.bytes() else {
            const WHY: &str = "`include_payload_hash` needs the body, and it is streamed";
            return Err(Error::new(ErrorKind::PayloadRequired, WHY));
        };
        Ok(Some(self.key.algorithm().payload_hash(&target::media_type(&parts.headers), bytes)))
    }
}

impl Scheme for Signer {
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        let target = Target::of(parts, None)?;
        let hash = self.payload_hash(parts, payload)?;
        let (mut hex, mut digits) = ([0; 16], [0; 20]);
        let time = self.time(&parts.uri, ctx);
        let artifacts = Artifacts {
            ts: decimal_in(time, &mut digits),
            nonce: self.nonce(ctx, &mut hex)?,
            hash: hash.as_deref().unwrap_or_default(),
            ext: self.config.ext.as_deref().unwrap_or_default(),
            app: self.config.app.as_deref().unwrap_or_default(),
            dlg: self.config.dlg.as_deref().unwrap_or_default(),
        };
        let mut text = String::with_capacity(256);
        push_normalized(&mut text, Kind::Header, &target, &artifacts);

        let mut header = String::with_capacity(256);
        push_plain(&mut header, "Hawk id", &self.config.id);
        push_plain(&mut header, ", ts", artifacts.ts);
        push_plain(&mut header, ", nonce", artifacts.nonce);
        if !artifacts.hash.is_empty() {
            push_plain(&mut header, ", hash", artifacts.hash);
        }
        if !artifacts.ext.is_empty() {
            push_attribute(&mut header, ", ext", artifacts.ext);
        }
        header.push_str(", mac=\"");
        self.key.push_mac(&mut header, &text);
        header.push('"');
        for (name, value) in [(", app", artifacts.app), (", dlg", artifacts.dlg)] {
            if !value.is_empty() {
                push_plain(&mut header, name, value);
            }
        }
        let mut signed = Signed::default().with_header(AUTHORIZATION, header_value(header)?);
        if ctx.is_explaining() {
            signed = signed.with_string_to_sign(text);
        }
        Ok(signed)
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Box::new(Conversation::new(self, request))
    }
}

impl Signer {
    /// The config's time, or the context's by the clock of the URI's origin.
    pub(crate) fn time(&self, uri: &Uri, ctx: &Context) -> u64 {
        self.config.timestamp.unwrap_or_else(|| ctx.unix_time().saturating_add_signed(self.offset(uri)))
    }

    /// The config's nonce, or the context's.
    pub(crate) fn nonce<'a>(&'a self, ctx: &'a Context, hex: &'a mut [u8; 16]) -> Result<&'a str> {
        if let Some(nonce) = &self.config.nonce {
            return Ok(nonce);
        }
        if ctx.fixed_nonce().is_some_and(|nonce| nonce.is_empty() || !is_plain(nonce)) {
            const WHY: &str = "the context's nonce is empty, or holds what a Hawk server refuses";
            return Err(Error::new(ErrorKind::InvalidConfig, WHY));
        }
        ctx.nonce_in(hex)
    }
}

/// Appends `name="value"`, with quotes and backslashes escaped.
pub(crate) fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str("=\"");
    push_escaped(out, value);
    out.push('"');
}

/// As [`push_attribute`], for a value that was seen to hold nothing to escape.
fn push_plain(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str("=\"");
    out.push_str(value);
    out.push('"');
}

/// All that goes into a header was seen to be printable.
pub(crate) fn header_value(text: String) -> Result<HeaderValue> {
    HeaderValue::from_maybe_shared(Bytes::from(text))
        .map_err(|err| Error::new(ErrorKind::InvalidConfig, "a text cannot stand in a header").with_source(err))
}

/// Shows whose key signs and how, never the key.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("config", &self.config).finish_non_exhaustive()
    }
}
