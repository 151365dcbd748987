//! A request as Postman builds it, before its authentication.

use countersign::Result;
use countersign::scheme::encode;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::model::RequestNode;
use crate::fields::text_of;
use crate::scopes::Scopes;
use crate::{Note, Request, error, templates, user_info};

impl RequestNode<'_> {
    /// The request, with its variables filled. `place` is where it stands.
    pub(super) fn read(&self, scopes: &Scopes, place: &str, notes: &mut Vec<Note>) -> Result<Request> {
        let fill = |text: &str, part: &str| scopes.fill(text, &format!("{place}/{part}"));
        let url = match (&self.text, self.url) {
            (Some(text), _) => text.clone().into_owned(),
            (None, Some(url)) => built(&value(url, &format!("{place}/url"))?, notes, place),
            (None, None) => String::new(),
        };
        let mut request = Request {
            method: fill(&self.method(), "method")?,
            url: encoded(&user_info::without(&with_scheme(&fill(&url, "url")?))),
            ..Request::default()
        };
        if let Some(headers) = self.header {
            for (name, text) in headers_of(&value(headers, &format!("{place}/header"))?) {
                request.headers.push((fill(&name, "header")?, fill(&text, "header")?));
            }
        }
        if let Some(body) = self.body {
            let place = format!("{place}/body");
            let fill = |text: &str| scopes.fill(text, &place);
            if let Some((text, media_type)) = body_of(&value(body, &place)?, &fill, &place, notes)? {
                request.body = Some(text.into_bytes());
                if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                    request.headers.push(("Content-Type".into(), media_type.into()));
                }
            }
        }
        Ok(request)
    }
}

fn value(json: &RawValue, place: &str) -> Result<Value> {
    serde_json::from_str(json.get()).map_err(|_| error::invalid(place, "not in its form"))
}

/// Postman sends to `http` what names no scheme.
fn with_scheme(url: &str) -> String {
    if url.is_empty() || url.contains("://") || url.starts_with("{{") {
        url.to_owned()
    } else {
        format!("http://{url}")
    }
}

/// A URL from its parts; from `raw` where it has no host.
fn built(url: &Value, notes: &mut Vec<Note>, place: &str) -> String {
    let Some(parts) = url.as_object() else { return text_of(url).unwrap_or_default() };
    let Some(host) = parts.get("host").map(|host| joined(host, ".")).filter(|host| !host.is_empty()) else {
        return parts.get("raw").and_then(text_of).unwrap_or_default();
    };
    let mut text = String::new();
    if let Some(scheme) = parts.get("protocol").and_then(text_of).filter(|scheme| !scheme.is_empty()) {
        text.push_str(scheme.trim_end_matches("://"));
        text.push_str("://");
    }
    if parts.get("auth").is_some_and(|auth| !auth.is_null()) {
        notes.push(Note::new(format!("{place}/url/auth"), "the URL's user is no credential, and left out"));
    }
    text.push_str(&host);
    if let Some(port) = parts.get("port").and_then(text_of).filter(|port| !port.is_empty()) {
        text.push(':');
        text.push_str(&port);
    }
    if let Some(path) = parts.get("path") {
        let path = joined_path(path, parts);
        if !path.starts_with('/') {
            text.push('/');
        }
        text.push_str(&path);
    }
    let pairs: Vec<String> =
        parts.get("query").and_then(Value::as_array).into_iter().flatten().filter_map(pair).collect();
    if !pairs.is_empty() {
        text.push('?');
        text.push_str(&pairs.join("&"));
    }
    text
}

fn joined(value: &Value, separator: &str) -> String {
    match value {
        Value::Array(parts) => parts.iter().filter_map(text_of).collect::<Vec<_>>().join(separator),
        other => text_of(other).unwrap_or_default(),
    }
}

/// `:name` is filled from the URL's own variables.
fn joined_path(path: &Value, url: &Map<String, Value>) -> String {
    let variables = url.get("variable").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let filled = |segment: &str| {
        let name = segment.strip_prefix(':')?;
        let is_it =
            |variable: &&Value| ["key", "id"].iter().any(|key| variable.get(key).and_then(Value::as_str) == Some(name));
        text_of(variables.iter().rev().find(is_it)?.get("value")?)
    };
    let segments: Vec<String> = match path {
        Value::Array(segments) => {
            segments.iter().filter_map(|segment| text_of(segment.get("value").unwrap_or(segment))).collect()
        }
        other => text_of(other).unwrap_or_default().split('/').map(str::to_owned).collect(),
    };
    segments.into_iter().map(|segment| filled(&segment).unwrap_or(segment)).collect::<Vec<_>>().join("/")
}

/// A query parameter; without a value it has no `=`.
fn pair(parameter: &Value) -> Option<String> {
    if parameter.get("disabled") == Some(&Value::Bool(true)) {
        return None;
    }
    let key = parameter.get("key").and_then(text_of);
    let value = parameter.get("value").and_then(text_of);
    match (key, value) {
        (None, None) => None,
        (key, None) => key,
        (key, Some(value)) => Some(format!("{}={value}", key.unwrap_or_default())),
    }
}

/// What no URL holds is percent-encoded; placeholders stay as they are.
fn encoded(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    templates::push(&mut out, url, |out, text| {
        for character in text.chars() {
            let stands = character.is_ascii_graphic()
                && !matches!(character, '"' | '<' | '>' | '`' | '{' | '}' | '\\' | '^' | '|');
            if stands {
                out.push(character);
            } else {
                encode::push_percent(out, character.encode_utf8(&mut [0; 4]));
            }
        }
    });
    out
}

/// A list of keys and values, or lines of `Name: value`.
fn headers_of(headers: &Value) -> Vec<(String, String)> {
    if let Some(text) = headers.as_str() {
        let pairs = text.lines().filter_map(|line| line.split_once(':'));
        return pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
    }
    let list =
        headers.as_array().into_iter().flatten().filter(|header| header.get("disabled") != Some(&Value::Bool(true)));
    let pairs = list.filter_map(|header| {
        let name = header.get("key").and_then(text_of).filter(|name| !name.is_empty())?;
        Some((name, header.get("value").and_then(text_of).unwrap_or_default()))
    });
    pairs.collect()
}

type Fill<'f> = &'f dyn Fn(&str) -> Result<String>;

/// The body's text and the media type that Postman gives it.
fn body_of(body: &Value, fill: Fill<'_>, place: &str, notes: &mut Vec<Note>) -> Result<Option<(String, &'static str)>> {
    let mode = body.get("mode").and_then(Value::as_str).unwrap_or_default();
    let Some(content) = body.get(mode).filter(|_| body.get("disabled") != Some(&Value::Bool(true))) else {
        return Ok(None);
    };
    let (text, media_type) = match mode {
        "raw" => (fill(&text_of(content).unwrap_or_default())?, media_type_of(body)),
        "urlencoded" => (form(content, fill)?, "application/x-www-form-urlencoded"),
        "graphql" => (fill(&graphql(content))?, "application/json"),
        _ => {
            notes.push(Note::new(place, "a body of parts or of a file is left out"));
            return Ok(None);
        }
    };
    Ok((!text.is_empty()).then_some((text, media_type)))
}

fn media_type_of(body: &Value) -> &'static str {
    match body.pointer("/options/raw/language").and_then(Value::as_str) {
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("html") => "text/html",
        Some("javascript") => "application/javascript",
        _ => "text/plain",
    }
}

fn graphql(content: &Value) -> String {
    let mut object = Map::new();
    for key in ["query", "operationName"] {
        object.extend(content.get(key).filter(|value| !value.is_null()).map(|value| (key.to_owned(), value.clone())));
    }
    let variables = content.get("variables").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
    object.insert("variables".into(), variables.unwrap_or_else(|| Value::Object(Map::new())));
    Value::Object(object).to_string()
}

/// A form: a text as it is, or a list of keys and values, which are encoded once their variables are filled.
fn form(content: &Value, fill: Fill<'_>) -> Result<String> {
    let Some(list) = content.as_array() else { return fill(&text_of(content).unwrap_or_default()) };
    let mut text = String::new();
    for parameter in list.iter().filter(|parameter| parameter.get("disabled") != Some(&Value::Bool(true))) {
        let Some(key) = parameter.get("key").and_then(text_of) else { continue };
        if !text.is_empty() {
            text.push('&');
        }
        templates::push_percent(&mut text, &fill(&key)?);
        text.push('=');
        templates::push_percent(&mut text, &fill(&parameter.get("value").and_then(text_of).unwrap_or_default())?);
    }
    Ok(text)
}
