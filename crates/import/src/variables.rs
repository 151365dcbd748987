//! What an input leaves open is left as `{{NAME}}`, for [`AuthConfig::resolve`](countersign::AuthConfig::resolve).

use countersign::variables::{Part, parts};
use countersign::{AuthConfig, Secret};
use serde_json::Value;

use crate::Request;

/// Names what the input does not say: after scheme and field, in upper case.
///
/// One scheme's field has one name however often it is asked for; another's that would be called the same gets `_2`.
#[derive(Default)]
pub(crate) struct Names(Vec<(String, String, String)>);

impl Names {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// `{{PETSTORE_AUTH_CLIENT_SECRET}}` for `petstore_auth` and `client_secret`.
    pub(crate) fn placeholder(&mut self, scheme: &str, field: &str) -> String {
        format!("{{{{{}}}}}", self.name(scheme, field))
    }

    /// With names that are in use already.
    pub(crate) fn beside(names: &[String]) -> Self {
        Self(names.iter().map(|name| (String::new(), name.clone(), name.clone())).collect())
    }

    /// [`Names::placeholder`] for one value: a field's other value gets another name.
    pub(crate) fn placeholder_of_value(&mut self, scheme: &str, field: &str, value: &str) -> String {
        let key = (format!("{scheme}\0{value}"), field);
        let known = self.0.iter().find(|(of, named, _)| *of == key.0 && named == key.1).map(|(.., name)| name.clone());
        let name = known.unwrap_or_else(|| {
            let name = self.free(&screaming(scheme, field));
            self.0.push((key.0, field.to_owned(), name.clone()));
            name
        });
        format!("{{{{{name}}}}}")
    }

    /// [`Names::placeholder`], as a secret.
    pub(crate) fn secret(&mut self, scheme: &str, field: &str) -> Secret {
        self.placeholder(scheme, field).into()
    }

    fn name(&mut self, scheme: &str, field: &str) -> &str {
        let known = self.0.iter().position(|(of, named, _)| of == scheme && named == field);
        let index = known.unwrap_or_else(|| {
            let name = self.free(&screaming(scheme, field));
            self.0.push((scheme.to_owned(), field.to_owned(), name));
            self.0.len() - 1
        });
        self.0.get(index).map_or("", |(_, _, name)| name)
    }

    fn free(&self, wanted: &str) -> String {
        let taken = |name: &str| self.0.iter().any(|(_, _, other)| other == name);
        let numbered = (2_usize..).map(|number| format!("{wanted}_{number}"));
        std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }
}

/// `petstore-auth`, `clientSecret` as `PETSTORE_AUTH_CLIENT_SECRET`.
fn screaming(scheme: &str, field: &str) -> String {
    let mut name = String::new();
    for part in [scheme, field] {
        let mut after_lower = false;
        if !name.is_empty() {
            name.push('_');
        }
        for character in part.chars() {
            if character.is_ascii_alphanumeric() {
                if after_lower && character.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(character.to_ascii_uppercase());
            } else if !name.is_empty() && !name.ends_with('_') {
                name.push('_');
            }
            after_lower = character.is_ascii_lowercase();
        }
        name.truncate(name.trim_end_matches('_').len());
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

/// The names in `{{name}}` of a config and a request; each once, in order.
pub(crate) fn named_in(auth: &AuthConfig, request: Option<&Request>) -> Vec<String> {
    let mut names = Vec::new();
    if let Ok(value) = serde_json::to_value(auth) {
        in_value(&value, &mut names);
    }
    if let Some(request) = request {
        in_text(&request.method, &mut names);
        in_text(&request.url, &mut names);
        for (name, value) in &request.headers {
            in_text(name, &mut names);
            in_text(value, &mut names);
        }
        if let Some(body) = request.body.as_deref().and_then(|body| str::from_utf8(body).ok()) {
            in_text(body, &mut names);
        }
    }
    names
}

fn in_value(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::String(text) => in_text(text, names),
        Value::Array(items) => items.iter().for_each(|item| in_value(item, names)),
        Value::Object(fields) => fields.values().for_each(|field| in_value(field, names)),
        _ => {}
    }
}

fn in_text(text: &str, names: &mut Vec<String>) {
    for part in parts(text) {
        let Part::Variable(name) = part else { continue };
        if !names.iter().any(|known| known == name.trim()) {
            names.push(name.trim().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_scheme_and_field() {
        let mut names = Names::new();
        assert_eq!(names.placeholder("petstore_auth", "client_secret"), "{{PETSTORE_AUTH_CLIENT_SECRET}}");
        assert_eq!(names.placeholder("petstore-auth", "clientSecret"), "{{PETSTORE_AUTH_CLIENT_SECRET_2}}");
        assert_eq!(names.placeholder("petstore auth!", "client_secret"), "{{PETSTORE_AUTH_CLIENT_SECRET_3}}");
        assert_eq!(names.placeholder("petstore_auth", "client_secret"), "{{PETSTORE_AUTH_CLIENT_SECRET}}");
        assert_eq!(names.placeholder("2legged", "x"), "{{_2LEGGED_X}}");
        assert_eq!(names.placeholder("", "password"), "{{PASSWORD}}");
    }

    #[test]
    fn names_are_found_once_and_in_order() {
        let auth = AuthConfig::api_key("X-{{env}}", "{{ token }}{{env}}");
        let request = Request { url: "{{base}}/{{token}}{{".into(), ..Request::default() };
        assert_eq!(named_in(&auth, Some(&request)), ["env", "token", "base"]);
    }
}
