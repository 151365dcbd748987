//! Postman's OAuth 2 in both directions: a token, or the grant that gets one.

use countersign::{AuthConfig, Result};
use serde_json::{Map, Value, json};

use crate::fields::{Parameters, name_what_is_missing, text_of};
use crate::variables::Names;
use crate::{Note, config, error};

/// Postman's grants and ours. The first name is the one that is written.
const GRANTS: &[(&str, &str)] = &[
    ("authorization_code_with_pkce", "authorization_code"),
    ("authorization_code", "authorization_code"),
    ("implicit", "implicit"),
    ("password_credentials", "password"),
    ("client_credentials", "client_credentials"),
];

/// Postman's key and the grant's field, where both hold the same text.
const TEXTS: &[(&str, &str)] = &[
    ("accessTokenUrl", "access_token_url"),
    ("authUrl", "auth_url"),
    ("redirect_uri", "callback_url"),
    ("clientId", "client_id"),
    ("clientSecret", "client_secret"),
    ("scope", "scope"),
    ("state", "state"),
    ("code_verifier", "code_verifier"),
    ("username", "username"),
    ("password", "password"),
    ("audience", "audience"),
    ("tokenName", "token_name"),
];

pub(super) fn read(parameters: &Parameters<'_>, notes: &mut Vec<Note>) -> Result<AuthConfig> {
    if parameters.filled("tokenType")?.is_some_and(|kind| kind.eq_ignore_ascii_case("mac")) {
        return Err(error::unsupported(parameters.place(), "tokens of the type mac cannot be imported"));
    }
    let mut fields = Map::new();
    let has_grant = ["grant_type", "accessTokenUrl", "authUrl"].into_iter().map(|key| parameters.filled(key));
    let has_grant = has_grant.collect::<Result<Vec<_>>>()?.iter().any(Option::is_some);
    match parameters.filled("accessToken")? {
        Some(token) => fields.extend([("access_token".to_owned(), token.into())]),
        None if has_grant => {}
        None => fields.extend([("access_token".to_owned(), Names::new().placeholder("oauth2", "access_token").into())]),
    }
    if has_grant {
        fields.insert("grant".into(), grant(parameters, notes)?.into());
    }
    if let Some(prefix) = parameters.text("headerPrefix")? {
        fields.insert("header_prefix".into(), prefix.into());
    }
    let in_query = parameters.known("addTokenTo")?.as_deref() == Some("queryParams");
    fields.insert("add_to".into(), if in_query { "query" } else { "header" }.into());
    config::read(parameters.place(), "oauth2", fields)
}

fn grant(parameters: &Parameters<'_>, notes: &mut Vec<Note>) -> Result<Map<String, Value>> {
    let given = parameters.known("grant_type")?.unwrap_or_else(|| "authorization_code".into());
    let Some((_, kind)) = GRANTS.iter().find(|(postman, _)| *postman == given) else {
        let what = format!("the grant {} is not one that can be imported", error::quoted(&given));
        return Err(error::unsupported(parameters.place(), what));
    };
    let mut grant = Map::from_iter([("grant_type".to_owned(), Value::from(*kind))]);
    for (key, ours) in TEXTS {
        grant.extend(parameters.filled(key)?.map(|text| ((*ours).to_owned(), text.into())));
    }
    let method = parameters.known("challengeAlgorithm")?;
    grant.extend(method.map(|method| ("code_challenge_method".to_owned(), method.into())));
    let authentication = parameters.known("client_authentication")?;
    let in_body = authentication.as_deref() == Some("body");
    grant.insert("client_authentication".into(), if in_body { "body" } else { "header" }.into());
    // Who leaves the secret empty has a public client.
    let is_public = given.ends_with("_with_pkce") || parameters.text("clientSecret")?.is_some();
    name_what_is_missing(&mut grant, kind, is_public, parameters.text("password")?.is_some());
    further(&mut grant, parameters, notes)?;
    Ok(grant)
}

/// Further parameters, and what ours does not have.
fn further(grant: &mut Map<String, Value>, parameters: &Parameters<'_>, notes: &mut Vec<Note>) -> Result<()> {
    let mut note = |key: &str, text: &str| notes.push(Note::new(format!("{}/{key}", parameters.place()), text));
    for (key, ours) in [("authRequestParams", "auth_request_params"), ("tokenRequestParams", "token_request_params")] {
        let mut pairs = Vec::new();
        for parameter in
            parameters.objects(key).iter().filter(|parameter| parameter.get("enabled") != Some(&Value::Bool(false)))
        {
            let text = |field| parameter.get(field).and_then(text_of).unwrap_or_default();
            let goes = text("send_as");
            if goes == "request_header" || (goes == "request_url" && key == "tokenRequestParams") {
                note(key, "a parameter that goes into the token request's header or URL is left out");
                continue;
            }
            pairs.push((parameters.fill(&text("key"), key)?, parameters.fill(&text("value"), key)?));
        }
        if !pairs.is_empty() {
            grant.insert(ours.into(), json!(pairs));
        }
    }
    if !parameters.objects("refreshRequestParams").is_empty() {
        note("refreshRequestParams", "parameters for the refresh request only are left out");
    }
    let refresh = parameters.filled("refreshTokenUrl")?;
    if refresh.is_some_and(|url| grant.get("access_token_url").and_then(Value::as_str) != Some(&*url)) {
        note("refreshTokenUrl", "left out: tokens are refreshed where they are got");
    }
    if parameters.flag("useBrowser")? {
        note(
            "useBrowser",
            "the callback is Postman's own page; register one on this machine, http://127.0.0.1/ for instance",
        );
    }
    Ok(())
}

/// A config's fields as Postman's parameters. What Postman does not have is left out: the caller reads them back.
pub(super) fn write(fields: &Map<String, Value>) -> Vec<(&'static str, Value)> {
    let mut parameters = Vec::new();
    let mut push = |key, value: Option<&Value>| parameters.extend(value.map(|value| (key, value.clone())));
    push("accessToken", fields.get("access_token"));
    push("headerPrefix", Some(fields.get("header_prefix").unwrap_or(&json!("Bearer"))));
    let in_query = fields.get("add_to").and_then(Value::as_str) == Some("query");
    push("addTokenTo", Some(&json!(if in_query { "queryParams" } else { "header" })));
    let Some(grant) = fields.get("grant").and_then(Value::as_object) else { return parameters };

    let text = |field| grant.get(field).and_then(Value::as_str);
    let kind = GRANTS.iter().find(|(_, ours)| text("grant_type") == Some(*ours));
    push("grant_type", kind.map(|(postman, _)| json!(postman)).as_ref());
    for (key, ours) in TEXTS {
        push(key, grant.get(*ours));
    }
    push("challengeAlgorithm", grant.get("code_challenge_method"));
    match text("client_authentication") {
        // A secret that is there and empty: a public client.
        Some("none") => push("clientSecret", Some(&json!(""))),
        other => push("client_authentication", other.map(|text| json!(text)).as_ref()),
    }
    for (key, ours, goes) in [
        ("authRequestParams", "auth_request_params", "request_url"),
        ("tokenRequestParams", "token_request_params", "request_body"),
    ] {
        let pairs = grant.get(ours).and_then(Value::as_array).into_iter().flatten();
        let objects: Vec<Value> = pairs
            .filter_map(|pair| {
                Some(json!({ "key": pair.get(0)?, "value": pair.get(1)?, "enabled": true, "send_as": goes }))
            })
            .collect();
        push(key, (!objects.is_empty()).then(|| json!(objects)).as_ref());
    }
    parameters
}
