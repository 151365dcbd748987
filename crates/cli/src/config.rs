//! Reads an `AuthConfig` from JSON, without a secret in any error.

use countersign::{AuthConfig, Error, ErrorKind, Result};
use serde_json::Value;

/// Reads a config.
///
/// # Errors
/// `invalid-config` with the field's name where there is one, and never with its value: serde quotes a value of the wrong
/// type, which may be a password.
pub(crate) fn read(json: Value) -> Result<AuthConfig> {
    serde_json::from_value(json.clone())
        .map_err(|why| Error::new(ErrorKind::InvalidConfig, without_value(&why.to_string(), &json)))
}

/// serde's ``invalid type: integer `123`, expected a string``, with the field's name in place of the value.
pub(crate) fn without_value(message: &str, json: &Value) -> String {
    let Some((problem, rest)) = message.split_once(": ").filter(|(problem, _)| problem.starts_with("invalid ")) else {
        return message.to_owned();
    };
    let (found, expected) = rest.rsplit_once(", expected ").unwrap_or((rest, "something else"));
    let kind = found.split(['`', '"']).next().unwrap_or_default().trim();
    let value = found.get(kind.len()..).unwrap_or_default().trim().trim_matches(['`', '"']);
    let fields = json.as_object().into_iter().flatten();
    let field = fields.into_iter().find(|(_, field)| match field {
        Value::String(text) => text == value,
        Value::Null => kind == "null",
        Value::Array(_) => kind == "sequence",
        Value::Object(_) => kind == "map",
        Value::Bool(_) | Value::Number(_) => *value == field.to_string(),
    });
    let place = field.map(|(name, _)| format!("`{name}`: ")).unwrap_or_default();
    format!("{place}{problem}: {kind}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_name_the_field_and_hide_its_value() {
        for (config, message) in [
            (
                json!({ "type": "basic", "username": "u", "password": 12345 }),
                "`password`: invalid type: integer, expected",
            ),
            (
                json!({ "type": "basic", "username": "u", "password": -1.5 }),
                "`password`: invalid type: floating point, expected",
            ),
            (json!({ "type": "basic", "username": null }), "`username`: invalid type: null, expected"),
            (
                json!({ "type": "basic", "username": ["hunter2, expected `x`"] }),
                "`username`: invalid type: sequence, expected",
            ),
            (json!({ "type": "basic", "user": "u" }), "unknown field `user`"),
            (json!({ "type": "basic" }), "missing field `username`"),
            (
                json!({ "type": "aws-sigv4", "access_key_id": "a", "secret_access_key": "b", "expires_in": "hunter2" }),
                "`expires_in`: invalid type: string, expected u32",
            ),
        ] {
            let error = read(config).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
            assert!(!error.contains("12345") && !error.contains("hunter2") && !error.contains("1.5"), "{error}");
        }
    }
}
