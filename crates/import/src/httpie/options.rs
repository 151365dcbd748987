//! HTTPie's options (`http --help` of 3.2.4), as far as it takes to read a line.

use countersign::Result;

use crate::{Note, error};

/// Long names of those that take an argument, with their letters.
const WITH_ARGUMENT: &[(&str, Option<char>)] = &[
    ("auth", Some('a')),
    ("auth-type", Some('A')),
    ("boundary", None),
    ("cert", None),
    ("cert-key", None),
    ("cert-key-pass", None),
    ("ciphers", None),
    ("default-scheme", None),
    ("format-options", None),
    ("history-print", Some('P')),
    ("max-headers", None),
    ("max-redirects", None),
    ("output", Some('o')),
    ("pretty", None),
    ("print", Some('p')),
    ("proxy", None),
    ("raw", None),
    ("response-charset", None),
    ("response-mime", None),
    ("session", None),
    ("session-read-only", None),
    ("ssl", None),
    ("style", Some('s')),
    ("timeout", None),
    ("verify", None),
];

const FLAGS: &[(&str, Option<char>)] = &[
    ("all", None),
    ("body", Some('b')),
    ("check-status", None),
    ("chunked", None),
    ("compress", Some('x')),
    ("continue", Some('c')),
    ("debug", None),
    ("download", Some('d')),
    ("follow", Some('F')),
    ("form", Some('f')),
    ("headers", Some('h')),
    ("help", None),
    ("ignore-netrc", None),
    ("ignore-stdin", Some('I')),
    ("json", Some('j')),
    ("manual", None),
    ("meta", Some('m')),
    ("multipart", None),
    ("no-sorted", None),
    ("no-unsorted", None),
    ("offline", None),
    ("path-as-is", None),
    ("quiet", Some('q')),
    ("sorted", None),
    ("stream", Some('S')),
    ("traceback", None),
    ("unsorted", None),
    ("verbose", Some('v')),
    ("version", None),
];

/// How a body is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Body {
    #[default]
    Json,
    Form,
    Multipart,
}

/// The options that matter, and the words between them.
#[derive(Default)]
pub(super) struct Options {
    pub(super) words: Vec<String>,
    pub(super) auth: Option<String>,
    pub(super) auth_type: Option<String>,
    pub(super) default_scheme: Option<String>,
    pub(super) raw: Option<String>,
    pub(super) body: Body,
    /// `--json`, said expressly.
    pub(super) is_json: bool,
    pub(super) notes: Vec<Note>,
}

impl Options {
    pub(super) fn read(arguments: &[String], line: usize) -> Result<Self> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        let mut options_end = false;
        while let Some(argument) = rest.next() {
            match argument.strip_prefix('-').filter(|_| !options_end && argument.len() > 1) {
                None => options.words.push(argument.clone()),
                Some("-") => options_end = true,
                Some(option) => match option.strip_prefix('-') {
                    Some(long) => options.long(long, &mut rest, line)?,
                    None => options.short(option, &mut rest, line)?,
                },
            }
        }
        Ok(options)
    }

    /// `--auth U:P`, `--auth=U:P`, `--au U:P`, `--no-auth`.
    fn long<'a>(&mut self, option: &str, rest: &mut impl Iterator<Item = &'a String>, line: usize) -> Result<()> {
        let (name, given) = match option.split_once('=') {
            Some((name, given)) => (name, Some(given.to_owned())),
            None => (option, None),
        };
        if let Some(name) = whole_of(WITH_ARGUMENT, name) {
            let value = given.or_else(|| rest.next().cloned()).ok_or_else(|| lacks_argument(name))?;
            return self.set(name, value);
        }
        if let Some(name) = whole_of(FLAGS, name).filter(|_| given.is_none()) {
            self.flag(name);
            return Ok(());
        }
        let unset =
            name.strip_prefix("no-").and_then(|name| whole_of(WITH_ARGUMENT, name).or_else(|| whole_of(FLAGS, name)));
        match unset {
            Some(name) => self.unset(name),
            None => return Err(unknown(line, &format!("--{name}"))),
        }
        Ok(())
    }

    /// `-vf`, `-a U:P`, `-aU:P`.
    fn short<'a>(&mut self, letters: &str, rest: &mut impl Iterator<Item = &'a String>, line: usize) -> Result<()> {
        let mut characters = letters.chars();
        let of = |list: &'static [(&'static str, Option<char>)], letter| {
            list.iter().find(|(_, short)| *short == Some(letter)).map(|(name, _)| *name)
        };
        while let Some(letter) = characters.next() {
            if let Some(name) = of(WITH_ARGUMENT, letter) {
                let attached = characters.as_str();
                let attached = attached.strip_prefix('=').unwrap_or(attached);
                let value = if attached.is_empty() { rest.next().cloned() } else { Some(attached.to_owned()) };
                return self.set(name, value.ok_or_else(|| lacks_argument(name))?);
            }
            self.flag(of(FLAGS, letter).ok_or_else(|| unknown(line, &format!("-{letter}")))?);
        }
        Ok(())
    }

    fn flag(&mut self, name: &str) {
        match name {
            "json" => (self.body, self.is_json) = (Body::Json, true),
            "form" => self.body = Body::Form,
            "multipart" => self.body = Body::Multipart,
            _ => {}
        }
    }

    fn unset(&mut self, name: &str) {
        match name {
            "auth" => self.auth = None,
            "auth-type" => self.auth_type = None,
            "raw" => self.raw = None,
            "default-scheme" => self.default_scheme = None,
            "json" | "form" | "multipart" => (self.body, self.is_json) = (Body::Json, false),
            _ => {}
        }
    }

    fn set(&mut self, name: &str, value: String) -> Result<()> {
        match name {
            "auth" => self.auth = Some(value),
            "auth-type" => self.auth_type = Some(value.to_ascii_lowercase()),
            "default-scheme" => self.default_scheme = Some(value),
            "raw" => self.raw = Some(value),
            "session" | "session-read-only" => {
                return Err(error::invalid(format!("--{name}"), "names a session's file, and none is opened"));
            }
            "cert" => self.notes.push(Note::new("--cert", "the client's certificate is left out")),
            "proxy" => self.notes.push(Note::new("--proxy", "a proxy is left out, with its login")),
            _ => {}
        }
        Ok(())
    }
}

/// The option that a name, or the beginning of one, means.
fn whole_of(list: &'static [(&'static str, Option<char>)], beginning: &str) -> Option<&'static str> {
    let names = || WITH_ARGUMENT.iter().chain(FLAGS).map(|(name, _)| *name).filter(|name| name.starts_with(beginning));
    let is_exact = names().any(|name| name == beginning);
    let found = list
        .iter()
        .map(|(name, _)| *name)
        .find(|name| if is_exact { *name == beginning } else { name.starts_with(beginning) });
    found.filter(|_| is_exact || names().count() == 1)
}

fn unknown(line: usize, option: &str) -> countersign::Error {
    error::invalid(format!("line {line}"), format!("HTTPie has no option {}", error::quoted(option)))
}

fn lacks_argument(option: &str) -> countersign::Error {
    error::invalid(format!("--{option}"), "lacks its argument")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_found_by_their_beginning() {
        assert_eq!(
            (whole_of(WITH_ARGUMENT, "auth"), whole_of(WITH_ARGUMENT, "auth-t")),
            (Some("auth"), Some("auth-type"))
        );
        assert_eq!(
            (whole_of(WITH_ARGUMENT, "s"), whole_of(FLAGS, "verb"), whole_of(FLAGS, "ver")),
            (None, Some("verbose"), None)
        );
        assert_eq!((whole_of(WITH_ARGUMENT, "x"), whole_of(FLAGS, "auth")), (None, None));
    }
}
