use std::fmt;
use std::fs;
use std::path::Path;

use countersign::Payload;
use countersign::scheme::encode;
use http::Request;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Written, append, input, method, uri};
use crate::config;
use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default = "get")]
    method: String,
    #[serde(alias = "uri")]
    url: String,
    #[serde(default)]
    headers: Headers,
    body: Option<String>,
    body_base64: Option<String>,
    body_file: Option<String>,
    auth: Option<Value>,
}

fn get() -> String {
    "GET".into()
}

/// Reads the JSON form.
pub(super) fn read(text: &[u8], dir: &Path) -> Result<Written, Failure> {
    let unreadable = |why: String| input(format!("the request is not in its JSON form: {why}"));
    let form: Form = serde_json::from_slice(text).map_err(|why| {
        // What is no JSON at all is told by its place.
        let told = serde_json::from_slice(text).map(|json: Value| config::refusal::<Form>(&json, &why.to_string()));
        unreadable(told.unwrap_or_else(|_| why.to_string()))
    })?;

    let body = match (form.body, form.body_base64, form.body_file) {
        (None, None, None) => Vec::new(),
        (Some(text), None, None) => text.into_bytes(),
        (None, Some(base64), None) => encode::base64_decode(base64.as_bytes())
            .ok_or_else(|| unreadable("`body_base64` is not base64".to_owned()))?,
        (None, None, Some(file)) => {
            let path = dir.join(file);
            fs::read(&path).map_err(|why| input(format!("cannot read the body, {}: {why}", path.display())))?
        }
        _ => return Err(unreadable("write one of `body`, `body_base64` and `body_file`".into())),
    };
    let mut request = Request::new(Payload::from(body));
    *request.method_mut() = method(&form.method)?;
    *request.uri_mut() = uri(&form.url)?;
    for (name, value) in &form.headers.0 {
        append(request.headers_mut(), name, value.as_bytes())?;
    }
    Ok(Written { request, auth: form.auth })
}

/// A list of pairs, or an object whose values are texts or lists of texts.
#[derive(Default)]
struct Headers(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers as a list of [name, value], or as an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Headers, A::Error> {
        let mut headers = Vec::new();
        while let Some(pair) = list.next_element()? {
            headers.push(pair);
        }
        Ok(Headers(headers))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = Vec::new();
        while let Some((name, Values(values))) = map.next_entry::<String, Values>()? {
            headers.extend(values.into_iter().map(|value| (name.clone(), value)));
        }
        Ok(Headers(headers))
    }
}

struct Values(Vec<String>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValuesVisitor)
    }
}

struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header's value as a string, or several in a list")
    }

    fn visit_str<E>(self, value: &str) -> Result<Values, E> {
        Ok(Values(vec![value.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Values(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        read(text.as_bytes(), Path::new("/nowhere")).unwrap_err().to_string()
    }

    #[test]
    fn headers_may_be_a_list_or_an_object() {
        for headers in [r#"[["b", "1"], ["a", "x"], ["b", "2"]]"#, r#"{ "a": "x", "b": ["1", "2"] }"#] {
            let text = format!(r#"{{ "uri": "http://h/", "headers": {headers} }}"#);
            let request = read(text.as_bytes(), Path::new(".")).unwrap().request;
            assert_eq!(request.method(), "GET");
            assert_eq!(request.headers()["a"], "x");
            assert_eq!(request.headers().get_all("b").iter().collect::<Vec<_>>(), ["1", "2"]);
        }
    }

    #[test]
    fn errors_name_what_is_wrong_and_hide_values() {
        for (text, message) in [
            ("{", "EOF"),
            (r#"{ "url": "/", "bdy": "" }"#, "unknown field `bdy`"),
            (r#"{ "method": "GET" }"#, "missing field `url`"),
            (
                r#"{ "url": "/", "headers": { "x": 12345 } }"#,
                "invalid type: integer, expected a header's value as a string",
            ),
            (r#"{ "url": "/", "headers": [["x", 12345]] }"#, "invalid type: integer, expected a string"),
            (r#"{ "url": "/", "headers": "12345" }"#, "`headers`: invalid type: string, expected headers as a list"),
            (r#"{ "url": "/", "body": "", "body_file": "" }"#, "write one of `body`"),
            (r#"{ "url": "/", "body_base64": "12345" }"#, "`body_base64` is not base64"),
            (r#"{ "url": "/", "body_file": "x" }"#, "cannot read the body, /nowhere/x"),
        ] {
            assert!(error(text).contains(message) && !error(text).contains("12345"), "{text} gives {}", error(text));
        }
    }
}
