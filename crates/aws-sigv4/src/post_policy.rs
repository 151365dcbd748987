//! Browser uploads to S3: a form that may be posted until it expires, by whoever has it, and only as its policy allows.
//!
//! ```
//! use countersign_aws_sigv4::{Config, Signer, post_policy::PostPolicy};
//! use countersign_core::Context;
//!
//! let signer = Signer::new(&Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))?;
//! let policy = PostPolicy::new("examplebucket", 3600)
//!     .starts_with("key", "uploads/")
//!     .equals("acl", "private")
//!     .content_length(1, 10 * 1024 * 1024);
//!
//! let form = signer.sign_post_policy(&policy, "eu-west-1", &Context::now())?;
//! // Write these as hidden fields, then the file's own: post to https://examplebucket.s3.eu-west-1.amazonaws.com/
//! assert!(form.fields.iter().any(|(name, _)| name == "x-amz-signature"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Source: "Authenticating Requests in Browser-Based Uploads Using POST", Amazon S3 API Reference.

use std::fmt;

use countersign_core::encode::base64;
use countersign_core::{Context, Error, ErrorKind, Result};

use crate::Signer;
use crate::scope::{Scope, Timestamp, check_part};
use crate::signature::ALGORITHM;

/// What a form may upload, and until when.
#[derive(Clone, Debug)]
pub struct PostPolicy {
    expires_in: u64,
    fields: Vec<(String, String)>,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug)]
enum Condition {
    Equals(String, String),
    StartsWith(String, String),
    ContentLength(u64, u64),
}

/// A form's hidden fields, in order; whoever has them may upload. Add `key` and what else the policy leaves open, and `file`
/// last.
#[derive(Clone)]
#[non_exhaustive]
pub struct PostForm {
    /// Name and value of each field.
    pub fields: Vec<(String, String)>,
    /// The policy as JSON, before it was encoded: for people.
    pub policy: String,
}

impl PostPolicy {
    /// Uploads to a bucket, for `expires_in` seconds from the signing, at most seven days.
    #[must_use]
    pub fn new(bucket: impl Into<String>, expires_in: u64) -> Self {
        let bucket = Condition::Equals("bucket".into(), bucket.into());
        Self { expires_in, fields: Vec::new(), conditions: vec![bucket] }
    }

    /// A field that has exactly this value; it becomes one of the form's.
    #[must_use]
    pub fn equals(mut self, field: impl Into<String>, value: impl Into<String>) -> Self {
        let (field, value) = (field.into(), value.into());
        self.fields.push((field.clone(), value.clone()));
        self.conditions.push(Condition::Equals(field, value));
        self
    }

    /// A field whose value begins so; an empty prefix allows any value.
    #[must_use]
    pub fn starts_with(mut self, field: impl Into<String>, prefix: impl Into<String>) -> Self {
        self.conditions.push(Condition::StartsWith(field.into(), prefix.into()));
        self
    }

    /// How many bytes the file may have, both ends included.
    #[must_use]
    pub fn content_length(mut self, least: u64, most: u64) -> Self {
        self.conditions.push(Condition::ContentLength(least, most));
        self
    }

    fn json(&self, expiration: &str, own: &[(String, String)]) -> String {
        let mut json = format!("{{\"expiration\":\"{expiration}\",\"conditions\":[");
        let own = own.iter().map(|(name, value)| Condition::Equals(name.clone(), value.clone()));
        for (index, condition) in self.conditions.iter().cloned().chain(own).enumerate() {
            if index > 0 {
                json.push(',');
            }
            json.push_str(&match condition {
                Condition::Equals(field, value) => format!("{{{}:{}}}", quoted(&field), quoted(&value)),
                Condition::StartsWith(field, prefix) => {
                    format!("[\"starts-with\",{},{}]", quoted(&format!("${field}")), quoted(&prefix))
                }
                Condition::ContentLength(least, most) => format!("[\"content-length-range\",{least},{most}]"),
            });
        }
        json.push_str("]}");
        json
    }
}

impl Signer {
    /// Signs a form for S3 in a region.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] for an expiry outside 1 to 604,800 seconds, or a region that is empty or holds `/` or a line
    /// end; [`ErrorKind::UnsupportedAlgorithm`] for a signer of SigV4A.
    pub fn sign_post_policy(&self, policy: &PostPolicy, region: &str, ctx: &Context) -> Result<PostForm> {
        check_part("region", region)?;
        if !(1..=604_800).contains(&policy.expires_in) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "the form's expiry is outside 1 to 604800 seconds (seven days)",
            ));
        }
        let timestamp = Timestamp::new(ctx.unix_time())?;
        let scope = Scope { timestamp, region: Some(region), service: "s3" };
        let Self(prepared) = self;
        let key = prepared.mac(&scope, "forms")?;
        let credential = format!("{}/{}", prepared.config.access_key_id, key.scope);
        let mut own = vec![
            ("x-amz-algorithm".to_owned(), ALGORITHM.to_owned()),
            ("x-amz-credential".to_owned(), credential),
            ("x-amz-date".to_owned(), timestamp.as_str().to_owned()),
        ];
        own.extend(prepared.session_token().map(|token| ("x-amz-security-token".to_owned(), token.to_owned())));
        let json = policy.json(&Timestamp::new(ctx.unix_time() + policy.expires_in)?.extended(), &own);
        let encoded = base64(json.as_bytes());
        let signature = key.key.sign_hex(encoded.as_bytes());
        let mut fields = policy.fields.clone();
        fields.append(&mut own);
        fields.push(("policy".to_owned(), encoded));
        fields.push(("x-amz-signature".to_owned(), signature.as_str().to_owned()));
        Ok(PostForm { fields, policy: json })
    }
}

/// Names only: the fields together are a credential.
impl fmt::Debug for PostForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_struct("PostForm").field("fields", &names).finish_non_exhaustive()
    }
}

/// A JSON string (RFC 8259 section 7).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\0'..='\x1f' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use countersign_core::Secret;

    use super::*;
    use crate::Config;
    use crate::signature::SigningKey;

    #[test]
    fn the_documented_signature() {
        // "Example: Browser-Based Upload using HTTP POST", Amazon S3 API Reference: the policy's text with its line ends
        let policy = concat!(
            "{ \"expiration\": \"2015-12-30T12:00:00.000Z\",\r\n",
            "  \"conditions\": [\r\n",
            "    {\"bucket\": \"sigv4examplebucket\"},\r\n",
            "    [\"starts-with\", \"$key\", \"user/user1/\"],\r\n",
            "    {\"acl\": \"public-read\"},\r\n",
            "    {\"success_action_redirect\": \"http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html\"},\r\n",
            "    [\"starts-with\", \"$Content-Type\", \"image/\"],\r\n",
            "    {\"x-amz-meta-uuid\": \"14365123651274\"},\r\n",
            "    {\"x-amz-server-side-encryption\": \"AES256\"},\r\n",
            "    [\"starts-with\", \"$x-amz-meta-tag\", \"\"],\r\n",
            "\r\n",
            "    {\"x-amz-credential\": \"AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request\"},\r\n",
            "    {\"x-amz-algorithm\": \"AWS4-HMAC-SHA256\"},\r\n",
            "    {\"x-amz-date\": \"20151229T000000Z\" }\r\n",
            "  ]\r\n",
            "}",
        );
        let secret = Secret::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let key = SigningKey::derive(&secret, "20151229", "us-east-1", "s3");
        let signature = key.sign_hex(base64(policy.as_bytes()).as_bytes());
        assert_eq!(signature.as_str(), "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
    }

    #[test]
    fn the_form_says_what_the_policy_says() {
        let mut config = Config::new("AKIDEXAMPLE", "secret");
        config.session_token = Some("to\"k3n".into());
        let policy = PostPolicy::new("b", 3600).equals("acl", "a\\\"\n").starts_with("key", "u/").content_length(1, 9);
        let signer = Signer::new(&config).unwrap();
        let form = signer.sign_post_policy(&policy, "eu-west-1", &Context::at(1_451_347_200)).unwrap();
        let json: serde_json::Value = serde_json::from_str(&form.policy).unwrap();
        assert_eq!(json["expiration"], "2015-12-29T01:00:00.000Z");
        let field = |name: &str| form.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
        let conditions = json["conditions"].as_array().unwrap();
        let of_fields = conditions.iter().filter_map(|condition| condition.as_object()?.iter().next());
        for (name, value) in of_fields.filter(|(name, _)| *name != "bucket") {
            assert_eq!(field(name), value.as_str());
        }
        assert_eq!(conditions[2], serde_json::json!(["starts-with", "$key", "u/"]));
        assert_eq!(conditions[3], serde_json::json!(["content-length-range", 1, 9]));
        assert_eq!(field("policy"), Some(base64(form.policy.as_bytes()).as_str()));
        assert_eq!(field("x-amz-credential"), Some("AKIDEXAMPLE/20151229/eu-west-1/s3/aws4_request"));
        assert!(!format!("{form:?}").contains("k3n"));
    }

    #[test]
    fn expiry_and_region_are_checked() {
        let signer = Signer::new(&Config::new("AKIDEXAMPLE", "secret")).unwrap();
        for (expires_in, region) in [(0, "r"), (604_801, "r"), (u64::MAX, "r"), (1, ""), (1, "a/b")] {
            let error =
                signer.sign_post_policy(&PostPolicy::new("b", expires_in), region, &Context::at(0)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        }
    }
}
