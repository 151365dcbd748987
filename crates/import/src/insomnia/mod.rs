//! Insomnia's exports: v4 in JSON, and v5 (`collection.insomnia.rest/5.0`) in YAML.

mod auth;
mod environment;
mod request;
mod v4;
mod v5;

use std::fmt;

use countersign::{AuthConfig, Result};
use serde_json::Value;

use self::environment::Environments;
use crate::clues::Clues;
use crate::reader::{Chosen, Input, Reader};
use crate::scopes::Scopes;
use crate::variables::Names;
use crate::{Beside, Imported, Item, Limits, Note, authorization, error, user_info, yaml};

/// What the two versions begin with.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    clues.has("__export_format") || clues.value("type").is_some_and(|kind| kind.contains("insomnia.rest/5"))
}

pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let document: Value = yaml::read_either("the export", input.text, &input.limits)?;
    let (nodes, environments) = match document.get("resources") {
        Some(resources) => v4::read(resources, &input.limits)?,
        None => v5::read(&document, &input.limits)?,
    };
    let mut export = Export { items: Vec::new(), nodes, environments, limits: input.limits };
    export.list()?;
    if export.items.is_empty() {
        return Err(error::nothing_described("the export has no request"));
    }
    Ok(Box::new(export))
}

/// A request or a folder.
#[derive(Default)]
struct Node {
    name: String,
    /// Where it stands.
    place: String,
    parent: Option<usize>,
    is_folder: bool,
    /// The whole object.
    json: Value,
}

impl Node {
    /// `authentication`, if it says anything: an empty one inherits, and so does one that is switched off.
    fn authentication(&self) -> Option<&Value> {
        let auth = self.json.get("authentication")?;
        let is_said = auth.get("type").and_then(Value::as_str).is_some_and(|kind| !kind.is_empty());
        (is_said && auth.get("disabled") != Some(&Value::Bool(true))).then_some(auth)
    }

    fn text(&self, key: &str) -> &str {
        self.json.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

struct Export {
    items: Vec<Item>,
    /// As long as `items`, each after its parent.
    nodes: Vec<Node>,
    environments: Environments,
    limits: Limits,
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export").field("items", &self.items).finish_non_exhaustive()
    }
}

impl Export {
    fn list(&mut self) -> Result<()> {
        if self.nodes.len() > self.limits.items {
            return Err(error::limit("input", format!("more than {} items", self.limits.items)));
        }
        let mut children = vec![0_usize; self.nodes.len() + 1];
        for (index, node) in self.nodes.iter().enumerate() {
            let above = node.parent.and_then(|parent| self.items.get(parent));
            let (mut path, mut indices) =
                above.map(|item| (item.path.clone(), item.indices.clone())).unwrap_or_default();
            if path.len() >= self.limits.depth {
                return Err(error::limit(
                    &node.place,
                    format!("more than {} folders in each other", self.limits.depth),
                ));
            }
            if let Some(next) = children.get_mut(node.parent.map_or(0, |parent| parent + 1)) {
                indices.push(*next);
                *next += 1;
            }
            path.push(node.name.clone());
            let auth = self.authentication(index);
            let request = (!node.is_folder).then_some(node);
            let item = Item {
                path,
                pointer: node.place.clone(),
                indices,
                id: node
                    .json
                    .pointer("/meta/id")
                    .or_else(|| node.json.get("_id"))
                    .and_then(Value::as_str)
                    .map(str::to_owned),
                is_folder: node.is_folder,
                method: request.map(|node| node.text("method").to_owned()),
                url: request.map(|node| user_info::without(node.text("url"))),
                auth: auth.and_then(|(_, auth)| auth.get("type")?.as_str()).map(str::to_owned),
                inherited_from: auth.filter(|(node, _)| *node != index).and_then(|(at, _)| self.place_of_auth(at)),
            };
            self.items.push(item);
        }
        Ok(())
    }

    /// Which node says how an item is authenticated, and what: itself, or the nearest folder that does.
    fn authentication(&self, index: usize) -> Option<(usize, &Value)> {
        self.upwards(index).find_map(|at| Some((at, self.nodes.get(at)?.authentication()?)))
    }

    fn upwards(&self, index: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(index), |at| self.nodes.get(*at)?.parent)
    }

    fn place_of_auth(&self, at: usize) -> Option<String> {
        Some(format!("{}/authentication", self.nodes.get(at)?.place))
    }

    /// The folders' variables, nearest first; the environment's; the base environment's.
    fn scopes(&self, index: usize, beside: &Beside) -> Result<Scopes> {
        let folders = self.upwards(index).filter_map(|at| self.nodes.get(at)?.json.get("environment"));
        let mut scopes: Vec<_> = folders.map(environment::flat).collect();
        scopes.extend(self.environments.scopes(beside, &self.limits)?);
        Ok(Scopes::new(scopes, self.limits.expanded, environment::name))
    }
}

impl Reader for Export {
    fn items(&self) -> &[Item] {
        &self.items
    }

    fn import(&self, chosen: Chosen<'_>, beside: &Beside) -> Result<Imported> {
        let Chosen::Item(index) = chosen else { return Err(error::invalid("input", "only an item can be selected")) };
        let node = self.nodes.get(index).ok_or_else(|| error::invalid("input", "it has no such item"))?;
        let scopes = self.scopes(index, beside)?;
        let mut notes = Vec::new();
        let mut request = None;
        if !node.is_folder {
            let json = environment::untagged(&node.json, &node.place, &mut notes);
            request = Some(request::read(&json, &node.place, &scopes, &mut notes)?);
            if !node.text("preRequestScript").trim().is_empty() {
                notes.push(Note::new(&node.place, "the script before the request is not run"));
            }
        }
        let mut auth = match self.authentication(index) {
            Some((at, auth)) => {
                let place = self.place_of_auth(at).unwrap_or_default();
                let auth = environment::untagged(auth, &place, &mut notes);
                auth::read(&auth, place, &scopes, &mut notes)?
            }
            None => AuthConfig::None,
        };
        if let Some(request) = &mut request {
            auth = authorization::settle(auth, request, &mut Names::new(), &mut notes);
        }
        Ok(Imported::new(auth, [], request, notes))
    }
}
