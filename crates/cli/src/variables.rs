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

/// Reads lines of `NAME=VALUE` as [`dotenvy`] does; the error is the number of the line that is not one.
fn parse(text: &str) -> Result<HashMap<String, String>, usize> {
    // Its iterator takes a byte order mark for a name.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    read(text).ok_or_else(|| {
        // Its error holds the line, a secret perhaps, and no number. A value may go over several lines: what can be read ends before
        // the first that cannot.
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let prefixes: Vec<&str> = ends.filter_map(|end| text.get(..end)).collect();
        prefixes.iter().rposition(|prefix| read(prefix).is_some()).map_or(1, |last| last + 2)
    })
}

fn read(text: &str) -> Option<HashMap<String, String>> {
    dotenvy::from_read_iter(text.as_bytes()).collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_shells_and_dotenv_do() {
        let text = "\u{feff}# c\n\nA=1 # one\nexport B = 'two words'\nC='a\\n\"$b'\nD=\"a\\n\\\"b\\\\\\$\"\nE=\nF=a=b#c\r\nG=${A}2\nH=\"a\nb\"\n";
        let read = parse(text).unwrap();
        let value = |name: &str| read[name].as_str();
        assert_eq!((value("A"), value("B"), value("C")), ("1", "two words", "a\\n\"$b"));
        assert_eq!((value("D"), value("E"), value("F")), ("a\n\"b\\$", "", "a=b#c"));
        assert_eq!((value("G"), value("H")), ("12", "a\nb"));
    }

    #[test]
    fn a_line_that_is_none_is_counted_and_not_shown() {
        for text in
            ["A=1\nhunter2", "A=1\n=hunter2", "A=1\nB='hunter2", "A=1\nB=\"hunter2", "A=1\nB=two words", "\na b=c"]
        {
            assert_eq!(parse(text).unwrap_err(), 2, "{text}");
        }
        assert_eq!(parse("A=\"a\nb\"\nhunter2\nB=1\n").unwrap_err(), 3);
    }
}
