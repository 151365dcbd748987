//! Reads an `AuthConfig` from JSON, without a secret in any error.

use countersign::{AuthConfig, Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a config.
///
/// # Errors
/// `invalid-config` with the field's name where there is one, and never with its value: serde quotes a value of the wrong
/// type, which may be a password in the place of another field.
pub(crate) fn read(json: Value) -> Result<AuthConfig> {
    // Read once more only where it is wrong.
    serde_json::from_value(json.clone())
        .map_err(|why| Error::new(ErrorKind::InvalidConfig, refusal::<AuthConfig>(&json, &why.to_string())))
}

/// Why this JSON is no `T`: `message`, which serde wrote, with the field's name in place of its value.
pub(crate) fn refusal<T: DeserializeOwned>(json: &Value, message: &str) -> String {
    let place = culprit::<T>(json).map(|name| format!("`{name}`: ")).unwrap_or_default();
    format!("{place}{}", without_value(message))
}

/// serde's ``invalid type: integer `123`, expected a string``, without the value.
fn without_value(message: &str) -> String {
    let Some((problem, rest)) = message.split_once(": ").filter(|(problem, _)| problem.starts_with("invalid ")) else {
        return message.to_owned();
    };
    let Some((found, expected)) = rest.rsplit_once(", expected ") else {
        // A secret's error, which quotes nothing.
        return if rest.starts_with("expected ") { message.to_owned() } else { problem.to_owned() };
    };
    let kind = found.split(['`', '"']).next().unwrap_or_default().trim();
    format!("{problem}: {kind}, expected {expected}")
}

/// The field without which there is another error, or none. What is missing is told last, so a field that is right changes nothing.
fn culprit<T: DeserializeOwned>(json: &Value) -> Option<String> {
    let error = |json: Value| serde_json::from_value::<T>(json).err().map(|why| why.to_string());
    // Any other error names its field itself.
    let message = error(json.clone()).filter(|message| message.starts_with("invalid "))?;
    let is_to_blame = |within: Option<&str>, name: &str| {
        let mut without = json.clone();
        let object = match within {
            Some(within) => without.get_mut(within),
            None => Some(&mut without),
        };
        let object = object.and_then(Value::as_object_mut);
        object.and_then(|object| object.remove(name)).is_some() && error(without).as_ref() != Some(&message)
    };
    // Without what says the type there is always another error.
    let names = |object: &Value| -> Vec<String> {
        let names = object.as_object().into_iter().flatten().map(|(name, _)| name);
        names.filter(|name| *name != "type" && *name != "grant_type").cloned().collect()
    };
    let of_grant = json.get("grant").map(names).unwrap_or_default();
    let inner = of_grant.into_iter().find(|name| is_to_blame(Some("grant"), name)).map(|name| format!("grant.{name}"));
    inner.or_else(|| names(json).into_iter().find(|name| is_to_blame(None, name)))
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
                "`password`: invalid type: expected a secret, which is a text",
            ),
            (
                json!({ "type": "basic", "username": "u", "password": -1.5 }),
                "`password`: invalid type: expected a secret, which is a text",
            ),
            (
                json!({ "type": "oauth2", "grant": { "grant_type": "password", "client_id": "i", "username": "u",
                    "password": 12345, "access_token_url": "https://as/" } }),
                "`grant.password`: invalid type: expected a secret",
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
