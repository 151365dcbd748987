//! HTTPie's command lines, as HTTPie 3.2 reads them (<https://httpie.io/docs/cli>).

mod auth;
mod items;
mod json;
mod options;
mod request;

use countersign::Result;

use self::options::Options;
use crate::clues::{Clues, Notation};
use crate::listed::{Entry, Listed};
use crate::reader::{Input, Reader};
use crate::{Beside, Imported, Item, Note, error, shell, user_info};

const HTTP: &[&str] = &["http"];
const HTTPS: &[&str] = &["https"];
const BOTH: &[&str] = &["http", "https"];

/// The first command is HTTPie.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    clues.notation == Notation::Text && shell::begins_with(clues.text, BOTH)
}

pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let mut commands = Vec::new();
    for command in shell::commands(input.text)? {
        for (names, scheme) in [(HTTP, "http"), (HTTPS, "https")] {
            if let Some(arguments) = command.arguments_of(names) {
                let options = Options::read(arguments, command.line)?;
                commands.push(Command::read(options, scheme, command.line)?);
            }
        }
    }
    if commands.is_empty() {
        return Err(error::invalid("line 1", "no http or https command"));
    }
    Ok(Box::new(Listed::new(commands.into_iter().enumerate().map(|(index, command)| (command.item(index), command)))))
}

/// One command.
struct Command {
    options: Options,
    method: String,
    /// Without its user.
    url: String,
    /// The URL's user.
    user: Option<(String, String)>,
    items: Vec<items::Item>,
}

impl Command {
    fn read(options: Options, scheme: &str, line: usize) -> Result<Self> {
        let lacks_url = || error::invalid(format!("line {line}"), "the command has no URL");
        let (method, url, rest) = match options.words.as_slice() {
            [] => return Err(lacks_url()),
            [url] => (None, url, &[][..]),
            // What is not a method is a URL already.
            [method, url, rest @ ..] if method.chars().all(|letter| letter.is_ascii_alphabetic()) => {
                (Some(method.to_ascii_uppercase()), url, rest)
            }
            [url, rest @ ..] => (None, url, rest),
        };
        let items = rest.iter().map(|item| items::Item::read(item)).collect::<Result<Vec<_>>>()?;
        let has_data = options.raw.is_some() || items.iter().any(items::Item::is_data);
        let method = method.unwrap_or_else(|| if has_data { "POST" } else { "GET" }.to_owned());
        let scheme = if scheme == "https" { scheme } else { options.default_scheme.as_deref().unwrap_or(scheme) };
        let whole = request::whole_url(url, scheme);
        // HTTPie takes the user as it stands, without decoding it.
        let user = request::raw_user(&whole).filter(|(name, _)| !name.is_empty());
        Ok(Self { url: user_info::without(&whole), user, method, items, options })
    }

    fn item(&self, index: usize) -> Item {
        Item {
            path: vec![format!("{} {}", self.method, self.url.split(['?', '#']).next().unwrap_or_default())],
            pointer: format!("#{index}"),
            indices: vec![index],
            method: Some(self.method.clone()),
            url: Some(self.url.clone()),
            auth: self.shown_auth(),
            ..Item::default()
        }
    }
}

impl Entry for Command {
    fn import(&self, _: &Beside) -> Result<Imported> {
        let mut notes: Vec<Note> = self.options.notes.clone();
        let mut request = self.request(&mut notes)?;
        let auth = self.auth(&mut request, &mut notes)?;
        Ok(Imported::new(auth, [], Some(request), notes))
    }
}
