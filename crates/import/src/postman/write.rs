//! A config as a Postman collection.

use countersign::{AuthConfig, Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

use super::config::TYPES;
use super::oauth2;
use crate::fields::{Shape, Type};
use crate::{Beside, Limits, Source};

/// Writes a config as a Postman collection of version 2.1, without requests, whose own authentication it is. Reading it
/// ([`Source`]) returns the config as it was. The text shows secrets: it is a file for Postman.
///
/// ```
/// use countersign::AuthConfig;
///
/// let collection = countersign_import::to_postman(&AuthConfig::basic("Aladdin", "open sesame"))?;
/// assert!(collection.contains(r#""type": "basic""#));
/// # Ok::<(), countersign::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::UnsupportedScheme`] when Postman has no such type, or no parameter for a field; the error names it.
pub fn to_postman(auth: &AuthConfig) -> Result<String> {
    let fields = fields(auth)?;
    let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
    let known = TYPES.iter().find(|known| known.ours == kind);
    let (kind, parameters) = match (kind, known) {
        ("none", _) => ("noauth", Vec::new()),
        ("oauth2", _) => ("oauth2", oauth2::write(&fields)),
        (_, Some(known)) => (known.theirs, known.write(&fields)),
        _ => return Err(unsupported(format!("Postman has no type for {kind}"))),
    };
    let text = collection(kind, parameters);
    let back = Source::read(text.as_bytes(), None, &Limits::default())?.import(None, &Beside::new())?;
    match difference(&Value::Object(fields), &Value::Object(self::fields(&back.auth)?)) {
        Some(field) => Err(unsupported(format!("Postman has no parameter for `{field}` as it is"))),
        None => Ok(text),
    }
}

fn unsupported(what: String) -> Error {
    Error::new(ErrorKind::UnsupportedScheme, what)
}

fn collection(kind: &str, parameters: Vec<(&str, Value)>) -> String {
    let typed = |(key, value): (&str, Value)| {
        let of = match value {
            Value::Bool(_) => "boolean",
            Value::Array(_) => "any",
            _ => "string",
        };
        json!({ "key": key, "value": value, "type": of })
    };
    let mut auth = Map::from_iter([("type".to_owned(), Value::from(kind))]);
    if !parameters.is_empty() {
        auth.insert(kind.into(), parameters.into_iter().map(typed).collect());
    }
    let collection = json!({
        "info": {
            "name": "countersign",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "item": [],
        "auth": auth,
    });
    format!("{collection:#}\n")
}

/// The fields of a config, without empty texts that count as left out.
fn fields(auth: &AuthConfig) -> Result<Map<String, Value>> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(auth) else {
        return Err(unsupported("the config cannot be written as JSON".into()));
    };
    let known = TYPES.iter().find(|known| fields.get("type").and_then(Value::as_str) == Some(known.ours));
    for (_, ours, _) in known
        .into_iter()
        .flat_map(|known| known.fields)
        .filter(|(_, _, shape)| matches!(shape, Shape::Optional | Shape::NeededWith(_)))
    {
        if fields.get(*ours).and_then(Value::as_str) == Some("") {
            fields.remove(*ours);
        }
    }
    if let Some(Value::Object(grant)) = fields.get_mut("grant") {
        grant.retain(|_, value| value.as_str() != Some(""));
    }
    Ok(fields)
}

/// The first field that differs.
fn difference(one: &Value, other: &Value) -> Option<String> {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else { return None };
    let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    names
        .filter(|name| one.get(*name) != other.get(*name))
        .map(|name| {
            let inner = one.get(name).zip(other.get(name)).and_then(|(one, other)| difference(one, other));
            inner.unwrap_or_else(|| name.clone())
        })
        .next()
}

impl Type {
    fn write(&self, fields: &Map<String, Value>) -> Vec<(&'static str, Value)> {
        let written = self.fields.iter().filter_map(|&(key, ours, shape)| {
            let value = fields.get(ours);
            let text = value.and_then(Value::as_str);
            let value = match shape {
                // True is the default where the field is not written.
                Shape::Opposite => json!(value.and_then(Value::as_bool) == Some(false)),
                Shape::Choice(choices) => json!(choices.iter().find(|(_, ours)| text == Some(*ours))?.0),
                Shape::Either(_, if_true) => json!(text == Some(if_true)),
                Shape::Hex => json!(format!("{:08x}", value?.as_u64()?)),
                Shape::Number => json!(value?.to_string()),
                // Absent here is empty there, where absent would be missing.
                Shape::Needed => value.cloned().unwrap_or_else(|| json!("")),
                Shape::NeededWith(other) if fields.contains_key(other) => value.cloned().unwrap_or_else(|| json!("")),
                Shape::List => json!(value?.as_array()?.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
                Shape::Flag | Shape::Optional | Shape::Nonempty | Shape::NeededWith(_) | Shape::OrEmpty => {
                    value?.clone()
                }
            };
            Some((key, value))
        });
        written.collect()
    }
}
