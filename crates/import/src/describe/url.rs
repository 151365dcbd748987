//! References against a base (RFC 3986 section 5.2), for texts that may hold `{{name}}`: nothing is encoded or decoded.

use crate::user_info;

/// The parts of a URL, as RFC 3986 appendix B finds them.
#[derive(Clone, Copy)]
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    /// With its `?`, and the fragment.
    tail: &'a str,
}

/// Whether a URL names its scheme and host.
pub(crate) fn is_absolute(url: &str) -> bool {
    let parts = split(url);
    parts.scheme.is_some() && parts.authority.is_some_and(|authority| !authority.is_empty())
}

/// `reference` against `base`, without a user before the host; none where the result would still be relative.
pub(crate) fn resolve(base: Option<&str>, reference: &str) -> Option<String> {
    if is_absolute(reference) {
        return Some(user_info::without(reference));
    }
    let base = user_info::without(base?);
    let base = split(Some(base.as_str()).filter(|base| is_absolute(base))?);
    let (scheme, authority, given) = (base.scheme?, base.authority?, split(reference));
    // Another scheme without an authority (`mailto:`) is no endpoint.
    if given.scheme.is_some() {
        return None;
    }
    if let Some(authority) = given.authority {
        return Some(user_info::without(&format!("{scheme}://{authority}{}{}", given.path, given.tail)));
    }
    let path = if given.path.is_empty() {
        base.path.to_owned()
    } else if given.path.starts_with('/') {
        without_dots(given.path)
    } else {
        let directory = base.path.rfind('/').map_or("/", |slash| base.path.get(..=slash).unwrap_or("/"));
        without_dots(&format!("{directory}{}", given.path))
    };
    let tail = if given.path.is_empty() && given.tail.is_empty() { base.tail } else { given.tail };
    Some(format!("{scheme}://{authority}{path}{tail}"))
}

/// A path template after a server's URL, which loses its user: with exactly one slash between them.
pub(crate) fn join(server: &str, path: &str) -> String {
    let server = user_info::without(server);
    let server = server.strip_suffix('/').unwrap_or(&server);
    let slash = if path.starts_with('/') || path.is_empty() { "" } else { "/" };
    format!("{server}{slash}{path}")
}

fn split(url: &str) -> Parts<'_> {
    let (rest, tail) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
        _ => (None, rest),
    };
    let Some(rest) = rest.strip_prefix("//") else { return Parts { scheme, authority: None, path: rest, tail } };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Parts { scheme, authority: Some(authority), path, tail }
}

/// RFC 3986 section 3.1; or a variable, whose value will be one.
fn is_scheme(text: &str) -> bool {
    let is_variable = text.starts_with("{{") && text.ends_with("}}");
    let is_name = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character));
    is_variable || is_name
}

/// RFC 3986 section 5.2.4.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve_as_the_rfc_says() {
        // RFC 3986 sections 5.4.1 and 5.4.2, as far as they stay within a base with an authority.
        for (reference, resolved) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("https://h/x", "https://h/x"),
            ("https://u:p@h/x", "https://h/x"),
            ("//u:p@g", "http://g"),
        ] {
            assert_eq!(resolve(Some("http://a/b/c/d;p?q"), reference).as_deref(), Some(resolved), "{reference}");
        }
        assert_eq!(resolve(Some("{{scheme}}://{{host}}/v1"), "/t").as_deref(), Some("{{scheme}}://{{host}}/t"));
        assert_eq!(resolve(Some("https://h"), "t").as_deref(), Some("https://h/t"));
        for (base, reference) in
            [(None, "/t"), (Some("/v1"), "/t"), (Some("https://h"), "mailto:a"), (None, "https:///t")]
        {
            assert_eq!(resolve(base, reference), None, "{reference}");
        }
    }

    #[test]
    fn a_path_follows_its_server_with_one_slash() {
        for (server, path) in [("https://h/v1", "/p"), ("https://h/v1/", "/p"), ("https://h/v1", "p")] {
            assert_eq!(join(server, path), "https://h/v1/p");
        }
        assert_eq!(join("https://u:p@h/v1", "/p@q"), "https://h/v1/p@q");
        assert_eq!(resolve(Some("https://u:p@h/v1"), "t").as_deref(), Some("https://h/t"));
    }
}
