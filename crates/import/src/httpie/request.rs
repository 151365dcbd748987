//! The request that HTTPie would send, before its authentication.

use countersign::Result;

use super::Command;
use super::items::Kind;
use super::json;
use super::options::Body;
use crate::{Note, Request, error, templates};

/// `:3000/x`, `example.com`, `://example.com` with their schemes.
pub(super) fn whole_url(url: &str, scheme: &str) -> String {
    let url = url.strip_prefix("://").unwrap_or(url);
    let has_scheme = url.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|it| it.is_ascii_alphanumeric() || "+-.".contains(it))
    });
    if has_scheme || url.starts_with("{{") {
        return url.to_owned();
    }
    if let Some(rest) = url.strip_prefix(':').filter(|rest| !rest.starts_with(':')) {
        let (port, path) = rest.split_at(rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(rest.len()));
        let colon = if port.is_empty() { "" } else { ":" };
        return format!("{scheme}://localhost{colon}{port}{path}");
    }
    format!("{scheme}://{url}")
}

/// Name and password before a URL's host, as they stand there.
pub(super) fn raw_user(url: &str) -> Option<(String, String)> {
    let (_, rest) = url.split_once("://")?;
    let (user, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    Some((name.to_owned(), password.to_owned()))
}

impl Command {
    pub(super) fn request(&self, notes: &mut Vec<Note>) -> Result<Request> {
        let mut url = self.url.split('#').next().unwrap_or_default().to_owned();
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        if scheme.is_some_and(|scheme| !["http", "https"].contains(&scheme.as_str()) && !scheme.contains("{{")) {
            return Err(error::invalid("URL", "not of http or https"));
        }
        for item in self.items.iter().filter(|item| item.kind == Kind::Query) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&form_encoded(&item.key));
            url.push('=');
            url.push_str(&form_encoded(&item.value));
        }
        let mut request = Request { method: self.method.clone(), url, ..Request::default() };
        self.add_body(&mut request, notes)?;
        for item in &self.items {
            if matches!(item.kind, Kind::Header | Kind::EmptyHeader) {
                // HTTPie's own give way; `Name:` takes them away.
                let is_first = !self.items.iter().take_while(|other| !std::ptr::eq(*other, item)).any(|other| {
                    matches!(other.kind, Kind::Header | Kind::EmptyHeader) && other.key.eq_ignore_ascii_case(&item.key)
                });
                if is_first || (item.kind == Kind::Header && item.value.is_empty()) {
                    request.take_header(&item.key);
                }
                if item.kind == Kind::EmptyHeader || !item.value.is_empty() {
                    request.headers.push((item.key.clone(), item.value.trim().to_owned()));
                }
            }
        }
        Ok(request)
    }

    fn add_body(&self, request: &mut Request, notes: &mut Vec<Note>) -> Result<()> {
        let data: Vec<_> = self.items.iter().filter(|item| item.is_data()).collect();
        let has_data = !data.is_empty() || self.options.raw.is_some();
        if self.options.body == Body::Multipart {
            notes.push(Note::new("--multipart", "a body of parts is left out"));
            return Ok(());
        }
        let is_json = self.options.body == Body::Json;
        if is_json && (has_data || self.options.is_json) {
            request.headers.push(("Accept".into(), "application/json, */*;q=0.5".into()));
            request.headers.push(("Content-Type".into(), "application/json".into()));
        } else if !is_json {
            request.headers.push(("Content-Type".into(), "application/x-www-form-urlencoded; charset=utf-8".into()));
        }
        request.body = match (&self.options.raw, is_json) {
            (Some(raw), _) if data.is_empty() => Some(raw.clone().into_bytes()),
            (Some(_), _) => return Err(error::invalid("--raw", "stands beside data items")),
            (None, _) if data.is_empty() => None,
            (None, true) => Some(json::body(&self.items)?.into_bytes()),
            (None, false) => {
                let pairs = data.iter().map(|item| {
                    let value =
                        if item.kind == Kind::Json { plain(&item.key, &item.value)? } else { item.value.clone() };
                    Ok(format!("{}={}", form_encoded(&item.key), form_encoded(&value)))
                });
                Some(pairs.collect::<Result<Vec<_>>>()?.join("&").into_bytes())
            }
        };
        Ok(())
    }
}

/// A JSON value in a form: only texts, numbers and flags can be, as Python writes them.
fn plain(key: &str, json: &str) -> Result<String> {
    match serde_json::from_str(json) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        Ok(serde_json::Value::Number(number)) => Ok(number.to_string()),
        Ok(serde_json::Value::Bool(flag)) => Ok(if flag { "True" } else { "False" }.to_owned()),
        _ => Err(error::invalid(format!("item {}", error::quoted(key)), "a form takes no objects, lists and nulls")),
    }
}

/// As Python's `quote_plus`.
fn form_encoded(text: &str) -> String {
    let mut out = String::new();
    templates::push_form(&mut out, text);
    out
}
