//! Somebody else's text on a terminal.

use std::fmt::{self, Write as _};

/// Shows a text without what could steer the terminal or deceive its reader: control characters, line ends among them, and
/// invisible ones (marks that turn the direction of writing, for example) are escaped. Quotes and backslashes stay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '"' | '\'' | '\\' => f.write_char(character)?,
                _ => character.escape_debug().fmt(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal_and_words_stay() {
        assert_eq!(Printable("\"it's\" \\ Zürich 日本").to_string(), "\"it's\" \\ Zürich 日本");
        let hostile = "\u{1b}[2J\u{9b}31m\r\n\u{7}\u{202e}txt\u{200b}\u{0}";
        let shown = Printable(hostile).to_string();
        assert_eq!(shown, "\\u{1b}[2J\\u{9b}31m\\r\\n\\u{7}\\u{202e}txt\\u{200b}\\0");
    }
}
