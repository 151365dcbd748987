//! What of a RAML description says how requests are authenticated.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess};

use crate::describe::server::Variable;
use crate::describe::shape::{self, Entries, List, Object, Shape, Text};

/// What stands for the tag `!include`, which the YAML reader would drop.
const INCLUDED: &str = "\u{e000}include";

/// The text with its `!include` tags as texts.
pub(super) fn with_includes(text: &str) -> Cow<'_, str> {
    if text.contains("!include") { text.replace("!include", INCLUDED).into() } else { text.into() }
}

fn included(text: &str) -> Option<String> {
    text.trim_start().strip_prefix(INCLUDED).map(|file| file.trim().to_owned())
}

/// The outermost object.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) base_uri: Text,
    pub(super) version: Text,
    pub(super) base_uri_parameters: Entries<Object<Variable>>,
    pub(super) security_schemes: Named<Scheme>,
    pub(super) traits: Named<Method>,
    pub(super) resource_types: Named<Resource>,
    /// What it asks for as a whole, and its resources.
    pub(super) root: Resource,
}

/// A resource with those below it, or a resource type.
#[derive(Debug, Default)]
pub(super) struct Resource {
    pub(super) include: Option<String>,
    pub(super) secured_by: Secured,
    pub(super) traits: Names,
    pub(super) types: Names,
    /// By name in lower case; a resource type's with `?` is only for resources that have the method.
    pub(super) methods: Vec<(String, Method)>,
    /// By path, which begins with a slash.
    pub(super) resources: Vec<(String, Self)>,
}

/// A method, or a trait.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct MethodFields {
    secured_by: Secured,
    is: Names,
}

#[derive(Debug, Default)]
pub(super) struct Method {
    pub(super) include: Option<String>,
    pub(super) secured_by: Secured,
    pub(super) traits: Names,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SchemeFields {
    pub(super) r#type: Text,
    pub(super) described_by: Object<Described>,
    pub(super) settings: Object<Settings>,
}

#[derive(Debug, Default)]
pub(super) struct Scheme {
    pub(super) include: Option<String>,
    pub(super) fields: Option<SchemeFields>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Described {
    pub(super) headers: Entries<Object<Parameter>>,
    pub(super) query_parameters: Entries<Object<Parameter>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parameter {
    pub(super) required: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Settings {
    pub(super) authorization_uri: Text,
    pub(super) access_token_uri: Text,
    pub(super) authorization_grants: Names,
    pub(super) signatures: Names,
}

/// `securedBy`.
#[derive(Debug, Default)]
pub(super) enum Secured {
    #[default]
    Absent,
    Include(String),
    Malformed,
    Given(Vec<By>),
}

impl Secured {
    /// `oauth_2_0, none`: its alternatives, as the file names them.
    pub(super) fn words(&self) -> Option<String> {
        let Self::Given(all) = self else { return None };
        let word = |by: &By| match by {
            By::Scheme(name, _) => name.clone(),
            By::Nothing => "none".to_owned(),
            By::Malformed => "?".to_owned(),
        };
        Some(all.iter().map(word).collect::<Vec<_>>().join(", "))
    }
}

/// One of the alternatives.
#[derive(Debug, Default)]
pub(super) enum By {
    /// `null`: nothing.
    #[default]
    Nothing,
    Malformed,
    Scheme(String, Vec<String>),
}

/// Names, in a list or alone; of an object its keys, whose values are parameters.
#[derive(Debug, Default)]
pub(super) struct Names(pub(super) Vec<String>);

/// Definitions by name: an object, or in version 0.8 a list of objects.
#[derive(Debug)]
pub(super) struct Named<T> {
    pub(super) include: Option<String>,
    pub(super) entries: Vec<(String, T)>,
    index: HashMap<String, usize>,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self { include: None, entries: Vec::new(), index: HashMap::new() }
    }
}

impl<T> Named<T> {
    pub(super) fn find(&self, name: &str) -> Option<&T> {
        self.entries.get(*self.index.get(name)?).map(|(_, value)| value)
    }

    fn extend(&mut self, entries: Vec<(String, T)>) {
        for (name, value) in entries {
            self.index.insert(name.clone(), self.entries.len());
            self.entries.push((name, value));
        }
    }
}

impl<'de> Shape<'de> for Document {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut document = Self::default();
        while let Some(Text(key)) = map.next_key()? {
            let key = key.unwrap_or_default();
            match key.as_str() {
                "baseUri" => document.base_uri = map.next_value()?,
                "version" => document.version = map.next_value()?,
                "baseUriParameters" => document.base_uri_parameters = map.next_value()?,
                "securitySchemes" => document.security_schemes = map.next_value()?,
                "traits" => document.traits = map.next_value()?,
                "resourceTypes" => document.resource_types = map.next_value()?,
                _ => document.root.field(key, &mut map)?,
            }
        }
        Ok(document)
    }
}

impl Resource {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: String, map: &mut A) -> Result<(), A::Error> {
        const METHODS: &[&str] = &["get", "patch", "put", "post", "delete", "options", "head", "trace", "connect"];
        match key.as_str() {
            "securedBy" => self.secured_by = map.next_value()?,
            "is" => self.traits = map.next_value()?,
            "type" => self.types = map.next_value()?,
            _ if key.starts_with('/') => self.resources.push((key, map.next_value()?)),
            _ if METHODS.contains(&key.strip_suffix('?').unwrap_or(&key)) => {
                self.methods.push((key, map.next_value()?));
            }
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl<'de> Shape<'de> for Resource {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut resource = Self::default();
        while let Some(Text(key)) = map.next_key()? {
            resource.field(key.unwrap_or_default(), &mut map)?;
        }
        Ok(resource)
    }

    fn from_text(text: Cow<'de, str>) -> Self {
        Self { include: included(&text), ..Self::default() }
    }
}

impl<'de> Shape<'de> for Method {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let Object(fields): Object<MethodFields> = Object::from_map(map)?;
        let fields = fields.unwrap_or_default();
        Ok(Self { include: None, secured_by: fields.secured_by, traits: fields.is })
    }

    fn from_text(text: Cow<'de, str>) -> Self {
        Self { include: included(&text), ..Self::default() }
    }
}

impl<'de> Shape<'de> for Scheme {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Object::from_map(map).map(|Object(fields)| Self { include: None, fields })
    }

    fn from_text(text: Cow<'de, str>) -> Self {
        Self { include: included(&text), fields: None }
    }
}

impl<'de> Shape<'de> for Secured {
    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        List::from_list(list).map(|List(all)| Self::Given(all))
    }

    fn from_text(text: Cow<'de, str>) -> Self {
        match included(&text) {
            Some(file) => Self::Include(file),
            None => Self::Given(vec![By::from_text(text)]),
        }
    }

    fn other() -> Self {
        Self::Malformed
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    scopes: Names,
}

impl<'de> Shape<'de> for By {
    fn from_text(text: Cow<'de, str>) -> Self {
        Self::Scheme(text.into_owned(), Vec::new())
    }

    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let mut entries = Entries::<Object<Parameters>>::from_map(map)?.0;
        Ok(match (entries.pop(), entries.is_empty()) {
            (Some((name, Object(parameters))), true) => Self::Scheme(name, parameters.unwrap_or_default().scopes.0),
            _ => Self::Malformed,
        })
    }

    fn other() -> Self {
        Self::Malformed
    }
}

impl<'de> Shape<'de> for Names {
    fn from_text(text: Cow<'de, str>) -> Self {
        Self(vec![text.into_owned()])
    }

    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Entries::<IgnoredAny>::from_map(map).map(|Entries(entries)| Self(entries.into_iter().map(|it| it.0).collect()))
    }

    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        List::<Self>::from_list(list).map(|List(all)| Self(all.into_iter().flat_map(|names| names.0).collect()))
    }
}

impl<'de, T: Deserialize<'de>> Shape<'de> for Named<T> {
    fn from_text(text: Cow<'de, str>) -> Self {
        Self { include: included(&text), ..Self::default() }
    }

    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let mut all = Self::default();
        all.extend(Entries::from_map(map)?.0);
        Ok(all)
    }

    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        let List(parts) = List::<Self>::from_list(list)?;
        let mut all = Self::default();
        for part in parts {
            all.include = all.include.or(part.include);
            all.extend(part.entries);
        }
        Ok(all)
    }
}

/// Makes these shapes readable where serde asks for `Deserialize`.
macro_rules! deserialize_by_shape {
    ($($name:ident $(<$parameter:ident>)?),*) => {$(
        impl<'de $(, $parameter: Deserialize<'de>)?> Deserialize<'de> for $name $(<$parameter>)? {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                shape::read(deserializer)
            }
        }
    )*};
}

deserialize_by_shape!(Document, Resource, Method, Scheme, Secured, By, Names, Named<T>);
