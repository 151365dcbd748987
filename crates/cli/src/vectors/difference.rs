use std::fmt;

/// One thing that is not as a vector expects.
#[derive(Clone, Debug)]
pub struct Difference {
    what: String,
    expected: String,
    got: String,
}

/// A line of a [`Difference`] as it is shown; control characters are escaped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Line {
    /// What differs.
    Title(String),
    /// The same on both sides, or a mark below.
    Same(String),
    /// What the vector expects.
    Expected(String),
    /// What there is in its place.
    Got(String),
}

impl Difference {
    pub(super) fn new(what: impl Into<String>, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self { what: what.into(), expected: expected.into(), got: got.into() }
    }

    /// The key of `expect` that does not hold, and which of its parts: `headers: X-Amz-Date`.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What the vector expects.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What there is in its place.
    #[must_use]
    pub fn got(&self) -> &str {
        &self.got
    }

    /// The difference for people: line by line, those that are the same on both sides cut down to one before and one after.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let (expected, got): (Vec<_>, Vec<_>) = (self.expected.split('\n').collect(), self.got.split('\n').collect());
        let mut lines = vec![Line::Title(self.what.clone())];
        if let ([expected], [got]) = (&*expected, &*got) {
            let (expected, got) = (shown(expected), shown(got));
            let same = expected.chars().zip(got.chars()).take_while(|(one, other)| one == other).count();
            lines.push(Line::Expected(format!("expected {expected}")));
            lines.push(Line::Got(format!("got      {got}")));
            if same > 0 {
                lines.push(Line::Same(format!("{}^ from here", " ".repeat("expected ".len() + same))));
            }
            return lines;
        }
        let before = expected.iter().zip(&got).take_while(|(one, other)| one == other).count();
        let most = expected.len().min(got.len()) - before;
        let after =
            expected.iter().rev().zip(got.iter().rev()).take(most).take_while(|(one, other)| one == other).count();
        let numbered = |number: usize, line: &str| format!("{:4} {}", number + 1, shown(line));
        let part = |lines: &[&str], from: usize, to: usize| -> Vec<String> {
            lines.iter().enumerate().take(to).skip(from).map(|(number, line)| numbered(number, line)).collect()
        };
        lines.extend(part(&expected, before.saturating_sub(1), before).into_iter().map(Line::Same));
        lines.extend(part(&expected, before, expected.len() - after).into_iter().map(Line::Expected));
        lines.extend(part(&got, before, got.len() - after).into_iter().map(Line::Got));
        let end = got.len() - after;
        lines.extend(part(&got, end, end + after.min(1)).into_iter().map(Line::Same));
        lines
    }
}

/// Text without control characters, which could steer the terminal.
pub(crate) fn shown(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
        out
    })
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Title(text) => write!(f, "  {text}"),
            Self::Same(text) => write!(f, "      {text}"),
            Self::Expected(text) => write!(f, "    - {text}"),
            Self::Got(text) => write!(f, "    + {text}"),
        }
    }
}

/// All its lines.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_marked_where_it_begins_to_differ() {
        let shown = Difference::new("uri", "http://h/a", "http://h/\u{1b}").to_string();
        let expected = ["  uri", "    - expected http://h/a", "    + got      http://h/\\u{1b}"];
        assert_eq!(shown.lines().take(3).collect::<Vec<_>>(), expected);
        assert!(
            shown.lines().nth(3).is_some_and(|line| line.find('^') == expected[1].find("/a").map(|at| at + 1)),
            "{shown}"
        );
    }

    #[test]
    fn many_lines_are_cut_down_to_those_that_differ() {
        let difference = Difference::new("canonical_request", "a\nb\nc\nd\ne", "a\nb\nX\nY\nd\ne");
        let shown: Vec<_> = difference.lines().iter().map(ToString::to_string).collect();
        let expected =
            ["  canonical_request", "         2 b", "    -    3 c", "    +    3 X", "    +    4 Y", "         5 d"];
        assert_eq!(shown, expected);
        let shown = Difference::new("x", "a\na", "a").to_string();
        assert_eq!(shown, "  x\n         1 a\n    -    2 a\n");
    }
}
