//! `{{name}}`, filled as clients fill it: in rounds, from the first scope that has the name.

use std::collections::HashMap;

use countersign::Result;
use countersign::variables::{Part, parts};

use crate::{error, templates};

/// How often what a value holds is filled again.
const ROUNDS: usize = 20;

/// The variables, innermost first.
pub(crate) struct Scopes {
    scopes: Vec<HashMap<String, String>>,
    /// How much longer a text may get, in bytes.
    most: usize,
    /// The variable's name within what stands between the braces.
    name: fn(&str) -> &str,
}

impl Scopes {
    /// `most` is how much longer a text may get, in bytes; `name` finds the variable's name within what stands between the
    /// braces.
    pub(crate) fn new(scopes: Vec<HashMap<String, String>>, most: usize, name: fn(&str) -> &str) -> Self {
        Self { scopes, most, name }
    }

    /// The text with all variables filled that have a value; the others stay. `place` is where it stands.
    ///
    /// A name may be built from others (`{{key_{{stage}}}}`), and a value may name others.
    pub(crate) fn fill(&self, text: &str, place: &str) -> Result<String> {
        let most = text.len().saturating_add(self.most);
        let mut text = text.to_owned();
        for _ in 0..ROUNDS {
            let Some(next) = self.once(&text, most) else { return Ok(templates::renamed(&text, self.name)) };
            text = next;
            if text.len() > most {
                return Err(error::limit(place, format!("its variables fill more than {} bytes", self.most)));
            }
        }
        match self.once(&text, most) {
            Some(_) => Err(error::invalid(place, "its variables name each other in a circle")),
            None => Ok(templates::renamed(&text, self.name)),
        }
    }

    /// One round; none if nothing was to fill.
    fn once(&self, text: &str, most: usize) -> Option<String> {
        let (mut out, mut rest, mut changed) = (String::new(), text, false);
        while let Some(at) = rest.find("{{") {
            let (before, after) = rest.split_at(at + 2);
            // The innermost braces: a name holds none.
            let end = after.find(['{', '}']).unwrap_or(after.len());
            let (name, tail) = after.split_at(end);
            match tail.strip_prefix("}}") {
                Some(tail) => {
                    match self.value(name) {
                        Some(value) => {
                            out.push_str(before.get(..at).unwrap_or_default());
                            out.push_str(value);
                            changed = true;
                        }
                        None => {
                            out.push_str(before);
                            out.push_str(name);
                            out.push_str("}}");
                        }
                    }
                    rest = tail;
                }
                None => {
                    // `{{{`: the name may begin one brace later.
                    out.push_str(rest.get(..=at).unwrap_or_default());
                    rest = rest.get(at + 1..).unwrap_or_default();
                }
            }
            if out.len() > most {
                break;
            }
        }
        out.push_str(rest);
        changed.then_some(out)
    }

    fn value(&self, inside: &str) -> Option<&str> {
        let name = (self.name)(inside);
        self.scopes.iter().find_map(|scope| scope.get(name)).map(String::as_str)
    }
}

/// The name of the first variable that a text still has.
pub(crate) fn unfilled(text: &str) -> Option<&str> {
    parts(text).find_map(|part| match part {
        Part::Variable(name) => Some(name.trim()),
        Part::Text(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(pairs: &[(&str, &str)]) -> Scopes {
        let scope = pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Scopes::new(vec![scope], 1000, |inside| inside)
    }

    #[test]
    fn names_nest_and_values_name_others() {
        let scopes = scopes(&[("stage", "live"), ("key_live", "{{deep}}"), ("deep", "k"), ("empty", "")]);
        for (text, filled) in [
            ("{{key_{{stage}}}}", "k"),
            ("a{{empty}}b", "ab"),
            ("{{{stage}}}", "{live}"),
            ("{{other}}-{{stage}}", "{{other}}-live"),
            ("{{ stage }}", "{{ stage }}"),
            ("{{$guid}} {{stage", "{{$guid}} {{stage"),
            ("{{a{b}}}", "{{a{b}}}"),
        ] {
            assert_eq!(scopes.fill(text, "#").unwrap(), filled, "{text}");
        }
    }

    #[test]
    fn circles_and_floods_end() {
        use countersign::ErrorKind;
        let circle = scopes(&[("a", "{{b}}"), ("b", "{{a}}")]).fill("{{a}}", "#/x").unwrap_err();
        assert_eq!((circle.kind(), circle.to_string().contains("#/x")), (ErrorKind::InvalidImport, true));
        let flood = scopes(&[("a", "{{a}}{{a}}")]).fill("{{a}}", "#/x").unwrap_err();
        assert_eq!(flood.kind(), ErrorKind::LimitExceeded);
    }

    #[test]
    fn a_name_is_what_the_program_takes_for_it() {
        fn name(inside: &str) -> &str {
            inside.trim().strip_prefix("_.").unwrap_or(inside.trim())
        }
        let scope = HashMap::from([("a".to_owned(), "1 {{ _.b }}".to_owned())]);
        let scopes = Scopes::new(vec![scope], 1000, name);
        assert_eq!(scopes.fill("{{ _.a }}-{{a}}-{{_.c }}", "#").unwrap(), "1 {{b}}-1 {{b}}-{{c}}");
    }
}
