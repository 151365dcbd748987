//! HTTPie's request items: `Name:value`, `name==value`, `name=value`, `name:=json`, and those that name files.

use countersign::Result;

use crate::error;

/// The separators, the longer of two that begin alike first.
const SEPARATORS: [(&str, Kind); 10] = [
    (":=@", Kind::File),
    ("==@", Kind::File),
    (":=", Kind::Json),
    ("==", Kind::Query),
    ("=@", Kind::File),
    (":@", Kind::File),
    (":", Kind::Header),
    (";", Kind::EmptyHeader),
    ("=", Kind::Text),
    ("@", Kind::File),
];

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Header,
    EmptyHeader,
    Query,
    Text,
    Json,
    File,
}

/// One item.
#[derive(Debug, PartialEq)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) key: String,
    pub(super) value: String,
}

impl Item {
    /// # Errors
    /// `invalid-import` for what has no separator, and for what names a file.
    pub(super) fn read(text: &str) -> Result<Self> {
        let (key, separator, value) = split(text, &SEPARATORS.map(|(separator, _)| separator))
            .ok_or_else(|| error::invalid("items", "one of them has no separator (`:`, `=`, `==`, `:=`)"))?;
        let kind = SEPARATORS.iter().find(|(other, _)| *other == separator).map_or(Kind::File, |(_, kind)| *kind);
        let place = || format!("item {}", error::quoted(&key));
        match kind {
            Kind::File => return Err(error::invalid(place(), "names a file, and none is opened")),
            Kind::EmptyHeader if !value.is_empty() => {
                return Err(error::invalid(place(), "nothing may follow the `;` of an empty header"));
            }
            Kind::Json if serde_json::from_str::<serde::de::IgnoredAny>(&value).is_err() => {
                return Err(error::invalid(place(), "what follows `:=` is not JSON"));
            }
            _ => {}
        }
        Ok(Self { kind, key, value })
    }

    pub(super) fn is_data(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Json)
    }
}

/// Key, separator and value: of all separators the first one, and there the longest. A backslash before a separator's character
/// takes its meaning; before another it stands for itself.
pub(super) fn split<'s>(text: &str, separators: &[&'s str]) -> Option<(String, &'s str, String)> {
    let is_special = |character| separators.iter().any(|separator| separator.contains(character));
    let mut key = String::new();
    let mut rest = text;
    loop {
        let found = separators.iter().filter(|separator| rest.starts_with(**separator));
        if let Some(separator) = found.max_by_key(|separator| separator.len()) {
            return Some((key, separator, unescaped(rest.get(separator.len()..)?, &is_special)));
        }
        let mut characters = rest.chars();
        let first = characters.next()?;
        let escaped = characters.clone().next().filter(|next| first == '\\' && is_special(*next));
        if escaped.is_some() {
            characters.next();
        }
        key.push(escaped.unwrap_or(first));
        rest = characters.as_str();
    }
}

fn unescaped(text: &str, is_special: &dyn Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match characters.next_if(|next| character == '\\' && is_special(*next)) {
            Some(escaped) => out.push(escaped),
            None => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_separator_counts_and_there_the_longest() {
        for (text, kind, key, value) in [
            ("X-A:b=c", Kind::Header, "X-A", "b=c"),
            ("a=b:c", Kind::Text, "a", "b:c"),
            ("a==b=c", Kind::Query, "a", "b=c"),
            ("a:=[1]", Kind::Json, "a", "[1]"),
            ("X;", Kind::EmptyHeader, "X", ""),
            (r"a\:b=c\=d\e", Kind::Text, "a:b", r"c=d\e"),
            ("a:", Kind::Header, "a", ""),
            ("=x", Kind::Text, "", "x"),
        ] {
            assert_eq!(Item::read(text).unwrap(), Item { kind, key: key.into(), value: value.into() }, "{text}");
        }
        for text in
            ["a", "a@hunter2", "a=@hunter2", "a:=@hunter2", "a==@hunter2", "X:@hunter2", "X;hunter2", "a:=hunter2"]
        {
            assert!(!Item::read(text).unwrap_err().to_string().contains("hunter2"), "{text}");
        }
    }
}
