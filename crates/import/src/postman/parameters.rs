//! The parameters of an `auth`, in the form of v2.1 (a list of keys and values) or v2.0 (an object).

use std::collections::HashMap;

use countersign::Result;
use serde_json::Value;

use super::model::{Auth, text_of};
use super::variables::{Scopes, unfilled};
use crate::error;

/// An `auth`'s parameters, and where they are.
pub(super) struct Parameters<'p> {
    values: HashMap<String, Value>,
    scopes: &'p Scopes,
    place: String,
}

impl<'p> Parameters<'p> {
    /// The last of a repeated parameter counts; `disabled` does not, as in postman-runtime.
    pub(super) fn read(auth: &Auth<'_>, place: &str, scopes: &'p Scopes) -> Result<Self> {
        let place = format!("{place}/{}", auth.kind);
        let mut whole: Value =
            serde_json::from_str(auth.json.get()).map_err(|_| error::invalid(&place, "not an object"))?;
        let values = match whole.get_mut(&*auth.kind).map(Value::take) {
            Some(Value::Array(list)) => list.into_iter().filter_map(pair).collect(),
            Some(Value::Object(object)) => object.into_iter().collect(),
            None | Some(Value::Null) => HashMap::new(),
            Some(_) => return Err(error::invalid(&place, "neither a list of parameters nor an object")),
        };
        Ok(Self { values, scopes, place })
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// The parameter's text with its variables filled; none where it is absent or null.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>> {
        let text = self.values.get(key).and_then(text_of);
        text.map(|text| self.scopes.fill(&text, &self.place_of(key))).transpose()
    }

    /// [`Parameters::text`], where what is empty counts as absent.
    pub(super) fn filled(&self, key: &str) -> Result<Option<String>> {
        Ok(self.text(key)?.filter(|text| !text.is_empty()))
    }

    /// [`Parameters::filled`], for what is no free text: its variables must have values.
    pub(super) fn known(&self, key: &str) -> Result<Option<String>> {
        let text = self.filled(key)?;
        match text.as_deref().and_then(unfilled) {
            Some(name) => Err(self.invalid(key, format!("the variable {} needs a value here", error::quoted(name)))),
            None => Ok(text),
        }
    }

    /// A flag. Texts count by their meaning: `"false"` is false.
    pub(super) fn flag(&self, key: &str) -> Result<bool> {
        match self.known(key)?.as_deref() {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(self.invalid(key, "neither true nor false")),
        }
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<u64>> {
        let text = self.known(key)?;
        text.map(|text| text.trim().parse().map_err(|_| self.invalid(key, "not a whole number"))).transpose()
    }

    /// The elements of a list; of a text, what its commas separate.
    pub(super) fn list(&self, key: &str) -> Result<Vec<String>> {
        let place = self.place_of(key);
        let texts: Vec<String> = match self.values.get(key) {
            Some(Value::Array(list)) => {
                let texts = list.iter().filter_map(text_of).map(|text| self.scopes.fill(&text, &place));
                texts.collect::<Result<_>>()?
            }
            _ => self.text(key)?.unwrap_or_default().split(',').map(str::to_owned).collect(),
        };
        Ok(texts.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect())
    }

    /// The elements of a list of objects, as they stand.
    pub(super) fn objects(&self, key: &str) -> &[Value] {
        self.values.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn fill(&self, text: &str, key: &str) -> Result<String> {
        self.scopes.fill(text, &self.place_of(key))
    }

    pub(super) fn invalid(&self, key: &str, what: impl std::fmt::Display) -> countersign::Error {
        error::invalid(self.place_of(key), what)
    }

    fn place_of(&self, key: &str) -> String {
        format!("{}/{key}", self.place)
    }
}

fn pair(parameter: Value) -> Option<(String, Value)> {
    let Value::Object(mut parameter) = parameter else { return None };
    let key = parameter.get("key").and_then(text_of)?;
    Some((key, parameter.remove("value").unwrap_or_default()))
}
