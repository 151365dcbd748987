use std::fmt;
use std::sync::{Arc, OnceLock, RwLock};

use bytes::Bytes;
use countersign_core::config::given;
use countersign_core::encode::decimal_in;
use countersign_core::recent::Recent;
use countersign_core::target::{self, Origin};
use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Result, Scheme, Signed, sync};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Request, Uri};

use crate::Config;
use crate::attributes::{is_plain, is_printable, push_attribute, push_plain};
use crate::canonical::{Artifacts, Kind, Target, push_normalized};
use crate::dialogue::Conversation;
use crate::signature::{Key, MAC};

/// Signs requests with one key. What it learns of servers' clocks is shared by clones of its `Arc` and by threads.
///
/// ```
/// use std::sync::Arc;
///
/// use countersign_hawk::{Config, Context, Exchange, Payload, Reply, Signer, Step, http};
///
/// let signer = Arc::new(Signer::new(&Config::new("dh37fgj492je", "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"))?);
/// let request = http::Request::get("https://example.com/resource").body(Payload::empty())?;
/// let (mut exchange, step) = Exchange::start(signer, request, &Context::now())?;
/// let Step::Send(request) = step else { panic!("{step:?}") };
/// assert!(request.headers()["authorization"].to_str()?.starts_with("Hawk id=\"dh37fgj492je\", ts="));
/// // What came back; had it proved another time, the next step would be the request, signed for that time.
/// let step = exchange.on_response(&http::Response::new("hello"), &Context::now())?;
/// assert!(matches!(step, Step::Done));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Signer {
    pub(crate) config: Config,
    pub(crate) key: Key,
    /// The header as far as it is the same in each request.
    prefix: String,
    /// How far the clock of each server is ahead of ours, in seconds; not made before a server's clock differs, so that looking
    /// into it takes no lock then.
    offsets: OnceLock<RwLock<Recent<Origin, i64>>>,
}

impl Signer {
    /// Checks the config and prepares the key.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidConfig`] for an empty id or key, or a text that cannot stand in the header.
    /// * [`ErrorKind::UnsupportedAlgorithm`] for an unknown algorithm.
    pub fn new(config: &Config) -> Result<Self> {
        let key = Key::new(&config.algorithm, config.key.expose())?;
        let mut config = config.clone();
        for field in [&mut config.nonce, &mut config.ext, &mut config.app, &mut config.dlg] {
            *field = given(field.as_ref()).map(str::to_owned);
        }
        config.dlg = config.dlg.filter(|_| config.app.is_some());
        check(&config)?;
        let prefix = format!("Hawk id=\"{}\", ts=\"", config.id);
        Ok(Self { key, prefix, config, offsets: OnceLock::new() })
    }

    /// How far the clock of this URI's origin is ahead of ours, in seconds, as far as it is known.
    fn offset(&self, uri: &Uri) -> i64 {
        let Some(offsets) = self.offsets.get() else { return 0 };
        sync::read(offsets).find(|origin| origin.holds(uri)).copied().unwrap_or_default()
    }

    /// Remembers how far the clock of this URI's origin is ahead of ours.
    pub(crate) fn remember(&self, uri: &Uri, offset: i64) {
        /// A client talks to few servers.
        const MOST: usize = 256;
        let Some(origin) = Origin::of(uri) else { return };
        sync::write(self.offsets.get_or_init(|| RwLock::new(Recent::new(MOST)))).insert(origin, offset);
    }

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

    fn payload_hash(&self, parts: &Parts, payload: &Payload) -> Result<Option<String>> {
        if !self.config.include_payload_hash {
            return Ok(None);
        }
        let Some(bytes) = payload.bytes() else {
            const WHY: &str = "`include_payload_hash` needs the body, and it is streamed";
            return Err(Error::new(ErrorKind::PayloadRequired, WHY));
        };
        if parts.headers.get_all(CONTENT_TYPE).iter().nth(1).is_some() {
            const WHY: &str = "the media type is signed, and the request has two Content-Type headers";
            return Err(Error::new(ErrorKind::InvalidRequest, WHY));
        }
        Ok(Some(self.key.payload_hash(&target::media_type(&parts.headers), bytes)))
    }

    fn push_header(&self, out: &mut String, artifacts: &Artifacts<'_>, mac: &str) {
        let Artifacts { ts, nonce, hash, ext, app, dlg } = *artifacts;
        for part in [&self.prefix, ts, "\", nonce=\"", nonce, "\""] {
            out.push_str(part);
        }
        if !hash.is_empty() {
            push_plain(out, ", hash", hash);
        }
        if !ext.is_empty() {
            push_attribute(out, ", ext", ext);
        }
        push_plain(out, ", mac", mac);
        for (name, value) in [(", app", app), (", dlg", dlg)] {
            if !value.is_empty() {
                push_plain(out, name, value);
            }
        }
    }
}

/// What cannot stand in the header.
fn check(config: &Config) -> Result<()> {
    let invalid = |message: String| Err(Error::new(ErrorKind::InvalidConfig, message));
    if config.id.is_empty() || config.key.is_empty() {
        return invalid("`id` or `key` is empty".to_owned());
    }
    let plain = [
        ("id", Some(&config.id)),
        ("nonce", config.nonce.as_ref()),
        ("app", config.app.as_ref()),
        ("dlg", config.dlg.as_ref()),
    ];
    for (field, value) in plain {
        if !value.is_none_or(|value| is_plain(value)) {
            return invalid(format!(
                "`{field}` holds what a Hawk server refuses: printable ASCII without `\"` and `\\` is accepted"
            ));
        }
    }
    if !config.ext.as_deref().is_none_or(is_printable) {
        return invalid("`ext` holds what cannot stand in a header: only printable ASCII is accepted".to_owned());
    }
    Ok(())
}

impl Scheme for Signer {
    fn compute(&self, parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Signed> {
        let hash = self.payload_hash(parts, payload)?;
        let (mut hex, mut digits) = ([0; 16], [0; 20]);
        let artifacts = Artifacts {
            ts: decimal_in(self.time(&parts.uri, ctx), &mut digits),
            nonce: self.nonce(ctx, &mut hex)?,
            hash: hash.as_deref().unwrap_or_default(),
            ext: self.config.ext.as_deref().unwrap_or_default(),
            app: self.config.app.as_deref().unwrap_or_default(),
            dlg: self.config.dlg.as_deref().unwrap_or_default(),
        };
        let mut text = String::with_capacity(256);
        push_normalized(&mut text, Kind::Header, &Target::of(parts)?, &artifacts);
        let mut mac = [0; MAC];
        let mac = self.key.mac_in(&text, &mut mac);
        let signed_text = ctx.is_explaining().then(|| text.clone());
        // The text was signed, and its buffer is the header's.
        text.clear();
        self.push_header(&mut text, &artifacts, mac);
        let signed = Signed::default().with_header(AUTHORIZATION, header_value(text)?);
        Ok(match signed_text {
            Some(text) => signed.with_string_to_sign(text),
            None => signed,
        })
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Box::new(Conversation::new(self, request))
    }
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
