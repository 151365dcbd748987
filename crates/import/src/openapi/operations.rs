//! Every operation of a description, path items that stand elsewhere included.

use std::collections::HashMap;

use countersign::Result;

use super::document::{Document, Operation, PathItem, Security, scheme_name};
use crate::describe::listing::Listing;
use crate::describe::reference::{Elsewhere, Reference as _, follow, pointer};
use crate::describe::security_scheme::SecurityScheme;
use crate::describe::shape::{Entries, List, Object, Text};
use crate::error::invalid;
use crate::{Item, Limits};

/// What `$ref` points at outside of the usual places.
#[derive(Debug)]
pub(super) struct Elsewheres {
    pub(super) paths: Elsewhere<PathItem>,
    pub(super) schemes: Elsewhere<Object<SecurityScheme>>,
}

impl Elsewheres {
    pub(super) fn read(text: &str, document: &Document, limits: &Limits) -> Result<Self> {
        let components = document.components.0.as_ref();
        let items = components.map_or(&[][..], |components| &components.path_items.0);
        let items = document.paths.0.iter().chain(items).map(|(_, item)| item);
        let schemes = document.scheme_objects().iter().map(|(_, object)| object);
        Ok(Self {
            paths: Elsewhere::read(text, limits, items, |names| usual(names).is_some())?,
            schemes: Elsewhere::read(text, limits, schemes, |names| scheme_name(names).is_some())?,
        })
    }
}

/// A place where path items usually are.
#[derive(Eq, Hash, PartialEq)]
enum Usual<'a> {
    Path(&'a str),
    Component(&'a str),
}

fn usual(names: &[String]) -> Option<Usual<'_>> {
    match names {
        [section, path] if section == "paths" => Some(Usual::Path(path)),
        [section, kind, name] if section == "components" && kind == "pathItems" => Some(Usual::Component(name)),
        _ => None,
    }
}

/// Where an item's operation is.
#[derive(Debug)]
pub(super) struct Spot {
    /// The index of its path.
    path: usize,
    /// The index of its operation among those of the path's own item, or of the one that stands for it.
    operation: Option<(bool, usize)>,
}

impl Spot {
    /// Path template, path item, method and operation.
    ///
    /// # Errors
    /// Why the path's item could not be found.
    pub(super) fn find<'d>(
        &self,
        document: &'d Document,
        elsewhere: &'d Elsewheres,
        limits: &Limits,
    ) -> Result<(&'d str, &'d PathItem, &'d str, &'d Operation)> {
        let gone = || invalid("#/paths", "there is no such operation");
        let (path, own) = document.paths.0.get(self.path).ok_or_else(gone)?;
        let place = pointer(["paths", path]);
        let (is_own, index) = self.operation.unwrap_or_default();
        let item = if is_own {
            own
        } else {
            follow(own, &place, limits, |names| match usual(names) {
                Some(Usual::Path(path)) => document.paths.find(path),
                Some(Usual::Component(name)) => document.components.0.as_ref()?.path_items.find(name),
                None => elsewhere.paths.find(names),
            })?
        };
        let (method, operation) = item.operations.get(index).ok_or_else(gone)?;
        Ok((path, item, method, operation))
    }
}

/// Every operation, in the document's order. A path whose item cannot be found is an item of its own.
pub(super) fn list<'l>(document: &Document, elsewhere: &Elsewheres, limits: &'l Limits) -> Result<Listing<'l, Spot>> {
    let mut index = HashMap::new();
    if document.paths.iter().any(|(_, item)| item.reference().is_some()) {
        index.extend(document.paths.iter().map(|(path, item)| (Usual::Path(path), item)));
        let components = document.components.0.iter().flat_map(|components| components.path_items.iter());
        index.extend(components.map(|(name, item)| (Usual::Component(name), item)));
    }
    let mut listing = Listing::new(limits);
    for (at, (path, own)) in document.paths.iter().enumerate() {
        // An extension (`x-…`) is no path.
        if path.starts_with("x-") {
            continue;
        }
        let found = follow(own, path, limits, |names| match usual(names) {
            Some(place) => index.get(&place).copied(),
            None => elsewhere.paths.find(names),
        });
        let other = match &found {
            Ok(found) => found.operations.as_slice(),
            Err(_) => {
                let item = lost(path, listing.items.len());
                listing.push(item, Spot { path: at, operation: None })?;
                &[]
            }
        };
        let has_own = own.reference().is_some();
        let own = if has_own { own.operations.as_slice() } else { &[] };
        let is_overridden = |method: &str| own.iter().any(|(own, _)| own == method);
        let others = other.iter().enumerate().filter(|(_, (method, _))| !is_overridden(method));
        let each = own.iter().enumerate().map(|each| (true, each)).chain(others.map(|each| (false, each)));
        for (is_own, (nth, (method, operation))) in each {
            let item = item(document, path, method, operation, listing.items.len());
            listing.push(item, Spot { path: at, operation: Some((is_own, nth)) })?;
        }
    }
    Ok(listing)
}

fn item(document: &Document, path: &str, method: &str, operation: &Operation, index: usize) -> Item {
    let id = operation.operation_id.given().map(str::to_owned);
    let (security, inherited_from) = match &operation.security {
        Security::Absent => (&document.security, Some("#/security".to_owned())),
        own => (own, None),
    };
    Item {
        path: vec![id.clone().unwrap_or_else(|| format!("{method} {path}"))],
        pointer: pointer(["paths", path, &method.to_ascii_lowercase()]),
        indices: vec![index],
        id,
        is_folder: false,
        method: Some(method.to_owned()),
        url: Some(path.to_owned()),
        auth: words(security),
        inherited_from: inherited_from.filter(|_| !matches!(document.security, Security::Absent)),
    }
}

/// A path whose item stands in another document, or nowhere: what is asked of it is an error that says so.
fn lost(path: &str, index: usize) -> Item {
    Item {
        path: vec![path.to_owned()],
        pointer: pointer(["paths", path]),
        indices: vec![index],
        url: Some(path.to_owned()),
        ..Item::default()
    }
}

/// `petstore_auth, api_key + app_id`: alternatives, and what applies together.
fn words(security: &Security) -> Option<String> {
    let Security::Given(demands) = security else { return None };
    let demand = |demand: &Object<Entries<List<Text>>>| {
        let Object(Some(demand)) = demand else { return "?".to_owned() };
        let names: Vec<&str> = demand.iter().map(|(name, _)| name).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(" + ") }
    };
    let all: Vec<String> = demands.iter().map(demand).collect();
    Some(if all.is_empty() { "none".to_owned() } else { all.join(", ") })
}
