use countersign_core::encode::{form_decode, is_unreserved, percent};
use smallvec::SmallVec;

use super::escaped;

/// A query's parameters as they stand. Empty pairs (`a&&b`) are not among them.
pub(crate) struct Query<'a> {
    pairs: SmallVec<[(&'a str, &'a str); 12]>,
    /// Whether decoding and encoding strictly leaves every pair as it is. Nearly all queries are so.
    is_canonical: bool,
}

impl<'a> Query<'a> {
    /// Splits a query into its pairs, and sees in the same pass whether they are canonical.
    pub(crate) fn of(text: &'a str) -> Self {
        Self::with(&[], text)
    }

    /// As [`Query::of`], with pairs before it that are known to be canonical.
    pub(crate) fn with(pairs: &[(&'a str, &'a str)], text: &'a str) -> Self {
        let mut query = Self { pairs: SmallVec::from_slice(pairs), is_canonical: true };
        let mut rest = Some(text);
        while let Some(text) = rest {
            let (name, after) = query.token(text, true);
            let (value, after) = match after.strip_prefix('=') {
                Some(value) => query.token(value, false),
                None => ("", after),
            };
            if after.len() < text.len() {
                query.pairs.push((name, value));
            }
            rest = after.strip_prefix('&');
        }
        query
    }

    /// Splits off a name, which ends at `=` or `&`, or a value, which ends at `&`.
    fn token(&mut self, text: &'a str, is_name: bool) -> (&'a str, &'a str) {
        let bytes = text.as_bytes();
        let mut end = 0;
        while let Some(&byte) = bytes.get(end) {
            end += match byte {
                _ if is_unreserved(byte) => 1,
                b'&' => break,
                b'=' if is_name => break,
                b'%' if escaped(bytes.get(end + 1..)).is_some() => 3,
                _ => {
                    self.is_canonical = false;
                    1
                }
            };
        }
        text.split_at_checked(end).unwrap_or((text, ""))
    }

    /// Whether a parameter has this name, as it stands.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.pairs.iter().any(|(own, _)| *own == name)
    }

    /// Appends each pair decoded and encoded strictly, sorted by encoded name and then value.
    pub(super) fn push(mut self, out: &mut Vec<u8>) {
        if !self.is_canonical {
            return Query::of(&self.recoded()).push(out);
        }
        self.pairs.sort_unstable();
        for (index, (name, value)) in self.pairs.iter().enumerate() {
            if index > 0 {
                out.push(b'&');
            }
            out.extend_from_slice(name.as_bytes());
            out.push(b'=');
            out.extend_from_slice(value.as_bytes());
        }
    }

    fn recoded(&self) -> String {
        let mut out = String::with_capacity(256);
        for (index, (name, value)) in self.pairs.iter().enumerate() {
            if index > 0 {
                out.push('&');
            }
            out.push_str(&percent(&form_decode(name.as_bytes())));
            out.push('=');
            out.push_str(&percent(&form_decode(value.as_bytes())));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use countersign_core::query;
    use proptest::prelude::*;

    use super::*;

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
            let mut out = Vec::new();
            Query::of(given).push(&mut out);
            assert_eq!(str::from_utf8(&out), Ok(expected), "{given}");
        }
    }

    /// As the rule says it, without a thought for time.
    fn slowly(text: &str) -> String {
        let encoded = |text: &str| percent(&form_decode(text.as_bytes())).into_owned();
        let mut pairs: Vec<_> = query::pairs(text)
            .filter(|(name, value)| !name.is_empty() || value.is_some())
            .map(|(name, value)| (encoded(name), encoded(value.unwrap_or_default())))
            .collect();
        pairs.sort();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    proptest! {
        #[test]
        fn what_is_canonical_is_only_sorted(text in "[a%7E2F=&+ é]{0,16}|[ -~]{0,16}|([a-c]=[a-c~]{0,3}(%20)?&){0,9}") {
            let mut out = Vec::new();
            Query::of(&text).push(&mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), slowly(&text));
        }
    }

    #[test]
    fn what_is_added_is_sorted_with_the_rest() {
        for (given, expected) in [("b=1&a=+", "X=1&a=%20&b=1&z=%2F"), ("b=1", "X=1&b=1&z=%2F"), ("", "X=1&z=%2F")] {
            let mut out = Vec::new();
            Query::with(&[("z", "%2F"), ("X", "1")], given).push(&mut out);
            assert_eq!(str::from_utf8(&out), Ok(expected));
        }
    }

    #[test]
    fn names_are_compared_as_they_stand() {
        assert!(Query::of("a=1&X-Amz-Signature=2").names("X-Amz-Signature"));
        assert!(!Query::of("a=X-Amz-Signature&X-Amz-Signatur%65=2").names("X-Amz-Signature"));
    }
}
