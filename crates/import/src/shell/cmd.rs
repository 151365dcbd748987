//! Windows' `cmd`, and the rules by which a program takes its command line apart there (Microsoft's "Parsing C command-line
//! arguments"). Browsers write it as "Copy as cURL (cmd)".

use std::iter::Peekable;
use std::str::Chars;

use countersign::Result;

use super::{Command, is_in_name};
use crate::error;

pub(super) fn commands(text: &str) -> Result<Vec<Command>> {
    let text = text.replace("\r\n", "\n");
    let (mut commands, mut line) = (Vec::new(), 1);
    let mut rest = text.chars().peekable();
    while rest.peek().is_some() {
        let start = line;
        let written = one(&mut rest, &mut line)?;
        let words = arguments(&written);
        if !words.is_empty() {
            commands.push(Command { words, line: start });
        }
    }
    Ok(commands)
}

/// One command's text, with carets and variables undone.
fn one(rest: &mut Peekable<Chars<'_>>, line: &mut usize) -> Result<String> {
    let (mut out, mut in_quotes) = (String::new(), false);
    while let Some(character) = rest.next() {
        *line += usize::from(character == '\n');
        match character {
            '\n' => break,
            '&' | '|' if !in_quotes => break,
            '<' | '>' if !in_quotes => return Err(error::invalid(format!("line {line}"), "a redirection is not done")),
            '"' => {
                in_quotes = !in_quotes;
                out.push('"');
            }
            '^' if !in_quotes => {
                let mut next = rest.next();
                if next == Some('\n') {
                    // The line goes on, and its first character is taken as it is.
                    *line += 1;
                    next = rest.next();
                    *line += usize::from(next == Some('\n'));
                }
                out.extend(next);
            }
            '%' => match variable(rest) {
                Some(name) => {
                    out.push_str("{{");
                    out.push_str(&name);
                    out.push_str("}}");
                }
                None => out.push('%'),
            },
            other => out.push(other),
        }
    }
    Ok(out)
}

/// The name of `%NAME%`; takes it. `%C3%BC` is text: where a name begins like two hexadecimal digits, only an underscore in it
/// shows that it is one.
fn variable(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let name: String = rest.clone().take_while(|&next| is_in_name(next)).collect();
    let is_closed = rest.clone().nth(name.len()) == Some('%');
    let is_hex = name.len() >= 2 && name.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !is_closed
        || name.is_empty()
        || name.starts_with(|first: char| first.is_ascii_digit())
        || (is_hex && !name.contains('_'))
    {
        return None;
    }
    // Names are ASCII: as many characters as bytes, and the closing sign.
    rest.nth(name.len());
    Some(name)
}

/// The arguments of a command line: backslashes count only before a quote, where two are one; in quotes, two quotes are one.
fn arguments(text: &str) -> Vec<String> {
    let (mut words, mut word, mut in_quotes) = (Vec::new(), None::<String>, false);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            ' ' | '\t' if !in_quotes => words.extend(word.take()),
            '\\' => {
                let mut count = 1;
                while rest.next_if_eq(&'\\').is_some() {
                    count += 1;
                }
                let word = word.get_or_insert_default();
                if rest.peek() == Some(&'"') {
                    word.extend(std::iter::repeat_n('\\', count / 2));
                    if count % 2 == 1 {
                        word.extend(rest.next());
                    }
                } else {
                    word.extend(std::iter::repeat_n('\\', count));
                }
            }
            '"' if in_quotes && rest.next_if_eq(&'"').is_some() => word.get_or_insert_default().push('"'),
            '"' => {
                word.get_or_insert_default();
                in_quotes = !in_quotes;
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        commands(text).unwrap().into_iter().flat_map(|command| command.words).collect()
    }

    #[test]
    fn both_layers_are_undone() {
        for (text, expected) in [
            // As Chrome writes it.
            (
                "curl ^\"https://h/a?b=1^&c=^%^C3^%^BC^\" ^\r\n  -H ^\"X: a^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"b^\\^\"^}^\"",
                vec!["curl", "https://h/a?b=1&c=%C3%BC", "-H", "X: a", "--data-raw", r#"{"a":"b"}"#],
            ),
            ("a ^\"b^\n\nc^\"", vec!["a", "b\nc"]),
            // As older ones.
            ("a \"b c\" ^\n -H \"d: \"\"e\"\"\"", vec!["a", "b c", "-H", "d: \"e\""]),
            (r#"a ^"b\\c^" "d\\" "e\"f""#, vec!["a", r"b\\c", r"d\", "e\"f"]),
            (
                "a ^\n %TOKEN% \"%ACCESS_TOKEN%x\" %C3%BC 50%",
                vec!["a", "{{TOKEN}}", "{{ACCESS_TOKEN}}x", "%C3%BC", "50%"],
            ),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
