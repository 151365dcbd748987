use countersign_core::encode::{percent, percent_decode};

use super::{PathStyle, escaped, is_unreserved};

/// Appends the path as a service reads it; an empty one is `/`.
pub(super) fn push_path(out: &mut Vec<u8>, path: &str, style: PathStyle) {
    if path.is_empty() {
        return out.push(b'/');
    }
    if style == PathStyle::S3 {
        return push_recoded(out, path);
    }
    if is_normal(path) {
        return out.extend_from_slice(path.as_bytes());
    }
    push_normalised(out, path);
}

/// Appends a path decoded and encoded strictly, but for `/`, which stands: `%2F` becomes one.
fn push_recoded(out: &mut Vec<u8>, path: &str) {
    if is_canonical(path.as_bytes()) {
        return out.extend_from_slice(path.as_bytes());
    }
    for (index, part) in percent_decode(path.as_bytes()).split(|&byte| byte == b'/').enumerate() {
        if index > 0 {
            out.push(b'/');
        }
        out.extend_from_slice(percent(part).as_bytes());
    }
}

/// Whether decoding and encoding leaves this path as it is. Nearly all are so.
fn is_canonical(mut path: &[u8]) -> bool {
    while let [byte, after @ ..] = path {
        path = match byte {
            b'/' => after,
            byte if is_unreserved(*byte) => after,
            b'%' if escaped(Some(after)).is_some_and(|byte| byte != b'/') => after.get(2..).unwrap_or_default(),
            _ => return false,
        };
    }
    true
}

/// Whether normalising and encoding leaves this path as it is. Nearly all are so.
fn is_normal(path: &str) -> bool {
    let mut before = b'x';
    let clean = path.bytes().all(|byte| {
        let fits = byte == b'/' && before != b'/' || is_unreserved(byte) && !(byte == b'.' && before == b'/');
        before = byte;
        fits
    });
    clean && path.starts_with('/')
}

/// RFC 3986 section 5.2.4, with repeated slashes as one; encoding leaves `/` as it is, so both are done in one pass.
fn push_normalised(out: &mut Vec<u8>, path: &str) {
    let root = out.len();
    let mut ends_open = false;
    for segment in path.split('/') {
        ends_open = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => {
                let parent = out.iter().skip(root).rposition(|&byte| byte == b'/').unwrap_or_default();
                out.truncate(root + parent);
            }
            _ => {
                out.push(b'/');
                out.extend_from_slice(percent(segment.as_bytes()).as_bytes());
            }
        }
    }
    if ends_open || out.len() == root {
        out.push(b'/');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(path: &str, style: PathStyle) -> String {
        let mut out = Vec::from("x/y");
        push_path(&mut out, path, style);
        String::from_utf8(out.split_off(3)).unwrap()
    }

    #[test]
    fn paths_are_normalised_and_encoded_once_more() {
        for (given, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/a/./b//c", "/a/b/c"),
            ("/a/b/..", "/a/"),
            ("/a/b/../", "/a/"),
            ("/../..", "/"),
            ("/a/.", "/a/"),
            ("/a/../../b", "/b"),
            ("/a%20b/\u{fc}", "/a%2520b/%C3%BC"),
            ("/%2E%2E/a:b", "/%252E%252E/a%3Ab"),
            ("/...", "/..."),
        ] {
            assert_eq!(path(given, PathStyle::Normalised), expected, "{given}");
        }
    }

    #[test]
    fn s3_paths_are_names() {
        for (given, expected) in [
            ("", "/"),
            ("/", "/"),
            ("/a//b/../c", "/a//b/../c"),
            ("/a%2Fb%7Ec=+", "/a/b~c%3D%2B"),
            ("/\u{fc}%20", "/%C3%BC%20"),
            ("/a+b/%2F%3d=%g1%", "/a%2Bb//%3D%3D%25g1%25"),
        ] {
            assert_eq!(path(given, PathStyle::S3), expected, "{given}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_as_canonical_is(text in "/[a%7E2F/+ é]{0,9}|/[ -~]{0,9}") {
            let strict = percent(&percent_decode(text.as_bytes())).replace("%2F", "/");
            prop_assert_eq!(is_canonical(text.as_bytes()), text == strict, "{}", strict);
            prop_assert_eq!(path(&text, PathStyle::S3), strict);
        }
    }
}
