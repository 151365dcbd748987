//! A scheme as another program keeps it, by tables that name its fields and ours.

mod oauth2;
mod parameters;

use countersign::{AuthConfig, Result};
use serde_json::{Map, Value};

pub(crate) use self::oauth2::{Words, name_what_is_missing};
pub(crate) use self::parameters::Parameters;
use crate::config;
use crate::variables::Names;

/// A value as the text that a program takes it for; none for `null`.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A scheme that both know.
pub(crate) struct Type {
    /// What the program calls it.
    pub(crate) theirs: &'static str,
    pub(crate) ours: &'static str,
    /// What variables of missing values begin with.
    pub(crate) names: &'static str,
    /// The program's key, ours, and what it holds.
    pub(crate) fields: &'static [(&'static str, &'static str, Shape)],
}

/// What a parameter holds.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// A text that may be left out, which an empty one is.
    Optional,
    /// A text that must be there, if only empty. Without it: a variable.
    Needed,
    /// A text that must be there and not empty. Without it: a variable.
    Nonempty,
    /// A text that must be there, if only empty, where the other parameter has something. Without it: a variable.
    NeededWith(&'static str),
    /// A text that is empty where it is left out.
    OrEmpty,
    Flag,
    /// A flag whose opposite is ours.
    Opposite,
    Number,
    /// A number in hexadecimal digits.
    Hex,
    /// Texts, as a list or separated by commas.
    List,
    /// A text of a few: the program's and ours. The first is meant where none is given.
    Choice(&'static [(&'static str, &'static str)]),
    /// A flag that chooses: ours for false, and for true.
    Either(&'static str, &'static str),
}

use Shape::{Choice, Either, Flag, Hex, List, Needed, NeededWith, Nonempty, Number, Opposite, Optional, OrEmpty};

impl Type {
    /// The config that parameters make.
    pub(crate) fn config(&self, parameters: &Parameters<'_>) -> Result<AuthConfig> {
        let mut fields = self.read(parameters)?;
        let method = fields.get("signature_method").and_then(Value::as_str);
        if self.ours == "oauth1" && method.is_some_and(|method| method.starts_with("RSA")) {
            sign_with_private_key(&mut fields);
        }
        config::read(parameters.place(), self.ours, fields)
    }

    fn read(&self, parameters: &Parameters<'_>) -> Result<Map<String, Value>> {
        let mut fields = Map::new();
        let mut names = Names::new();
        for &(key, ours, shape) in self.fields {
            let mut missing = || Value::from(names.placeholder(self.names, ours));
            let value = match shape {
                Optional => parameters.filled(key)?.map(Value::from),
                Needed => Some(parameters.text(key)?.map_or_else(missing, Value::from)),
                Nonempty => Some(parameters.filled(key)?.map_or_else(missing, Value::from)),
                NeededWith(other) => match parameters.text(key)? {
                    None if parameters.filled(other)?.is_some() => Some(missing()),
                    text => text.filter(|text| !text.is_empty()).map(Value::from),
                },
                OrEmpty => Some(parameters.text(key)?.unwrap_or_default().into()),
                Flag => Some(parameters.flag(key)?.into()),
                Opposite => Some((!parameters.flag(key)?).into()),
                Number => parameters.number(key)?.map(Value::from),
                Hex => match parameters.known(key)? {
                    Some(text) => Some(
                        u32::from_str_radix(&text, 16)
                            .map_err(|_| parameters.invalid(key, "not hexadecimal digits"))?
                            .into(),
                    ),
                    None => None,
                },
                List => Some(parameters.list(key)?.into())
                    .filter(|list: &Value| list.as_array().is_some_and(|list| !list.is_empty())),
                Choice(choices) => {
                    let given = parameters.known(key)?;
                    let choice =
                        choices.iter().find(|(theirs, _)| given.as_deref() == Some(*theirs)).or(choices.first());
                    choice.map(|(_, ours)| Value::from(*ours))
                }
                Either(if_false, if_true) => Some(if parameters.flag(key)? { if_true } else { if_false }.into()),
            };
            fields.extend(value.map(|value| (ours.to_owned(), value)));
        }
        Ok(fields)
    }
}

/// The RSA methods use a key, and no secret.
fn sign_with_private_key(fields: &mut Map<String, Value>) {
    let mut names = Names::new();
    fields.entry("private_key").or_insert_with(|| names.placeholder("oauth1", "private_key").into());
    for secret in ["consumer_secret", "token_secret"] {
        let placeholder = names.placeholder("oauth1", secret);
        if fields.get(secret).and_then(Value::as_str) == Some(&*placeholder) {
            fields.remove(secret);
        }
    }
}
