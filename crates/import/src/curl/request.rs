//! The request that curl would send, before its authentication.

use countersign::Result;
use countersign::scheme::encode;

use super::transfer::{Data, Transfer};
use crate::user_info::{self, User};
use crate::{Request, error};

impl Transfer {
    pub(super) fn method(&self) -> String {
        let has_body = (!self.data.is_empty() || self.has_parts) && !self.get;
        let usual = match () {
            () if self.head => "HEAD",
            () if has_body => "POST",
            () => "GET",
        };
        self.method.clone().unwrap_or_else(|| usual.into())
    }

    /// The URL without its user, and that user: name and, if it is there, password.
    pub(super) fn url_and_user(&self) -> (String, Option<User>) {
        let url = match self.url.split_once("://") {
            None if self.url.starts_with("{{") => self.url.clone(),
            None => format!("http://{}", self.url),
            Some(_) => self.url.clone(),
        };
        user_info::split(&url)
    }

    pub(super) fn request(&self) -> Result<Request> {
        let (url, _) = self.url_and_user();
        if url.split_once("://").is_some_and(|(scheme, _)| {
            !["http", "https"].contains(&&*scheme.to_ascii_lowercase()) && !scheme.contains("{{")
        }) {
            return Err(error::invalid("URL", "not of http or https"));
        }
        let mut url = url.split('#').next().unwrap_or_default().to_owned();
        let in_query = self.query.iter().chain(self.data.iter().filter(|_| self.get));
        let query = joined(in_query);
        if !query.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&query);
        }
        let mut request = Request { method: self.method(), url, ..Request::default() };
        let sends_data = !self.get && !self.data.is_empty();
        request.headers = self.headers(sends_data);
        request.body = sends_data.then(|| joined(self.data.iter()).into_bytes());
        Ok(request)
    }

    /// `-H` comes after what has options of its own, and stands in its place; `Name:` takes away, `Name;` is empty.
    fn headers(&self, sends_data: bool) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> = Vec::new();
        let mut cookies = String::new();
        for (name, value) in &self.own {
            if *name == "Cookie" {
                if !cookies.is_empty() {
                    cookies.push(';');
                }
                cookies.push_str(value);
                continue;
            }
            headers.retain(|(other, _)| other != name);
            headers.extend((!value.is_empty()).then(|| ((*name).to_owned(), value.clone())));
        }
        headers.extend((!cookies.is_empty()).then(|| ("Cookie".to_owned(), cookies)));
        if self.compressed {
            headers.push(("Accept-Encoding".into(), "deflate, gzip, br, zstd".into()));
        }
        if self.is_json {
            headers.push(("Content-Type".into(), "application/json".into()));
            headers.push(("Accept".into(), "application/json".into()));
        } else if sends_data {
            headers.push(("Content-Type".into(), "application/x-www-form-urlencoded".into()));
        }
        let of_options = headers.len();
        let mut taken = Vec::new();
        for header in &self.headers {
            let (name, value) = match (header.split_once(':'), header.split_once(';')) {
                (Some((name, value)), _) => (name.trim(), Some(value.trim()).filter(|value| !value.is_empty())),
                (None, Some((name, rest))) if rest.trim().is_empty() => (name.trim(), Some("")),
                _ => continue,
            };
            taken.push(name.to_owned());
            headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        }
        let mut index = 0;
        headers.retain(|(name, _)| {
            index += 1;
            index > of_options || !taken.iter().any(|taken| taken.eq_ignore_ascii_case(name))
        });
        headers
    }
}

fn joined<'a>(pieces: impl Iterator<Item = &'a Data>) -> String {
    let mut text = String::new();
    for piece in pieces {
        if !text.is_empty() && !matches!(piece, Data::Json(_)) {
            text.push('&');
        }
        match piece {
            Data::AsItIs(piece) | Data::Json(piece) => text.push_str(piece),
            Data::Encoded(name, content) => {
                if let Some(name) = name {
                    text.push_str(name);
                    text.push('=');
                }
                // As in a form: a space is `+`.
                text.push_str(&encode::percent(content.as_bytes()).replace("%20", "+"));
            }
        }
    }
    text
}
