//! Edits a URI's query: same-named pairs out, new ones to the end, every other byte as it was.

use http::Uri;
use http::uri::PathAndQuery;

use crate::encode::{form_decode, push_percent};
use crate::target::path_and_query;
use crate::{Error, ErrorKind, Result};

/// A query's or form's pairs as they stand, still encoded: name, and value where there is a `=`. Empty pairs count too.
///
/// ```
/// let pairs: Vec<_> = countersign_core::query::pairs("a=1&b&=2").collect();
/// assert_eq!(pairs, [("a", Some("1")), ("b", None), ("", Some("2"))]);
/// assert_eq!(countersign_core::query::pairs("").count(), 0);
/// ```
pub fn pairs(query: &str) -> impl Iterator<Item = (&str, Option<&str>)> + Clone {
    let mut rest = if query.is_empty() { None } else { Some(query) };
    std::iter::from_fn(move || {
        let text = rest?;
        // By hand: pairs are short, and `split` and `split_once` cost more than they do.
        let name_end = text.bytes().position(|byte| matches!(byte, b'=' | b'&')).unwrap_or(text.len());
        let (name, after) = text.split_at_checked(name_end).unwrap_or((text, ""));
        let Some(value) = after.strip_prefix('=') else {
            rest = after.get(1..);
            return Some((name, None));
        };
        let value_end = value.bytes().position(|byte| byte == b'&').unwrap_or(value.len());
        let (value, after) = value.split_at_checked(value_end).unwrap_or((value, ""));
        rest = after.get(1..);
        Some((name, Some(value)))
    })
}

/// The query without the pairs that `drop` names (by decoded name), then `add`, percent-encoded strictly, at its end.
/// What is kept stays byte for byte; an empty query with nothing added is left out with its `?`.
///
/// ```
/// use countersign_core::query::replace;
///
/// let uri = "https://h/p?b=2&&k%65y=old&a=+1".parse()?;
/// let uri = replace(&uri, |name| name == b"key", &[("key", "n/w ü")])?;
/// assert_eq!(uri, "https://h/p?b=2&&a=+1&key=n%2Fw%20%C3%BC");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] when the result is no URI: it is longer than 65,534 bytes.
pub fn replace(uri: &Uri, drop: impl Fn(&[u8]) -> bool, add: &[(&str, &str)]) -> Result<Uri> {
    let mut edit = Edit::without(uri, drop);
    for (name, value) in add {
        edit.push(name, value);
    }
    edit.finish()
}

/// [`replace`] in steps, for a pair whose value depends on the text so far: a signature of the query that it joins.
#[derive(Clone, Debug)]
pub struct Edit<'a> {
    uri: &'a Uri,
    text: String,
    separator: char,
}

impl<'a> Edit<'a> {
    /// A URI without the pairs that `drop` names (by decoded name).
    #[must_use]
    pub fn without(uri: &'a Uri, drop: impl Fn(&[u8]) -> bool) -> Self {
        let target = path_and_query(uri);
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&*target, None),
        };
        // With room for what signatures add.
        let mut text = String::with_capacity(target.len() + 512);
        text.push_str(path);
        let mut separator = '?';
        for (name, value) in pairs(query.unwrap_or_default()) {
            if is_named(name.as_bytes(), &drop) {
                continue;
            }
            text.push(separator);
            text.push_str(name);
            if let Some(value) = value {
                text.push('=');
                text.push_str(value);
            }
            separator = '&';
        }
        if query == Some("") {
            // One empty pair: what is added takes its place.
            text.push('?');
        }
        Self { uri, text, separator }
    }

    /// Adds a pair at the end, percent-encoded strictly.
    pub fn push(&mut self, name: &str, value: &str) {
        self.push_with(name, value, push_percent);
    }

    /// Adds a pair at the end that is encoded already, or needs no encoding: it stands as it is given.
    pub fn push_encoded(&mut self, name: &str, value: &str) {
        self.push_with(name, value, String::push_str);
    }

    fn push_with(&mut self, name: &str, value: &str, push: impl Fn(&mut String, &str)) {
        if self.separator == '?' && self.text.ends_with('?') {
            self.text.pop();
        }
        self.text.push(self.separator);
        push(&mut self.text, name);
        self.text.push('=');
        push(&mut self.text, value);
        self.separator = '&';
    }

    /// Path and query as they stand.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.text
    }

    /// The URI with this path and query.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when it is no URI: it is longer than 65,534 bytes.
    pub fn finish(self) -> Result<Uri> {
        with_path_and_query(self.uri, self.text)
    }
}

/// Whether the name is one of those, decoded. Nearly all stand as they are.
fn is_named(name: &[u8], is_one: &impl Fn(&[u8]) -> bool) -> bool {
    if name.iter().any(|byte| matches!(byte, b'%' | b'+')) { is_one(&form_decode(name)) } else { is_one(name) }
}

/// The same URI with another path and query. A URI with neither scheme nor authority stays in origin form.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] when the result is no URI.
pub fn with_path_and_query(uri: &Uri, path_and_query: String) -> Result<Uri> {
    let mut parts = uri.clone().into_parts();
    let invalid = |why: &dyn std::fmt::Display| {
        Error::new(ErrorKind::InvalidRequest, format!("the signed URI is not a URI: {why}"))
    };
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).map_err(|why| invalid(&why))?);
    Uri::from_parts(parts).map_err(|why| invalid(&why))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edit(uri: &str, add: &[(&str, &str)]) -> String {
        replace(&uri.parse().unwrap(), |name| name == b"k", add).unwrap().to_string()
    }

    #[test]
    fn the_question_mark_comes_and_goes_with_the_pairs() {
        let key = [("k", "v")];
        assert_eq!(edit("http://h/p", &key), "http://h/p?k=v");
        assert_eq!(edit("http://h", &key), "http://h/?k=v");
        assert_eq!(edit("http://h?k=1", &key), "http://h/?k=v");
        assert_eq!(edit("http://h/p?", &key), "http://h/p?k=v");
        assert_eq!(edit("http://h/p?k=1", &[]), "http://h/p");
        assert_eq!(edit("http://h/p?", &[]), "http://h/p?");
        assert_eq!(edit("http://h/p?a=1&", &key), "http://h/p?a=1&&k=v");
        assert_eq!(edit("http://h/p?&a=1", &key), "http://h/p?&a=1&k=v");
        assert_eq!(edit("/p?k&a", &key), "/p?a&k=v");
    }

    #[test]
    fn too_long_is_an_error() {
        let long = "x".repeat(70_000);
        let error = replace(&"http://h/".parse().unwrap(), |_| false, &[("k", &long)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }

    proptest! {
        #[test]
        fn twice_is_once_and_the_rest_stays(query in "[a-z&=%+]{0,20}", value in ".{0,8}") {
            let uri: Uri = format!("http://h/p?{query}").parse().unwrap();
            let once = replace(&uri, |name| name == b"k", &[("k", &value)]).unwrap();
            let twice = replace(&once, |name| name == b"k", &[("k", &value)]).unwrap();
            prop_assert_eq!(&once, &twice);
            let kept = |uri: &Uri| -> Vec<String> {
                let pairs = uri.query().unwrap_or_default().split('&').map(str::to_owned);
                pairs.filter(|pair| &*form_decode(pair.split('=').next().unwrap().as_bytes()) != b"k").collect()
            };
            if !query.is_empty() && !kept(&uri).iter().all(String::is_empty) {
                prop_assert_eq!(kept(&uri), kept(&once));
            }
        }
    }
}
