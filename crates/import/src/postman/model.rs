//! A collection as far as authentication goes. Whatever else it holds is skipped; whatever is there is read leniently: real
//! collections lack names, and have numbers where texts belong.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::user_info;

/// A collection, or what Postman's API wraps around one.
#[derive(Debug, Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub(super) collection: Option<Box<Self>>,
    #[serde(borrow)]
    pub(super) item: Option<Vec<Node<'a>>>,
    #[serde(borrow)]
    pub(super) auth: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) event: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) variable: Option<&'a RawValue>,
    /// Version 1.
    pub(super) requests: Option<IgnoredAny>,
}

/// A folder or a request.
#[derive(Debug, Deserialize)]
pub(super) struct Node<'a> {
    #[serde(borrow, default)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) item: Option<Vec<Self>>,
    #[serde(borrow)]
    pub(super) auth: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) event: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) request: Option<RequestNode<'a>>,
}

/// A request; a text is its URL.
#[derive(Debug, Default)]
pub(super) struct RequestNode<'a> {
    method: Text<'a>,
    pub(super) url: Option<&'a RawValue>,
    /// The URL of a request that is only a text.
    pub(super) text: Option<Cow<'a, str>>,
    pub(super) auth: Option<&'a RawValue>,
    pub(super) header: Option<&'a RawValue>,
    pub(super) body: Option<&'a RawValue>,
}

impl RequestNode<'_> {
    /// In upper case, `GET` where there is none, as Postman has it.
    pub(super) fn method(&self) -> String {
        if self.method.0.is_empty() { "GET".into() } else { self.method.0.to_uppercase() }
    }

    /// The URL as Postman shows it, without user info.
    pub(super) fn shown_url(&self) -> String {
        let url = match (&self.text, self.url) {
            (Some(text), _) => text.clone().into_owned(),
            (None, Some(url)) => shown(url),
            (None, None) => String::new(),
        };
        user_info::without(&url)
    }
}

fn shown(url: &RawValue) -> String {
    #[derive(Deserialize)]
    struct Shown<'a> {
        #[serde(borrow, default)]
        raw: Text<'a>,
    }
    if let Ok(text) = serde_json::from_str::<String>(url.get()) {
        return text;
    }
    serde_json::from_str::<Shown<'_>>(url.get()).map(|url| url.raw.0.into_owned()).unwrap_or_default()
}

/// An `auth` with a `type`.
#[derive(Debug)]
pub(super) struct Auth<'a> {
    pub(super) kind: Cow<'a, str>,
    /// The whole object.
    pub(super) json: &'a RawValue,
}

impl<'a> Auth<'a> {
    /// None for what has no type: it inherits.
    pub(super) fn read(json: &'a RawValue) -> Option<Self> {
        #[derive(Deserialize)]
        struct Typed<'a> {
            #[serde(borrow, rename = "type", default)]
            kind: Text<'a>,
        }
        let typed: Typed<'a> = serde_json::from_str(json.get()).ok()?;
        (!typed.kind.0.is_empty()).then_some(Self { kind: typed.kind.0, json })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RequestNode<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RequestVisitor)
    }
}

struct RequestVisitor;

impl<'de> Visitor<'de> for RequestVisitor {
    type Value = RequestNode<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request or its URL")
    }

    fn visit_borrowed_str<E>(self, url: &'de str) -> Result<Self::Value, E> {
        Ok(RequestNode { text: Some(Cow::Borrowed(url)), ..RequestNode::default() })
    }

    fn visit_str<E>(self, url: &str) -> Result<Self::Value, E> {
        Ok(RequestNode { text: Some(Cow::Owned(url.to_owned())), ..RequestNode::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        struct Object<'a> {
            #[serde(borrow, default)]
            method: Text<'a>,
            #[serde(borrow)]
            url: Option<&'a RawValue>,
            #[serde(borrow)]
            auth: Option<&'a RawValue>,
            #[serde(borrow)]
            header: Option<&'a RawValue>,
            #[serde(borrow)]
            body: Option<&'a RawValue>,
        }
        let Object { method, url, auth, header, body } = Object::deserialize(MapAccessDeserializer::new(map))?;
        Ok(RequestNode { method, url, text: None, auth, header, body })
    }
}

/// A text; a number or flag as its text; empty for anything else.
#[derive(Debug, Default)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Text(flag.to_string().into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Text(number.to_string().into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Text(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Text(number.to_string().into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
}
