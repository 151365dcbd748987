//! What tells one kind from another, read no further than it takes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What is known of a text so far.
#[derive(Debug, Default)]
pub(crate) struct Clues<'a> {
    /// The whole text.
    pub(crate) text: &'a str,
    /// How it is written.
    pub(crate) notation: Notation,
    /// The keys of the outermost object so far, with their values where these are short texts. Of a list: those of its first
    /// element.
    pub(crate) keys: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>,
}

/// How a text is written, as its beginning says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Notation {
    /// `{`: a JSON object.
    Object,
    /// `[` and a value: a JSON list.
    List,
    /// `<`.
    Xml,
    /// Anything else. The keys are those of a YAML mapping, as far as lines without indentation show them.
    #[default]
    Text,
}

impl<'a> Clues<'a> {
    /// Asks `decided` after each clue, until it has an answer.
    pub(crate) fn decide<T>(text: &'a str, mut decided: impl FnMut(&Self) -> Option<T>) -> Option<T> {
        let mut clues = Self { text, notation: notation(text), keys: Vec::new() };
        if matches!(clues.notation, Notation::Object | Notation::List) {
            let mut answer = None;
            let walk = Walk { clues: &mut clues, decided: &mut decided, answer: &mut answer };
            // An error is how the walk ends early, or a fault that the reader will report better.
            let _ = serde_json::Deserializer::from_str(text).deserialize_any(walk);
            return answer;
        }
        clues.keys = mapping_keys(text);
        decided(&clues)
    }

    /// Whether there is such a key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|(name, _)| name == key)
    }

    /// The key's value, if it is a short text.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        self.keys.iter().find(|(name, _)| name == key)?.1.as_deref()
    }
}

fn notation(text: &str) -> Notation {
    let text = text.trim_start();
    match text.as_bytes().first() {
        Some(b'{') if !text.starts_with("{{") => Notation::Object,
        Some(b'[') if text.get(1..).unwrap_or_default().trim_start().starts_with(['{', '[', ']', '"']) => {
            Notation::List
        }
        Some(b'<') => Notation::Xml,
        _ => Notation::Text,
    }
}

/// `key: value` at a line's very beginning.
fn mapping_keys(text: &str) -> Vec<(Cow<'_, str>, Option<Cow<'_, str>>)> {
    const MOST: usize = 64;
    let lines = text.lines().filter(|line| !line.starts_with([' ', '\t', '#', '-']));
    let pairs = lines.filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        if !value.is_empty() && !value.starts_with([' ', '\t']) {
            return None;
        }
        let value = unquoted(value.split(" #").next().unwrap_or_default().trim());
        Some((unquoted(key.trim()).into(), (!value.is_empty()).then(|| value.into())))
    });
    pairs.take(MOST).collect()
}

fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote).and_then(|text: &str| text.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

struct Walk<'w, 'a, T, F> {
    clues: &'w mut Clues<'a>,
    decided: &'w mut F,
    answer: &'w mut Option<T>,
}

impl<'a, T, F: FnMut(&Clues<'a>) -> Option<T>> Walk<'_, 'a, T, F> {
    /// An error once there is an answer: nothing further is read.
    fn ask<E: serde::de::Error>(&mut self) -> Result<(), E> {
        *self.answer = (self.decided)(self.clues);
        if self.answer.is_some() { Err(E::custom("decided")) } else { Ok(()) }
    }
}

impl<'a, T, F: FnMut(&Clues<'a>) -> Option<T>> Visitor<'a> for Walk<'_, 'a, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(key)) = map.next_key()? {
            self.clues.keys.push((key, None));
            self.ask()?;
            let value = map.next_value_seed(ShortText)?;
            if let Some(last) = self.clues.keys.last_mut().filter(|_| value.is_some()) {
                last.1 = value;
                self.ask()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        list.next_element_seed(self)?;
        // The rest says nothing new.
        Err(A::Error::custom("the first element is enough"))
    }
}

impl<'a, T, F: FnMut(&Clues<'a>) -> Option<T>> DeserializeSeed<'a> for Walk<'_, 'a, T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// A key, borrowed where no escape forbids it.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// A text of at most 200 bytes; none for anything else, which is skipped.
struct ShortText;

impl<'a> DeserializeSeed<'a> for ShortText {
    type Value = Option<Cow<'a, str>>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for ShortText {
    type Value = Option<Cow<'a, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Self::Value, E> {
        Ok((text.len() <= 200).then_some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok((text.len() <= 200).then(|| Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string().into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
