use std::collections::{BTreeMap, HashSet};

use countersign::scheme::encode;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A file of signature vectors, format 1.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    format: u64,
    scheme: String,
    #[serde(default)]
    kind: Option<Kind>,
    source: String,
    vectors: Vec<Vector>,
}

/// Where a file's expected values come from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// A standard or a vendor published them.
    Published,
    /// An independent program computed them.
    Peer,
    /// This project decided, and each vector's comment says why.
    Policy,
}

/// One signature vector: a config, a moment, a request, the server's replies, and what must go out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    name: String,
    comment: Option<String>,
    pub(super) config: Map<String, Value>,
    #[serde(default)]
    pub(super) context: Moment,
    pub(super) request: Message,
    #[serde(default)]
    pub(super) responses: Vec<Reply>,
    pub(super) expect: Expect,
}

/// The clock and the client nonce. Without them the system's count.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Moment {
    pub(super) unix_time: Option<u64>,
    pub(super) nonce: Option<String>,
    pub(super) session_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) method: String,
    pub(super) uri: String,
    #[serde(default)]
    pub(super) headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: Vec<(String, String)>,
}

/// What must hold of the last request that goes out; or the error in its place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) uri: Option<String>,
    pub(super) headers: Option<Vec<(String, String)>>,
    pub(super) absent_headers: Option<Vec<String>>,
    pub(super) auth_params: Option<AuthParams>,
    pub(super) query: Option<Vec<(String, String)>>,
    pub(super) form: Option<Vec<(String, String)>>,
    body: Option<String>,
    body_base64: Option<String>,
    pub(super) canonical_request: Option<String>,
    pub(super) string_to_sign: Option<String>,
    pub(super) error: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthParams {
    pub(super) scheme: Option<String>,
    #[serde(default)]
    pub(super) absent: Vec<String>,
    #[serde(default)]
    pub(super) params: BTreeMap<String, String>,
}

/// Why a file is not one of signature vectors.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FormatError(String);

impl File {
    /// Reads a file's text.
    ///
    /// # Errors
    /// When it is no JSON, lacks a key, has an unknown one or one of another type, is of another format than 1, or names two
    /// vectors alike.
    pub fn parse(json: &str) -> Result<Self, FormatError> {
        let file: Self = serde_json::from_str(json).map_err(|why| FormatError(why.to_string()))?;
        if file.format != 1 {
            return Err(FormatError(format!("`format` is {}; this program reads format 1", file.format)));
        }
        let mut names = HashSet::new();
        for vector in &file.vectors {
            if !names.insert(vector.name.as_str()) {
                return Err(FormatError(format!(
                    "two vectors are called {:?}; names are unique in a file",
                    vector.name
                )));
            }
            vector.check_format().map_err(|why| FormatError(format!("vector {:?}: {why}", vector.name)))?;
        }
        Ok(file)
    }

    /// The `AuthConfig` type that the vectors exercise.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Where the expected values come from, if the file says so.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// What computed or published the expected values.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The vectors, in order.
    #[must_use]
    pub fn vectors(&self) -> &[Vector] {
        &self.vectors
    }
}

impl Vector {
    /// Its name, unique in the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is about, where the file says so.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    /// What serde's types do not say.
    fn check_format(&self) -> Result<(), String> {
        self.request.body().map_err(|why| format!("`request`: {why}"))?;
        let body = self.expect.body().map_err(|why| format!("`expect`: {why}"))?;
        let Expect { uri, headers, absent_headers, auth_params, query, form, .. } = &self.expect;
        let Expect { canonical_request, string_to_sign, error, .. } = &self.expect;
        let others = [
            uri.is_some(),
            headers.is_some(),
            absent_headers.is_some(),
            auth_params.is_some(),
            query.is_some(),
            form.is_some(),
            body.is_some(),
            canonical_request.is_some(),
            string_to_sign.is_some(),
        ];
        if error.is_some() && others.contains(&true) {
            return Err("`expect`: an `error` stands alone, without any other key".into());
        }
        if let Some(reply) = self.responses.iter().find(|reply| !(100..1000).contains(&reply.status)) {
            return Err(format!("`responses`: {} is no status code", reply.status));
        }
        Ok(())
    }
}

impl Message {
    pub(super) fn body(&self) -> Result<Vec<u8>, String> {
        body(self.body.as_deref(), self.body_base64.as_deref()).map(Option::unwrap_or_default)
    }
}

impl Expect {
    pub(super) fn body(&self) -> Result<Option<Vec<u8>>, String> {
        body(self.body.as_deref(), self.body_base64.as_deref())
    }
}

/// A body in one of its two forms.
fn body(text: Option<&str>, base64: Option<&str>) -> Result<Option<Vec<u8>>, String> {
    match (text, base64) {
        (Some(_), Some(_)) => Err("either `body` or `body_base64`, not both".into()),
        (Some(text), None) => Ok(Some(text.as_bytes().to_vec())),
        (None, Some(base64)) => {
            encode::base64_decode(base64.as_bytes()).map(Some).ok_or_else(|| "`body_base64` is not base64".to_owned())
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        File::parse(json).unwrap_err().to_string()
    }

    fn file(vectors: &str) -> String {
        format!(r#"{{ "format": 1, "scheme": "none", "source": "by hand", "vectors": [{vectors}] }}"#)
    }

    fn vector(expect: &str) -> String {
        let request = r#"{ "method": "GET", "uri": "http://h/" }"#;
        format!(r#"{{ "name": "n", "config": {{ "type": "none" }}, "request": {request}, "expect": {expect} }}"#)
    }

    #[test]
    fn what_is_not_in_the_format_is_named() {
        assert!(error("[]").contains("expected struct File"));
        assert!(error(r#"{ "format": 1, "scheme": "", "source": "" }"#).contains("missing field `vectors`"));
        assert!(error(&file("").replace('1', "2")).contains("`format` is 2"));
        assert!(error(&file(&vector(r#"{ "bdy": "" }"#))).contains("unknown field `bdy`"));
        assert!(error(&file(&vector(r#"{ "error": "rejected", "uri": "x" }"#))).contains("stands alone"));
        assert!(error(&file(&vector(r#"{ "body": "", "body_base64": "" }"#))).contains("not both"));
        assert!(error(&file(&vector(r#"{ "body_base64": "?" }"#))).contains("`body_base64`"));
        let twice = [vector("{}"), vector("{}")].join(",");
        assert!(error(&file(&twice)).contains(r#"two vectors are called "n""#));
    }

    #[test]
    fn unknown_keys_are_errors_at_every_level() {
        for level in [
            file("").replacen('{', r#"{ "x": 1,"#, 1),
            file(&vector("{}").replacen('{', r#"{ "x": 1,"#, 1)),
            file(&vector("{}")).replace(r#"{ "method""#, r#"{ "x": 1, "method""#),
            file(&vector("{}").replacen('{', r#"{ "context": { "x": 1 },"#, 1)),
            file(&vector("{}").replacen('{', r#"{ "responses": [{ "status": 200, "x": 1 }],"#, 1)),
            file(&vector(r#"{ "auth_params": { "x": 1 } }"#)),
        ] {
            assert!(error(&level).contains("unknown field `x`"), "{level} gives {}", error(&level));
        }
    }
}
