//! GraphQL: the headers of a graphql-config file (<https://the-guild.dev/graphql/config/docs>), in YAML and JSON.
//!
//! Headers stand beside a schema's URL, or beside an endpoint in `extensions`; projects have their own. `${NAME}` is the
//! variable `NAME`. A schema itself says nothing of authentication.

use std::fmt;

use countersign::api_key::{self, AddTo};
use countersign::{AuthConfig, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::clues::Clues;
use crate::describe::listing::Listing;
use crate::describe::reference::pointer;
use crate::describe::shape::{Entries, Object};
use crate::error::{invalid, nothing_described};
use crate::reader::{Chosen, Input, Reader};
use crate::variables::Names;
use crate::{Beside, Imported, Item, Note, Request, authorization, user_info, yaml};

/// Whether a text is a graphql-config file, or a schema.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    const OTHERS: [&str; 4] = ["documents", "extensions", "include", "exclude"];
    let has_other = OTHERS.iter().any(|key| clues.has(key));
    clues.has("schemaPath")
        || clues.has("projects")
        || (clues.has("schema") && (has_other || clues.keys.len() == 1))
        || clues.has("__schema")
        || is_schema(clues.text)
}

/// Whether a text begins as a schema does (GraphQL, section 3).
fn is_schema(text: &str) -> bool {
    const KEYWORDS: [&str; 8] = ["type", "schema", "interface", "enum", "input", "scalar", "directive", "union"];
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut words = lines.next().unwrap_or_default().split_whitespace();
    let first = words.next().filter(|first| *first != "extend").or_else(|| words.next()).unwrap_or_default();
    KEYWORDS.contains(&first)
        && words.next().is_some_and(|next| next.starts_with(|it: char| it.is_alphabetic() || "{@_".contains(it)))
}

/// Reads a graphql-config file.
pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let schema = || nothing_described("a GraphQL schema says nothing of authentication");
    if is_schema(input.text) {
        return Err(schema());
    }
    let file: File = yaml::read_either("the graphql-config file", input.text, &input.limits)?;
    if file.is_introspection() {
        return Err(schema());
    }
    let mut listing = Listing::new(&input.limits);
    list(&file.project, &mut Vec::new(), &mut listing)?;
    for (name, project) in file.projects.iter() {
        let Object(Some(project)) = project else { continue };
        list(project, &mut vec!["projects", name], &mut listing)?;
    }
    let Listing { items, spots, .. } = listing;
    if spots.iter().all(Vec::is_empty) {
        return Err(nothing_described("no schema and no endpoint of the graphql-config file has headers"));
    }
    Ok(Box::new(GraphQl { items, headers: spots }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    #[serde(flatten)]
    project: Project,
    projects: Entries<Object<Project>>,
    data: Value,
    __schema: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Project {
    schema: Value,
    extensions: Value,
}

impl File {
    fn is_introspection(&self) -> bool {
        self.__schema.is_object() || self.data.get("__schema").is_some()
    }
}

/// Names and values; `${NAME}` is still as it was.
type Headers = Vec<(String, String)>;

/// Every URL of a project's schema, and every endpoint.
fn list<'p>(project: &'p Project, way: &mut Vec<&'p str>, listing: &mut Listing<'_, Headers>) -> Result<()> {
    way.push("schema");
    schemas(&project.schema, way, listing)?;
    way.pop();
    let endpoints = project.extensions.get("endpoints").and_then(Value::as_object);
    for (name, endpoint) in endpoints.into_iter().flatten() {
        way.extend(["extensions", "endpoints", name]);
        let url = endpoint.as_str().or_else(|| endpoint.get("url").and_then(Value::as_str));
        push(name, url.unwrap_or_default(), endpoint.get("headers"), way, listing)?;
        way.truncate(way.len() - 3);
    }
    Ok(())
}

/// A URL, an object of URLs with their options, or a list of these.
fn schemas<'p>(schema: &'p Value, way: &mut Vec<&'p str>, listing: &mut Listing<'_, Headers>) -> Result<()> {
    match schema {
        Value::String(url) if url.contains("://") => push(url, url, None, way, listing),
        Value::Array(all) => all.iter().try_for_each(|one| match one {
            // A list in a list is no schema.
            Value::Array(_) => Ok(()),
            one => schemas(one, way, listing),
        }),
        Value::Object(all) => all.iter().try_for_each(|(url, options)| {
            way.push(url);
            push(url, url, options.get("headers"), way, listing)?;
            way.pop();
            Ok(())
        }),
        _ => Ok(()),
    }
}

fn push(
    name: &str,
    url: &str,
    headers: Option<&Value>,
    way: &[&str],
    listing: &mut Listing<'_, Headers>,
) -> Result<()> {
    // A URL stands in the way as well, as the name of its options.
    let bare = |name: &str| if name.contains("://") { user_info::without(name) } else { name.to_owned() };
    let names: Vec<String> = way.iter().map(|name| bare(name)).collect();
    let place = pointer(names.iter().map(String::as_str));
    let headers: Headers = match headers {
        None | Some(Value::Null) => Headers::new(),
        Some(Value::Object(all)) => all.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect(),
        Some(_) => return Err(invalid(place, "`headers` is not an object")),
    };
    let project = way.first().filter(|first| **first == "projects").and_then(|_| way.get(1)).copied();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).filter(|name| is_credential(name)).collect();
    let item = Item {
        path: project.into_iter().chain([name]).map(bare).collect(),
        pointer: place,
        indices: vec![listing.items.len()],
        method: Some("POST".to_owned()),
        url: Some(bare(url)),
        auth: (!names.is_empty()).then(|| names.join(" + ")),
        ..Item::default()
    };
    listing.push(item, headers)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Whether a header proves who sends it, as its name says; `Accept` and its like stay with the request.
fn is_credential(name: &str) -> bool {
    const WORDS: [&str; 7] = ["auth", "key", "token", "secret", "cookie", "password", "session"];
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

struct GraphQl {
    items: Vec<Item>,
    /// For each item.
    headers: Vec<Headers>,
}

impl fmt::Debug for GraphQl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphQl").field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl Reader for GraphQl {
    fn items(&self) -> &[Item] {
        &self.items
    }

    fn import(&self, chosen: Chosen<'_>, _: &Beside) -> Result<Imported> {
        let Chosen::Item(index) = chosen else { return Err(invalid("input", "only its endpoints can be selected")) };
        let unknown = || invalid("input", "it has no such endpoint");
        let (item, headers) = self.items.get(index).zip(self.headers.get(index)).ok_or_else(unknown)?;
        let mut notes = Vec::new();
        let mut opened = |text: &str| opened(text, &item.pointer, &mut notes);
        let (mut configs, mut names) = (Vec::new(), Names::new());
        let url = opened(item.url.as_deref().unwrap_or_default());
        let mut request = Request { method: "POST".to_owned(), url, ..Request::default() };
        for (name, value) in headers {
            let value = opened(value);
            if name.eq_ignore_ascii_case("authorization") {
                configs.push(authorization::read(value.as_bytes(), &mut names));
            } else if is_credential(name) {
                let mut config = api_key::Config::new(name.clone(), value);
                config.add_to = AddTo::Header;
                configs.insert(0, AuthConfig::ApiKey(config));
            } else {
                request.headers.push((name.clone(), value));
            }
        }
        let auth = match configs.len() {
            0 => AuthConfig::None,
            1 => configs.remove(0),
            _ => AuthConfig::all(configs),
        };
        Ok(Imported::new(auth, [], Some(request), notes))
    }
}

/// `${NAME}`, `${NAME:default}` and the older `${env:NAME}` as `{{NAME}}`. A default is not carried over, but for a note.
fn opened(text: &str, place: &str, notes: &mut Vec<Note>) -> String {
    let mut opened = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, after)) = after.split_once('}') else { break };
        let inside = inside.trim();
        let inside = inside.strip_prefix("env:").unwrap_or(inside);
        let (name, default) = inside.split_once(':').map_or((inside, None), |(name, default)| (name, Some(default)));
        let name = name.trim();
        if default.is_some() {
            notes.push(Note::new(place, format!("the default of {} is not carried over", crate::error::quoted(name))));
        }
        opened.push_str(before);
        opened.push_str("{{");
        opened.push_str(name);
        opened.push_str("}}");
        rest = after;
    }
    opened.push_str(rest);
    opened
}
