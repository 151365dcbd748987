//! `--cookie-jar`: cookies in curl's file, one line each.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::{Cookie, CookieDomain, CookieExpiration, CookieStore, RawCookie};
use http::Uri;
use http::header::{HeaderMap, SET_COOKIE};
use tempfile::NamedTempFile;
use time::OffsetDateTime;
use url::Url;

use crate::failure::Failure;

const HEAD: &str = "# Netscape HTTP Cookie File\n# Written by countersign. Each line is a cookie, and a secret.\n\n";

/// What curl writes before the domain of a cookie that scripts may not see.
const HTTP_ONLY: &str = "#HttpOnly_";

/// A file's cookies, and those that servers set meanwhile.
pub(super) struct Jar {
    path: PathBuf,
    store: Mutex<CookieStore>,
}

impl Jar {
    /// Reads the file, if it is there.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(why) if why.kind() == io::ErrorKind::NotFound => String::new(),
            Err(why) => return Err(Failure::Input(format!("cannot read {}: {why}", path.display()))),
        };
        let mut store = CookieStore::default();
        for (number, line) in text.lines().enumerate() {
            let is_comment = line.starts_with('#') && !line.starts_with(HTTP_ONLY);
            if line.trim().is_empty() || is_comment {
                continue;
            }
            let (cookie, url) = read(line).ok_or_else(|| {
                let place = format!("{}, line {}", path.display(), number + 1);
                Failure::Input(format!("{place}: not a cookie as curl writes it (seven fields, with tabs between)"))
            })?;
            // What is expired is left out.
            let _ = store.insert_raw(&cookie, &url);
        }
        Ok(Self { path: path.to_owned(), store: Mutex::new(store) })
    }

    /// The value of `Cookie` for a request.
    pub(super) fn header(&self, uri: &Uri) -> Option<String> {
        let url = Url::parse(&uri.to_string()).ok()?;
        let store = self.lock();
        let pairs = store.get_request_values(&url).map(|(name, value)| format!("{name}={value}"));
        Some(pairs.collect::<Vec<_>>().join("; ")).filter(|text| !text.is_empty())
    }

    /// Keeps what a response sets. What it may not set, or cannot be read, is left out, as browsers do (RFC 6265 section 5.3).
    pub(super) fn keep(&self, uri: &Uri, headers: &HeaderMap) {
        let Ok(url) = Url::parse(&uri.to_string()) else { return };
        let values = headers.get_all(SET_COOKIE).iter().filter_map(|value| str::from_utf8(value.as_bytes()).ok());
        for value in values {
            let _ = self.lock().parse(value, &url);
        }
    }

    /// Writes the file anew, readable to its owner only; whoever reads it meanwhile sees the old one or the new one.
    pub(super) fn save(&self) -> Result<(), Failure> {
        let cannot = |why: io::Error| Failure::Refused(format!("cannot write {}: {why}", self.path.display()));
        let mut text = String::from(HEAD);
        for cookie in self.lock().iter_unexpired() {
            text.extend(line(cookie));
        }
        let dir = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Its owner's alone.
        let mut file = NamedTempFile::new_in(dir).map_err(cannot)?;
        file.write_all(text.as_bytes()).map_err(cannot)?;
        file.persist(&self.path).map(drop).map_err(|why| cannot(why.error))
    }

    fn lock(&self) -> MutexGuard<'_, CookieStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `domain, with subdomains, path, secure, expires, name, value`, with tabs between; `expires` is 0 for the session's own.
fn read(line: &str) -> Option<(RawCookie<'static>, Url)> {
    let (line, is_http_only) = match line.strip_prefix(HTTP_ONLY) {
        Some(line) => (line, true),
        None => (line, false),
    };
    let mut fields = line.splitn(7, '\t');
    let domain = fields.next()?.trim_start_matches('.');
    let with_subdomains = flag(fields.next()?)?;
    let path = fields.next()?;
    let is_secure = flag(fields.next()?)?;
    let expires: i64 = fields.next()?.parse().ok()?;
    let (name, value) = (fields.next()?, fields.next()?);

    let mut cookie = RawCookie::build((name.to_owned(), value.to_owned())).path(path.to_owned());
    cookie = cookie.secure(is_secure).http_only(is_http_only);
    if with_subdomains {
        cookie = cookie.domain(domain.to_owned());
    }
    if expires > 0 {
        cookie = cookie.expires(OffsetDateTime::from_unix_timestamp(expires).ok()?);
    }
    let scheme = if is_secure { "https" } else { "http" };
    Some((cookie.build(), Url::parse(&format!("{scheme}://{domain}/")).ok()?))
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "TRUE" => Some(true),
        "FALSE" => Some(false),
        _ => None,
    }
}

fn line(cookie: &Cookie<'_>) -> Option<String> {
    let (domain, with_subdomains) = match &cookie.domain {
        CookieDomain::HostOnly(host) => (host.clone(), "FALSE"),
        CookieDomain::Suffix(suffix) => (format!(".{suffix}"), "TRUE"),
        CookieDomain::NotPresent | CookieDomain::Empty => return None,
    };
    let expires = match &cookie.expires {
        CookieExpiration::AtUtc(time) => time.unix_timestamp(),
        CookieExpiration::SessionEnd => 0,
    };
    let mark = if cookie.http_only() == Some(true) { HTTP_ONLY } else { "" };
    let is_secure = if cookie.secure() == Some(true) { "TRUE" } else { "FALSE" };
    let path: &str = cookie.path.as_ref();
    let (name, value) = cookie.name_value();
    let fields = [domain.as_str(), with_subdomains, path, is_secure, &expires.to_string(), name, value];
    if fields.iter().any(|field| field.contains(char::is_control)) {
        return None;
    }
    Some(format!("{mark}{}\n", fields.join("\t")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_as_it_is_written() {
        for text in [
            ".example.com\tTRUE\t/\tFALSE\t4102444800\ta\tb=c",
            "#HttpOnly_example.com\tFALSE\t/p\tTRUE\t0\ta\t",
            "127.0.0.1\tFALSE\t/\tFALSE\t0\ta\tb",
        ] {
            let (cookie, url) = read(text).unwrap();
            let mut store = CookieStore::default();
            store.insert_raw(&cookie, &url).unwrap();
            let lines: Vec<_> = store.iter_any().filter_map(line).collect();
            assert_eq!(lines, [format!("{text}\n")]);
        }
        for text in ["hunter2", "a\tb\tc\td\te\tf\tg", "h\tTRUE\t/\tFALSE\tx\ta\tb", "h\tTRUE\t/\tFALSE\t0\ta"] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
