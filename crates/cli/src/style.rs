//! Colour, on a terminal only, and as `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` say.

use std::fmt;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::AnsiColor;

/// How text for people is set off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    on: bool,
    terminal: bool,
}

impl Style {
    pub(crate) fn of(stream: &impl RawStream) -> Self {
        Self { on: AutoStream::choice(stream) != ColorChoice::Never, terminal: stream.is_terminal() }
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
        self.paint(AnsiColor::Green.on_default(), text)
    }

    pub(crate) const fn bad<T>(&self, text: T) -> Painted<T> {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    pub(crate) const fn title<T>(&self, text: T) -> Painted<T> {
        self.paint(anstyle::Style::new().bold(), text)
    }

    pub(crate) const fn quiet<T>(&self, text: T) -> Painted<T> {
        self.paint(anstyle::Style::new().dimmed(), text)
    }

    const fn paint<T>(&self, style: anstyle::Style, text: T) -> Painted<T> {
        // The default style writes nothing.
        Painted { style: if self.on { style } else { anstyle::Style::new() }, text }
    }
}

/// Text with its colour.
#[derive(Debug)]
pub(crate) struct Painted<T> {
    style: anstyle::Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.style, self.text, self.style)
    }
}
