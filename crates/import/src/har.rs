//! HTTP archives of browsers and proxies, [HAR 1.2](http://www.softwareishard.com/blog/har-12-spec/).

use countersign::scheme::challenge::challenges;
use countersign::scheme::encode;
use countersign::{AuthConfig, Result, basic, digest, hawk, ntlm, oauth1};
use serde::Deserialize;

use crate::clues::{Clues, Notation};
use crate::describe::shape::{List, Object, Text};
use crate::listed::{Entry, Listed};
use crate::reader::{Input, Reader};
use crate::variables::Names;
use crate::{Beside, Imported, Item, Note, Request, authorization, error, user_info};

/// `log` is the one key of the outermost object.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    clues.notation == Notation::Object && clues.has("log")
}

pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let archive: Archive = serde_json::from_str(input.text).map_err(|why| error::json("the archive", &why))?;
    let Some(log) = archive.log.0 else { return Err(error::invalid("#/log", "the archive has no log")) };
    if log.entries.0.len() > input.limits.items {
        return Err(error::limit("#/log/entries", format!("more than {} entries", input.limits.items)));
    }
    let exchanges = log.entries.0.into_iter().enumerate().filter_map(|(index, entry)| {
        let Exchange { request, response } = entry.0?;
        let (request, response) = (request.0.unwrap_or_default(), response.0.unwrap_or_default());
        let sent = Sent { place: format!("#/log/entries/{index}"), request, response };
        Some((sent.item(index), sent))
    });
    Ok(Box::new(Listed::new(exchanges)))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Archive {
    log: Object<Log>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Log {
    entries: List<Object<Exchange>>,
}

/// What was sent, and what came back. Contents, timings and the like are skipped.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Exchange {
    request: Object<Message>,
    response: Object<Message>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    method: Text,
    url: Text,
    status: Text,
    headers: List<Object<Pair>>,
    #[serde(rename = "postData")]
    body: Object<Body>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pair {
    name: Text,
    value: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(rename = "mimeType")]
    media_type: Text,
    text: Text,
    encoding: Text,
    params: List<Object<Pair>>,
}

/// One entry, and where it stands.
struct Sent {
    place: String,
    request: Message,
    response: Message,
}

impl Message {
    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(&self.headers)
    }
}

fn pairs(list: &List<Object<Pair>>) -> impl Iterator<Item = (&str, &str)> {
    let pairs = list.0.iter().filter_map(|pair| pair.0.as_ref());
    pairs.filter_map(|pair| Some((pair.name.as_deref()?, pair.value.as_deref().unwrap_or_default())))
}

impl Sent {
    fn method(&self) -> &str {
        self.request.method.given().unwrap_or("GET")
    }

    fn item(&self, index: usize) -> Item {
        let url = user_info::without(self.request.url.as_deref().unwrap_or_default());
        let has_header = self.request.pairs().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let auth = match has_header {
            true => Some("header".to_owned()),
            false => self.challenges().first().map(|(scheme, _)| format!("401 {scheme}")),
        };
        Item {
            path: vec![format!("{} {}", self.method(), url.split(['?', '#']).next().unwrap_or_default())],
            pointer: self.place.clone(),
            indices: vec![index],
            method: Some(self.method().to_owned()),
            url: Some(url),
            auth,
            ..Item::default()
        }
    }

    /// The schemes of a 401, the stronger first, each once, and which of them can be imported.
    fn challenges(&self) -> Vec<(String, Option<u8>)> {
        let mut schemes: Vec<(String, Option<u8>)> = Vec::new();
        if self.response.status.as_deref() != Some("401") {
            return schemes;
        }
        let values = self.response.pairs().filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"));
        for challenge in values.flat_map(|(_, value)| challenges(value.as_bytes())).flatten() {
            let scheme = challenge.scheme().to_ascii_lowercase();
            if !schemes.iter().any(|(known, _)| *known == scheme) {
                let rank = ORDER.iter().position(|known| *known == scheme).and_then(|rank| u8::try_from(rank).ok());
                schemes.push((scheme, rank));
            }
        }
        schemes.sort_by_key(|(_, rank)| rank.unwrap_or(u8::MAX));
        schemes
    }

    fn request(&self, notes: &mut Vec<Note>) -> Result<Request> {
        let url = user_info::without(self.request.url.as_deref().unwrap_or_default());
        let url = url.split('#').next().unwrap_or_default().to_owned();
        let authority = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next()).unwrap_or_default();
        let is_of_the_message = |name: &str, value: &str| {
            let name = name.to_ascii_lowercase();
            name.starts_with(':')
                || ["content-length", "connection", "transfer-encoding"].contains(&name.as_str())
                || (name == "host" && value == authority)
        };
        let headers = self.request.pairs().filter(|(name, value)| !is_of_the_message(name, value));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = self.body(notes)?;
        Ok(Request { method: self.method().to_owned(), url, headers, body })
    }

    fn body(&self, notes: &mut Vec<Note>) -> Result<Option<Vec<u8>>> {
        let Some(body) = &self.request.body.0 else { return Ok(None) };
        let place = || format!("{}/request/postData", self.place);
        if let Some(text) = body.text.as_deref().filter(|text| !text.is_empty()) {
            return match body.encoding.given() {
                Some("base64") => {
                    let bytes = encode::base64_decode(text.as_bytes());
                    bytes.map(Some).ok_or_else(|| error::invalid(place(), "the text is not base64"))
                }
                _ => Ok(Some(text.as_bytes().to_vec())),
            };
        }
        let parameters: Vec<(&str, &str)> = pairs(&body.params).collect();
        if parameters.is_empty() {
            return Ok(None);
        }
        let media_type = body.media_type.given().unwrap_or_default();
        if !media_type.starts_with("application/x-www-form-urlencoded") {
            notes.push(Note::new(place(), "a body of parts is left out"));
            return Ok(None);
        }
        // Browsers write parameters as they were sent, tools write them decoded; decoding first makes both one.
        let form = |text: &str| {
            let decoded = encode::percent_decode(text.replace('+', " ").as_bytes()).into_owned();
            encode::percent(&decoded).replace("%20", "+")
        };
        let parameters: Vec<String> =
            parameters.into_iter().map(|(name, value)| format!("{}={}", form(name), form(value))).collect();
        Ok(Some(parameters.join("&").into_bytes()))
    }

    /// What the server asked for, when nothing was sent: user, key and secret are still to fill.
    fn asked(&self, notes: &mut Vec<Note>) -> Result<Vec<AuthConfig>> {
        let place = || format!("{}/response", self.place);
        let schemes = self.challenges();
        let mut names = Names::new();
        let configs: Vec<AuthConfig> =
            schemes.iter().filter_map(|(scheme, _)| open_config(scheme, &mut names)).collect();
        let others: Vec<String> =
            schemes.iter().filter(|(_, rank)| rank.is_none()).map(|(scheme, _)| error::quoted(scheme)).collect();
        if others.is_empty() {
            return Ok(configs);
        }
        let what = format!("the server asks for {}, which cannot be imported", others.join(", "));
        if configs.is_empty() {
            return Err(error::unsupported(place(), what));
        }
        notes.push(Note::new(place(), what));
        Ok(configs)
    }
}

/// The schemes that a challenge can name, the better first.
const ORDER: [&str; 6] = ["digest", "ntlm", "hawk", "oauth", "bearer", "basic"];

/// A scheme without its credentials.
fn open_config(scheme: &str, names: &mut Names) -> Option<AuthConfig> {
    let mut user = |scheme| (names.placeholder(scheme, "username"), names.secret(scheme, "password"));
    Some(match scheme {
        "digest" => {
            let (name, password) = user("digest");
            AuthConfig::Digest(digest::Config::new(name, password))
        }
        "ntlm" => {
            let (name, password) = user("ntlm");
            AuthConfig::Ntlm(ntlm::Config::new(name, password))
        }
        "basic" => {
            let (name, password) = user("basic");
            AuthConfig::Basic(basic::Config::new(name, password))
        }
        "hawk" => AuthConfig::Hawk(hawk::Config::new(names.placeholder("hawk", "id"), names.secret("hawk", "key"))),
        "oauth" => AuthConfig::Oauth1(oauth1::Config::new(
            names.placeholder("oauth1", "consumer_key"),
            names.secret("oauth1", "consumer_secret"),
        )),
        "bearer" => AuthConfig::bearer(names.placeholder("bearer", "token")),
        _ => return None,
    })
}

impl Entry for Sent {
    fn import(&self, _: &Beside) -> Result<Imported> {
        let mut notes = Vec::new();
        let mut request = self.request(&mut notes)?;
        let auth = authorization::settle(AuthConfig::None, &mut request, &mut Names::new(), &mut notes);
        if !matches!(auth, AuthConfig::None) {
            return Ok(Imported::new(auth, [], Some(request), notes));
        }
        let mut ways = self.asked(&mut notes)?.into_iter();
        Ok(Imported::new(ways.next().unwrap_or(AuthConfig::None), ways, Some(request), notes))
    }
}
