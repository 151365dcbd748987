use countersign_core::encode::{is_unreserved, push_percent_path, push_recoded_form, push_recoded_path};
use countersign_core::{Error, ErrorKind, Result, query};
use http::HeaderMap;
use http::header::HeaderName;
use smallvec::SmallVec;

/// How a service reads a request's path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PathStyle {
    /// S3: decoded and encoded strictly, never normalised, for `a//b` and `a/../b` are names of objects.
    S3,
    /// Everyone else: normalised, and then what stands is encoded once more.
    Normalised,
}

/// The headers that are signed, by name: those of the request and those that signing adds. A name that repeats stands as
/// often, its values in the request's order.
pub(crate) struct SignedHeaders<'a>(SmallVec<[(&'a str, &'a [u8]); 16]>);

impl<'a> SignedHeaders<'a> {
    /// Those of `given` that `selects` names, and `added` in place of any of the same name.
    pub(crate) fn new(
        given: &'a HeaderMap,
        selects: impl Fn(&HeaderName) -> bool,
        added: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    ) -> Self {
        let mut headers = SmallVec::with_capacity(given.len() + 4);
        headers.extend(added.clone().map(|(name, value)| (name, value.as_bytes())));
        for (name, value) in given {
            if selects(name) && !added.clone().any(|(added, _)| added == name.as_str()) {
                headers.push((name.as_str(), value.as_bytes()));
            }
        }
        // Stable: the values of one name keep their order.
        headers.sort_by_key(|&(name, _)| name);
        Self(headers)
    }

    /// Appends the names: `host;x-amz-date`.
    pub(crate) fn push_names(&self, out: &mut String) {
        for (index, group) in self.by_name().enumerate() {
            if index > 0 {
                out.push(';');
            }
            out.push_str(group.first().map_or("", |&(name, _)| name));
        }
    }

    /// Appends a line a name: `host:example.com\n`.
    fn push_lines(&self, out: &mut String) -> Result<()> {
        for group in self.by_name() {
            for (index, &(name, value)) in group.iter().enumerate() {
                if index == 0 {
                    out.push_str(name);
                    out.push(':');
                } else {
                    out.push(',');
                }
                let text = str::from_utf8(value).map_err(|err| {
                    let message = format!("the header `{name}` is to be signed, and its value is not UTF-8");
                    Error::new(ErrorKind::InvalidRequest, message).with_source(err)
                })?;
                push_folded(out, text);
            }
            out.push('\n');
        }
        Ok(())
    }

    fn by_name(&self) -> impl Iterator<Item = &[(&'a str, &'a [u8])]> {
        self.0.chunk_by(|(one, _), (two, _)| one == two)
    }
}

/// Appends a header's value, trimmed, with each run of spaces and tabs as one space.
fn push_folded(out: &mut String, value: &str) {
    let is_blank = |byte: u8| byte == b' ' || byte == b'\t';
    let bytes = value.as_bytes();
    let ends_blank =
        bytes.first().is_some_and(|&byte| is_blank(byte)) || bytes.last().is_some_and(|&byte| is_blank(byte));
    if !ends_blank && !bytes.contains(&b'\t') && !value.contains("  ") {
        return out.push_str(value);
    }
    let mut words = value.split([' ', '\t']).filter(|word| !word.is_empty());
    out.push_str(words.next().unwrap_or_default());
    for word in words {
        out.push(' ');
        out.push_str(word);
    }
}

/// Appends the canonical request. `target` is the path and query as they go out.
/// Source: "Create a signed AWS API request", step 1, AWS Identity and Access Management User Guide.
pub(crate) fn push_request(
    out: &mut String,
    method: &str,
    target: &str,
    style: PathStyle,
    headers: &SignedHeaders<'_>,
    payload_hash: &str,
) -> Result<()> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    out.push_str(method);
    out.push('\n');
    push_path(out, path, style);
    out.push('\n');
    push_query(out, query);
    out.push('\n');
    headers.push_lines(out)?;
    out.push('\n');
    headers.push_names(out);
    out.push('\n');
    out.push_str(payload_hash);
    Ok(())
}

fn push_path(out: &mut String, path: &str, style: PathStyle) {
    if style == PathStyle::S3 {
        return push_recoded_path(out, path);
    }
    // Most paths are already clean, and plain.
    let mut before = b'x';
    let clean = path.bytes().all(|byte| {
        let fits = byte == b'/' && before != b'/' || is_unreserved(byte) && !(byte == b'.' && before == b'/');
        before = byte;
        fits
    });
    if clean && path.starts_with('/') {
        return out.push_str(path);
    }
    // RFC 3986 section 5.2.4, with repeated slashes as one; encoding leaves `/` alone, so it can go along.
    let root = out.len();
    let mut ends_open = false;
    for segment in path.split('/') {
        ends_open = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => {
                let parent = out.get(root..).and_then(|text| text.rfind('/')).unwrap_or_default();
                out.truncate(root + parent);
            }
            _ => {
                out.push('/');
                push_percent_path(out, segment);
            }
        }
    }
    if ends_open || out.len() == root {
        out.push('/');
    }
}

/// Appends the query, each pair decoded and encoded strictly, sorted by encoded name and then value. Empty pairs (`a&&b`)
/// are no parameters.
fn push_query(out: &mut String, query: &str) {
    let start = out.len();
    // Where each pair begins, its name ends, and it ends.
    let mut pairs: SmallVec<[(usize, usize, usize); 16]> = SmallVec::new();
    for (name, value) in query::pairs(query) {
        if name.is_empty() && value.is_none() {
            continue;
        }
        if out.len() > start {
            out.push('&');
        }
        let name_start = out.len();
        push_recoded_form(out, name);
        let name_end = out.len();
        out.push('=');
        push_recoded_form(out, value.unwrap_or_default());
        pairs.push((name_start, name_end, out.len()));
    }
    let key = |&(start, middle, end): &(usize, usize, usize)| {
        let part = |from: usize, to: usize| out.as_bytes().get(from..to).unwrap_or_default();
        (part(start, middle), part(middle, end))
    };
    if pairs.is_sorted_by_key(key) {
        return;
    }
    pairs.sort_unstable_by(|one, two| key(one).cmp(&key(two)));
    // Written once more in order behind the first writing, which then goes.
    let end = out.len();
    for (start, _, end) in pairs {
        out.extend_from_within(start..end);
        out.push('&');
    }
    out.pop();
    out.drain(start..end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str, style: PathStyle) -> String {
        let mut out = String::from("x/y");
        push_path(&mut out, path, style);
        out.split_off(3)
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
        for (given, expected) in
            [("/", "/"), ("/a//b/../c", "/a//b/../c"), ("/a%2Fb%7Ec=+", "/a/b~c%3D%2B"), ("/\u{fc}%20", "/%C3%BC%20")]
        {
            assert_eq!(path(given, PathStyle::S3), expected, "{given}");
        }
    }

    #[test]
    fn queries_are_sorted_as_they_are_encoded() {
        for (given, expected) in [
            ("", ""),
            ("&&", ""),
            ("a", "a="),
            ("=1", "=1"),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1&a", "a=&a=1&a=2"),
            ("a-=1&a=2", "a=2&a-=1"),
            ("a=b+c%2b%7e&A=1", "A=1&a=b%20c%2B~"),
            ("x=%&y=%zz", "x=%25&y=%25zz"),
            ("k=a=b&\u{fc}", "%C3%BC=&k=a%3Db"),
        ] {
            let mut out = String::from("&");
            push_query(&mut out, given);
            assert_eq!(&out[1..], expected, "{given}");
        }
    }

    #[test]
    fn white_space_is_folded() {
        for (given, expected) in [("a b", "a b"), ("  a \t b  ", "a b"), ("", ""), (" ", ""), ("\"a  b\"", "\"a b\"")] {
            let mut out = String::new();
            push_folded(&mut out, given);
            assert_eq!(out, expected);
        }
    }
}
