//! Where a protection space lies: the origin that sessions never cross, and the paths within it.

use countersign_core::Result;
use countersign_core::target::{self, default_port, split_port, without_user_info};
use http::Uri;
use http::request::Parts;

/// How many entries of a `domain` count, and how many bytes of it are looked at: each request is compared with them all.
const MOST_PATHS: usize = 64;
const MOST_LISTED: usize = 8192;

/// Where the request went that was refused.
pub(crate) struct Place {
    /// Its origin.
    uri: Uri,
    /// How much of the path is its folder, the home of the realm: where realms share an origin, the deepest fits best.
    home: usize,
    /// What stands for the origin in a request without one (CONNECT, relative URIs).
    host: Option<String>,
    /// A number that is equal where origins are; others may share it.
    pub(crate) key: u64,
}

impl Place {
    pub(crate) fn of(parts: &Parts) -> Result<Self> {
        let host = match parts.uri.scheme() {
            Some(_) => None,
            None => Some(named_host(parts)?.to_ascii_lowercase()),
        };
        let home = parts.uri.path().bytes().rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
        Ok(Self { uri: parts.uri.clone(), home, host, key: Self::key_of(parts) })
    }

    /// The key of the request's place.
    pub(crate) fn key_of(parts: &Parts) -> u64 {
        key(named_host(parts).unwrap_or_default(), &parts.uri)
    }

    /// Whether another place is of the same origin.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (&self.host, &other.host) {
            (None, None) => same_origin(&self.uri, &other.uri),
            (one, other) => one == other,
        }
    }

    /// Whether a request goes to the same origin.
    pub(crate) fn holds(&self, parts: &Parts) -> bool {
        match &self.host {
            None => same_origin(&self.uri, &parts.uri),
            Some(host) => {
                parts.uri.scheme().is_none() && named_host(parts).is_ok_and(|name| name.eq_ignore_ascii_case(host))
            }
        }
    }

    /// How deep a path lies in a protection space; none when it is outside of it. Without a `domain` the space is the whole
    /// origin (RFC 7616 section 3.3), and what lies below its home is deeper in.
    pub(crate) fn depth(&self, domain: &[String], path: &str) -> Option<usize> {
        if domain.is_empty() {
            let home = self.uri.path().get(..self.home).unwrap_or_default();
            return Some(if path.starts_with(home) { home.len() } else { 0 });
        }
        domain.iter().filter(|prefix| path.starts_with(prefix.as_str())).map(String::len).max()
    }
}

/// The URI's authority, else the Host header.
fn named_host(parts: &Parts) -> Result<&str> {
    if parts.uri.authority().is_some() { Ok(authority(&parts.uri)) } else { target::host(parts) }
}

fn authority(uri: &Uri) -> &str {
    uri.authority().map_or("", without_user_info)
}

/// FNV-1a. Only callers choose their origins, a bounded number is remembered, and equal numbers are told apart.
fn key(host: &str, uri: &Uri) -> u64 {
    let (name, port) = split_port(host);
    let port = port.or_else(|| default_port(uri.scheme_str()?)).unwrap_or_default();
    let name = name.bytes().map(|byte| byte.to_ascii_lowercase());
    name.chain(port.to_be_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether two absolute URIs are of one origin (RFC 6454 section 5); allocates nothing.
fn same_origin(one: &Uri, other: &Uri) -> bool {
    let (Some(scheme), Some(authority)) = (one.scheme(), one.authority()) else { return false };
    if other.scheme() != Some(scheme) {
        return false;
    }
    let Some(other) = other.authority() else { return false };
    if authority.as_str() == other.as_str() {
        return true;
    }
    let (host, port) = split_port(without_user_info(authority));
    let (other, other_port) = split_port(without_user_info(other));
    let default = default_port(scheme.as_str());
    host.eq_ignore_ascii_case(other) && port.or(default) == other_port.or(default)
}

/// The paths of a `domain` list that lie on the origin of `uri`; others are not ours to answer to. Past 64 paths or 8 KB the list
/// is not read on.
pub(crate) fn protection_space(domain: &[u8], uri: &Uri) -> Vec<String> {
    // A path that is cut in two is not one.
    let whole = |cut: &[u8]| cut.iter().rposition(u8::is_ascii_whitespace);
    let read = domain.get(..MOST_LISTED).and_then(|cut| cut.get(..whole(cut)?)).unwrap_or(domain);
    let listed = read.split(|byte| byte.is_ascii_whitespace()).filter_map(|item| str::from_utf8(item).ok());
    listed
        .filter_map(|item| match item.parse::<Uri>() {
            Ok(path) if item.starts_with('/') && !item.starts_with("//") => Some(path.path().to_owned()),
            Ok(absolute) if same_origin(uri, &absolute) => Some(absolute.path().to_owned()),
            _ => None,
        })
        .take(MOST_PATHS)
        .collect()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(uri: &str) -> Parts {
        Request::get(uri).header("host", "Example.com").body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_place_holds_its_origin_only() {
        let place = |uri: &str| Place::of(&parts(uri)).unwrap();
        for (one, other, same) in [
            ("HTTPS://u@Example.com/a", "https://example.com:443/b", true),
            ("https://example.com/", "http://example.com/", false),
            ("http://example.com/", "http://example.com:81/", false),
            ("/a", "/b", true),
            ("/a", "http://example.com/a", false),
        ] {
            assert_eq!(place(one).holds(&parts(other)), same, "{one} {other}");
            if same {
                assert_eq!(place(one).key, Place::key_of(&parts(other)), "{one} {other}");
            }
        }
    }

    #[test]
    fn a_long_domain_list_is_cut() {
        let uri = "http://h/".parse().unwrap();
        let list: String = (0..10_000).map(|path| format!("/{path} ")).collect();
        assert_eq!(protection_space(list.as_bytes(), &uri).len(), MOST_PATHS);
        let elsewhere = "http://other/ ".repeat(4000) + "/a";
        assert!(protection_space(elsewhere.as_bytes(), &uri).is_empty());
        assert_eq!(protection_space(b"/in http://h/also http://g/ //x y", &uri), ["/in", "/also"]);
    }
}
