//! `{{name}}` in texts: what stands between variables, and what takes their place.
//!
//! ```
//! use std::collections::HashMap;
//!
//! use countersign::variables::{Part, fill, parts};
//!
//! let scope = HashMap::from([("host".to_owned(), "example.com".to_owned())]);
//! assert_eq!(fill("https://{{ host }}/items", &[&scope])?, "https://example.com/items");
//! assert_eq!(parts("a{{b}}").collect::<Vec<_>>(), [Part::Text("a"), Part::Variable("b")]);
//! # Ok::<(), countersign::Error>(())
//! ```

use std::collections::HashMap;

use countersign_core::{Error, ErrorKind, Quoted, Result};
use serde_json::Value;

use crate::AuthConfig;

/// A piece of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part<'a> {
    /// What stands for itself.
    Text(&'a str),
    /// What stands between `{{` and `}}`, white space included.
    Variable(&'a str),
}

/// The pieces of a text, in order. Braces that do not close stand for themselves.
pub fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let open = rest.split_once("{{").and_then(|(before, after)| Some((before, after.split_once("}}")?)));
        let (part, after) = match open {
            Some(("", (inside, after))) => (Part::Variable(inside), after),
            Some((before, _)) => (Part::Text(before), rest.get(before.len()..).unwrap_or_default()),
            None if rest.is_empty() => return None,
            None => (Part::Text(rest), ""),
        };
        rest = after;
        Some(part)
    })
}

/// The text with each `{{name}}` replaced by that variable's value, from the first of `scopes` that has it. White space around
/// the name does not count, and what a variable holds is taken as it is.
///
/// # Errors
/// [`ErrorKind::InvalidConfig`] that names the first variable with no value in any scope.
pub fn fill(text: &str, scopes: &[&HashMap<String, String>]) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    for part in parts(text) {
        out.push_str(match part {
            Part::Text(text) => text,
            Part::Variable(name) => {
                let name = name.trim();
                scopes.iter().find_map(|scope| scope.get(name)).ok_or_else(|| {
                    let message = format!("the variable {} has no value", Quoted(name.as_bytes()));
                    Error::new(ErrorKind::InvalidConfig, message)
                })?
            }
        });
    }
    Ok(out)
}

impl AuthConfig {
    /// The config with each `{{name}}` in any of its strings replaced by that variable's value, from the first of `scopes`
    /// that has it: innermost first. White space around the name does not count. What a variable holds is taken as it is:
    /// a password may hold `{{`.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use countersign::AuthConfig;
    ///
    /// let folder = HashMap::from([("env".to_owned(), "test".to_owned())]);
    /// let collection = HashMap::from([("env".to_owned(), "live".to_owned()), ("token".to_owned(), "t0k3n".to_owned())]);
    ///
    /// let config = AuthConfig::api_key("X-{{env}}", "{{ token }}").resolve(&[&folder, &collection])?;
    /// let AuthConfig::ApiKey(config) = config else { unreachable!() };
    /// assert_eq!((config.key.as_str(), config.value.expose()), ("X-test", "t0k3n"));
    ///
    /// let error = AuthConfig::bearer("{{other}}").resolve(&[&folder]).unwrap_err();
    /// assert!(error.to_string().contains("other"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] that names the first variable with no value in any scope.
    pub fn resolve(&self, scopes: &[&HashMap<String, String>]) -> Result<Self> {
        // Through serde's data model: a scheme's config need not know of variables, and none of its strings is forgotten.
        let invalid = |why: serde_json::Error| Error::new(ErrorKind::InvalidConfig, why.to_string());
        let mut config = serde_json::to_value(self).map_err(invalid)?;
        resolve_value(&mut config, scopes)?;
        serde_json::from_value(config).map_err(invalid)
    }
}

fn resolve_value(value: &mut Value, scopes: &[&HashMap<String, String>]) -> Result<()> {
    match value {
        Value::String(text) if text.contains("{{") => *text = fill(text, scopes)?,
        Value::Array(items) => items.iter_mut().try_for_each(|item| resolve_value(item, scopes))?,
        Value::Object(fields) => fields.values_mut().try_for_each(|field| resolve_value(field, scopes))?,
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<String> {
        let scope = HashMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "{{a}}".to_owned())]);
        fill(text, &[&scope])
    }

    #[test]
    fn only_whole_references_count() {
        assert_eq!(resolved("{{a}}{{ a }}-{a}-{{").unwrap(), "11-{a}-{{");
        assert_eq!(resolved("{{b}}").unwrap(), "{{a}}");
        assert_eq!(resolved("}}{{a}}").unwrap(), "}}1");
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = resolved("{{a}} {{ nobody\u{7} }}").unwrap_err();
        assert_eq!(error.to_string(), r#"the variable "nobody\x07" has no value"#);
    }
}
