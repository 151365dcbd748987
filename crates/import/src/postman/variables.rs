//! Where Postman's variables are: the environment, the collection, the globals.

use std::collections::HashMap;

use countersign::Result;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::fields::text_of;
use crate::scopes::Scopes;
use crate::{Beside, error};

/// The scopes, innermost first. `most` is how much longer a text may get, in bytes.
pub(super) fn scopes(beside: &Beside, collection: Option<&RawValue>, root: &str, most: usize) -> Result<Scopes> {
    let mut scopes = Vec::new();
    if let Some(text) = &beside.environment {
        scopes.push(file("the environment", text)?);
    }
    if let Some(list) = collection {
        let list: Value = serde_json::from_str(list.get())
            .map_err(|_| error::invalid(format!("{root}/variable"), "not a list of variables"))?;
        scopes.push(values(&list));
    }
    if let Some(text) = &beside.globals {
        scopes.push(file("the globals", text)?);
    }
    // A space within the braces is of the name.
    Ok(Scopes::new(scopes, most, |inside| inside))
}

/// An exported environment, or the globals; Postman's API wraps the former.
fn file(what: &str, text: &str) -> Result<HashMap<String, String>> {
    let document: Value = serde_json::from_str(text).map_err(|why| error::json(what, &why))?;
    let document = document.get("environment").unwrap_or(&document);
    let Some(list) = document.get("values").filter(|list| list.is_array()) else {
        return Err(error::invalid(
            "#/values",
            format!("{what} is not one that Postman exports: it has no list of values"),
        ));
    };
    Ok(values(list))
}

/// The last of a name counts. A disabled one does not, nor does a secret that the export left out.
fn values(list: &Value) -> HashMap<String, String> {
    let mut scope = HashMap::new();
    for variable in list.as_array().into_iter().flatten() {
        let name = ["key", "id"].iter().find_map(|key| variable.get(key)?.as_str());
        let is_off = variable.get("disabled") == Some(&Value::Bool(true))
            || variable.get("enabled") == Some(&Value::Bool(false));
        let is_secret = variable.get("type").and_then(Value::as_str) == Some("secret");
        let value = variable.get("value").and_then(text_of).filter(|value| !(is_secret && value.is_empty()));
        if let (Some(name), Some(value), false) = (name, value, is_off) {
            scope.insert(name.to_owned(), value);
        }
    }
    scope
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_enabled_value_counts() {
        let list = serde_json::json!([
            { "key": "a", "value": "1" }, { "key": "a", "value": 2 }, { "key": "a", "value": "3", "enabled": false },
            { "key": "s", "value": "", "type": "secret" }, { "key": "e", "value": "", "type": "default" },
            { "id": "old", "value": true }, { "key": "n", "value": null }, { "key": "d", "value": "x", "disabled": true },
        ]);
        let mut read: Vec<_> = values(&list).into_iter().collect();
        read.sort();
        let pairs = [("a", "2"), ("e", ""), ("old", "true")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read, pairs);
    }
}
