use std::fmt;

use countersign::{Context, Result};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Uri};

use super::file;
use super::set_cookie::SetCookie;
use crate::Limits;

/// How many cookies a jar keeps of those that servers set, and how long each may be (RFC 6265 section 6.1).
const MOST: usize = 3000;
const LONGEST: usize = 4096;

/// Cookies, and which of them go to a URL (RFC 6265 sections 5.1 to 5.4).
///
/// ```
/// use countersign::Context;
/// use countersign_import::{Jar, Limits};
/// use http::{HeaderMap, HeaderValue, Uri};
///
/// let file = b"# Netscape HTTP Cookie File\n.example.com\tTRUE\t/\tTRUE\t1800000000\tsession\t38afes7a8\n";
/// let mut jar = Jar::read(file, &Limits::default())?;
///
/// let ctx = Context::at(1_700_000_000);
/// let uri = Uri::from_static("https://www.example.com/orders");
/// assert_eq!(jar.header(&uri, &ctx).unwrap(), "session=38afes7a8");
/// // Secure cookies do not go over plain HTTP, nor to another host, nor for ever.
/// assert_eq!(jar.header(&Uri::from_static("http://www.example.com/"), &ctx), None);
/// assert_eq!(jar.header(&uri, &Context::at(1_800_000_000)), None);
///
/// // What the server sets is kept.
/// let mut headers = HeaderMap::new();
/// headers.append("set-cookie", HeaderValue::from_static("lang=en; Path=/orders; Max-Age=60"));
/// jar.store(&uri, &headers, &ctx);
/// assert_eq!(jar.header(&uri, &ctx).unwrap(), "lang=en; session=38afes7a8");
/// # Ok::<(), countersign::Error>(())
/// ```
///
/// There is no list of public suffixes in it: a server's cookie is refused for a domain without a dot (`com`), not for
/// `co.uk`. `Debug` shows no value.
#[derive(Clone, Default)]
pub struct Jar {
    /// In the order in which they were made, which is the order of their creation times.
    cookies: Vec<Cookie>,
}

/// A cookie (RFC 6265 section 5.3).
#[derive(Clone)]
pub(super) struct Cookie {
    pub(super) name: Vec<u8>,
    pub(super) value: Vec<u8>,
    /// In lower case, without a dot in front.
    pub(super) domain: String,
    /// Whether it goes to that host only, and to none below it.
    pub(super) host_only: bool,
    pub(super) path: Vec<u8>,
    pub(super) secure: bool,
    /// In seconds since 1970; none until the session ends.
    pub(super) expires: Option<u64>,
}

impl Jar {
    /// An empty jar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a Netscape `cookies.txt` (`#HttpOnly_` lines included), EditThisCookie's list, or the storage state of browser
    /// automation. Cookies without an expiry last as long as the jar.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidImport`](countersign::ErrorKind::InvalidImport) with the line or the JSON pointer;
    /// [`ErrorKind::LimitExceeded`](countersign::ErrorKind::LimitExceeded).
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let mut jar = Self::new();
        for cookie in file::read(bytes, limits)? {
            jar.cookies.push(cookie);
        }
        jar.keep_the_last();
        Ok(jar)
    }

    /// The value of the `Cookie` header for a URL, marked sensitive; none when no cookie goes there. Cookies of a longer path
    /// come first, then the older ones.
    #[must_use]
    pub fn header(&self, uri: &Uri, ctx: &Context) -> Option<HeaderValue> {
        let host = host(uri)?;
        let is_secure = matches!(uri.scheme_str(), Some("https" | "wss"));
        let goes_there = |cookie: &&Cookie| {
            cookie.matches_host(&host)
                && path_matches(path(uri), &cookie.path)
                && (is_secure || !cookie.secure)
                && !cookie.is_over(ctx)
        };
        let mut cookies: Vec<&Cookie> = self.cookies.iter().filter(goes_there).collect();
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let mut text = Vec::new();
        for cookie in cookies {
            if !text.is_empty() {
                text.extend_from_slice(b"; ");
            }
            text.extend_from_slice(&cookie.name);
            text.push(b'=');
            text.extend_from_slice(&cookie.value);
        }
        let mut header = HeaderValue::try_from(text).ok().filter(|header| !header.is_empty())?;
        header.set_sensitive(true);
        Some(header)
    }

    /// Keeps what the headers of a response from a URL set, and forgets what they end. What the URL's host may not set is left
    /// out, as browsers do it.
    pub fn store(&mut self, uri: &Uri, headers: &HeaderMap, ctx: &Context) {
        let Some(host) = host(uri) else { return };
        for header in headers.get_all(SET_COOKIE) {
            let set = SetCookie::parse(header.as_bytes()).filter(|set| set.name.len() + set.value.len() <= LONGEST);
            if let Some(cookie) = set.and_then(|set| Cookie::made(set, &host, uri, ctx)) {
                self.put(cookie, ctx);
            }
        }
        self.cookies.retain(|cookie| !cookie.is_over(ctx));
        let too_many = self.cookies.len().saturating_sub(MOST);
        self.cookies.drain(..too_many);
    }

    /// How many cookies it holds, those that are over included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cookies.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    /// In the place of an older one, which keeps its creation time.
    fn put(&mut self, cookie: Cookie, ctx: &Context) {
        let old = self.cookies.iter().position(|old| old.is_same(&cookie));
        match old.and_then(|index| self.cookies.get_mut(index)) {
            Some(old) => *old = cookie,
            None if cookie.is_over(ctx) => {}
            None => self.cookies.push(cookie),
        }
    }

    /// Of two that are the same the last counts.
    fn keep_the_last(&mut self) {
        let mut last = std::collections::HashSet::new();
        self.cookies.reverse();
        self.cookies.retain(|cookie| last.insert((cookie.name.clone(), cookie.domain.clone(), cookie.path.clone())));
        self.cookies.reverse();
    }
}

impl Cookie {
    /// Section 5.3, steps 3 to 10; none for what is not to be kept.
    fn made(set: SetCookie<'_>, host: &str, uri: &Uri, ctx: &Context) -> Option<Self> {
        let expires = match set.max_age {
            Some(seconds) => Some(u64::try_from(seconds).map_or(0, |seconds| ctx.unix_time().saturating_add(seconds))),
            None => set.expires,
        };
        let domain = set.domain.filter(|domain| domain != host);
        let may_set = |domain: &str| domain_matches(host, domain) && domain.contains('.');
        if domain.as_deref().is_some_and(|domain| !may_set(domain)) {
            return None;
        }
        Some(Self {
            name: set.name.to_vec(),
            value: set.value.to_vec(),
            host_only: domain.is_none(),
            domain: domain.unwrap_or_else(|| host.to_owned()),
            path: set.path.map_or_else(|| default_path(uri), <[u8]>::to_vec),
            secure: set.secure,
            expires,
        })
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.domain, &self.path) == (&other.name, &other.domain, &other.path)
    }

    fn is_over(&self, ctx: &Context) -> bool {
        self.expires.is_some_and(|expires| expires <= ctx.unix_time())
    }

    fn matches_host(&self, host: &str) -> bool {
        if self.host_only { host == self.domain } else { domain_matches(host, &self.domain) }
    }
}

/// In lower case, without the brackets of an IPv6 address.
fn host(uri: &Uri) -> Option<String> {
    let host = uri.host()?;
    Some(host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase())
}

fn path(uri: &Uri) -> &[u8] {
    match uri.path() {
        "" => b"/",
        path => path.as_bytes(),
    }
}

/// Section 5.1.3.
fn domain_matches(host: &str, domain: &str) -> bool {
    let is_below = || host.strip_suffix(domain).is_some_and(|below| below.ends_with('.'));
    host == domain || (is_below() && host.parse::<std::net::IpAddr>().is_err())
}

/// Section 5.1.4.
fn path_matches(path: &[u8], of_cookie: &[u8]) -> bool {
    let after = path.strip_prefix(of_cookie);
    after.is_some_and(|after| after.is_empty() || of_cookie.ends_with(b"/") || after.starts_with(b"/"))
}

/// Section 5.1.4: the URL's path up to its last slash.
fn default_path(uri: &Uri) -> Vec<u8> {
    let path = path(uri);
    match path.iter().rposition(|&byte| byte == b'/') {
        None | Some(0) => b"/".to_vec(),
        Some(last) => path.get(..last).unwrap_or(b"/").to_vec(),
    }
}

impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.cookies).finish()
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookie")
            .field("name", &String::from_utf8_lossy(&self.name))
            .field("domain", &self.domain)
            .field("host_only", &self.host_only)
            .field("path", &String::from_utf8_lossy(&self.path))
            .field("secure", &self.secure)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
