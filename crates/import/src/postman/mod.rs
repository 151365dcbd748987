//! Postman's collections, [v2.0](https://schema.postman.com/collection/json/v2.0.0/draft-07/docs/index.html) and
//! [v2.1](https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html), read as postman-runtime reads them.

mod config;
mod model;
mod oauth2;
mod request;
mod variables;
mod write;

use countersign::{AuthConfig, Result};
use serde_json::value::RawValue;

use self::model::{Auth, Document, Node, RequestNode};
use crate::clues::{Clues, Notation};
use crate::reader::{Chosen, Input, Reader};
use crate::variables::Names;
use crate::{Beside, Imported, Item, Limits, Note, authorization, error};

pub use write::to_postman;

/// A collection has `item`; v1 has `requests` beside `order`; Postman's API wraps it all in `collection`.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    let is_v1 = clues.has("requests") && (clues.has("order") || clues.has("folders"));
    clues.notation == Notation::Object && (clues.has("item") || clues.has("collection") || is_v1)
}

pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let mut document: Document<'a> =
        serde_json::from_str(input.text).map_err(|why| error::json("the collection", &why))?;
    let mut root = "#";
    if let Some(inner) = document.collection.take() {
        document = *inner;
        root = "#/collection";
    }
    if document.item.is_none() && document.requests.is_some() {
        return Err(error::invalid(root, "a collection of version 1; open it in Postman and export it as v2.1"));
    }
    let mut collection = Collection {
        root: Entry { pointer: root.into(), parent: None, auth: document.auth, script: document.event, request: None },
        variables: document.variable,
        items: Vec::new(),
        entries: Vec::new(),
        limits: input.limits,
    };
    collection.add(document.item.unwrap_or_default(), None)?;
    collection.say_who_authenticates();
    Ok(Box::new(collection))
}

/// A collection, its folders and requests in one list.
#[derive(Debug)]
struct Collection<'a> {
    root: Entry<'a>,
    variables: Option<&'a RawValue>,
    items: Vec<Item>,
    /// As long as `items`.
    entries: Vec<Entry<'a>>,
    limits: Limits,
}

/// Where an item's authentication is looked for.
#[derive(Debug)]
struct Entry<'a> {
    pointer: String,
    /// The folder around it; none at the top.
    parent: Option<usize>,
    auth: Option<&'a RawValue>,
    script: Option<&'a RawValue>,
    request: Option<RequestNode<'a>>,
}

impl<'a> Collection<'a> {
    fn add(&mut self, nodes: Vec<Node<'a>>, parent: Option<usize>) -> Result<()> {
        for (index, node) in nodes.into_iter().enumerate() {
            if self.items.len() >= self.limits.items {
                return Err(error::limit("#/item", format!("more than {} items", self.limits.items)));
            }
            let above = parent.and_then(|parent| self.items.get(parent));
            let (mut path, mut indices) =
                above.map(|item| (item.path.clone(), item.indices.clone())).unwrap_or_default();
            path.push(node.name.0.into_owned());
            indices.push(index);
            let pointer = format!("{}/item/{index}", above.map_or(&*self.root.pointer, |item| &*item.pointer));
            let (method, url) = match &node.request {
                Some(request) => (Some(request.method()), Some(request.shown_url())),
                None => (None, None),
            };
            let is_folder = node.item.is_some();
            let entry =
                Entry { pointer: pointer.clone(), parent, auth: node.auth, script: node.event, request: node.request };
            self.items.push(Item { path, pointer, indices, is_folder, method, url, ..Item::default() });
            self.entries.push(entry);
            self.add(node.item.unwrap_or_default(), Some(self.entries.len() - 1))?;
        }
        Ok(())
    }

    fn say_who_authenticates(&mut self) {
        for index in 0..self.entries.len() {
            let Some((auth, place, own)) = self.authentication(self.entries.get(index)) else { continue };
            if let Some(item) = self.items.get_mut(index) {
                item.auth = Some(auth.kind.into_owned());
                item.inherited_from = (!own).then_some(place);
            }
        }
    }

    /// The nearest `auth` with a `type`, where it is, and whether it is the entry's own.
    fn authentication<'e>(&'e self, entry: Option<&'e Entry<'a>>) -> Option<(Auth<'a>, String, bool)> {
        self.upwards(entry).enumerate().find_map(|(steps, entry)| {
            let (auth, place) = match &entry.request {
                Some(request) => (request.auth?, "/request/auth"),
                None => (entry.auth?, "/auth"),
            };
            Some((Auth::read(auth)?, format!("{}{place}", entry.pointer), steps == 0))
        })
    }

    /// The entry, the folders around it, the collection.
    fn upwards<'e>(&'e self, entry: Option<&'e Entry<'a>>) -> impl Iterator<Item = &'e Entry<'a>> {
        let folders = std::iter::successors(entry, |entry| self.entries.get(entry.parent?));
        folders.chain(std::iter::once(&self.root))
    }

    fn notes_of_scripts(&self, entry: Option<&Entry<'a>>) -> Vec<Note> {
        let scripts = self
            .upwards(entry)
            .filter(|entry| entry.script.is_some_and(|script| script.get().contains("\"prerequest\"")));
        scripts
            .map(|entry| Note::new(format!("{}/event", entry.pointer), "the script before the request is not run"))
            .collect()
    }
}

impl Reader for Collection<'_> {
    fn items(&self) -> &[Item] {
        &self.items
    }

    fn has_root(&self) -> bool {
        self.authentication(None).is_some()
    }

    fn import(&self, chosen: Chosen<'_>, beside: &Beside) -> Result<Imported> {
        let entry = match chosen {
            Chosen::Item(index) => self.entries.get(index),
            Chosen::Root | Chosen::Scheme(_) => None,
        };
        let scopes = variables::scopes(beside, self.variables, &self.root.pointer, self.limits.expanded)?;
        let mut notes = self.notes_of_scripts(entry);
        let request = entry.and_then(|entry| Some((entry.request.as_ref()?, &entry.pointer)));
        let mut request = match request {
            Some((request, pointer)) => Some(request.read(&scopes, &format!("{pointer}/request"), &mut notes)?),
            None => None,
        };
        let mut auth = match self.authentication(entry) {
            Some((auth, place, _)) => config::read(&auth, &place, &scopes, &mut notes)?,
            None => AuthConfig::None,
        };
        if let Some(request) = &mut request {
            auth = authorization::settle(auth, request, &mut Names::new(), &mut notes);
        }
        Ok(Imported::new(auth, None, request, notes))
    }
}
