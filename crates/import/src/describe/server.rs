//! Servers, and templates whose open parts are variables.

use serde::Deserialize;

use super::shape::{Entries, Object, Text};

/// A server object of OpenAPI, or of AsyncAPI 2.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Server {
    pub(crate) url: Text,
    pub(crate) variables: Entries<Object<Variable>>,
}

/// One of a server's variables, or of RAML's URI parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Variable {
    pub(crate) default: Text,
}

impl Server {
    /// The URL with its variables' defaults; one without stays open.
    pub(crate) fn filled(&self) -> String {
        filled(self.url.given().unwrap_or("/"), |name| default_of(&self.variables, name))
    }
}

/// The default of a variable, if it has one.
pub(crate) fn default_of<'a>(variables: &'a Entries<Object<Variable>>, name: &str) -> Option<&'a str> {
    variables.find(name)?.0.as_ref()?.default.as_deref()
}

/// `/pets/{id}` as `/pets/{{id}}`: what a template leaves open is a variable.
pub(crate) fn opened(template: &str) -> String {
    filled(template, |_| None)
}

/// A template with the values of its variables; one without stays open.
pub(crate) fn filled<'a>(template: &str, value: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(before);
        match value(name) {
            Some(value) => filled.push_str(value),
            None => {
                filled.push_str("{{");
                // Without the operator that RFC 6570 puts before a name.
                filled.push_str(name.trim_start_matches(['+', '#', '.', '/', ';', '?', '&']).trim());
                filled.push_str("}}");
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}
