//! What was imported, for people and for programs.

use std::borrow::Cow;
use std::io::{self, Write};

use countersign::AuthConfig;
use countersign::scheme::encode;
use countersign_import::{Imported, Item, Request, Source};
use http::HeaderValue;
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::style::Style;

/// The config.
pub(super) fn config(imported: &Imported, out: &mut impl Write) -> Result<(), Failure> {
    print(&imported.auth, out)
}

/// Everything, as one JSON object.
pub(super) fn whole_json(imported: &Imported, out: &mut impl Write) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Whole<'a> {
        auth: &'a AuthConfig,
        alternatives: &'a [AuthConfig],
        request: Option<Value>,
        variables: &'a [String],
        notes: Vec<Value>,
    }
    let notes = imported.notes.iter().map(|note| json!({ "place": note.place, "text": note.text }));
    let whole = Whole {
        auth: &imported.auth,
        alternatives: &imported.alternatives,
        request: imported.request.as_ref().map(request),
        variables: &imported.variables,
        notes: notes.collect(),
    };
    print(&whole, out)
}

/// The Cookie header's value for a URL; null where there is none.
pub(super) fn cookies_json(header: Option<&HeaderValue>, out: &mut impl Write) -> Result<(), Failure> {
    print(&json!({ "cookie": header.map(|header| String::from_utf8_lossy(header.as_bytes())) }), out)
}

/// Why nothing was imported, as one JSON object.
pub(super) fn error(failure: &Failure, out: &mut impl Write) -> Result<(), Failure> {
    let (kind, message) = match failure {
        Failure::Import { kind, text } => (kind.as_str(), text.clone()),
        other => ("unreadable", other.to_string()),
    };
    print(&json!({ "error": { "kind": kind, "message": message } }), out)
}

/// Notes, other ways, and what is still to fill: on standard error, since the config is on standard output.
pub(super) fn people(imported: &Imported, taken: usize) -> Result<(), Failure> {
    let style = Style::of(&io::stderr());
    let mut text = String::new();
    for note in &imported.notes {
        text.push_str(&format!("{} {note}\n", style.title("note:")));
    }
    if imported.alternatives.len() > 1 {
        let ways = imported.alternatives.iter().enumerate().map(|(index, way)| {
            let mark = if index == taken { "*" } else { "" };
            format!("{index}{mark} {}", in_words(way))
        });
        let ways: Vec<String> = ways.collect();
        text.push_str(&format!("{} {} (--alternative N)\n", style.title("ways:"), ways.join(", ")));
    }
    if !imported.variables.is_empty() {
        text.push_str(&format!("{} {}\n", style.title("to fill:"), imported.variables.join(", ")));
    }
    // With standard error gone there is nobody left to tell.
    let _ = io::stderr().write_all(text.as_bytes());
    Ok(())
}

/// A config's type, and what distinguishes it from another of that type.
fn in_words(auth: &AuthConfig) -> String {
    fn words(json: &Value) -> String {
        let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default();
        if let Some(of) = json.get("of").and_then(Value::as_array) {
            return of.iter().map(words).collect::<Vec<_>>().join(" + ");
        }
        match (json.pointer("/grant/grant_type").and_then(Value::as_str), text("type")) {
            (Some(grant), kind) => format!("{kind} ({grant})"),
            (None, "api-key") => format!("api-key ({})", text("key")),
            (None, kind) => kind.to_owned(),
        }
    }
    serde_json::to_value(auth).map(|json| words(&json)).unwrap_or_default()
}

/// The items, one per line: what selects it, method and URL, and how it is authenticated.
pub(super) fn list(source: &Source<'_>, style: &Style, out: &mut impl Write) -> Result<(), Failure> {
    let items: Vec<&Item> = source.items().iter().collect();
    let width = items.iter().map(|item| shown(&item.name()).chars().count()).max().unwrap_or_default().min(60);
    for item in items {
        let name = shown(&item.name()).into_owned();
        let pad = width.saturating_sub(name.chars().count());
        let mut line = format!("{}{}", style.title(name), " ".repeat(pad));
        let request = [item.method.as_deref(), item.url.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        line.push_str(&format!("  {}", shown(&request)));
        if let Some(auth) = &item.auth {
            line.push_str(&format!("  {}", style.good(shown(auth))));
        }
        if let Some(from) = &item.inherited_from {
            line.push_str(&format!(" {}", style.quiet(format_args!("from {}", shown(from)))));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    for scheme in source.schemes() {
        writeln!(out, "scheme:{}", shown(scheme))?;
    }
    Ok(())
}

/// The items as JSON.
pub(super) fn list_json(source: &Source<'_>, out: &mut impl Write) -> Result<(), Failure> {
    let items = source.items().iter().map(|item| {
        json!({
            "select": item.name(),
            "pointer": item.pointer,
            "id": item.id,
            "folder": item.is_folder,
            "method": item.method,
            "url": item.url,
            "auth": item.auth,
            "inherited_from": item.inherited_from,
        })
    });
    let items: Vec<Value> = items.collect();
    print(&json!({ "kind": source.kind().as_str(), "items": items, "schemes": source.schemes() }), out)
}

/// A name may hold what moves a terminal's cursor.
fn shown(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
    } else {
        Cow::Borrowed(text)
    }
}

/// In the form that `sign` reads.
fn request(request: &Request) -> Value {
    let body = request.body.as_ref().map(|body| match str::from_utf8(body) {
        Ok(text) => ("body", text.to_owned()),
        Err(_) => ("body_base64", encode::base64(body)),
    });
    let mut json = json!({ "method": request.method, "url": request.url, "headers": request.headers });
    if let (Some((name, body)), Some(fields)) = (body, json.as_object_mut()) {
        fields.insert(name.to_owned(), body.into());
    }
    json
}

fn print(json: &impl Serialize, out: &mut impl Write) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, json).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}
