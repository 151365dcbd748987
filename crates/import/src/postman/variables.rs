//! `{{name}}`, as Postman fills it: the environment's value, the collection's, the globals'.

use std::collections::HashMap;

use countersign::Result;
use serde_json::Value;
use serde_json::value::RawValue;

use super::model::text_of;
use crate::{Beside, error};

/// How often what a value holds is filled again.
const ROUNDS: usize = 20;

/// The variables, innermost first.
pub(super) struct Scopes {
    scopes: Vec<HashMap<String, String>>,
    /// How much longer a text may get, in bytes.
    most: usize,
}

impl Scopes {
    pub(super) fn read(beside: &Beside, collection: Option<&RawValue>, root: &str, most: usize) -> Result<Self> {
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
        Ok(Self { scopes, most })
    }

    /// The text with all variables filled that have a value; the others stay. `place` is where it stands.
    ///
    /// As in Postman a name may be built from others (`{{key_{{stage}}}}`), and a value may name others.
    pub(super) fn fill(&self, text: &str, place: &str) -> Result<String> {
        let most = text.len().saturating_add(self.most);
        let mut text = text.to_owned();
        for _ in 0..ROUNDS {
            let Some(next) = self.once(&text, most) else { return Ok(text) };
            text = next;
            if text.len() > most {
                return Err(error::limit(place, format!("its variables fill more than {} bytes", self.most)));
            }
        }
        match self.once(&text, most) {
            Some(_) => Err(error::invalid(place, "its variables name each other in a circle")),
            None => Ok(text),
        }
    }

    /// One round; none if nothing was to fill.
    fn once(&self, text: &str, most: usize) -> Option<String> {
        let (mut out, mut rest, mut changed) = (String::new(), text, false);
        while let Some(at) = rest.find("{{") {
            let (before, after) = rest.split_at(at + 2);
            // The innermost braces: a name holds none.
            let end = after.find(['{', '}']).unwrap_or(after.len());
            let (name, tail) = after.split_at(end);
            match tail.strip_prefix("}}") {
                Some(tail) => {
                    match self.value(name) {
                        Some(value) => {
                            out.push_str(before.get(..at).unwrap_or_default());
                            out.push_str(value);
                            changed = true;
                        }
                        None => {
                            out.push_str(before);
                            out.push_str(name);
                            out.push_str("}}");
                        }
                    }
                    rest = tail;
                }
                None => {
                    // `{{{`: the name may begin one brace later.
                    out.push_str(rest.get(..=at).unwrap_or_default());
                    rest = rest.get(at + 1..).unwrap_or_default();
                }
            }
            if out.len() > most {
                break;
            }
        }
        out.push_str(rest);
        changed.then_some(out)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.scopes.iter().find_map(|scope| scope.get(name)).map(String::as_str)
    }
}

/// The name of the first variable that a text still has.
pub(super) fn unfilled(text: &str) -> Option<&str> {
    let after = text.split_once("{{")?.1;
    Some(after.split_once("}}")?.0.trim())
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

    fn scopes(pairs: &[(&str, &str)]) -> Scopes {
        let scope = pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Scopes { scopes: vec![scope], most: 1000 }
    }

    #[test]
    fn names_nest_and_values_name_others() {
        let scopes = scopes(&[("stage", "live"), ("key_live", "{{deep}}"), ("deep", "k"), ("empty", "")]);
        for (text, filled) in [
            ("{{key_{{stage}}}}", "k"),
            ("a{{empty}}b", "ab"),
            ("{{{stage}}}", "{live}"),
            ("{{other}}-{{stage}}", "{{other}}-live"),
            ("{{ stage }}", "{{ stage }}"),
            ("{{$guid}} {{stage", "{{$guid}} {{stage"),
            ("{{a{b}}}", "{{a{b}}}"),
        ] {
            assert_eq!(scopes.fill(text, "#").unwrap(), filled, "{text}");
        }
    }

    #[test]
    fn circles_and_floods_end() {
        use countersign::ErrorKind;
        let circle = scopes(&[("a", "{{b}}"), ("b", "{{a}}")]).fill("{{a}}", "#/x").unwrap_err();
        assert_eq!((circle.kind(), circle.to_string().contains("#/x")), (ErrorKind::InvalidImport, true));
        let flood = scopes(&[("a", "{{a}}{{a}}")]).fill("{{a}}", "#/x").unwrap_err();
        assert_eq!(flood.kind(), ErrorKind::LimitExceeded);
    }

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
