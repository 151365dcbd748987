//! The values of `{{NAME}}`: an env file's, then the environment's.

use std::collections::HashMap;
use std::env;
use std::path::Path;

use countersign::{AuthConfig, Error, ErrorKind};
use countersign_import::Imported;

use crate::failure::Failure;
use crate::input;

/// Puts the variables' values into a config.
pub(crate) fn resolve(config: &AuthConfig, env_file: Option<&Path>) -> Result<AuthConfig, Failure> {
    config.resolve(&[&file(env_file)?, &environment().collect()]).map_err(|why| missing(&why))
}

/// The same for an imported item, its request included.
pub(crate) fn resolve_imported(imported: Imported, env_file: Option<&Path>) -> Result<Imported, Failure> {
    imported.resolve(&[&file(env_file)?, &environment().collect()]).map_err(|why| missing(&why))
}

fn missing(why: &Error) -> Failure {
    match why.kind() {
        ErrorKind::InvalidConfig => {
            Failure::Input(format!("{why}: set it in the environment, or in the file of --env-file"))
        }
        _ => Failure::refused(why),
    }
}

/// The process's variables, as far as they are UTF-8.
pub(crate) fn environment() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The variables of an env file; none without one.
pub(crate) fn file(path: Option<&Path>) -> Result<HashMap<String, String>, Failure> {
    let Some(path) = path else { return Ok(HashMap::new()) };
    parse(&input::text(path)?)
        .map_err(|line| Failure::Input(format!("{}, line {line}: write NAME=VALUE", path.display())))
}

/// Reads lines of `NAME=VALUE`; the error is the number of the first line that is not one. Empty lines and those that begin with
/// `#` do not count, nor does `export` before a name. In single quotes a value is taken as it is; in double quotes `\n`, `\"`
/// and `\\` are undone; without quotes it is trimmed.
fn parse(text: &str) -> Result<HashMap<String, String>, usize> {
    let mut variables = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(number + 1)?;
        let name = name.trim();
        let name = name.strip_prefix("export ").unwrap_or(name).trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(number + 1);
        }
        variables.insert(name.to_owned(), unquoted(value.trim()).ok_or(number + 1)?);
    }
    Ok(variables)
}

fn unquoted(value: &str) -> Option<String> {
    if let Some(inner) = value.strip_prefix('\'') {
        return inner.strip_suffix('\'').map(str::to_owned);
    }
    let Some(inner) = value.strip_prefix('"') else { return Some(value.to_owned()) };
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    loop {
        match characters.next()? {
            '"' => return characters.next().is_none().then_some(out),
            '\\' => out.push(match characters.next()? {
                'n' => '\n',
                other => other,
            }),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_shells_and_dotenv_do() {
        let read =
            parse("# c\n\nA=1\nexport B = two words \nC='a\\n\"b'\nD=\"a\\n\\\"b\\\\\"\nE=\nF=a=b#c\r\n").unwrap();
        let value = |name: &str| read[name].as_str();
        assert_eq!((value("A"), value("B"), value("C")), ("1", "two words", "a\\n\"b"));
        assert_eq!((value("D"), value("E"), value("F")), ("a\n\"b\\", "", "a=b#c"));
    }

    #[test]
    fn a_line_that_is_none_is_counted_and_not_shown() {
        for text in ["A=1\nhunter2", "A=1\n=hunter2", "A=1\nB='hunter2", "A=1\nB=\"hunter2", "A=1\nB=\"a\"b", "\na b=c"]
        {
            assert_eq!(parse(text).unwrap_err(), 2, "{text}");
        }
    }
}
