//! Environments, and templates ([Nunjucks](https://mozilla.github.io/nunjucks/templating.html), as far as names go).

use std::collections::HashMap;

use countersign::Result;
use serde_json::Value;

use crate::fields::text_of;
use crate::{Beside, Limits, Note, error, select, yaml};

/// The environments of an export.
#[derive(Default)]
pub(super) struct Environments {
    pub(super) base: Vec<Value>,
    pub(super) named: Vec<(String, Value)>,
}

impl Environments {
    /// As version 5 has them, in a collection and in a file of their own.
    pub(super) fn of(environments: &Value) -> Self {
        let base = environments.get("data").cloned().into_iter().collect();
        let list = environments.get("subEnvironments").and_then(Value::as_array).into_iter().flatten();
        let named = list.map(|one| {
            let name = one.get("name").and_then(Value::as_str).unwrap_or_default();
            (name.to_owned(), one.get("data").cloned().unwrap_or_default())
        });
        Self { base, named: named.collect() }
    }

    /// The variables, innermost first: the environment's that was asked for, then the base's. A file beside the export goes
    /// before both: an environment that Insomnia exported, or an object of names and values.
    pub(super) fn scopes(&self, beside: &Beside, limits: &Limits) -> Result<Vec<HashMap<String, String>>> {
        let file = match &beside.environment {
            Some(text) => {
                let file: Value = yaml::read_either("the environment", text, limits)?;
                match file.get("environments") {
                    Some(environments) => Self::of(environments),
                    None => Self { base: vec![file], named: Vec::new() },
                }
            }
            None => Self::default(),
        };
        let both = [&file, self];
        let mut scopes = Vec::new();
        if let Some(wanted) = &beside.environment_name {
            let named = || both.iter().flat_map(|environments| &environments.named);
            let mut found = named().filter(|(name, _)| name == wanted).map(|(_, data)| flat(data)).peekable();
            if found.peek().is_none() {
                return Err(select::unknown(wanted, &named().map(|(name, _)| name.clone()).collect::<Vec<_>>()));
            }
            scopes.extend(found);
        }
        scopes.extend(both.iter().flat_map(|environments| &environments.base).map(flat));
        Ok(scopes)
    }
}

/// Names and values; what lies deeper is named with dots: `api.host`.
pub(super) fn flat(data: &Value) -> HashMap<String, String> {
    fn add(prefix: &str, value: &Value, flat: &mut HashMap<String, String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                    add(&name, value, flat);
                }
            }
            other => flat.extend(text_of(other).map(|text| (prefix.to_owned(), text))),
        }
    }
    let mut all = HashMap::new();
    add("", data, &mut all);
    all
}

/// `_.name`, `_['name']` and `name` within braces are `name`.
pub(super) fn name(inside: &str) -> &str {
    let inside = inside.trim();
    let quoted = |quote: char| inside.strip_prefix("_[")?.strip_prefix(quote)?.strip_suffix(']')?.strip_suffix(quote);
    inside.strip_prefix("_.").or_else(|| quoted('\'')).or_else(|| quoted('"')).unwrap_or(inside)
}

/// A value whose tags (`{% response … %}`) are variables of their names, for the user to fill.
pub(super) fn untagged(value: &Value, place: &str, notes: &mut Vec<Note>) -> Value {
    match value {
        Value::String(text) if text.contains("{%") => Value::String(without_tags(text, place, notes)),
        Value::Array(list) => list.iter().map(|value| untagged(value, place, notes)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), untagged(value, place, notes))).collect()
        }
        other => other.clone(),
    }
}

fn without_tags(text: &str, place: &str, notes: &mut Vec<Note>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{%") {
        let Some((inside, after)) = after.split_once("%}") else { break };
        let name = inside.trim_matches(|it: char| it == '-' || it.is_whitespace()).split_whitespace().next();
        let name = name.unwrap_or("tag");
        let note = Note::new(
            place,
            format!("the template tag {} is not run, but left open as a variable", error::quoted(name)),
        );
        if !notes.contains(&note) {
            notes.push(note);
        }
        out.push_str(before);
        out.push_str(&format!("{{{{{name}}}}}"));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_found_in_every_spelling() {
        for inside in ["a.b", " _.a.b ", "_['a.b']", "_[\"a.b\"]"] {
            assert_eq!(name(inside), "a.b");
        }
        assert_eq!((name("_[a]"), name("a | upper")), ("_[a]", "a | upper"));
    }

    #[test]
    fn tags_become_variables() {
        let mut notes = Vec::new();
        let value = json!({ "a": ["x{% uuid 'v4' %}y", "{%- now -%}{% uuid %}", "{% open"], "b": 1 });
        let expected = json!({ "a": ["x{{uuid}}y", "{{now}}{{uuid}}", "{% open"], "b": 1 });
        assert_eq!(untagged(&value, "#", &mut notes), expected);
        assert_eq!(notes.len(), 2);
    }
}
