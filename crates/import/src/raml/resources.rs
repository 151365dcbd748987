//! Every method of every resource, those of resource types included, and what it is secured by.

use countersign::Result;

use super::document::{Document, Method, Resource, Secured};
use crate::describe::listing::Listing;
use crate::describe::reference::pointer;
use crate::error::{invalid, limit, quoted};
use crate::{Item, Limits};

/// Where an item's method is: the indices of the resources on the way, and its name.
#[derive(Debug)]
pub(super) struct Spot {
    way: Vec<usize>,
    method: Option<String>,
}

/// What was found to secure a method, where, and what could not be looked at.
pub(super) struct Found<'d> {
    pub(super) secured_by: &'d Secured,
    pub(super) is_root: bool,
    pub(super) missing: Vec<String>,
}

impl Spot {
    /// The resource, which [`list`] found.
    fn resource<'d>(&self, document: &'d Document) -> Option<&'d Resource> {
        let down = |resource: &'d Resource, index: &usize| resource.resources.get(*index).map(|(_, below)| below);
        self.way.iter().try_fold(&document.root, down)
    }

    /// What the method is secured by: its own word, its resource type's method's, its traits'; then the resource's, its
    /// type's, and the root's.
    ///
    /// # Errors
    /// When the resource is another file's, or its types go round in a circle.
    pub(super) fn find<'d>(&self, document: &'d Document, limits: &Limits) -> Result<Found<'d>> {
        let resource = self.resource(document).ok_or_else(|| invalid("input", "it has no such resource"))?;
        let (types, mut missing) = types(document, resource, limits)?;
        let name = self.method.as_deref().unwrap_or_default();
        let own = resource.methods.iter().rfind(|(key, _)| key == name).map(|(_, method)| method);
        if let Some(file) = resource.include.as_ref().or(own.and_then(|method| method.include.as_ref())) {
            return Err(invalid("#", format!("{} is another file, which is not opened", quoted(file))));
        }
        let of_types = types.iter().filter_map(|found| method(found, name));
        let methods: Vec<&Method> = own.into_iter().chain(of_types).collect();
        let resources = || std::iter::once(resource).chain(types.iter().copied());
        let traits = methods.iter().map(|method| &method.traits).chain(resources().map(|resource| &resource.traits));
        let mut secured: Vec<&Secured> = methods.iter().map(|method| &method.secured_by).collect();
        for name in traits.flat_map(|names| &names.0) {
            match document.traits.find(name) {
                Some(found) if found.include.is_none() => secured.push(&found.secured_by),
                _ => missing.push(format!("the trait {}", quoted(name))),
            }
        }
        secured.extend(resources().map(|resource| &resource.secured_by));
        let said = secured.into_iter().find(|secured| !matches!(secured, Secured::Absent));
        Ok(Found { secured_by: said.unwrap_or(&document.root.secured_by), is_root: said.is_none(), missing })
    }
}

/// A resource type's method; one with `?` is only for resources that have it, which is why it was asked for.
fn method<'d>(of: &'d Resource, name: &str) -> Option<&'d Method> {
    of.methods.iter().rfind(|(key, _)| key.strip_suffix('?').unwrap_or(key) == name).map(|(_, method)| method)
}

/// The resource's types, and their types, nearest first; and those that are not in this file.
fn types<'d>(document: &'d Document, of: &'d Resource, limits: &Limits) -> Result<(Vec<&'d Resource>, Vec<String>)> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    let mut next = &of.types.0;
    while let Some(name) = next.first() {
        if found.len() >= limits.references {
            return Err(limit("#/resourceTypes", format!("more than {} types of each other", limits.references)));
        }
        match document.resource_types.find(name) {
            Some(one) if one.include.is_none() => {
                if found.iter().any(|&known: &&Resource| std::ptr::eq(known, one)) {
                    return Err(invalid(
                        "#/resourceTypes",
                        format!("the type {} goes round in a circle", quoted(name)),
                    ));
                }
                found.push(one);
                next = &one.types.0;
            }
            _ => {
                missing.push(format!("the resource type {}", quoted(name)));
                break;
            }
        }
    }
    Ok((found, missing))
}

/// Every method, in the document's order. A resource that is another file's is an item of its own.
pub(super) fn list<'d>(document: &'d Document, limits: &'d Limits) -> Result<Listing<'d, Spot>> {
    let mut all = All { document, limits, listing: Listing::new(limits) };
    all.below(&document.root, &mut Vec::new(), &mut Vec::new())?;
    Ok(all.listing)
}

struct All<'d> {
    document: &'d Document,
    limits: &'d Limits,
    listing: Listing<'d, Spot>,
}

impl<'d> All<'d> {
    fn below(&mut self, resource: &'d Resource, way: &mut Vec<usize>, names: &mut Vec<&'d str>) -> Result<()> {
        for (index, (path, below)) in resource.resources.iter().enumerate() {
            way.push(index);
            names.push(path);
            if below.include.is_some() {
                self.push(way, names, None)?;
            }
            let own = below.methods.iter().map(|(name, _)| name.as_str());
            // A fault of the types is reported when one of the methods is asked for.
            let (types, _) = types(self.document, below, self.limits).unwrap_or_default();
            let of_types = types.iter().flat_map(|one| &one.methods).map(|(name, _)| name.as_str());
            let mut methods: Vec<&str> = Vec::new();
            for name in own.chain(of_types.filter(|name| !name.ends_with('?'))) {
                if !methods.contains(&name) {
                    methods.push(name);
                    self.push(way, names, Some(name))?;
                }
            }
            self.below(below, way, names)?;
            way.pop();
            names.pop();
        }
        Ok(())
    }

    fn push(&mut self, way: &[usize], names: &[&str], method: Option<&str>) -> Result<()> {
        let path = names.concat();
        let upper = method.map(str::to_ascii_uppercase);
        let spot = Spot { way: way.to_vec(), method: method.map(str::to_owned) };
        let found = spot.find(self.document, self.limits).ok();
        let auth = found.as_ref().and_then(|found| found.secured_by.words());
        let item = Item {
            path: vec![upper.as_ref().map_or_else(|| path.clone(), |method| format!("{method} {path}"))],
            pointer: pointer(names.iter().copied().chain(method)),
            indices: vec![self.listing.items.len()],
            method: upper,
            url: Some(path),
            inherited_from: found.filter(|found| found.is_root && auth.is_some()).map(|_| "#/securedBy".to_owned()),
            auth,
            ..Item::default()
        };
        self.listing.push(item, spot)
    }
}
