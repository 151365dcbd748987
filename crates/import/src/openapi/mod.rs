//! OpenAPI 2.0 (Swagger), 3.0, 3.1 and 3.2, in JSON and YAML: <https://spec.openapis.org/oas/>.
//!
//! An operation's `security` replaces the root's. Its elements are alternatives; the schemes of one element apply together.

mod document;
mod operations;
mod server;

use std::fmt;

use countersign::{AuthConfig, Result};

use self::document::{Document, Operation, PathItem, Security};
use self::operations::{Elsewheres, Spot};
use crate::clues::Clues;
use crate::describe::demand::{Demand, Need, configs};
use crate::describe::listing::Listing;
use crate::describe::reference::{follow, local, pointer};
use crate::describe::scheme::{Making, Scheme};
use crate::describe::security_scheme::{self, SecurityScheme};
use crate::describe::server::opened;
use crate::describe::shape::{Entries, List, Object, Text};
use crate::describe::url;
use crate::error::{invalid, quoted};
use crate::reader::{Chosen, Input, Reader};
use crate::{Beside, Imported, Item, Limits, Request, yaml};

/// Whether a text says that it is an OpenAPI description.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    clues.value("openapi").is_some_and(|version| version.starts_with("3"))
        || clues.value("swagger").is_some_and(|version| version.starts_with("2"))
}

/// Reads a description.
pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let document: Document = yaml::read_either("the description", input.text, &input.limits)?;
    let version = document.openapi.as_deref().or(document.swagger.as_deref());
    match version {
        Some(version) if is_version(version, &document) => {}
        Some(version) => {
            return Err(invalid("#/openapi", format!("version {} is not read; 2.0 and 3.x are", quoted(version))));
        }
        None => return Err(invalid("#", "neither `openapi` nor `swagger` says which version it is")),
    }
    let elsewhere = Elsewheres::read(input.text, &document, &input.limits)?;
    let Listing { items, spots, .. } = operations::list(&document, &elsewhere, &input.limits)?;
    Ok(Box::new(OpenApi { document, elsewhere, items, spots, limits: input.limits }))
}

fn is_version(version: &str, document: &Document) -> bool {
    let major = version.trim().split('.').next();
    if document.openapi.0.is_some() { major == Some("3") } else { major == Some("2") }
}

struct OpenApi {
    document: Document,
    elsewhere: Elsewheres,
    items: Vec<Item>,
    /// For each item where its operation is.
    spots: Vec<Spot>,
    limits: Limits,
}

impl fmt::Debug for OpenApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenApi").field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl Reader for OpenApi {
    fn items(&self) -> &[Item] {
        &self.items
    }

    fn schemes(&self) -> Vec<&str> {
        let names = self.document.scheme_objects().iter().map(|(name, _)| name.as_str());
        names.filter(|name| !name.starts_with("x-")).collect()
    }

    fn has_root(&self) -> bool {
        !matches!(self.document.security, Security::Absent)
    }

    fn import(&self, chosen: Chosen<'_>, beside: &Beside) -> Result<Imported> {
        match chosen {
            Chosen::Root => self.make("#/security", &self.document.security, None, beside),
            Chosen::Item(index) => self.operation(index, beside),
            Chosen::Scheme(name) => {
                let demand = Security::Given(vec![Object(Some(Entries(vec![(name.to_owned(), List::default())])))]);
                self.make(&self.scheme_place(name), &demand, None, beside)
            }
        }
    }
}

impl OpenApi {
    fn operation(&self, index: usize, beside: &Beside) -> Result<Imported> {
        let unknown = || invalid("input", "it has no such item");
        let (item, spot) = self.items.get(index).zip(self.spots.get(index)).ok_or_else(unknown)?;
        let (path, item_there, method, operation) = spot.find(&self.document, &self.elsewhere, &self.limits)?;
        let (place, security) = match &operation.security {
            Security::Absent => ("#/security".to_owned(), &self.document.security),
            own => (format!("{}/security", item.pointer), own),
        };
        let place = if matches!(security, Security::Absent) { item.pointer.clone() } else { place };
        let server = server::url(&self.document, Some(item_there), Some(operation), beside.base_url.as_deref());
        let server = if url::is_absolute(&server) { server } else { url::join("{{BASE_URL}}", &server) };
        let url = url::join(&server, &opened(path));
        let request = Request { method: method.to_owned(), url, ..Request::default() };
        self.make(&place, security, Some((item_there, operation, request)), beside)
    }

    fn make(
        &self,
        place: &str,
        security: &Security,
        at: Option<(&PathItem, &Operation, Request)>,
        beside: &Beside,
    ) -> Result<Imported> {
        let (item, operation, request) = match at {
            Some((item, operation, request)) => (Some(item), Some(operation), Some(request)),
            None => (None, None, None),
        };
        let server = server::url(&self.document, item, operation, beside.base_url.as_deref());
        let mut making = Making::new(Some(&server));
        let demands = match security {
            Security::Absent => Vec::new(),
            Security::Given(demands) => self.demands(place, demands),
            Security::Malformed => return Err(invalid(place, "`security` is not a list of objects")),
        };
        if matches!(security, Security::Absent) && !self.schemes().is_empty() {
            making.note(place, "the description defines schemes, but asks for none here");
        }
        let mut configs = configs(demands, place, &mut making)?.into_iter();
        let first = configs.next().unwrap_or(AuthConfig::None);
        Ok(Imported::new(first, configs, request, making.notes))
    }

    fn demands<'d>(&'d self, place: &str, given: &'d [Object<Entries<List<Text>>>]) -> Vec<Result<Demand<'d>>> {
        let demand = |(index, Object(demand)): (usize, &'d Object<Entries<List<Text>>>)| {
            let malformed = || invalid(format!("{place}/{index}"), "it is not an object of scheme names");
            let demand = demand.as_ref().ok_or_else(malformed)?;
            let need = |(name, scopes): (&'d str, &'d List<Text>)| {
                let (name, place, scheme) = self.scheme(name, place)?;
                Ok(Need { name, variable: None, place, scheme, scopes: scopes.given() })
            };
            demand.iter().map(need).collect::<Result<_>>().map(Demand)
        };
        given.iter().enumerate().map(demand).collect()
    }

    /// The scheme of a name: a component's, or since 3.2 a URI. With the name for variables, and the place for errors.
    fn scheme<'d>(&'d self, name: &'d str, place: &str) -> Result<(&'d str, String, Scheme)> {
        if let Some(object) = self.defined(name) {
            let place = self.scheme_place(name);
            let scheme = self.followed(object, &place)?;
            return Ok((name, place, scheme));
        }
        let own_uri = self.document.own_uri.as_deref().unwrap_or_default();
        let by_uri = local(name.strip_prefix(own_uri).unwrap_or(name)).and_then(|names| self.find(&names));
        let missing = || invalid(place, format!("no scheme {} is defined in this document", quoted(name)));
        let scheme = self.followed(by_uri.ok_or_else(missing)?, place)?;
        Ok((name.rsplit(['/', '#']).next().unwrap_or(name), place.to_owned(), scheme))
    }

    fn followed(&self, object: &Object<SecurityScheme>, place: &str) -> Result<Scheme> {
        let object = follow(object, place, &self.limits, |names| self.find(names))?;
        let object = object.0.as_ref().ok_or_else(|| invalid(place, "the scheme is not an object"))?;
        Ok(security_scheme::scheme(object))
    }

    fn find(&self, names: &[String]) -> Option<&Object<SecurityScheme>> {
        match document::scheme_name(names) {
            Some(name) => self.defined(name),
            None => self.elsewhere.schemes.find(names),
        }
    }

    fn defined(&self, name: &str) -> Option<&Object<SecurityScheme>> {
        self.document.scheme_objects().iter().rfind(|(key, _)| key == name).map(|(_, object)| object)
    }

    fn scheme_place(&self, name: &str) -> String {
        match self.document.swagger.0 {
            Some(_) => pointer(["securityDefinitions", name]),
            None => pointer(["components", "securitySchemes", name]),
        }
    }
}
