use std::borrow::Cow;

use countersign_core::encode::form_decode;
use countersign_core::query;
use smallvec::SmallVec;

use super::recoded;

/// Appends the query, each pair decoded and encoded strictly, sorted by encoded name and then value. Empty pairs (`a&&b`)
/// are no parameters.
pub(super) fn push_query(out: &mut Vec<u8>, query: &str) {
    let encoded = |text| recoded(text, false, form_decode);
    let mut pairs: SmallVec<[(Cow<'_, str>, Cow<'_, str>); 12]> = query::pairs(query)
        .filter(|(name, value)| !name.is_empty() || value.is_some())
        .map(|(name, value)| (encoded(name), encoded(value.unwrap_or_default())))
        .collect();
    pairs.sort_unstable();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        out.extend_from_slice(value.as_bytes());
    }
}

#[cfg(test)]
mod tests {
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
            push_query(&mut out, given);
            assert_eq!(str::from_utf8(&out), Ok(expected), "{given}");
        }
    }
}
