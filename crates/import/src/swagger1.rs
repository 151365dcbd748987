//! Swagger 1.0 to 1.2: a resource listing, which defines the schemes, and API declarations, which ask for them by name
//! (<https://github.com/OAI/OpenAPI-Specification/blob/main/versions/1.2.md>).
//!
//! An operation's `authorizations` replaces its declaration's; what it names applies together. A declaration whose listing is
//! another file takes it from [`Beside::parent`].

use std::fmt;

use countersign::api_key::AddTo;
use countersign::oauth2::GrantType;
use countersign::{AuthConfig, ErrorKind, Result};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess};

use crate::clues::Clues;
use crate::describe::demand::{Demand, Need, configs};
use crate::describe::listing::Listing;
use crate::describe::reference::pointer;
use crate::describe::scheme::{Flow, Making, Scheme};
use crate::describe::server::opened;
use crate::describe::shape::{self, Entries, List, Object, Shape, Text};
use crate::describe::url;
use crate::error::{invalid, quoted};
use crate::reader::{Chosen, Input, Reader};
use crate::{Beside, Imported, Item, Limits, Request, yaml};

/// Whether a text says that it is of Swagger 1.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    clues.value("swaggerVersion").is_some_and(|version| version.starts_with('1'))
}

/// Reads a listing or a declaration.
pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let document: Document = yaml::read_either("the description", input.text, &input.limits)?;
    match document.swagger_version.given() {
        Some(version) if version.starts_with('1') => {}
        _ => return Err(invalid("#/swaggerVersion", "the version is not 1.0, 1.1 or 1.2")),
    }
    let Listing { items, spots, .. } = operations(&document, &input.limits)?;
    Ok(Box::new(Swagger1 { document, items, spots, limits: input.limits }))
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Document {
    swagger_version: Text,
    base_path: Text,
    /// A listing's definitions, a declaration's demand.
    authorizations: Option<Object<Entries<Authorization>>>,
    apis: List<Object<Api>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Api {
    path: Text,
    operations: List<Object<Operation>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Operation {
    nickname: Text,
    method: Text,
    /// Version 1.1's name of it.
    http_method: Text,
    authorizations: Option<Object<Entries<Authorization>>>,
}

/// What stands under a scheme's name.
#[derive(Default)]
enum Authorization {
    #[default]
    Nothing,
    /// In a demand.
    Scopes(Vec<String>),
    /// In a listing.
    Defined(Box<Definition>),
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Definition {
    r#type: Text,
    pass_as: Text,
    keyname: Text,
    grant_types: Object<GrantTypes>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct GrantTypes {
    implicit: Object<Implicit>,
    authorization_code: Object<Code>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Implicit {
    login_endpoint: Object<Endpoint>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Code {
    token_request_endpoint: Object<Endpoint>,
    token_endpoint: Object<Endpoint>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Endpoint {
    url: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Scope {
    scope: Text,
}

impl<'de> Shape<'de> for Authorization {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Object::from_map(map).map(|Object(defined)| Self::Defined(Box::new(defined.unwrap_or_default())))
    }

    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        let List(scopes) = List::<Object<Scope>>::from_list(list)?;
        let scopes = scopes.into_iter().filter_map(|Object(scope)| scope?.scope.0);
        Ok(Self::Scopes(scopes.collect()))
    }
}

impl<'de> Deserialize<'de> for Authorization {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        shape::read(deserializer)
    }
}

struct Swagger1 {
    document: Document,
    items: Vec<Item>,
    /// For each item the indices of its path and of its operation.
    spots: Vec<(usize, usize)>,
    limits: Limits,
}

impl fmt::Debug for Swagger1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Swagger1").field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl Reader for Swagger1 {
    fn items(&self) -> &[Item] {
        &self.items
    }

    fn schemes(&self) -> Vec<&str> {
        let defined = self.document.authorizations.iter().filter_map(|it| it.0.as_ref()).flat_map(Entries::iter);
        defined.filter(|(_, one)| matches!(one, Authorization::Defined(_))).map(|(name, _)| name).collect()
    }

    fn has_root(&self) -> bool {
        !self.items.is_empty() && self.document.authorizations.is_some()
    }

    fn import(&self, chosen: Chosen<'_>, beside: &Beside) -> Result<Imported> {
        let listing = match beside.parents.first() {
            Some(text) => yaml::read_either("the resource listing", text, &self.limits)?,
            None => Document::default(),
        };
        let base = self.document.base_path.given().map_or_else(|| "/".to_owned(), str::to_owned);
        let base = url::resolve(beside.base_url.as_deref(), &base).unwrap_or(base);
        let mut making = Making::new(Some(&base));
        let (place, demand, request) = match chosen {
            Chosen::Root => ("#/authorizations".to_owned(), self.demand(None, &listing), None),
            Chosen::Scheme(name) => {
                let place = pointer(["authorizations", name]);
                let need = self.need(name, &Authorization::Nothing, &listing);
                (place, need.map(|need| Some(Demand(vec![need]))), None)
            }
            Chosen::Item(index) => {
                let unknown = || invalid("input", "it has no such operation");
                let (item, (path, operation)) = self.items.get(index).zip(self.spots.get(index)).ok_or_else(unknown)?;
                let api = self.document.apis.0.get(*path).and_then(|api| api.0.as_ref()).ok_or_else(unknown)?;
                let operation = api.operations.0.get(*operation).and_then(|it| it.0.as_ref()).ok_or_else(unknown)?;
                let demand = self.demand(operation.authorizations.as_ref(), &listing);
                (item.pointer.clone(), demand, Some(self.request(item, &base)))
            }
        };
        let demands = demand.transpose().into_iter().collect();
        let mut configs = configs(demands, &place, &mut making)?.into_iter();
        let first = configs.next().unwrap_or(AuthConfig::None);
        Ok(Imported::new(first, configs, request, making.notes))
    }
}

impl Swagger1 {
    /// The operation's own demand, else the declaration's.
    fn demand<'d>(
        &'d self,
        own: Option<&'d Object<Entries<Authorization>>>,
        listing: &Document,
    ) -> Result<Option<Demand<'d>>> {
        let Some(Object(demand)) = own.or(self.document.authorizations.as_ref()) else { return Ok(None) };
        let malformed = || invalid("#/authorizations", "it is not an object of scheme names");
        let demand = demand.as_ref().ok_or_else(malformed)?;
        let needs = demand.iter().map(|(name, asked)| self.need(name, asked, listing));
        needs.collect::<Result<_>>().map(Demand).map(Some)
    }

    fn need<'d>(&'d self, name: &'d str, asked: &Authorization, listing: &Document) -> Result<Need<'d>> {
        let place = pointer(["authorizations", name]);
        let defined = |document: &Document| match document.authorizations.as_ref()?.0.as_ref()?.find(name)? {
            Authorization::Defined(definition) => Some(scheme(definition)),
            _ => None,
        };
        let missing = || invalid(&place, "the resource listing defines it, and is not given");
        let scheme = defined(&self.document).or_else(|| defined(listing)).ok_or_else(missing)?;
        let scopes = match asked {
            Authorization::Scopes(scopes) => scopes.clone(),
            _ => Vec::new(),
        };
        Ok(Need { name, variable: None, place, scheme, scopes })
    }

    fn request(&self, item: &Item, base: &str) -> Request {
        let base = if url::is_absolute(base) { base.to_owned() } else { url::join("{{BASE_URL}}", base) };
        let path = item.url.as_deref().unwrap_or_default();
        let method = item.method.clone().unwrap_or_default();
        Request { method, url: url::join(&base, &opened(path)), ..Request::default() }
    }
}

fn scheme(given: &Definition) -> Scheme {
    let malformed = |what: &str| Scheme::Fault(ErrorKind::InvalidImport, what.to_owned());
    match given.r#type.given() {
        Some("basicAuth") => Scheme::Basic,
        Some("apiKey") => match (given.keyname.given(), given.pass_as.given()) {
            (Some(name), Some("header")) => Scheme::ApiKey(AddTo::Header, name.to_owned()),
            (Some(name), Some("query")) => Scheme::ApiKey(AddTo::Query, name.to_owned()),
            (None, _) => malformed("an `apiKey` without its `keyname`"),
            _ => malformed("an `apiKey` whose `passAs` is neither header nor query"),
        },
        Some("oauth2") => match &given.grant_types.0 {
            Some(grants) => Scheme::OAuth2(flows(grants)),
            None => malformed("an `oauth2` without `grantTypes`"),
        },
        Some(other) => {
            Scheme::Fault(ErrorKind::UnsupportedScheme, format!("the type {} is not supported", quoted(other)))
        }
        None => malformed("an authorization without its `type`"),
    }
}

fn flows(grants: &GrantTypes) -> Vec<Flow> {
    let owned = |endpoint: &Object<Endpoint>| endpoint.0.as_ref()?.url.0.clone();
    let code = grants.authorization_code.0.as_ref().map(|code| {
        let mut flow = Flow::new(GrantType::AuthorizationCode);
        flow.authorization_url = owned(&code.token_request_endpoint);
        flow.token_url = owned(&code.token_endpoint);
        flow
    });
    let implicit = grants.implicit.0.as_ref().map(|implicit| {
        let mut flow = Flow::new(GrantType::Implicit);
        flow.authorization_url = owned(&implicit.login_endpoint);
        flow
    });
    code.into_iter().chain(implicit).collect()
}

/// Every operation, with the indices of its path and its own.
fn operations<'l>(document: &Document, limits: &'l Limits) -> Result<Listing<'l, (usize, usize)>> {
    let mut listing = Listing::new(limits);
    for (api_index, api) in document.apis.0.iter().enumerate() {
        let Object(Some(api)) = api else { continue };
        for (index, operation) in api.operations.0.iter().enumerate() {
            let Object(Some(operation)) = operation else { continue };
            listing.push(item(document, api, operation, [api_index, index]), (api_index, index))?;
        }
    }
    Ok(listing)
}

fn item(document: &Document, api: &Api, operation: &Operation, indices: [usize; 2]) -> Item {
    let [api_index, index] = indices;
    let path = api.path.given().unwrap_or_default();
    let method = operation.method.given().or(operation.http_method.given()).unwrap_or("GET").to_ascii_uppercase();
    let id = operation.nickname.given().map(str::to_owned);
    let inherited = operation.authorizations.is_none() && document.authorizations.is_some();
    let demand = operation.authorizations.as_ref().or(document.authorizations.as_ref()).and_then(|it| it.0.as_ref());
    let names = demand.map(|demand| demand.iter().map(|(name, _)| name).collect::<Vec<_>>());
    Item {
        path: vec![id.clone().unwrap_or_else(|| format!("{method} {path}"))],
        pointer: format!("#/apis/{api_index}/operations/{index}"),
        indices: indices.to_vec(),
        id,
        is_folder: false,
        method: Some(method),
        url: Some(path.to_owned()),
        auth: names.map(|names| if names.is_empty() { "none".to_owned() } else { names.join(" + ") }),
        inherited_from: inherited.then(|| "#/authorizations".to_owned()),
    }
}
