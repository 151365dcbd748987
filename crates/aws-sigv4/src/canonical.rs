use countersign_core::encode::{push_percent_path, push_recoded_form, push_recoded_path};
use countersign_core::{Error, ErrorKind, Result, query};
use http::HeaderMap;
use http::header::HeaderName;

/// How a service reads a request's path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PathStyle {
    /// S3: decoded and encoded strictly, never normalised, for `a//b` and `a/../b` are names of objects.
    S3,
    /// Everyone else: normalised, and then what stands is encoded once more.
    Normalised,
}

/// The headers that are signed, by name: those of the request and those that signing adds.
pub(crate) struct SignedHeaders<'a>(Vec<(&'a str, Value<'a>)>);

enum Value<'a> {
    /// All values of this name in the request.
    Given(&'a HeaderMap),
    Added(&'a str),
}

impl<'a> SignedHeaders<'a> {
    /// Those of `given` that `selects` names, and `added` in place of any of the same name.
    pub(crate) fn new(
        given: &'a HeaderMap,
        selects: impl Fn(&HeaderName) -> bool,
        added: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    ) -> Self {
        let mut headers = Vec::with_capacity(given.keys_len() + 5);
        headers.extend(added.clone().map(|(name, value)| (name, Value::Added(value))));
        for name in given.keys() {
            if selects(name) && !added.clone().any(|(added, _)| added == name.as_str()) {
                headers.push((name.as_str(), Value::Given(given)));
            }
        }
        headers.sort_unstable_by_key(|&(name, _)| name);
        Self(headers)
    }

    /// Appends the names: `host;x-amz-date`.
    pub(crate) fn push_names(&self, out: &mut String) {
        for (index, (name, _)) in self.0.iter().enumerate() {
            if index > 0 {
                out.push(';');
            }
            out.push_str(name);
        }
    }

    /// Appends a line a header: `host:example.com\n`.
    fn push_lines(&self, out: &mut String) -> Result<()> {
        for (name, value) in &self.0 {
            out.push_str(name);
            out.push(':');
            match value {
                Value::Added(value) => out.push_str(value),
                Value::Given(headers) => {
                    for (index, value) in headers.get_all(*name).iter().enumerate() {
                        if index > 0 {
                            out.push(',');
                        }
                        let text = str::from_utf8(value.as_bytes()).map_err(|err| {
                            let message = format!("the header `{name}` is to be signed, and its value is not UTF-8");
                            Error::new(ErrorKind::InvalidRequest, message).with_source(err)
                        })?;
                        push_folded(out, text);
                    }
                }
            }
            out.push('\n');
        }
        Ok(())
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
                push_percent_path(out, segment.as_bytes());
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
    let mut pairs: Vec<(u32, u32, u32)> = Vec::new();
    // A URI has at most 65,534 bytes, and encoding at most triples them.
    let end = |out: &String| u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    for (name, value) in query::pairs(query).filter(|pair| !matches!(pair, ("", None))) {
        if pairs.capacity() == 0 {
            pairs.reserve_exact(query.bytes().filter(|&byte| byte == b'&').count() + 1);
        } else {
            out.push('&');
        }
        let name_start = end(out);
        push_recoded_form(out, name);
        let name_end = end(out);
        out.push('=');
        push_recoded_form(out, value.unwrap_or_default());
        pairs.push((name_start, name_end, end(out)));
    }
    let unsorted = out.get(start..).unwrap_or_default();
    let key = |&(start, middle, end): &(u32, u32, u32)| {
        let part = |from: u32, to: u32| unsorted.get(from as usize..to as usize).unwrap_or_default();
        (part(start, middle), part(middle, end))
    };
    if pairs.is_sorted_by_key(key) {
        return;
    }
    pairs.sort_by(|one, two| key(one).cmp(&key(two)));
    let mut sorted = String::with_capacity(unsorted.len());
    for pair in &pairs {
        let (name, value) = key(pair);
        if !sorted.is_empty() {
            sorted.push('&');
        }
        sorted.push_str(name);
        sorted.push_str(value);
    }
    out.truncate(start);
    out.push_str(&sorted);
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
