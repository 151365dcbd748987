//! The parameters of a scheme, as a program keeps them.

use std::collections::HashMap;

use countersign::Result;
use serde_json::Value;

use super::text_of;
use crate::error;
use crate::scopes::{Scopes, unfilled};

/// A scheme's parameters, and where they are.
pub(crate) struct Parameters<'p> {
    values: HashMap<String, Value>,
    scopes: &'p Scopes,
    place: String,
}

impl<'p> Parameters<'p> {
    pub(crate) fn new(values: HashMap<String, Value>, scopes: &'p Scopes, place: String) -> Self {
        Self { values, scopes, place }
    }

    /// Puts a text in a parameter's place.
    pub(crate) fn set(&mut self, key: &str, text: &str) {
        self.values.insert(key.to_owned(), text.into());
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// The parameter's text with its variables filled; none where it is absent or null.
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>> {
        let text = self.values.get(key).and_then(text_of);
        text.map(|text| self.scopes.fill(&text, &self.place_of(key))).transpose()
    }

    /// [`Parameters::text`], where what is empty counts as absent.
    pub(crate) fn filled(&self, key: &str) -> Result<Option<String>> {
        Ok(self.text(key)?.filter(|text| !text.is_empty()))
    }

    /// [`Parameters::filled`], for what is no free text: its variables must have values.
    pub(crate) fn known(&self, key: &str) -> Result<Option<String>> {
        let text = self.filled(key)?;
        match text.as_deref().and_then(unfilled) {
            Some(name) => Err(self.invalid(key, format!("the variable {} needs a value here", error::quoted(name)))),
            None => Ok(text),
        }
    }

    /// A flag. Texts count by their meaning: `"false"` is false.
    pub(crate) fn flag(&self, key: &str) -> Result<bool> {
        match self.known(key)?.as_deref() {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(self.invalid(key, "neither true nor false")),
        }
    }

    pub(crate) fn number(&self, key: &str) -> Result<Option<u64>> {
        let text = self.known(key)?;
        text.map(|text| text.trim().parse().map_err(|_| self.invalid(key, "not a whole number"))).transpose()
    }

    /// The elements of a list; of a text, what its commas separate.
    pub(crate) fn list(&self, key: &str) -> Result<Vec<String>> {
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
    pub(crate) fn objects(&self, key: &str) -> &[Value] {
        self.values.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn fill(&self, text: &str, key: &str) -> Result<String> {
        self.scopes.fill(text, &self.place_of(key))
    }

    pub(crate) fn invalid(&self, key: &str, what: impl std::fmt::Display) -> countersign::Error {
        error::invalid(self.place_of(key), what)
    }

    fn place_of(&self, key: &str) -> String {
        format!("{}/{key}", self.place)
    }
}
