//! `.netrc`: logins by host, as Python's `netrc` and curl read them
//! (<https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html>).

use std::iter::Peekable;
use std::str::Chars;

use countersign::{AuthConfig, Result, Secret, basic};

use crate::clues::{Clues, Notation};
use crate::listed::{Entry, Listed};
use crate::reader::{Input, Reader};
use crate::variables::Names;
use crate::{Beside, Imported, Item, error};

/// The first word says it.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    if clues.notation != Notation::Text {
        return false;
    }
    let mut lines = clues.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut words = lines.next().unwrap_or_default().split_ascii_whitespace();
    match words.next() {
        Some("machine" | "macdef") => true,
        Some("default") => words.next().is_none_or(|next| ["login", "user", "password", "account"].contains(&next)),
        _ => false,
    }
}

pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let mut words = Words { rest: input.text.chars().peekable(), line: 1 };
    let mut logins: Vec<Login> = Vec::new();
    // The logins' names and what follows them may stand on different lines.
    while let Some(word) = words.next() {
        match word.text.as_str() {
            comment if comment.starts_with('#') && !word.is_quoted => words.skip_comment(&word),
            "machine" | "default" => {
                let host = if word.text == "default" { word.text } else { words.after("machine", word.line)? };
                logins.push(Login { host, login: None, password: None });
            }
            "macdef" => {
                words.after("macdef", word.line)?;
                words.skip_macro();
            }
            keyword @ ("login" | "user" | "account" | "password") => {
                let value = words.after(keyword, word.line)?;
                let login = logins
                    .last_mut()
                    .ok_or_else(|| error::invalid(format!("line {}", word.line), "it belongs to no `machine`"))?;
                match keyword {
                    "password" => login.password = Some(value),
                    "account" => {}
                    _ => login.login = Some(value),
                }
            }
            // It may be a password, so it is not shown.
            _ => {
                let what = "a word that is none of machine, default, login, password, account and macdef";
                return Err(error::invalid(format!("line {}", word.line), what));
            }
        }
    }
    if logins.is_empty() {
        return Err(error::nothing_described("no `machine` is in it"));
    }
    Ok(Box::new(Listed::new(logins.into_iter().enumerate().map(|(index, login)| (login.item(index), login)))))
}

/// One host's login; the host `default` is every other.
struct Login {
    host: String,
    login: Option<String>,
    password: Option<String>,
}

impl Login {
    fn item(&self, index: usize) -> Item {
        Item {
            path: vec![self.host.clone()],
            pointer: format!("#{index}"),
            indices: vec![index],
            id: self.login.as_ref().map(|login| format!("{login}@{}", self.host)),
            auth: Some("basic".to_owned()),
            ..Item::default()
        }
    }
}

impl Entry for Login {
    fn import(&self, _: &Beside) -> Result<Imported> {
        let mut names = Names::new();
        let login = self.login.clone().unwrap_or_else(|| names.placeholder("basic", "username"));
        let password = self.password.as_deref().map_or_else(|| names.secret("basic", "password"), Secret::from);
        let config = AuthConfig::Basic(basic::Config::new(login, password));
        Ok(Imported::new(config, [], None, Vec::new()))
    }
}

/// A word, and where it began.
struct Word {
    text: String,
    line: usize,
    is_quoted: bool,
    /// Whether its line ended with it.
    ends_line: bool,
}

/// Words between white space. Double quotes keep it, a backslash keeps the next character.
struct Words<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

impl Words<'_> {
    fn character(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.line += usize::from(next == Some('\n'));
        next
    }

    fn next(&mut self) -> Option<Word> {
        while self.rest.peek().is_some_and(char::is_ascii_whitespace) {
            self.character();
        }
        let line = self.line;
        let is_quoted = self.rest.next_if_eq(&'"').is_some();
        let mut text = String::new();
        loop {
            match self.character() {
                Some('"') if is_quoted => break,
                Some(space) if !is_quoted && space.is_ascii_whitespace() => {
                    return Some(Word { text, line, is_quoted, ends_line: space == '\n' });
                }
                Some('\\') => text.extend(self.character()),
                Some(character) => text.push(character),
                None if text.is_empty() && !is_quoted => return None,
                None => break,
            }
        }
        Some(Word { text, line, is_quoted, ends_line: false })
    }

    /// The value of a keyword.
    fn after(&mut self, keyword: &str, line: usize) -> Result<String> {
        let word =
            self.next().ok_or_else(|| error::invalid(format!("line {line}"), format!("`{keyword}` lacks its word")))?;
        Ok(word.text)
    }

    fn skip_comment(&mut self, comment: &Word) {
        while !comment.ends_line && self.character().is_some_and(|character| character != '\n') {}
    }

    /// A macro ends with an empty line.
    fn skip_macro(&mut self) {
        let mut length = 0_usize;
        while let Some(character) = self.character() {
            match (character, length) {
                ('\n', 0) => return,
                ('\n', _) => length = 0,
                ('\r', _) => {}
                _ => length += 1,
            }
        }
    }
}
