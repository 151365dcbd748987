//! Values of which only some shapes count: a description with a fault where no security stands is read all the same.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A value that is made from whatever stands there. A shape that it does not know is skipped, and makes [`Shape::other`];
/// null makes the default, as if nothing stood there.
pub(crate) trait Shape<'de>: Default {
    /// From a text; a number or a flag counts as the text that it is written with.
    fn from_text(_: Cow<'de, str>) -> Self {
        Self::other()
    }

    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::other())
    }

    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::other())
    }

    /// What a shape makes that is not one of its own.
    fn other() -> Self {
        Self::default()
    }
}

/// Reads a value of any shape.
pub(crate) fn read<'de, T: Shape<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(AnyShape(PhantomData))
}

struct AnyShape<T>(PhantomData<T>);

impl<'de, T: Shape<'de>> Visitor<'de> for AnyShape<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<T, E> {
        Ok(T::from_text(if flag { "true" } else { "false" }.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<T, E> {
        Ok(T::from_text(number.to_string().into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        Ok(T::from_text(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<T, E> {
        // `{:?}` keeps the fraction of `2.0`.
        Ok(T::from_text(format!("{number:?}").into()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<T, E> {
        Ok(T::from_text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::from_text(text.to_owned().into()))
    }

    fn visit_string<E>(self, text: String) -> Result<T, E> {
        Ok(T::from_text(text.into()))
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::from_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::from_list(list)
    }
}

/// Makes a [`Shape`] readable where serde asks for `Deserialize`.
macro_rules! deserialize_by_shape {
    ($($name:ident $(<$parameter:ident>)?),*) => {$(
        impl<'de $(, $parameter: Deserialize<'de>)?> Deserialize<'de> for $name $(<$parameter>)? {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read(deserializer)
            }
        }
    )*};
}

deserialize_by_shape!(Text, Object<T>, List<T>, Entries<T>);

/// A text; none where another shape stands.
#[derive(Debug, Default)]
pub(crate) struct Text(pub(crate) Option<String>);

impl Text {
    pub(crate) fn as_deref(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The text, if it says something.
    pub(crate) fn given(&self) -> Option<&str> {
        self.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }
}

impl<'de> Shape<'de> for Text {
    fn from_text(text: Cow<'de, str>) -> Self {
        Self(Some(text.into_owned()))
    }
}

/// An object, read as `T`; none where another shape stands.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Shape<'de> for Object<T> {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some).map(Self)
    }
}

/// The elements of a list; none where another shape stands.
#[derive(Debug)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl List<Text> {
    /// Those that say something.
    pub(crate) fn given(&self) -> Vec<String> {
        self.0.iter().filter_map(Text::given).map(str::to_owned).collect()
    }
}

impl<'de, T: Deserialize<'de>> Shape<'de> for List<T> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Self(elements))
    }
}

/// The entries of an object in their order; none where another shape stands.
#[derive(Debug)]
pub(crate) struct Entries<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Entries<T> {
    /// The value of a name; of two the last, as JavaScript has it.
    pub(crate) fn find(&self, name: &str) -> Option<&T> {
        self.0.iter().rfind(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl<'de, T: Deserialize<'de>> Shape<'de> for Entries<T> {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut entries = Vec::new();
        while let Some(Text(key)) = map.next_key()? {
            // A key that is no text is YAML's, and names nothing.
            match key {
                Some(key) => entries.push((key, map.next_value()?)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Self(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(default)]
    struct Sample {
        text: Text,
        list: List<Text>,
        object: Object<Box<Self>>,
        entries: Entries<Text>,
    }

    #[test]
    fn a_value_of_another_shape_is_skipped() {
        let whole = r#"{"text":1.0,"list":[true,null,{}],"object":{"text":"t"},"entries":{"a":-1,"b":[]}}"#;
        let read: Sample = serde_json::from_str(whole).unwrap();
        assert_eq!(read.text.as_deref(), Some("1.0"));
        let list: Vec<_> = read.list.0.iter().map(Text::as_deref).collect();
        assert_eq!(list, [Some("true"), None, None]);
        assert_eq!(read.object.0.unwrap().text.as_deref(), Some("t"));
        assert_eq!(read.entries.find("a").unwrap().as_deref(), Some("-1"));
        for odd in ["null", "[[1]]", "{\"x\":{}}", "\"\\n\"", "1e300"] {
            let odd = format!(r#"{{"text":{odd},"list":{odd},"object":{odd},"entries":{odd}}}"#);
            serde_json::from_str::<Sample>(&odd).unwrap();
        }
    }
}
