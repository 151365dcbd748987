//! A request as Insomnia builds it, before its authentication.

use countersign::Result;
use serde_json::Value;

use crate::fields::text_of;
use crate::scopes::Scopes;
use crate::{Note, Request, templates, user_info};

pub(super) fn read(json: &Value, place: &str, scopes: &Scopes, notes: &mut Vec<Note>) -> Result<Request> {
    let fill = |text: &str, part: &str| scopes.fill(text, &format!("{place}/{part}"));
    let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default();
    let pairs = |list: Option<&Value>, part: &str| filled_pairs(list, &|text| fill(text, part));
    let url = fill(text("url"), "url")?;
    let url = user_info::without(&with_scheme(&templates::with_path_parameters(
        &url,
        &pairs(json.get("pathParameters"), "pathParameters")?,
    )));
    let parameters = pairs(json.get("parameters"), "parameters")?;
    let query = templates::joined(parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let method = fill(text("method"), "method")?;
    let mut request = Request {
        method: if method.is_empty() { "GET".to_owned() } else { method },
        url: templates::with_query(&url, &query),
        headers: pairs(json.get("headers"), "headers")?,
        body: None,
    };
    if let Some(body) = json.get("body") {
        add_body(&mut request, body, &|text| fill(text, "body"), place, notes)?;
    }
    Ok(request)
}

type Fill<'f> = &'f dyn Fn(&str) -> Result<String>;

fn add_body(request: &mut Request, body: &Value, fill: Fill<'_>, place: &str, notes: &mut Vec<Note>) -> Result<()> {
    let media_type = body.get("mimeType").and_then(Value::as_str).unwrap_or_default();
    let has_type = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if media_type.starts_with("multipart/") || body.get("fileName").is_some_and(|file| !file.is_null() && file != "") {
        notes.push(Note::new(format!("{place}/body"), "a body of parts or of a file is left out"));
        return Ok(());
    }
    if let Some(parameters) = body.get("params").filter(|_| media_type == "application/x-www-form-urlencoded") {
        let pairs = filled_pairs(Some(parameters), fill)?;
        let form = templates::joined(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        request.body = Some(form.into_bytes());
    } else if let Some(text) = body.get("text").and_then(text_of).filter(|text| !text.is_empty()) {
        request.body = Some(fill(&text)?.into_bytes());
    }
    if request.body.is_some() && !has_type && !media_type.is_empty() {
        let media_type = if media_type == "application/graphql" { "application/json" } else { media_type };
        request.headers.push(("Content-Type".to_owned(), media_type.to_owned()));
    }
    Ok(())
}

/// `name` and `value` of those that are not switched off and have a name.
fn filled_pairs(list: Option<&Value>, fill: Fill<'_>) -> Result<Vec<(String, String)>> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    let on = list.filter(|pair| pair.get("disabled") != Some(&Value::Bool(true)));
    let pairs = on.filter_map(|pair| {
        let name = pair.get("name").and_then(text_of).filter(|name| !name.is_empty())?;
        Some((name, pair.get("value").and_then(text_of).unwrap_or_default()))
    });
    pairs.map(|(name, value)| Ok((fill(&name)?, fill(&value)?))).collect()
}

/// Insomnia sends to `http` what names no scheme.
fn with_scheme(url: &str) -> String {
    if url.is_empty() || url.contains("://") || url.starts_with("{{") {
        url.to_owned()
    } else {
        format!("http://{url}")
    }
}
