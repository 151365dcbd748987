//! RAML 0.8 and 1.0: <https://github.com/raml-org/raml-spec>.
//!
//! `securedBy` holds alternatives, of which `null` is none. A method's own replaces its resource's, which replaces the root's;
//! a resource above says nothing for those below it. Schemes, traits and resource types of other files are not opened.

mod document;
mod resources;
mod scheme;

use std::fmt;

use countersign::{AuthConfig, Result};

use self::document::{By, Document, Secured};
use self::resources::Spot;
use crate::clues::Clues;
use crate::describe::demand::{Demand, Need, configs};
use crate::describe::listing::Listing;
use crate::describe::reference::pointer;
use crate::describe::scheme::Making;
use crate::describe::server::{default_of, filled, opened};
use crate::describe::url;
use crate::error::{invalid, quoted};
use crate::reader::{Chosen, Input, Reader};
use crate::{Beside, Imported, Item, Limits, Request, yaml};

/// Whether a text's first line says that it is RAML.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    clues.text.starts_with("#%RAML")
}

/// Reads a description.
pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let first = input.text.lines().next().unwrap_or_default().trim();
    match first.strip_prefix("#%RAML").map(str::trim) {
        Some("0.8" | "1.0") => {}
        Some(other) => {
            let what = format!("{} is not read; whole descriptions of version 0.8 and 1.0 are", quoted(other));
            return Err(invalid("line 1", what));
        }
        None => return Err(invalid("line 1", "it is not `#%RAML 0.8` or `#%RAML 1.0`")),
    }
    let document: Document = yaml::read("the description", &document::with_includes(input.text), &input.limits)?;
    let Listing { items, spots, .. } = resources::list(&document, &input.limits)?;
    Ok(Box::new(Raml { document, items, spots, limits: input.limits }))
}

struct Raml {
    document: Document,
    items: Vec<Item>,
    /// For each item where its method is.
    spots: Vec<Spot>,
    limits: Limits,
}

impl fmt::Debug for Raml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raml").field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl Reader for Raml {
    fn items(&self) -> &[Item] {
        &self.items
    }

    fn schemes(&self) -> Vec<&str> {
        self.document.security_schemes.entries.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn has_root(&self) -> bool {
        !matches!(self.document.root.secured_by, Secured::Absent)
    }

    fn import(&self, chosen: Chosen<'_>, beside: &Beside) -> Result<Imported> {
        let server = self.server();
        let server = url::resolve(beside.base_url.as_deref(), &server).unwrap_or(server);
        let mut making = Making::new(Some(&server));
        match chosen {
            Chosen::Root => self.make("#/securedBy", &self.document.root.secured_by, None, making),
            Chosen::Scheme(name) => {
                let demand = Secured::Given(vec![By::Scheme(name.to_owned(), Vec::new())]);
                self.make(&pointer(["securitySchemes", name]), &demand, None, making)
            }
            Chosen::Item(index) => {
                let unknown = || invalid("input", "it has no such method");
                let (item, spot) = self.items.get(index).zip(self.spots.get(index)).ok_or_else(unknown)?;
                let found = spot.find(&self.document, &self.limits)?;
                for missing in &found.missing {
                    making.note(
                        &item.pointer,
                        format!("{missing} is not in this file: what it is secured by is not known"),
                    );
                }
                let server =
                    if url::is_absolute(&server) { server.clone() } else { url::join("{{BASE_URL}}", &server) };
                let path = item.url.as_deref().unwrap_or_default();
                let method = item.method.clone().unwrap_or_else(|| "GET".to_owned());
                let request = Request { method, url: url::join(&server, &opened(path)), ..Request::default() };
                let place = if found.is_root { "#/securedBy" } else { item.pointer.as_str() };
                self.make(place, found.secured_by, Some(request), making)
            }
        }
    }
}

impl Raml {
    fn make(
        &self,
        place: &str,
        secured: &Secured,
        request: Option<Request>,
        mut making: Making<'_>,
    ) -> Result<Imported> {
        let demands = match secured {
            Secured::Absent => Vec::new(),
            Secured::Include(file) => {
                return Err(invalid(place, format!("{} is another file, which is not opened", quoted(file))));
            }
            Secured::Malformed => return Err(invalid(place, "`securedBy` is not a list")),
            Secured::Given(all) => all.iter().map(|by| self.demand(by, place)).collect(),
        };
        if matches!(secured, Secured::Absent) && !self.document.security_schemes.entries.is_empty() {
            making.note(place, "the description defines schemes, but asks for none here");
        }
        let mut configs = configs(demands, place, &mut making)?.into_iter();
        let first = configs.next().unwrap_or(AuthConfig::None);
        Ok(Imported::new(first, configs, request, making.notes))
    }

    fn demand<'d>(&self, by: &'d By, place: &str) -> Result<Demand<'d>> {
        let (name, scopes) = match by {
            By::Nothing => return Ok(Demand::default()),
            By::Malformed => return Err(invalid(place, "`securedBy` holds what is not one scheme's name")),
            By::Scheme(name, scopes) => (name, scopes),
        };
        let schemes = &self.document.security_schemes;
        let outside = |file: &String| invalid(place, format!("{} is another file, which is not opened", quoted(file)));
        let missing = || match &schemes.include {
            Some(file) => outside(file),
            None => invalid(place, format!("no scheme {} is defined in this file", quoted(name))),
        };
        let scheme = schemes.find(name).ok_or_else(missing)?;
        let place = pointer(["securitySchemes", name]);
        let malformed =
            || scheme.include.as_ref().map_or_else(|| invalid(&place, "the scheme is not an object"), outside);
        let fields = scheme.fields.as_ref().ok_or_else(malformed)?;
        let need = |(after, scheme): (Option<String>, _)| {
            let variable = after.map(|after| format!("{name} {after}"));
            Need { name, variable, place: place.clone(), scheme, scopes: scopes.clone() }
        };
        Ok(Demand(scheme::schemes(fields).into_iter().map(need).collect()))
    }

    /// The base URI with its parameters' defaults, `version` among them.
    fn server(&self) -> String {
        let parameters = &self.document.base_uri_parameters;
        let value = |name: &str| match name {
            "version" => self.document.version.given(),
            _ => default_of(parameters, name),
        };
        filled(self.document.base_uri.given().unwrap_or("/"), value)
    }
}
