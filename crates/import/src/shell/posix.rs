//! POSIX quoting (Shell Command Language, sections 2.2 and 2.6), and `$'…'`, which POSIX has since 2024.

use std::iter::Peekable;
use std::str::Chars;

use countersign::Result;

use super::{Command, is_in_name};
use crate::error;

pub(super) fn commands(text: &str) -> Result<Vec<Command>> {
    let mut shell = Shell {
        rest: text.chars().peekable(),
        line: 1,
        word: None,
        command: Command::default(),
        commands: Vec::new(),
        skips: false,
    };
    while let Some(character) = shell.next() {
        shell.read(character)?;
    }
    shell.end_command();
    Ok(shell.commands)
}

struct Shell<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
    /// The word that is being read; none between words. An empty one was quoted.
    word: Option<String>,
    command: Command,
    commands: Vec<Command>,
    /// The next word is where output goes.
    skips: bool,
}

impl Shell<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.line += usize::from(next == Some('\n'));
        next
    }

    fn next_is(&mut self, wanted: char) -> bool {
        let is_it = self.rest.peek() == Some(&wanted);
        if is_it {
            self.next();
        }
        is_it
    }

    fn read(&mut self, character: char) -> Result<()> {
        if self.word.is_none() && self.command.words.is_empty() {
            self.command.line = self.line;
        }
        match character {
            ' ' | '\t' | '\r' => self.end_word(),
            '\n' | ';' | '&' | '|' | '(' | ')' => self.end_command(),
            '#' if self.word.is_none() => {
                while self.rest.peek().is_some_and(|&next| next != '\n') {
                    self.next();
                }
            }
            '<' => return Err(self.invalid("`<` reads a file, which is not done")),
            '>' => self.redirect()?,
            '\\' => match self.next() {
                Some('\n') | None => {}
                Some('\r') if self.next_is('\n') => {}
                Some(other) => self.push(other),
            },
            '\'' => self.single_quoted()?,
            '"' => self.double_quoted()?,
            '$' if self.next_is('\'') => self.ansi_c_quoted()?,
            '$' if self.next_is('"') => self.double_quoted()?,
            '$' => self.parameter()?,
            '`' => return Err(self.invalid("a command in backticks is not run")),
            other => self.push(other),
        }
        Ok(())
    }

    fn push(&mut self, character: char) {
        self.word.get_or_insert_default().push(character);
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if std::mem::take(&mut self.skips) {
            return;
        }
        self.command.words.push(word);
    }

    fn end_command(&mut self) {
        self.end_word();
        self.skips = false;
        let command = std::mem::take(&mut self.command);
        if !command.words.is_empty() {
            self.commands.push(command);
        }
    }

    /// `> file`, `2>&1`: where output goes is no matter.
    fn redirect(&mut self) -> Result<()> {
        if self.word.as_deref().is_some_and(|word| word.chars().all(|digit| digit.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word();
        self.next_is('>');
        if self.rest.peek() == Some(&'(') {
            return Err(self.invalid("a command in `>(…)` is not run"));
        }
        self.next_is('&');
        self.skips = true;
        Ok(())
    }

    fn single_quoted(&mut self) -> Result<()> {
        self.word.get_or_insert_default();
        loop {
            match self.next() {
                Some('\'') => return Ok(()),
                Some(character) => self.push(character),
                None => return Err(self.unclosed()),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<()> {
        self.word.get_or_insert_default();
        loop {
            match self.next() {
                Some('"') => return Ok(()),
                Some('\\') => match self.next() {
                    Some('\n') => {}
                    Some(special @ ('$' | '`' | '"' | '\\')) => self.push(special),
                    Some(other) => {
                        self.push('\\');
                        self.push(other);
                    }
                    None => return Err(self.unclosed()),
                },
                Some('$') => self.parameter()?,
                Some('`') => return Err(self.invalid("a command in backticks is not run")),
                Some(character) => self.push(character),
                None => return Err(self.unclosed()),
            }
        }
    }

    /// What follows a `$`. Only a variable's name can be carried over.
    fn parameter(&mut self) -> Result<()> {
        let mut name = String::new();
        match self.rest.peek().copied() {
            Some('(') => return Err(self.invalid("a command in `$(…)` is not run")),
            Some('{') => {
                self.next();
                while let Some(next) = self.next().filter(|&next| next != '}') {
                    name.push(next);
                }
                if name.is_empty() || !name.chars().all(is_in_name) {
                    return Err(self.invalid("`${…}` holds more than a name"));
                }
            }
            Some(first) if first.is_ascii_digit() => name.extend(self.next()),
            Some(first) if is_in_name(first) => {
                while let Some(next) = self.rest.next_if(|&next| is_in_name(next)) {
                    name.push(next);
                }
            }
            Some('?' | '!' | '$' | '#' | '@' | '*' | '-') => {
                return Err(self.invalid("a `$` with a sign holds what only the shell knows"));
            }
            _ => {
                self.push('$');
                return Ok(());
            }
        }
        let word = self.word.get_or_insert_default();
        word.push_str("{{");
        word.push_str(&name);
        word.push_str("}}");
        Ok(())
    }

    /// `$'…'` (POSIX 2024, section 2.2.4).
    fn ansi_c_quoted(&mut self) -> Result<()> {
        // Escapes are of bytes: two of them may be one character.
        let mut bytes = Vec::new();
        loop {
            match self.next() {
                Some('\'') => break,
                Some('\\') => self.escape(&mut bytes)?,
                Some(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                None => return Err(self.unclosed()),
            }
        }
        let text =
            String::from_utf8(bytes).map_err(|_| self.invalid("the escapes of `$'…'` give what is not UTF-8"))?;
        self.word.get_or_insert_default().push_str(&text);
        Ok(())
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        let Some(kind) = self.next() else { return Err(self.unclosed()) };
        let byte = match kind {
            'a' => 7,
            'b' => 8,
            'e' | 'E' => 27,
            'f' => 12,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'v' => 11,
            '\\' | '\'' | '"' | '?' => u8::try_from(kind).unwrap_or_default(),
            'c' => {
                let of = self.next().and_then(|of| u8::try_from(of).ok());
                of.ok_or_else(|| self.unclosed())? & 0x1f
            }
            'x' => u8::try_from(self.digits(16, 2, 0)).unwrap_or_default(),
            '0'..='7' => {
                let first = kind.to_digit(8).unwrap_or_default();
                u8::try_from(self.digits(8, 2, first) & 0xff).unwrap_or_default()
            }
            'u' | 'U' => {
                let code = self.digits(16, if kind == 'u' { 4 } else { 8 }, 0);
                let character = self.character(code)?;
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            other => {
                bytes.push(b'\\');
                bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
        };
        bytes.push(byte);
        Ok(())
    }

    /// The character of a code; browsers write one beyond U+FFFF as two surrogates (`\ud83d\ude00`).
    fn character(&mut self, code: u32) -> Result<char> {
        let is_high = (0xd800..0xdc00).contains(&code);
        let low = if is_high && self.next_is('\\') && self.next_is('u') { self.digits(16, 4, 0) } else { 0 };
        let code =
            if (0xdc00..0xe000).contains(&low) { 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00) } else { code };
        char::from_u32(code).ok_or_else(|| self.invalid("an escape of `$'…'` names no character"))
    }

    /// At most `most` digits after what was read already.
    fn digits(&mut self, radix: u32, most: usize, first: u32) -> u32 {
        let mut number = first;
        for _ in 0..most {
            let Some(digit) = self.rest.peek().and_then(|next| next.to_digit(radix)) else { break };
            self.next();
            number = number.wrapping_mul(radix).wrapping_add(digit);
        }
        number
    }

    fn invalid(&self, what: &str) -> countersign::Error {
        error::invalid(format!("line {}", self.line), what)
    }

    fn unclosed(&self) -> countersign::Error {
        self.invalid("a quote is not closed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        commands(text).unwrap().into_iter().flat_map(|command| command.words).collect()
    }

    #[test]
    fn quotes_are_undone() {
        for (text, expected) in [
            (r#"a 'b c' "d e" f\ g"#, vec!["a", "b c", "d e", "f g"]),
            (r#"a'b'"c"d '' """#, vec!["abcd", "", ""]),
            (r#"'$a `b` \' "\$a \" \\ \b""#, vec![r"$a `b` \", r#"$a " \ \b"#]),
            ("a \\\n  b\\\r\nc # d 'e\nf", vec!["a", "bc", "f"]),
            (r"$'it\'s\n\x41\101\u00e4\xc3\xa4\ud83d\ude00\q'", vec!["it's\nAAää😀\\q"]),
            (r#"$HOME "${A_1}x$" $'$b' a$"b" $1"#, vec!["{{HOME}}", "{{A_1}}x$", "$b", "ab", "{{1}}"]),
            ("a#b > f 2>&1 >>g c", vec!["a#b", "c"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn commands_end_at_operators() {
        let lines: Vec<_> = commands("a b;c|d\n\ne && f")
            .unwrap()
            .into_iter()
            .map(|command| (command.words.join(" "), command.line))
            .collect();
        let expected = [("a b", 1), ("c", 1), ("d", 1), ("e", 3), ("f", 3)];
        assert_eq!(lines.iter().map(|(text, line)| (text.as_str(), *line)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn nothing_is_run_or_read() {
        for text in [
            "a $(b)",
            "a \"$(b)\"",
            "a `b`",
            "a \"`b`\"",
            "a < b",
            "a > >(b)",
            "a <(b)",
            "'a",
            "\"a",
            "$'a",
            "\"a\\",
            "${a:-b}",
            "a $$",
        ] {
            let error = commands(text).unwrap_err();
            assert!(error.to_string().starts_with("line 1: "), "{text}: {error}");
        }
    }
}
