use std::fmt;

/// What was found out about a request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Why the server refused it, the likeliest first: whole sentences. Empty when nothing is wrong as far as can be seen.
    pub findings: Vec<String>,
    /// The texts, taken apart.
    pub sections: Vec<Section>,
}

/// One text, line by line.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Section {
    /// What the text is: "canonical request".
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line of a text.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Line {
    /// What the line is: "path", "flag".
    pub part: String,
    /// The line itself.
    pub text: String,
    /// Where it comes from, or what it means.
    pub origin: String,
    /// What stands there on the other side, where that differs: whose it is, and the line, if there is one.
    pub other: Option<(&'static str, Option<String>)>,
}

impl Section {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), lines: Vec::new() }
    }

    pub(crate) fn push(&mut self, part: impl Into<String>, text: impl Into<String>, origin: impl Into<String>) {
        self.lines.push(Line { part: part.into(), text: text.into(), origin: origin.into(), other: None });
    }

    /// The text, as it was before it was taken apart.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// For a terminal: the findings, then each text.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        for section in &self.sections {
            writeln!(f, "\n--- {}", section.title)?;
            let width = section.lines.iter().map(|line| line.part.chars().count()).max().unwrap_or_default();
            for line in &section.lines {
                let mark = if line.other.is_some() { '>' } else { ' ' };
                writeln!(f, "{mark} {:width$}  {}", line.part, Printable(&line.text))?;
                match &line.other {
                    Some((whose, Some(other))) => writeln!(f, "> {:width$}  {}", whose, Printable(other))?,
                    Some((whose, None)) => writeln!(f, "> {:width$}  (no such line)", whose)?,
                    None => {}
                }
            }
        }
        Ok(())
    }
}

/// A foreign text with its control characters escaped, which a terminal would obey.
struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            if character.is_control() {
                write!(f, "{}", character.escape_default())?
            } else {
                write!(f, "{character}")?
            }
        }
        Ok(())
    }
}
