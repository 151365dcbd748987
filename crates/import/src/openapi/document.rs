//! What of a description says how requests are authenticated; everything else is skipped as it is read.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess};

use crate::describe::reference::Reference;
use crate::describe::security_scheme::SecurityScheme;
use crate::describe::server::Server;
use crate::describe::shape::{self, Entries, List, Object, Shape, Text};

/// The outermost object, of any version.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Document {
    pub(super) swagger: Text,
    pub(super) openapi: Text,
    #[serde(rename = "$self")]
    pub(super) own_uri: Text,
    pub(super) servers: List<Object<Server>>,
    pub(super) host: Text,
    pub(super) base_path: Text,
    pub(super) schemes: List<Text>,
    pub(super) security: Security,
    pub(super) paths: Entries<PathItem>,
    pub(super) components: Object<Components>,
    pub(super) security_definitions: Entries<Object<SecurityScheme>>,
}

impl Document {
    /// The schemes that it defines, by name.
    pub(super) fn scheme_objects(&self) -> &[(String, Object<SecurityScheme>)] {
        match (&self.swagger.0, &self.components) {
            (Some(_), _) => &self.security_definitions.0,
            (None, Object(Some(components))) => &components.security_schemes.0,
            (None, Object(None)) => &[],
        }
    }
}

/// The name at the end of a place where schemes are defined.
pub(super) fn scheme_name(place: &[String]) -> Option<&str> {
    match place {
        [section, name] if section == "securityDefinitions" => Some(name),
        [section, kind, name] if section == "components" && kind == "securitySchemes" => Some(name),
        _ => None,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Components {
    pub(super) security_schemes: Entries<Object<SecurityScheme>>,
    pub(super) path_items: Entries<PathItem>,
}

/// Alternatives, each of which names the schemes that apply together.
#[derive(Debug, Default)]
pub(super) enum Security {
    #[default]
    Absent,
    /// Not a list, which says nothing safely.
    Malformed,
    Given(Vec<Object<Entries<List<Text>>>>),
}

impl<'de> Shape<'de> for Security {
    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        List::from_list(list).map(|List(demands)| Self::Given(demands))
    }

    fn other() -> Self {
        Self::Malformed
    }
}

impl<'de> Deserialize<'de> for Security {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        shape::read(deserializer)
    }
}

#[derive(Debug, Default)]
pub(super) struct PathItem {
    pub(super) reference: Text,
    pub(super) servers: List<Object<Server>>,
    pub(super) operations: Vec<(Cow<'static, str>, Operation)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Operation {
    pub(super) operation_id: Text,
    pub(super) security: Security,
    pub(super) servers: List<Object<Server>>,
    pub(super) schemes: List<Text>,
}

/// A path item's keys.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Key {
    Get,
    Put,
    Post,
    Delete,
    Options,
    Head,
    Patch,
    Trace,
    Query,
    AdditionalOperations,
    Servers,
    #[serde(rename = "$ref")]
    Reference,
    #[serde(other)]
    Other,
}

impl Key {
    fn method(&self) -> Option<&'static str> {
        Some(match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Head => "HEAD",
            Self::Patch => "PATCH",
            Self::Trace => "TRACE",
            Self::Query => "QUERY",
            _ => return None,
        })
    }
}

impl<'de> Shape<'de> for PathItem {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut item = Self::default();
        while let Some(key) = map.next_key::<Key>()? {
            if let Some(method) = key.method() {
                if let Object(Some(operation)) = map.next_value()? {
                    item.operations.push((method.into(), operation));
                }
                continue;
            }
            match key {
                Key::Reference => item.reference = map.next_value()?,
                Key::Servers => item.servers = map.next_value()?,
                Key::AdditionalOperations => {
                    let more: Entries<Object<Operation>> = map.next_value()?;
                    let more = more.0.into_iter().filter_map(|(method, Object(it))| Some((method.into(), it?)));
                    item.operations.extend(more);
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(item)
    }
}

impl<'de> Deserialize<'de> for PathItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        shape::read(deserializer)
    }
}

impl Reference for PathItem {
    fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }
}
