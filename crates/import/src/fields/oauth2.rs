//! OAuth 2 as other programs keep it.

use countersign::{AuthConfig, Result};
use serde_json::{Map, Value};

use super::Parameters;
use crate::variables::Names;
use crate::{Note, config, error};

/// A program's words for a token, and for the grant that gets one.
pub(crate) struct Words {
    pub(crate) grant_type: &'static str,
    /// The program's grants and ours.
    pub(crate) grants: &'static [(&'static str, &'static str)],
    /// Keys of the program and fields of ours that hold the same text.
    pub(crate) texts: &'static [(&'static str, &'static str)],
    /// A flag: whether PKCE is used.
    pub(crate) pkce: &'static str,
    /// A key and the value of it that puts the client's credentials into the body; `true` for a flag.
    pub(crate) in_body: (&'static str, &'static str),
    /// A token that is at hand.
    pub(crate) access_token: &'static str,
    /// What stands before the token, and the text that means nothing at all.
    pub(crate) prefix: (&'static str, &'static str),
    /// A key and the value of it that puts the token into the query.
    pub(crate) in_query: (&'static str, &'static str),
    /// Where the token is in the query, if not in `access_token`.
    pub(crate) query_key: &'static str,
}

impl Words {
    /// The config that parameters make.
    pub(crate) fn config(&self, parameters: &Parameters<'_>, notes: &mut Vec<Note>) -> Result<AuthConfig> {
        let mut fields = Map::new();
        fields.extend(parameters.filled(self.access_token)?.map(|token| ("access_token".to_owned(), token.into())));
        fields.insert("grant".into(), self.grant(parameters)?.into());
        if let Some(prefix) = parameters.filled(self.prefix.0)? {
            let prefix = if prefix == self.prefix.1 { String::new() } else { prefix };
            fields.insert("header_prefix".into(), prefix.into());
        }
        let in_query = parameters.known(self.in_query.0)?.as_deref() == Some(self.in_query.1);
        fields.insert("add_to".into(), if in_query { "query" } else { "header" }.into());
        let key = parameters.filled(self.query_key)?.filter(|key| in_query && key != "access_token");
        if key.is_some() {
            let place = format!("{}/{}", parameters.place(), self.query_key);
            notes
                .push(Note::new(place, "left out: a token in the query is called access_token (RFC 6750 section 2.3)"));
        }
        config::read(parameters.place(), "oauth2", fields)
    }

    fn grant(&self, parameters: &Parameters<'_>) -> Result<Map<String, Value>> {
        let given = parameters.known(self.grant_type)?.unwrap_or_else(|| "authorization_code".into());
        let Some((_, kind)) = self.grants.iter().find(|(theirs, _)| *theirs == given) else {
            let what = format!("the grant {} is not one that can be imported", error::quoted(&given));
            return Err(error::unsupported(parameters.place(), what));
        };
        let mut grant = Map::from_iter([("grant_type".to_owned(), Value::from(*kind))]);
        for (theirs, ours) in self.texts {
            grant.extend(parameters.filled(theirs)?.map(|text| ((*ours).to_owned(), text.into())));
        }
        let in_body = parameters.known(self.in_body.0)?.as_deref() == Some(self.in_body.1);
        grant.insert("client_authentication".into(), if in_body { "body" } else { "header" }.into());
        let secret = self.texts.iter().find(|(_, ours)| *ours == "client_secret").map_or("", |(theirs, _)| theirs);
        let is_public = parameters.flag(self.pkce)? || parameters.text(secret)?.is_some();
        let password = self.texts.iter().find(|(_, ours)| *ours == "password").map_or("", |(theirs, _)| theirs);
        name_what_is_missing(&mut grant, kind, is_public, parameters.text(password)?.is_some());
        Ok(grant)
    }
}

/// Endpoints, client and user get variables. Without a secret a client is a public one where the grant allows that and the input
/// says so; a password that is empty on purpose stays empty.
pub(crate) fn name_what_is_missing(grant: &mut Map<String, Value>, kind: &str, is_public: bool, has_password: bool) {
    let mut needed = vec!["client_id"];
    needed.extend(["authorization_code", "implicit"].contains(&kind).then_some("auth_url"));
    needed.extend((kind == "device_code").then_some("device_url"));
    needed.extend((kind == "refresh_token").then_some("refresh_token"));
    needed.extend((kind != "implicit").then_some("access_token_url"));
    if kind == "password" {
        needed.push("username");
        if has_password {
            grant.entry("password").or_insert_with(|| "".into());
        } else {
            needed.push("password");
        }
    }
    if kind == "client_credentials" {
        needed.push("client_secret");
    } else if kind != "implicit" && !grant.contains_key("client_secret") {
        if is_public {
            grant.insert("client_authentication".into(), "none".into());
        } else {
            needed.push("client_secret");
        }
    }
    let mut names = Names::new();
    for field in needed {
        let is_open = grant.get(field).and_then(Value::as_str).is_none_or(str::is_empty);
        if is_open && !(field == "password" && has_password) {
            grant.insert(field.into(), names.placeholder("oauth2", field).into());
        }
    }
}
