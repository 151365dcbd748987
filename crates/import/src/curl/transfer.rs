//! The options of one transfer.

use countersign::Result;

use super::options;
use crate::{Item, Note, error};

/// One URL with the options that count for it.
#[derive(Clone, Default)]
pub(super) struct Transfer {
    pub(super) url: String,
    pub(super) method: Option<String>,
    pub(super) headers: Vec<String>,
    pub(super) user: Option<String>,
    pub(super) bearer: Option<String>,
    pub(super) aws: Option<String>,
    pub(super) schemes: Schemes,
    pub(super) data: Vec<Data>,
    pub(super) query: Vec<Data>,
    pub(super) is_json: bool,
    pub(super) has_parts: bool,
    pub(super) get: bool,
    pub(super) head: bool,
    pub(super) compressed: bool,
    /// Headers that have options of their own: name and value.
    pub(super) own: Vec<(&'static str, String)>,
    pub(super) notes: Vec<Note>,
}

/// What `--basic` and its like allow. With none of them it is Basic.
#[derive(Clone, Copy, Default)]
pub(super) struct Schemes {
    pub(super) basic: bool,
    pub(super) digest: bool,
    pub(super) ntlm: bool,
    pub(super) negotiate: bool,
}

/// A piece of a body or query.
#[derive(Clone)]
pub(super) enum Data {
    AsItIs(String),
    /// To be percent-encoded: a name, if there is one, and the content.
    Encoded(Option<String>, String),
    /// Joined without `&`.
    Json(String),
}

impl Transfer {
    /// The transfers of one command: one for each URL; `--next` begins anew.
    pub(super) fn read_all(arguments: &[String], line: usize) -> Result<Vec<Self>> {
        let mut all = Vec::new();
        for arguments in arguments.split(|argument| argument == "--next" || argument == "-:") {
            let (mut transfer, mut urls) = (Self::default(), Vec::new());
            let mut rest = arguments.iter();
            let mut options_end = false;
            while let Some(argument) = rest.next() {
                match argument.strip_prefix('-').filter(|_| !options_end && argument.len() > 1) {
                    None => urls.push(argument.clone()),
                    Some("-") => options_end = true,
                    Some(option) => match option.strip_prefix('-') {
                        Some(long) => transfer.long(long, &mut rest, &mut urls, line)?,
                        None => transfer.short(option, &mut rest, &mut urls, line)?,
                    },
                }
            }
            all.extend(urls.into_iter().map(|url| Self { url, ..transfer.clone() }));
        }
        Ok(all)
    }

    /// `--user U:P`, `--user=U:P`, `--no-basic`, `--oauth2-b TOKEN`.
    fn long<'a>(
        &mut self,
        option: &str,
        rest: &mut impl Iterator<Item = &'a String>,
        urls: &mut Vec<String>,
        line: usize,
    ) -> Result<()> {
        let (name, given) = match option.split_once('=') {
            Some((name, given)) => (name, Some(given.to_owned())),
            None => (option, None),
        };
        let unknown = || {
            error::invalid(
                format!("line {line}"),
                format!("curl has no option {}", error::quoted(&format!("--{name}"))),
            )
        };
        let known = options::whole_of(name);
        let negated = || {
            name.strip_prefix("no-")
                .and_then(options::whole_of)
                .filter(|name| options::takes_argument(name) == Some(false))
        };
        match (known, given) {
            (Some(name), given) if options::takes_argument(name) == Some(true) => {
                let value = given.or_else(|| rest.next().cloned()).ok_or_else(|| lacks_argument(name))?;
                self.set(name, value, urls)
            }
            (Some(name), None) => self.flag(name, true),
            (None, None) if name == "help" => Ok(()),
            (None, None) => self.flag(negated().ok_or_else(unknown)?, false),
            (_, Some(_)) => Err(unknown()),
        }
    }

    /// `-sSL`, `-XPOST`, `-u U:P`.
    fn short<'a>(
        &mut self,
        letters: &str,
        rest: &mut impl Iterator<Item = &'a String>,
        urls: &mut Vec<String>,
        line: usize,
    ) -> Result<()> {
        let mut characters = letters.chars();
        while let Some(letter) = characters.next() {
            let Some(name) = options::long_of(letter) else {
                let what = format!("curl has no option {}", error::quoted(&format!("-{letter}")));
                return Err(error::invalid(format!("line {line}"), what));
            };
            if options::takes_argument(name) == Some(true) {
                let attached = characters.as_str();
                let value = if attached.is_empty() { rest.next().cloned() } else { Some(attached.to_owned()) };
                return self.set(name, value.ok_or_else(|| lacks_argument(name))?, urls);
            }
            match name.strip_prefix("no-") {
                Some(name) => self.flag(name, false)?,
                None => self.flag(name, true)?,
            }
        }
        Ok(())
    }

    fn flag(&mut self, name: &'static str, on: bool) -> Result<()> {
        match name {
            "basic" => self.schemes.basic = on,
            "digest" => self.schemes.digest = on,
            "ntlm" => self.schemes.ntlm = on,
            "negotiate" => self.schemes.negotiate = on,
            "anyauth" => self.schemes = Schemes { basic: on, digest: on, ntlm: on, negotiate: false },
            "ntlm-wb" if on => return Err(error::unsupported("--ntlm-wb", "Winbind's login is not at hand")),
            "netrc" | "netrc-optional" if on => return Err(opens_file(name)),
            "get" => self.get = on,
            "head" => self.head = on,
            "compressed" => self.compressed = on,
            "location-trusted" if on => self.note(name, "credentials go to no other host that a redirect names"),
            _ => {}
        }
        Ok(())
    }

    fn set(&mut self, name: &'static str, value: String, urls: &mut Vec<String>) -> Result<()> {
        match name {
            "url" => urls.push(value),
            "user" => self.user = Some(value),
            "oauth2-bearer" => self.bearer = Some(value),
            "aws-sigv4" => self.aws = Some(value),
            "request" => self.method = Some(value),
            "header" if value.starts_with('@') => return Err(opens_file(name)),
            "header" => self.headers.push(value),
            "user-agent" => self.own.push(("User-Agent", value)),
            "referer" => self.own.push(("Referer", value.trim_end_matches(";auto").to_owned())),
            "range" => self.own.push(("Range", format!("bytes={value}"))),
            "cookie" if !value.contains('=') => return Err(opens_file(name)),
            "cookie" => self.own.push(("Cookie", value)),
            "data" | "data-ascii" | "data-binary" | "json" if value.starts_with('@') => return Err(opens_file(name)),
            "data" | "data-ascii" | "data-binary" | "data-raw" => self.data.push(Data::AsItIs(value)),
            "json" => {
                self.is_json = true;
                self.data.push(Data::Json(value));
            }
            "data-urlencode" => self.data.push(to_encode(name, &value)?),
            "url-query" => match value.strip_prefix('+') {
                Some(value) => self.query.push(Data::AsItIs(value.to_owned())),
                None => self.query.push(to_encode(name, &value)?),
            },
            "form" | "form-string" => {
                let content = value.split_once('=').map_or("", |(_, content)| content);
                if name == "form" && content.starts_with(['@', '<']) {
                    return Err(opens_file(name));
                }
                if !self.has_parts {
                    self.note(name, "a body of parts is left out");
                }
                self.has_parts = true;
            }
            "config" | "netrc-file" | "upload-file" => return Err(opens_file(name)),
            "variable" | "expand-data" | "expand-header" | "expand-url" | "expand-user" => {
                return Err(error::invalid(format!("--{name}"), "curl's own variables are not read"));
            }
            "cert" | "key" => self.note(name, "the client's certificate is left out"),
            "proxy-user" | "proxy-header" => self.note(name, "a proxy's login is left out"),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn note(&mut self, option: &str, text: &str) {
        self.notes.push(Note::new(format!("--{option}"), text));
    }

    pub(super) fn item(&self, index: usize) -> Item {
        let (url, _) = self.url_and_user();
        let method = self.method();
        let mut item = Item {
            path: vec![format!("{method} {}", url.split(['?', '#']).next().unwrap_or_default())],
            pointer: format!("#{index}"),
            indices: vec![index],
            ..Item::default()
        };
        item.auth = self.shown_auth().map(str::to_owned);
        (item.method, item.url) = (Some(method), Some(url));
        item
    }
}

/// `content`, `=content`, `name=content`; the other two forms name a file.
fn to_encode(name: &str, value: &str) -> Result<Data> {
    match value.find(['=', '@']) {
        Some(at) if value.as_bytes().get(at) == Some(&b'@') => Err(opens_file(name)),
        Some(at) => {
            let (name, content) = value.split_at(at);
            let content = content.get(1..).unwrap_or_default().to_owned();
            Ok(Data::Encoded((!name.is_empty()).then(|| name.to_owned()), content))
        }
        None => Ok(Data::Encoded(None, value.to_owned())),
    }
}

fn opens_file(option: &str) -> countersign::Error {
    error::invalid(format!("--{option}"), "names a file, and none is opened")
}

fn lacks_argument(option: &str) -> countersign::Error {
    error::invalid(format!("--{option}"), "lacks its argument")
}
