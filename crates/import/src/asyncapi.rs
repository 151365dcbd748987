//! AsyncAPI 2 and 3, in JSON and YAML: the HTTP schemes of a server, <https://www.asyncapi.com/docs/reference/specification/>.
//!
//! A server's `security` holds alternatives: in version 2 names with scopes, in version 3 the schemes themselves or
//! references to them. Schemes of message brokers are not HTTP's.

use std::fmt;

use countersign::{AuthConfig, ErrorKind, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::clues::Clues;
use crate::describe::demand::{Demand, Need, configs};
use crate::describe::reference::{Elsewhere, Reference, follow, pointer};
use crate::describe::scheme::{Making, Scheme};
use crate::describe::security_scheme::{self, SecurityScheme};
use crate::describe::server::{Variable, default_of, filled};
use crate::describe::shape::{Entries, List, Object, Text};
use crate::describe::url;
use crate::error::{invalid, quoted};
use crate::reader::{Chosen, Input, Reader};
use crate::{Beside, Imported, Item, Limits, user_info, yaml};

/// Whether a text says that it is an AsyncAPI description.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    clues.value("asyncapi").is_some_and(|version| version.starts_with(['2', '3']))
}

/// Reads a description.
pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let document: Document = yaml::read_either("the description", input.text, &input.limits)?;
    match document.asyncapi.given() {
        Some(version) if version.starts_with(['2', '3']) => {}
        Some(version) => {
            return Err(invalid("#/asyncapi", format!("version {} is not read; 2 and 3 are", quoted(version))));
        }
        None => return Err(invalid("#", "`asyncapi` does not say which version it is")),
    }
    let (elsewhere, servers) = elsewhere(&document, &input)?;
    let items = document.servers.iter().enumerate().map(|(index, (name, server))| item(index, name, server)).collect();
    Ok(Box::new(AsyncApi { document, elsewhere, servers, items, limits: input.limits }))
}

type Found = (Elsewhere<Object<SecurityScheme>>, Elsewhere<Object<Server>>);

/// What references point at outside of the components.
fn elsewhere(document: &Document, input: &Input<'_>) -> Result<Found> {
    let shared = document.shared_servers().iter().map(|(_, server)| server);
    let servers = || document.servers.iter().map(|(_, server)| server).chain(shared.clone());
    let is_known = |names: &[String]| component(names).is_some();
    let found = Elsewhere::read(input.text, &input.limits, servers(), is_known)?;
    let asked = servers().filter_map(|server| server.0.as_ref()).flat_map(|server| &server.security.0);
    let asked: Vec<Object<SecurityScheme>> = asked.filter_map(|asked| Object::deserialize(asked).ok()).collect();
    let schemes = document.schemes().iter().map(|(_, scheme)| scheme).chain(&asked);
    Ok((Elsewhere::read(input.text, &input.limits, schemes, is_known)?, found))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    asyncapi: Text,
    servers: Entries<Object<Server>>,
    components: Object<Components>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Components {
    security_schemes: Entries<Object<SecurityScheme>>,
    servers: Entries<Object<Server>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Server {
    #[serde(rename = "$ref")]
    reference: Text,
    /// Version 2.
    url: Text,
    /// Version 3, with `protocol` and `pathname`.
    host: Text,
    protocol: Text,
    pathname: Text,
    variables: Entries<Object<Variable>>,
    security: List<Value>,
}

impl Reference for Object<Server> {
    fn reference(&self) -> Option<&str> {
        self.0.as_ref()?.reference.as_deref()
    }
}

impl Document {
    fn schemes(&self) -> &[(String, Object<SecurityScheme>)] {
        self.components.0.as_ref().map_or(&[], |components| &components.security_schemes.0)
    }

    fn shared_servers(&self) -> &[(String, Object<Server>)] {
        self.components.0.as_ref().map_or(&[], |components| &components.servers.0)
    }
}

struct AsyncApi {
    document: Document,
    /// What `$ref` points at outside of the components.
    elsewhere: Elsewhere<Object<SecurityScheme>>,
    servers: Elsewhere<Object<Server>>,
    items: Vec<Item>,
    limits: Limits,
}

impl fmt::Debug for AsyncApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncApi").field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl Reader for AsyncApi {
    fn items(&self) -> &[Item] {
        &self.items
    }

    fn schemes(&self) -> Vec<&str> {
        self.document.schemes().iter().map(|(name, _)| name.as_str()).collect()
    }

    fn import(&self, chosen: Chosen<'_>, beside: &Beside) -> Result<Imported> {
        let (place, demands, base) = match chosen {
            Chosen::Root => return Err(invalid("#", "only servers say how they are authenticated to")),
            Chosen::Scheme(name) => {
                let place = pointer(["components", "securitySchemes", name]);
                (place, vec![self.named(name, Vec::new()).map(|need| Demand(vec![need]))], None)
            }
            Chosen::Item(index) => {
                let unknown = || invalid("input", "it has no such server");
                let (name, server) = self.document.servers.0.get(index).ok_or_else(unknown)?;
                let place = pointer(["servers", name]);
                let server = follow(server, &place, &self.limits, |names| self.server(names))?;
                let server = server.0.as_ref().ok_or_else(|| invalid(&place, "the server is not an object"))?;
                let place = format!("{place}/security");
                let asked = server.security.0.iter().enumerate();
                let demands =
                    asked.map(|(index, asked)| self.demand(asked, name, format!("{place}/{index}"))).collect();
                (place, demands, Some(server.full_url()))
            }
        };
        let base = base.as_deref().and_then(|base| url::resolve(beside.base_url.as_deref(), base));
        let mut making = Making::new(base.as_deref().or(beside.base_url.as_deref()));
        let mut configs = configs(demands, &place, &mut making)?.into_iter();
        let first = configs.next().unwrap_or(AuthConfig::None);
        Ok(Imported::new(first, configs, None, making.notes))
    }
}

impl AsyncApi {
    /// Version 2: an object of names with scopes. Version 3: a scheme, or a reference to one.
    fn demand<'d>(&'d self, asked: &'d Value, server: &'d str, place: String) -> Result<Demand<'d>> {
        let malformed = || invalid(&place, "it is not an object");
        let fields = asked.as_object().ok_or_else(malformed)?;
        if ["type", "$ref"].iter().any(|field| fields.get(*field).is_some_and(Value::is_string)) {
            return self.given(asked, server, place).map(|need| Demand(vec![need]));
        }
        let need = |(name, scopes): (&'d String, &'d Value)| {
            let scopes = scopes.as_array().into_iter().flatten().filter_map(Value::as_str);
            self.named(name, scopes.map(str::to_owned).collect())
        };
        fields.iter().map(need).collect::<Result<_>>().map(Demand)
    }

    /// A scheme that stands where it is asked for, named after its server, or that a reference names.
    fn given<'d>(&'d self, asked: &'d Value, server: &'d str, place: String) -> Result<Need<'d>> {
        let name = asked.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
        let own: Object<SecurityScheme> = Object::deserialize(asked).unwrap_or_default();
        let object = follow(&own, &place, &self.limits, |names| self.scheme(names))?;
        let (scheme, scopes) = read_scheme(object, &place)?;
        Ok(Need { name: name.unwrap_or(server), variable: None, place, scheme, scopes })
    }

    fn named<'d>(&'d self, name: &'d str, mut scopes: Vec<String>) -> Result<Need<'d>> {
        let place = pointer(["components", "securitySchemes", name]);
        let object = self.scheme(&["components", "securitySchemes", name].map(str::to_owned));
        let object = object.ok_or_else(|| invalid(&place, "no such scheme is defined in this document"))?;
        let object = follow(object, &place, &self.limits, |names| self.scheme(names))?;
        let (scheme, own) = read_scheme(object, &place)?;
        scopes.extend(own);
        Ok(Need { name, variable: None, place, scheme, scopes })
    }

    fn scheme(&self, names: &[String]) -> Option<&Object<SecurityScheme>> {
        match component(names) {
            Some(("securitySchemes", name)) => find(self.document.schemes(), name),
            _ => self.elsewhere.find(names),
        }
    }

    fn server(&self, names: &[String]) -> Option<&Object<Server>> {
        match component(names) {
            Some(("servers", name)) => find(self.document.shared_servers(), name),
            _ => self.servers.find(names),
        }
    }
}

impl Server {
    fn full_url(&self) -> String {
        let default = |name: &str| default_of(&self.variables, name);
        if let Some(url) = self.url.given() {
            return filled(url, default);
        }
        let (protocol, host) = (self.protocol.given().unwrap_or("https"), self.host.given().unwrap_or_default());
        filled(&format!("{protocol}://{host}{}", self.pathname.given().unwrap_or_default()), default)
    }
}

fn find<'d, T>(entries: &'d [(String, T)], name: &str) -> Option<&'d T> {
    entries.iter().rfind(|(key, _)| key == name).map(|(_, value)| value)
}

fn component(names: &[String]) -> Option<(&str, &str)> {
    match names {
        [section, kind, name] if section == "components" => Some((kind, name)),
        _ => None,
    }
}

/// The scheme, and the scopes that it asks for itself.
fn read_scheme(object: &Object<SecurityScheme>, place: &str) -> Result<(Scheme, Vec<String>)> {
    let object = object.0.as_ref().ok_or_else(|| invalid(place, "the scheme is not an object"))?;
    let scheme = match object.r#type.given() {
        Some("X509") => Scheme::MutualTls,
        Some(of_broker @ ("apiKey" | "userPassword")) => {
            let why = format!("the type {} is of message brokers, not of HTTP", quoted(of_broker));
            Scheme::Fault(ErrorKind::UnsupportedScheme, why)
        }
        _ => security_scheme::scheme(object),
    };
    Ok((scheme, object.scopes.given()))
}

fn item(index: usize, name: &str, server: &Object<Server>) -> Item {
    let server = server.0.as_ref().filter(|server| server.reference.0.is_none());
    let url = server.map(Server::full_url).map(|url| user_info::without(&url));
    let auth = server.filter(|server| !server.security.0.is_empty()).map(|server| {
        let words: Vec<String> = server.security.0.iter().map(words).collect();
        words.join(", ")
    });
    Item {
        path: vec![name.to_owned()],
        pointer: pointer(["servers", name]),
        indices: vec![index],
        url,
        auth,
        ..Item::default()
    }
}

fn words(asked: &Value) -> String {
    let text = |field| asked.get(field).and_then(Value::as_str);
    if let Some(target) = text("$ref") {
        return target.rsplit('/').next().unwrap_or(target).to_owned();
    }
    if let Some(kind) = text("type") {
        return kind.to_owned();
    }
    let names: Vec<&str> = asked.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(" + ") }
}
