//! Colour, on a terminal only, and not when `NO_COLOR` is set (<https://no-color.org>).

use std::env;
use std::fmt;
use std::io::IsTerminal;

/// How text for people is set off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    on: bool,
    terminal: bool,
}

impl Style {
    pub(crate) fn of(stream: &impl IsTerminal) -> Self {
        let terminal = stream.is_terminal();
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { on: terminal && !refused && !dumb, terminal }
    }

    #[cfg(test)]
    pub(crate) const fn plain() -> Self {
        Self { on: false, terminal: false }
    }

    /// Whether a person reads it.
    pub(crate) const fn is_terminal(&self) -> bool {
        self.terminal
    }

    pub(crate) const fn good<T>(&self, text: T) -> Painted<T> {
        self.paint("32", text)
    }

    pub(crate) const fn bad<T>(&self, text: T) -> Painted<T> {
        self.paint("1;31", text)
    }

    pub(crate) const fn title<T>(&self, text: T) -> Painted<T> {
        self.paint("1", text)
    }

    pub(crate) const fn quiet<T>(&self, text: T) -> Painted<T> {
        self.paint("2", text)
    }

    const fn paint<T>(&self, code: &'static str, text: T) -> Painted<T> {
        Painted { code: if self.on { Some(code) } else { None }, text }
    }
}

/// Text with its colour.
#[derive(Debug)]
pub(crate) struct Painted<T> {
    code: Option<&'static str>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "\u{1b}[{code}m{}\u{1b}[0m", self.text),
            None => self.text.fmt(f),
        }
    }
}
