//! Texts with `{{name}}` in them, which stays as it is when the rest is encoded.

use countersign::scheme::encode;
use countersign::variables::{Part, parts};

/// Percent-encoded, but for what is still to fill.
pub(crate) fn push_percent(out: &mut String, text: &str) {
    push(out, text, encode::push_percent);
}

/// As in a form, where a space is `+`.
pub(crate) fn push_form(out: &mut String, text: &str) {
    push(out, text, |out, text| out.push_str(&encode::percent(text.as_bytes()).replace("%20", "+")));
}

/// With each variable by the name that `name` finds within its braces.
pub(crate) fn renamed(text: &str, name: fn(&str) -> &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in parts(text) {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Variable(inside) => out.extend(["{{", name(inside), "}}"]),
        }
    }
    out
}

/// Names and values as a query or form: percent-encoded, joined.
pub(crate) fn joined<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        push_percent(&mut text, name);
        text.push('=');
        push_percent(&mut text, value);
    }
    text
}

/// A URL with these parameters added to its query, before its fragment.
pub(crate) fn with_query(url: &str, query: &str) -> String {
    if query.is_empty() {
        return url.to_owned();
    }
    let (url, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let separator = match url.split_once('?') {
        None => "?",
        Some((_, given)) if given.is_empty() || given.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{url}{separator}{query}{fragment}")
}

/// `:name` segments with their values.
pub(crate) fn with_path_parameters(url: &str, parameters: &[(String, String)]) -> String {
    if parameters.is_empty() {
        return url.to_owned();
    }
    let (path, tail) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
    let segments = path.split('/').map(|segment| {
        let value = segment.strip_prefix(':').and_then(|name| parameters.iter().find(|(other, _)| other == name));
        let mut text = String::new();
        match value {
            Some((_, value)) if !value.is_empty() => push_percent(&mut text, value),
            _ => text.push_str(segment),
        }
        text
    });
    format!("{}{tail}", segments.collect::<Vec<_>>().join("/"))
}

/// What stands for itself goes through `encode`; what is still to fill stays.
pub(crate) fn push(out: &mut String, text: &str, encode: fn(&mut String, &str)) {
    for part in parts(text) {
        match part {
            Part::Text(text) => encode(out, text),
            Part::Variable(name) => out.extend(["{{", name, "}}"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_still_to_fill_stays() {
        for (text, percent, form) in [
            ("a b", "a%20b", "a+b"),
            ("{{a b}} c{{d}}{{", "{{a b}}%20c{{d}}%7B%7B", "{{a b}}+c{{d}}%7B%7B"),
            ("", "", ""),
        ] {
            let (mut one, mut other) = (String::new(), String::new());
            push_percent(&mut one, text);
            push_form(&mut other, text);
            assert_eq!((one.as_str(), other.as_str()), (percent, form));
        }
    }

    #[test]
    fn a_query_is_added_before_the_fragment() {
        let query = joined([("a b", "{{c}}"), ("d", "")]);
        for (url, expected) in [
            ("h", "h?a%20b={{c}}&d="),
            ("h?", "h?a%20b={{c}}&d="),
            ("h?x#f", "h?x&a%20b={{c}}&d=#f"),
            ("h?x&", "h?x&a%20b={{c}}&d="),
        ] {
            assert_eq!(with_query(url, &query), expected);
        }
        assert_eq!(with_query("h?", ""), "h?");
    }
}
