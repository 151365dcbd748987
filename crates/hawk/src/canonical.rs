//! Request to normalized string. Source: "Normalized Request String" of the Hawk specification, and the reference implementation.

use std::borrow::Cow;

use countersign_core::encode::decimal_in;
use countersign_core::target::{self, default_port, split_port};
use countersign_core::{Error, ErrorKind, Result};
use http::Uri;
use http::request::Parts;

/// What a MAC is of: no MAC of one kind holds for another.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Header,
    Response,
    Bewit,
    Message,
}

/// Where a request goes, as it is signed.
#[derive(Clone)]
pub(crate) struct Target<'a> {
    pub(crate) method: Cow<'a, str>,
    pub(crate) resource: Cow<'a, str>,
    pub(crate) host: Cow<'a, str>,
    pub(crate) port: u16,
}

/// What else is signed; an empty text stands for none.
#[derive(Clone, Copy, Default)]
pub(crate) struct Artifacts<'a> {
    pub(crate) ts: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) hash: &'a str,
    pub(crate) ext: &'a str,
    pub(crate) app: &'a str,
    pub(crate) dlg: &'a str,
}

impl<'a> Target<'a> {
    /// Where a client's request goes: a given Host header names the host, else the URI.
    pub(crate) fn of(parts: &'a Parts) -> Result<Self> {
        let (host, port) = split_port(target::host(parts)?);
        let port = port.or_else(|| default_port(parts.uri.scheme_str()?)).ok_or_else(no_port)?;
        Ok(Self::new(parts.method.as_str(), &parts.uri, host.into(), port))
    }

    /// The method is signed in upper case, the host in lower case.
    pub(crate) fn new(method: &'a str, uri: &'a Uri, host: Cow<'a, str>, port: u16) -> Self {
        let is_upper = !method.bytes().any(|byte| byte.is_ascii_lowercase());
        let is_lower = !host.bytes().any(|byte| byte.is_ascii_uppercase());
        Self {
            method: if is_upper { method.into() } else { method.to_ascii_uppercase().into() },
            resource: target::path_and_query(uri),
            host: if is_lower { host } else { host.to_ascii_lowercase().into() },
            port,
        }
    }

    pub(crate) fn into_owned(self) -> Target<'static> {
        Target {
            method: Cow::Owned(self.method.into_owned()),
            resource: Cow::Owned(self.resource.into_owned()),
            host: Cow::Owned(self.host.into_owned()),
            port: self.port,
        }
    }
}

pub(crate) fn no_port() -> Error {
    const WHY: &str = "the port is signed, and neither the URI nor its scheme names one: give an absolute URI";
    Error::new(ErrorKind::InvalidRequest, WHY)
}

/// Appends the text that is signed.
pub(crate) fn push_normalized(out: &mut String, kind: Kind, target: &Target<'_>, artifacts: &Artifacts<'_>) {
    out.push_str(match kind {
        Kind::Header => "hawk.1.header\n",
        Kind::Response => "hawk.1.response\n",
        Kind::Bewit => "hawk.1.bewit\n",
        Kind::Message => "hawk.1.message\n",
    });
    let mut digits = [0; 20];
    let port = decimal_in(target.port.into(), &mut digits);
    for part in [artifacts.ts, artifacts.nonce, &target.method, &target.resource, &target.host, port, artifacts.hash] {
        out.push_str(part);
        out.push('\n');
    }
    for character in artifacts.ext.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            _ => out.push(character),
        }
    }
    out.push('\n');
    if !artifacts.app.is_empty() {
        for part in [artifacts.app, artifacts.dlg] {
            out.push_str(part);
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    /// The specification's example.
    #[test]
    fn the_specifications_example() {
        let request = Request::get("http://Example.com:8000/resource/1?b=1&a=2").body(()).unwrap();
        let (parts, ()) = request.into_parts();
        let artifacts =
            Artifacts { ts: "1353832234", nonce: "j4h3g2", ext: "some-app-ext-data", ..Artifacts::default() };
        let mut out = String::new();
        push_normalized(&mut out, Kind::Header, &Target::of(&parts).unwrap(), &artifacts);
        let expected =
            "hawk.1.header\n1353832234\nj4h3g2\nGET\n/resource/1?b=1&a=2\nexample.com\n8000\n\nsome-app-ext-data\n";
        assert_eq!(out, expected);
    }

    #[test]
    fn ports_come_from_the_host_or_the_scheme() {
        let port = |request: http::request::Builder| {
            let (parts, ()) = request.body(()).unwrap().into_parts();
            Target::of(&parts).map(|target| (target.host.into_owned(), target.port)).map_err(|err| err.kind())
        };
        assert_eq!(port(Request::get("https://h/")), Ok(("h".into(), 443)));
        assert_eq!(port(Request::get("https://h:81/").header("host", "G")), Ok(("g".into(), 443)));
        assert_eq!(port(Request::get("/").header("host", "[::1]:8000")), Ok(("[::1]".into(), 8000)));
        assert_eq!(port(Request::get("/").header("host", "h")), Err(ErrorKind::InvalidRequest));
    }

    #[test]
    fn ext_is_escaped_and_dlg_needs_app() {
        let (parts, ()) = Request::get("http://h").body(()).unwrap().into_parts();
        let text = |artifacts: Artifacts<'_>| {
            let mut out = String::new();
            push_normalized(&mut out, Kind::Bewit, &Target::of(&parts).unwrap(), &artifacts);
            out
        };
        assert!(
            text(Artifacts { ext: "a\\b\nc", dlg: "d", ..Artifacts::default() })
                .ends_with("\n/\nh\n80\n\na\\\\b\\nc\n")
        );
        assert!(text(Artifacts { app: "a", ..Artifacts::default() }).ends_with("\n\na\n\n"));
    }
}
