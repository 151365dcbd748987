use std::collections::HashMap;

use countersign_core::{Error, ErrorKind, Quoted, Result};
use serde_json::Value;

use crate::AuthConfig;

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
        Value::String(text) if text.contains("{{") => *text = resolve_text(text, scopes)?,
        Value::Array(items) => items.iter_mut().try_for_each(|item| resolve_value(item, scopes))?,
        Value::Object(fields) => fields.values_mut().try_for_each(|field| resolve_value(field, scopes))?,
        _ => {}
    }
    Ok(())
}

fn resolve_text(text: &str, scopes: &[&HashMap<String, String>]) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        let name = name.trim();
        let value = scopes.iter().find_map(|scope| scope.get(name)).ok_or_else(|| {
            Error::new(ErrorKind::InvalidConfig, format!("the variable {} has no value", Quoted(name.as_bytes())))
        })?;
        out.push_str(before);
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<String> {
        let scope = HashMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "{{a}}".to_owned())]);
        resolve_text(text, &[&scope])
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
