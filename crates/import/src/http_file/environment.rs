//! `http-client.env.json` and its private twin.

use std::collections::HashMap;

use countersign::Result;
use serde_json::{Map, Value};

use crate::fields::text_of;
use crate::{Beside, error, select};

/// The environment that counts.
pub(super) struct Environment {
    /// The private file's variables, the other's, and those that all environments share.
    pub(super) scopes: Vec<HashMap<String, String>>,
    /// `Security.Auth`: how tokens are got, by name.
    pub(super) security: HashMap<String, Map<String, Value>>,
}

/// Holds for all environments.
const SHARED: &str = "$shared";

impl Environment {
    pub(super) fn read(beside: &Beside) -> Result<Self> {
        let file = |text: &Option<String>, what| match text {
            Some(text) => object(text, what),
            None => Ok(Map::new()),
        };
        let private = file(&beside.private_environment, "the private environment")?;
        let public = file(&beside.environment, "the environment")?;
        let mut environment = Self { scopes: Vec::new(), security: HashMap::new() };
        let name = chosen(&[&private, &public], beside.environment_name.as_deref())?;
        // What is nearer goes in last, and stays.
        for wanted in [Some(SHARED), name.as_deref()].into_iter().flatten() {
            for file in [&public, &private] {
                if let Some(Value::Object(variables)) = file.get(wanted) {
                    environment.add(variables);
                }
            }
        }
        environment.scopes.reverse();
        Ok(environment)
    }

    fn add(&mut self, variables: &Map<String, Value>) {
        if let Some(Value::Object(all)) = variables.get("Security").and_then(|security| security.get("Auth")) {
            for (name, auth) in all {
                let fields = auth.as_object().into_iter().flatten();
                // A private file adds what the other leaves out.
                self.security
                    .entry(name.clone())
                    .or_default()
                    .extend(fields.map(|(key, value)| (key.clone(), value.clone())));
            }
        }
        let texts = variables.iter().filter(|(name, _)| *name != "Security");
        self.scopes.push(texts.filter_map(|(name, value)| Some((name.clone(), text_of(value)?))).collect());
    }
}

fn object(text: &str, what: &str) -> Result<Map<String, Value>> {
    match serde_json::from_str(text).map_err(|why| error::json(what, &why))? {
        Value::Object(object) => Ok(object),
        _ => Err(error::invalid("#", format!("{what} is not an object of environments"))),
    }
}

/// The one that was asked for, else the only one.
fn chosen(files: &[&Map<String, Value>], asked: Option<&str>) -> Result<Option<String>> {
    let mut names: Vec<String> =
        files.iter().flat_map(|file| file.keys().cloned()).filter(|name| name != SHARED).collect();
    names.sort_unstable();
    names.dedup();
    match (asked, names.as_slice()) {
        (Some(asked), _) if names.iter().any(|name| name == asked) => Ok(Some(asked.to_owned())),
        (Some(asked), _) => Err(select::unknown(asked, &names)),
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(only.clone())),
        (None, _) => Err(select::ambiguous("there are several environments; name one", names.into_iter())),
    }
}

/// Names stand bare, or say that they are the process's: `$processEnv NAME`, `$dotenv NAME`, `$env.NAME`.
pub(super) fn name(inside: &str) -> &str {
    let inside = inside.trim();
    let of_process = ["$processEnv ", "$dotenv ", "$env."].iter().find_map(|prefix| inside.strip_prefix(prefix));
    of_process.map_or(inside, |name| name.trim().trim_start_matches('%'))
}
