//! A command line's words, as a POSIX shell or Windows' `cmd` would hand them to a program. Nothing is run and no file is
//! read: what asks for that is an error. `$NAME`, `${NAME}` and `%NAME%` become `{{NAME}}`.

mod cmd;
mod posix;

use countersign::Result;

/// One command: its words, at least one.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Command {
    pub(crate) words: Vec<String>,
    /// The line of its first word, counted from 1.
    pub(crate) line: usize,
}

impl Command {
    /// The words after the name of the program, if it is one of `names`. What may stand before it does not count: a prompt,
    /// assignments, `sudo` and their like.
    pub(crate) fn arguments_of(&self, names: &[&str]) -> Option<&[String]> {
        let before = |word: &&String| {
            let is_assignment = word.split_once('=').is_some_and(|(name, _)| is_name(name));
            is_assignment || matches!(word.as_str(), "$" | ">" | "%" | "sudo" | "env" | "command" | "exec" | "time")
        };
        let at = self.words.iter().take_while(before).count();
        let (program, arguments) = self.words.get(at..)?.split_first()?;
        let program = program.rsplit(['/', '\\']).next().unwrap_or(program);
        let program = program.strip_suffix(".exe").unwrap_or(program);
        names.contains(&program).then_some(arguments)
    }
}

/// The commands of a text.
///
/// # Errors
/// `invalid-import` with the line, for what would run a command or read a file, and for a quote that is not closed.
pub(crate) fn commands(text: &str) -> Result<Vec<Command>> {
    if is_cmd(text) { cmd::commands(text) } else { posix::commands(text) }
}

/// `cmd` continues a line with `^`, and browsers quote for it with `^"`.
fn is_cmd(text: &str) -> bool {
    text.contains("^\"") || text.lines().any(|line| line.trim_end().ends_with(" ^"))
}

/// Whether a text may be a variable's name.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && text.chars().all(is_in_name)
}

fn is_in_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// Whether a text's first command is one of these programs. Comments and assignments may stand before it.
pub(crate) fn begins_with(text: &str, names: &[&str]) -> bool {
    let is_program = |word: &str| {
        let word = word.rsplit(['/', '\\']).next().unwrap_or(word);
        names.contains(&word.strip_suffix(".exe").unwrap_or(word))
    };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let mut words =
            line.split_ascii_whitespace().skip_while(|word| matches!(*word, "$" | ">" | "%" | "sudo" | "env" | "time"));
        let mut words = words.by_ref().skip_while(|word| word.split_once('=').is_some_and(|(name, _)| is_name(name)));
        // None: only assignments.
        if let Some(word) = words.next() {
            return is_program(word);
        }
    }
    false
}
