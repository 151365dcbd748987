//! Bruno: a request's file, with its folders' and its collection's beside it, in `.bru` and YAML.

mod auth;
mod bru;
mod file;

use std::collections::HashMap;

use countersign::{AuthConfig, Result};
use serde_json::{Map, Value};

use self::file::{Body, File};
use crate::clues::{Clues, Notation};
use crate::fields::Parameters;
use crate::listed::{Entry, Listed};
use crate::reader::{Input, Reader};
use crate::scopes::Scopes;
use crate::variables::Names;
use crate::{Beside, Imported, Item, Limits, Note, Request, authorization, templates, user_info};

/// A block that only such files have; in YAML, `info` beside `http`, or `opencollection`.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    const BLOCKS: [&str; 14] = [
        "meta", "get", "post", "put", "delete", "patch", "options", "head", "connect", "trace", "http", "auth",
        "headers", "vars",
    ];
    if clues.notation != Notation::Text {
        return false;
    }
    let first = clues.text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let block = first.strip_suffix('{').map(str::trim_end);
    block.is_some_and(|name| BLOCKS.contains(&name) || name.starts_with("auth:") || name.starts_with("vars:"))
        || (clues.has("info") && clues.has("http"))
        || clues.has("opencollection")
}

pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let file = File::read(input.text, "the file", &input.limits)?;
    let url = file.request.as_ref().map(|request| user_info::without(&request.url));
    let method = file.request.as_ref().map(|request| request.method.clone());
    let name = file.name.clone().or_else(|| Some(format!("{} {}", method.as_deref()?, url.as_deref()?)));
    let item = Item {
        path: vec![name.unwrap_or_else(|| "collection".to_owned())],
        pointer: "#0".to_owned(),
        indices: vec![0],
        auth: file.mode.clone().filter(|mode| mode != "none"),
        method,
        url,
        ..Item::default()
    };
    Ok(Box::new(Listed::new([(item, Bruno { file, limits: input.limits })])))
}

/// A request; or a folder or collection, whose own words count.
struct Bruno {
    file: File,
    limits: Limits,
}

impl Entry for Bruno {
    fn import(&self, beside: &Beside) -> Result<Imported> {
        let parents = beside.parents.iter().enumerate();
        let parents = parents.map(|(index, text)| File::read(text, &format!("parent {index}"), &self.limits));
        let parents: Vec<File> = parents.collect::<Result<_>>()?;
        let all: Vec<&File> = std::iter::once(&self.file).chain(&parents).collect();
        let scopes = scopes(&all, beside, &self.limits)?;
        let mut notes = Vec::new();
        for (index, _) in all.iter().enumerate().filter(|(_, file)| file.has_script) {
            notes.push(Note::new(place(index), "the script before the request is not run"));
        }
        let mut request = request(&all, &scopes, &mut notes)?;
        let mut auth = authentication(&all, &scopes, &mut notes)?;
        if let Some(request) = &mut request {
            auth = authorization::settle(auth, request, &mut Names::new(), &mut notes);
        }
        Ok(Imported::new(auth, [], request, notes))
    }
}

/// How notes and errors call a file: the input itself, or the how-manyeth parent.
fn place(index: usize) -> String {
    if index == 0 { "#".to_owned() } else { format!("parent {}", index - 1) }
}

/// The nearest that does not inherit; what says nothing inherits too.
fn authentication(all: &[&File], scopes: &Scopes, notes: &mut Vec<Note>) -> Result<AuthConfig> {
    for (index, file) in all.iter().enumerate() {
        let Some(mode) = file.mode.as_deref().filter(|mode| !["inherit", ""].contains(mode)) else { continue };
        // A request's own `none` stops; a folder's or collection's says nothing.
        if mode == "none" && index > 0 {
            continue;
        }
        let values = file.auths.get(mode).cloned().unwrap_or_default();
        let parameters = Parameters::new(values, scopes, format!("{}/auth:{mode}", place(index)));
        return auth::read(mode, &parameters, notes);
    }
    if all.first().is_some_and(|file| file.mode.as_deref() == Some("inherit")) && all.len() == 1 {
        notes.push(Note::new("#/auth", "it inherits, and no parent was given: no authentication is known"));
    }
    Ok(AuthConfig::None)
}

/// The request's variables and its folders', nearest first; the environment's; the collection's go last, as its file does.
fn scopes(all: &[&File], beside: &Beside, limits: &Limits) -> Result<Scopes> {
    let mut scopes: Vec<HashMap<String, String>> = all.iter().map(|file| file.variables.clone()).collect();
    if let Some(text) = &beside.environment {
        let environment = File::read(text, "the environment", limits)?;
        // The collection's own give way to the environment's.
        let before_collection = if all.len() > 1 { scopes.len() - 1 } else { scopes.len() };
        scopes.insert(before_collection, environment.variables);
    }
    if let Some(text) = &beside.globals {
        scopes.push(File::read(text, "the globals", limits)?.variables);
    }
    // `process.env.NAME` is by its bare name, after Bruno's own.
    scopes.push(beside.variables.clone());
    Ok(Scopes::new(scopes, limits.expanded, |inside| {
        let inside = inside.trim();
        inside.strip_prefix("process.env.").unwrap_or(inside)
    }))
}

fn request(all: &[&File], scopes: &Scopes, notes: &mut Vec<Note>) -> Result<Option<Request>> {
    let Some((own, line)) = all.first().and_then(|file| Some((file, file.request.as_ref()?))) else { return Ok(None) };
    let fill = |text: &str, part: &str| scopes.fill(text, &format!("#/{part}"));
    let mut path = Vec::new();
    for (name, value) in &own.path {
        path.push((name.clone(), fill(value, "params:path")?));
    }
    let url = templates::with_path_parameters(&fill(&line.url, "url")?, &path);
    let url =
        if url.is_empty() || url.contains("://") || url.starts_with("{{") { url } else { format!("http://{url}") };
    let mut request = Request { method: line.method.clone(), url: user_info::without(&url), ..Request::default() };
    // A nearer header of a name takes the place of a farther one.
    for file in all {
        for (name, value) in &file.headers {
            if !request.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) || std::ptr::eq(*file, *own) {
                request.headers.push((fill(name, "headers")?, fill(value, "headers")?));
            }
        }
    }
    let Some(body) = &own.body else { return Ok(Some(request)) };
    let fill = |text: &str| fill(text, "body");
    let (text, media_type) = match body {
        Body::Text(text, media_type) => (fill(text)?, *media_type),
        Body::Form(pairs) => {
            let filled = pairs.iter().map(|(name, value)| Ok((fill(name)?, fill(value)?)));
            let filled = filled.collect::<Result<Vec<_>>>()?;
            let form = templates::joined(filled.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            (form, "application/x-www-form-urlencoded")
        }
        Body::GraphQl(query, variables) => {
            let variables = serde_json::from_str(&fill(variables)?).unwrap_or_else(|_| Value::Object(Map::new()));
            let object = [("query".to_owned(), Value::from(fill(query)?)), ("variables".to_owned(), variables)];
            (Value::Object(object.into_iter().collect()).to_string(), "application/json")
        }
        Body::Other => {
            notes.push(Note::new("#/body", "a body of parts or of a file is left out"));
            return Ok(Some(request));
        }
    };
    if !text.is_empty() {
        request.body = Some(text.into_bytes());
        if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            request.headers.push(("Content-Type".to_owned(), media_type.to_owned()));
        }
    }
    Ok(Some(request))
}
