//! `.http` files, as JetBrains' HTTP Client and VS Code's REST Client send them
//! (<https://www.jetbrains.com/help/idea/exploring-http-syntax.html>, <https://github.com/Huachao/vscode-restclient>).

mod auth;
mod environment;
mod parse;

use std::collections::HashMap;
use std::fmt;

use countersign::{AuthConfig, Result};
use serde_json::{Map, Value};

use self::parse::Block;
use crate::clues::{Clues, Notation};
use crate::reader::{Chosen, Input, Reader};
use crate::scopes::Scopes;
use crate::{Beside, Imported, Item, Limits, Note, Request, curl, error, user_info};

/// The first line that is neither empty, a comment nor a variable is a request's; or there are `###` and requests.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    if clues.notation != Notation::Text {
        return false;
    }
    let is_request = |line: &str| {
        line.split_once(' ').is_some_and(|(method, url)| {
            let url = url.trim_start();
            let is_url =
                url.contains("://") || url.starts_with(['/', '{']) || url.starts_with("localhost") || url.contains('.');
            parse::METHODS.contains(&method) && is_url
        })
    };
    let lines = || clues.text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines().find(|line| !line.starts_with('#') && !line.starts_with("//") && !line.starts_with('@'));
    first.is_some_and(is_request) || (lines().any(|line| line.starts_with("###")) && lines().any(is_request))
}

pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let (variables, blocks) = parse::blocks(input.text)?;
    if blocks.is_empty() {
        return Err(error::nothing_described("the file has no request"));
    }
    if blocks.len() > input.limits.items {
        return Err(error::limit("input", format!("more than {} requests", input.limits.items)));
    }
    let items = blocks.iter().enumerate().map(|(index, block)| item(block, index)).collect();
    Ok(Box::new(Requests { items, blocks, variables, limits: input.limits }))
}

fn item(block: &Block, index: usize) -> Item {
    let url = user_info::without(&block.url);
    let shown = format!("{} {}", block.method, url.split(['?', '#']).next().unwrap_or_default());
    let auth = block.header("authorization").and_then(|value| value.split_whitespace().next());
    Item {
        path: vec![block.name.clone().unwrap_or(shown)],
        pointer: format!("line {}", block.line),
        indices: vec![index],
        id: block.id.clone(),
        method: Some(block.method.clone()),
        url: Some(url),
        auth: auth
            .filter(|scheme| scheme.chars().all(|it| it.is_ascii_alphanumeric() || it == '-'))
            .map(str::to_lowercase),
        ..Item::default()
    }
}

struct Requests {
    items: Vec<Item>,
    blocks: Vec<Block>,
    /// `@name = value`.
    variables: HashMap<String, String>,
    limits: Limits,
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").field("items", &self.items).finish_non_exhaustive()
    }
}

impl Reader for Requests {
    fn items(&self) -> &[Item] {
        &self.items
    }

    fn import(&self, chosen: Chosen<'_>, beside: &Beside) -> Result<Imported> {
        let Chosen::Item(index) = chosen else { return Err(error::invalid("input", "only a request can be selected")) };
        let block = self.blocks.get(index).ok_or_else(|| error::invalid("input", "it has no such request"))?;
        if let Some(command) = &block.command {
            // REST Client takes a curl command for a request.
            let input = Input { text: command, limits: self.limits.clone() };
            return curl::read(input)?.import(Chosen::Item(0), beside);
        }
        let environment = environment::Environment::read(beside)?;
        let mut scopes = vec![self.variables.clone()];
        scopes.extend(environment.scopes);
        scopes.push(beside.variables.clone());
        let scopes = Scopes::new(scopes, self.limits.expanded, environment::name);
        let mut notes = block.notes();
        let mut request = request(block, &scopes, beside, &mut notes)?;
        let place = format!("line {}", block.line);
        let auth =
            auth::read(&mut request, &block.user_of(&scopes)?, &environment.security, &scopes, &place, &mut notes)?;
        Ok(Imported::new(auth, Vec::<AuthConfig>::new(), Some(request), notes))
    }
}

impl Block {
    fn notes(&self) -> Vec<Note> {
        let what = "the script before the request is not run";
        Vec::from_iter(self.has_script.then(|| Note::new(format!("line {}", self.line), what)))
    }

    /// The URL's user.
    fn user_of(&self, scopes: &Scopes) -> Result<Option<user_info::User>> {
        Ok(user_info::split(&scopes.fill(&self.url, &format!("line {}", self.line))?).1)
    }
}

fn request(block: &Block, scopes: &Scopes, beside: &Beside, notes: &mut Vec<Note>) -> Result<Request> {
    let place = format!("line {}", block.line);
    if ["WEBSOCKET", "GRPC", "RSOCKET"].contains(&block.method.as_str()) {
        return Err(error::invalid(place, "not a request of HTTP"));
    }
    if let Some(line) = block.file_line {
        return Err(error::invalid(format!("line {line}"), "the body names a file, and none is opened"));
    }
    let fill = |text: &str| scopes.fill(text, &place);
    let mut request = Request { method: block.method.clone(), ..Request::default() };
    for (name, value) in &block.headers {
        request.headers.push((fill(name)?, fill(value)?));
    }
    let host =
        request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, host)| host.as_str());
    request.url = user_info::without(&whole_url(&fill(&block.url)?, host, beside.base_url.as_deref()));
    let is_graphql = request.method == "GRAPHQL"
        || request.take_header("x-request-type").is_some_and(|kind| kind.eq_ignore_ascii_case("graphql"));
    if let Some(body) = &block.body {
        let text = fill(&joined_form(body, block.header("content-type").unwrap_or_default()))?;
        let is_parts = block.header("content-type").is_some_and(|kind| kind.trim_start().starts_with("multipart/"));
        request.body = Some(if is_graphql { graphql(&text) } else { text }.into_bytes());
        if is_parts {
            notes.push(Note::new(&place, "a body of parts is left out"));
            request.body = None;
        }
    }
    if is_graphql {
        "POST".clone_into(&mut request.method);
        request.take_header("content-type");
        request.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    Ok(request)
}

/// With a scheme; a path takes the Host header's.
fn whole_url(url: &str, host: Option<&str>, base: Option<&str>) -> String {
    let url = url.split('#').next().unwrap_or_default();
    if url.starts_with('/') {
        return match (host, base) {
            (Some(host), _) => {
                let is_tls = host.ends_with(":443") || host.ends_with(":8443");
                format!("{}://{host}{url}", if is_tls { "https" } else { "http" })
            }
            (None, Some(base)) => format!("{}{url}", base.trim_end_matches('/')),
            (None, None) => url.to_owned(),
        };
    }
    if url.contains("://") || url.starts_with("{{") { url.to_owned() } else { format!("http://{url}") }
}

/// A form may run over lines that begin with `&`.
fn joined_form(body: &str, media_type: &str) -> String {
    if !media_type.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        return body.to_owned();
    }
    let mut form = String::new();
    for line in body.lines() {
        if !form.is_empty() && !line.starts_with('&') && !form.ends_with('&') {
            form.push('\n');
        }
        form.push_str(line);
    }
    form
}

/// A query, and after an empty line its variables.
fn graphql(text: &str) -> String {
    let split = text
        .rsplit_once("\n\n")
        .and_then(|(query, variables)| Some((query, serde_json::from_str::<Map<String, Value>>(variables).ok()?)));
    let (query, variables) = split.unwrap_or((text, Map::new()));
    let object = [("query".to_owned(), Value::from(query.trim())), ("variables".to_owned(), Value::Object(variables))];
    Value::Object(object.into_iter().collect()).to_string()
}
