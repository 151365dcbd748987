//! A config from its fields, without a value in any error.

use std::fmt::Display;

use countersign::{AuthConfig, Result};
use serde_json::{Map, Value};

use crate::error;

/// Reads the config of a type. `place` is where its fields are from.
pub(crate) fn read(place: impl Display, kind: &str, mut fields: Map<String, Value>) -> Result<AuthConfig> {
    fields.insert("type".into(), kind.into());
    let json = Value::Object(fields);
    // serde's message may quote the value, so it stays out.
    serde_json::from_value(json.clone()).map_err(|_| {
        let what = culprit(&json).map_or_else(String::new, |field| format!(": `{field}` holds what it cannot"));
        error::invalid(place, format!("no valid config of type {kind}{what}"))
    })
}

/// The field that makes a config invalid: without it, or with another text in it, it would be valid.
fn culprit(config: &Value) -> Option<String> {
    let fields = config.as_object()?;
    fields.iter().filter(|(name, _)| *name != "type").find_map(|(name, value)| {
        let mut without = fields.clone();
        without.remove(name);
        let mut as_text = fields.clone();
        as_text.insert(name.clone(), "".into());
        let reads = |fields| serde_json::from_value::<AuthConfig>(Value::Object(fields)).is_ok();
        if !reads(without) && !reads(as_text) {
            return None;
        }
        // One level down: a grant's field.
        let inner = value.as_object().and_then(|inner| {
            inner.keys().find(|key| {
                let mut outer = fields.clone();
                let mut inner = inner.clone();
                inner.remove(*key);
                outer.insert(name.clone(), Value::Object(inner));
                reads(outer)
            })
        });
        Some(inner.unwrap_or(name).clone())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_name_the_field_and_hide_its_value() {
        for (kind, fields, field) in [
            ("basic", json!({ "username": "u", "password": 31337 }), "password"),
            ("hawk", json!({ "id": "i", "key": "k", "timestamp": "31337x" }), "timestamp"),
            ("oauth2", json!({ "grant": { "grant_type": "31337" } }), "grant"),
            ("oauth2", json!({ "grant": { "grant_type": "implicit", "state": 31337 } }), "state"),
        ] {
            let error = read("#/auth", kind, fields.as_object().unwrap().clone()).unwrap_err().to_string();
            assert!(error.starts_with("#/auth: ") && error.contains(&format!("`{field}`")), "{error}");
            assert!(!error.contains("31337"), "{error}");
        }
    }
}
