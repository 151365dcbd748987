//! Which fields of a config are secrets, so that they can be moved out of it.

use countersign::{AuthConfig, Error, ErrorKind, Result};
use serde_json::{Map, Value};

use crate::Imported;
use crate::variables::Names;

/// Type, what its variables are named after, and its secrets. `grant` stands for OAuth 2's.
const SECRETS: &[(&str, &str, &[&str])] = &[
    ("api-key", "api_key", &["value"]),
    ("bearer", "bearer", &["token"]),
    ("basic", "basic", &["password"]),
    ("digest", "digest", &["password"]),
    ("ntlm", "ntlm", &["password", "nt_hash"]),
    ("oauth1", "oauth1", &["consumer_secret", "token_secret", "private_key"]),
    ("oauth2", "oauth2", &["access_token"]),
    (
        "grant",
        "oauth2",
        &[
            "client_secret",
            "private_key",
            "dpop_key",
            "code_verifier",
            "password",
            "refresh_token",
            "assertion",
            "subject_token",
            "actor_token",
        ],
    ),
    ("hawk", "hawk", &["key"]),
    ("aws-sigv4", "aws", &["secret_access_key", "session_token"]),
    ("edgegrid", "edgegrid", &["client_secret"]),
];

impl Imported {
    /// Moves every secret that stands in `auth` and `alternatives` out of them: `{{NAME}}` stays in its place, and the names
    /// and values are returned. A text that already holds a `{{NAME}}` stays as it is, an empty one too. The request is not
    /// touched.
    ///
    /// ```
    /// use countersign_import::{Beside, Limits, Source};
    ///
    /// let source = Source::read(b"curl -u aladdin:sesame https://example.com/", None, &Limits::default())?;
    /// let mut imported = source.import(None, &Beside::new())?;
    /// assert_eq!(imported.take_secrets()?, [("BASIC_PASSWORD".to_owned(), "sesame".to_owned())]);
    /// assert_eq!(imported.variables, ["BASIC_PASSWORD"]);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when a config of the user's own making cannot be written as JSON.
    pub fn take_secrets(&mut self) -> Result<Vec<(String, String)>> {
        let mut taken = Taken { names: Names::beside(&self.variables), secrets: Vec::new() };
        let auth = taken.take(&self.auth)?;
        self.alternatives = self.alternatives.iter().map(|way| taken.take(way)).collect::<Result<_>>()?;
        self.set_auth(auth);
        Ok(taken.secrets)
    }
}

struct Taken {
    names: Names,
    secrets: Vec<(String, String)>,
}

impl Taken {
    fn take(&mut self, auth: &AuthConfig) -> Result<AuthConfig> {
        let unwritable = |_| Error::new(ErrorKind::InvalidConfig, "the config cannot be written as JSON");
        let mut json = serde_json::to_value(auth).map_err(unwritable)?;
        self.take_from(&mut json);
        serde_json::from_value(json).map_err(unwritable)
    }

    fn take_from(&mut self, config: &mut Value) {
        for inner in config.get_mut("of").and_then(Value::as_array_mut).into_iter().flatten() {
            self.take_from(inner);
        }
        let Some(fields) = config.as_object_mut() else { return };
        let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.take_fields(&kind, fields);
        if let Some(Value::Object(grant)) = fields.get_mut("grant") {
            self.take_fields("grant", grant);
        }
    }

    fn take_fields(&mut self, kind: &str, fields: &mut Map<String, Value>) {
        let Some((_, scheme, secrets)) = SECRETS.iter().find(|(other, ..)| *other == kind) else { return };
        for name in *secrets {
            let Some(Value::String(text)) = fields.get_mut(*name) else { continue };
            if text.is_empty() || text.contains("{{") {
                continue;
            }
            // One scheme's same secret, in another alternative, is the same variable; another secret is another.
            let placeholder = self.names.placeholder_of_value(scheme, name, text);
            let variable = placeholder.trim_start_matches("{{").trim_end_matches("}}").to_owned();
            let value = std::mem::replace(text, placeholder);
            if !self.secrets.iter().any(|(known, _)| *known == variable) {
                self.secrets.push((variable, value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Every field of every type that may hold a text.
    fn full() -> Vec<Value> {
        let grant: Map<String, Value> = [
            "client_id",
            "client_secret",
            "private_key",
            "dpop_key",
            "code_verifier",
            "username",
            "password",
            "refresh_token",
            "assertion",
            "subject_token",
            "actor_token",
            "scope",
            "state",
            "issuer",
            "key_id",
        ]
        .map(|name| (name.to_owned(), json!(name)))
        .into_iter()
        .chain([("grant_type".to_owned(), json!("password")), ("access_token_url".to_owned(), json!("u"))])
        .collect();
        vec![
            json!({ "type": "api-key", "key": "k", "value": "value" }),
            json!({ "type": "bearer", "token": "token" }),
            json!({ "type": "basic", "username": "u", "password": "password" }),
            json!({ "type": "digest", "username": "u", "password": "password", "nonce": "n", "client_nonce": "c", "opaque": "o" }),
            json!({ "type": "ntlm", "username": "u", "password": "password", "nt_hash": "nt_hash" }),
            json!({ "type": "oauth1", "consumer_key": "k", "consumer_secret": "consumer_secret", "token": "t", "token_secret": "token_secret", "private_key": "private_key", "verifier": "v" }),
            json!({ "type": "oauth2", "access_token": "access_token", "grant": grant }),
            json!({ "type": "hawk", "id": "i", "key": "key" }),
            json!({ "type": "aws-sigv4", "access_key_id": "i", "secret_access_key": "secret_access_key", "session_token": "session_token" }),
            json!({ "type": "edgegrid", "access_token": "a", "client_token": "c", "client_secret": "client_secret" }),
        ]
    }

    /// Every text of a config, but what its `type` and the like are.
    fn texts(json: &Value) -> Vec<String> {
        let fields = json.as_object().unwrap().iter();
        let fields = fields.filter(|(name, _)| !["type", "grant_type", "add_to"].contains(&name.as_str()));
        let texts = fields.flat_map(|(_, value)| match value {
            Value::String(text) => vec![text.clone()],
            Value::Object(_) => texts(value),
            _ => Vec::new(),
        });
        texts.collect()
    }

    /// Marks each text, so that it cannot be taken for a field's name.
    fn mark(json: &mut Value) {
        for (name, value) in json.as_object_mut().unwrap() {
            match value {
                Value::Object(_) => mark(value),
                Value::String(text) if !["type", "grant_type"].contains(&name.as_str()) => *text = format!("<{name}>"),
                _ => {}
            }
        }
    }

    /// What `Debug` hides is a secret, and the table must know it.
    #[test]
    fn the_table_knows_every_secret() {
        for mut json in full() {
            mark(&mut json);
            let config: AuthConfig = serde_json::from_value(json).unwrap();
            let (shown, before) = (format!("{config:?}"), texts(&serde_json::to_value(&config).unwrap()));
            let mut imported = Imported::new(config, None, None, Vec::new());
            let secrets = imported.take_secrets().unwrap();
            assert!(!secrets.is_empty(), "{shown}");
            let after = texts(&serde_json::to_value(&imported.auth).unwrap());
            for text in before.iter().filter(|text| text.starts_with('<')) {
                assert_ne!(shown.contains(text), !after.contains(text), "{text}: {shown}");
            }
        }
    }

    #[test]
    fn one_secret_has_one_name_and_two_have_two() {
        let basic = |password: &str| AuthConfig::basic("u", password);
        let all = AuthConfig::all([
            AuthConfig::api_key("a", "1"),
            AuthConfig::api_key("b", "2"),
            AuthConfig::bearer("{{t}}"),
        ]);
        let mut imported = Imported::new(basic("p"), [basic("p"), all], None, Vec::new());
        let secrets = imported.take_secrets().unwrap();
        let expected = [("BASIC_PASSWORD", "p"), ("API_KEY_VALUE", "1"), ("API_KEY_VALUE_2", "2")];
        assert_eq!(secrets, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(imported.take_secrets().unwrap(), []);

        // A name that is taken already is not taken again.
        let all = AuthConfig::all([AuthConfig::basic("{{BASIC_PASSWORD}}", ""), AuthConfig::api_key("k", "v")]);
        let with = |password| AuthConfig::all([AuthConfig::api_key("{{BASIC_PASSWORD}}", "{{v}}"), basic(password)]);
        let mut imported = Imported::new(with("p"), [all], None, Vec::new());
        assert_eq!(imported.take_secrets().unwrap()[0].0, "BASIC_PASSWORD_2");
    }
}
