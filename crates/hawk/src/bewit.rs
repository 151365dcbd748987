//! Bewits: URLs that anyone may GET until they expire. Source: "Single URI Authorization" of the Hawk specification.

use countersign_core::encode::{base64_url, base64_url_decode, decimal_in, form_decode};
use countersign_core::query::{self, Edit};
use countersign_core::target::{default_port, split_port, without_user_info};
use countersign_core::{Context, Error, ErrorKind, Result, verify};
use http::Uri;

use crate::Signer;
use crate::canonical::{Artifacts, Kind, Target, no_port, push_normalized};

/// The query parameter.
pub(crate) const BEWIT: &[u8] = b"bewit";

impl Signer {
    /// The URI with a bewit at the end of its query, good for GET and HEAD for `ttl` seconds. An earlier bewit is replaced; `ext`
    /// of the config goes along, `app` and `dlg` do not.
    ///
    /// ```
    /// use countersign_hawk::{Config, Context, Signer};
    ///
    /// let signer = Signer::new(&Config::new("dh37fgj492je", "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"))?;
    /// let uri = signer.bewit(&"https://example.com/report.pdf?page=1".parse()?, 300, &Context::now())?;
    /// assert!(uri.query().unwrap().starts_with("page=1&bewit="));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when `ttl` is 0; [`ErrorKind::InvalidRequest`] when the URI has no host or scheme, or gets too
    /// long.
    pub fn bewit(&self, uri: &Uri, ttl: u64, ctx: &Context) -> Result<Uri> {
        if ttl == 0 {
            return Err(Error::new(ErrorKind::InvalidConfig, "a bewit of 0 seconds is expired when it is made"));
        }
        let mut edit = Edit::without(uri, |name| name == BEWIT);
        // An empty query's `?` is taken over by the bewit's.
        let kept = edit.path_and_query();
        let kept = if uri.query() == Some("") { kept.trim_end_matches('?') } else { kept };
        let unsigned = query::with_path_and_query(uri, kept.to_owned())?;
        let ext = self.config.ext.as_deref().unwrap_or_default();
        if ext.contains('\\') {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "a bewit's `ext` may not hold a backslash, which separates its fields",
            ));
        }
        let mut digits = [0; 20];
        let expires = decimal_in(self.time(uri, ctx).saturating_add(ttl), &mut digits);
        let mac = self.key.mac(&text(&target(&unsigned)?, expires, ext));
        edit.push("bewit", &base64_url(format!("{}\\{expires}\\{mac}\\{ext}", self.config.id).as_bytes()));
        edit.finish()
    }
}

/// Where a URL leads, by itself.
fn target(uri: &Uri) -> Result<Target<'_>> {
    let authority = uri.authority().map(without_user_info).filter(|authority| !authority.is_empty());
    let authority = authority.ok_or_else(|| Error::new(ErrorKind::InvalidRequest, "the URI names no host"))?;
    let (host, port) = split_port(authority);
    let port = port.or_else(|| default_port(uri.scheme_str()?)).ok_or_else(no_port)?;
    Ok(Target::new("GET", uri, host.into(), port))
}

/// What the MAC is of, for a URL that is good until `expires`; the target's method is GET.
pub(crate) fn text(target: &Target<'_>, expires: &str, ext: &str) -> String {
    let mut text = String::with_capacity(256);
    push_normalized(&mut text, Kind::Bewit, target, &Artifacts { ts: expires, ext, ..Artifacts::default() });
    text
}

/// What a URL says of its bewit: id, expiry, MAC and ext.
pub(crate) struct Bewit {
    fields: [String; 4],
}

impl Bewit {
    /// The one bewit of a query. Names compare decoded, as where the bewit is taken out of what is signed: else a second one, spelt
    /// otherwise, would be neither looked at nor signed.
    pub(crate) fn of(uri: &Uri) -> Result<Self> {
        let mut values = query::pairs(uri.query().unwrap_or_default())
            .filter(|(name, _)| *form_decode(name.as_bytes()) == *BEWIT)
            .map(|(_, value)| value.unwrap_or_default());
        let none = || Error::new(ErrorKind::NoCredentials, "the request has no bewit");
        let value = values.next().ok_or_else(none)?;
        if values.next().is_some() {
            return Err(verify::unreadable("the request has two bewits"));
        }
        let text = base64_url_decode(value.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or_else(|| verify::unreadable("the bewit is not base64 of a text"))?;
        let fields: Vec<String> = text.split('\\').map(str::to_owned).collect();
        let fields =
            fields.try_into().map_err(|_| verify::unreadable("the bewit is not of the form id\\exp\\mac\\ext"))?;
        Ok(Self { fields })
    }

    pub(crate) fn id(&self) -> &str {
        let [id, ..] = &self.fields;
        id
    }

    pub(crate) fn expires(&self) -> &str {
        let [_, expires, ..] = &self.fields;
        expires
    }

    pub(crate) fn mac(&self) -> &str {
        let [_, _, mac, _] = &self.fields;
        mac
    }

    pub(crate) fn ext(&self) -> &str {
        let [_, _, _, ext] = &self.fields;
        ext
    }
}
