//! The JSON that data items build: `a=b`, `a[b]=c`, `a[]:=1`, `[0]=x` (<https://httpie.io/docs/cli/nested-json>).

use countersign::Result;

use super::items::{Item, Kind};
use crate::error;

/// How far a list may be filled with null up to an index that is named.
const LONGEST: usize = 10_000;

/// A value that is being built. Keys stay in their order.
enum Value {
    /// As it is written.
    Written(String),
    Object(Vec<(String, Self)>),
    List(Vec<Self>),
}

enum Step {
    Key(String),
    Index(usize),
    Append,
}

/// The body of data items.
pub(super) fn body(items: &[Item]) -> Result<String> {
    let mut root = Value::Object(Vec::new());
    let mut is_empty = true;
    for item in items.iter().filter(|item| item.is_data()) {
        let written = match item.kind {
            Kind::Json => item.value.trim().to_owned(),
            _ => serde_json::Value::from(item.value.as_str()).to_string(),
        };
        let place = || {
            error::invalid(format!("item {}", error::quoted(&item.key)), "the key does not fit what is there already")
        };
        let steps = steps(&item.key)?;
        if is_empty && !matches!(steps.first(), Some(Step::Key(_))) {
            root = Value::List(Vec::new());
        }
        is_empty = false;
        root.put(&steps, written).ok_or_else(place)?;
    }
    let mut out = String::new();
    root.write(&mut out);
    Ok(out)
}

/// `a[b][0][]`. A key without brackets is one name, whatever it holds.
fn steps(key: &str) -> Result<Vec<Step>> {
    let unbalanced = || error::invalid(format!("item {}", error::quoted(key)), "its brackets do not close");
    let (name, mut rest) = key.split_at(key.find('[').unwrap_or(key.len()));
    let mut steps = Vec::new();
    if !name.is_empty() || rest.is_empty() {
        steps.push(Step::Key(name.to_owned()));
    }
    while !rest.is_empty() {
        let (inside, after) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(unbalanced)?;
        steps.push(match inside {
            "" => Step::Append,
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Step::Index(digits.parse().map_err(|_| unbalanced())?)
            }
            name => Step::Key(name.to_owned()),
        });
        rest = after;
    }
    Ok(steps)
}

impl Value {
    /// None where something of another shape stands already.
    fn put(&mut self, steps: &[Step], written: String) -> Option<()> {
        let Some((step, rest)) = steps.split_first() else {
            *self = Self::Written(written);
            return Some(());
        };
        let empty = || match rest.first() {
            None => Self::Written("null".to_owned()),
            Some(Step::Key(_)) => Self::Object(Vec::new()),
            Some(Step::Index(_) | Step::Append) => Self::List(Vec::new()),
        };
        let next = match (self, step) {
            (Self::Object(fields), Step::Key(name)) => {
                let at = fields.iter().position(|(other, _)| other == name);
                let at = at.unwrap_or_else(|| {
                    fields.push((name.clone(), empty()));
                    fields.len() - 1
                });
                fields.get_mut(at).map(|(_, value)| value)
            }
            (Self::List(values), Step::Append) => {
                values.push(empty());
                values.last_mut()
            }
            (Self::List(values), Step::Index(index)) if *index < LONGEST => {
                while values.len() < *index {
                    values.push(Self::Written("null".to_owned()));
                }
                if values.len() == *index {
                    values.push(empty());
                }
                values.get_mut(*index)
            }
            _ => None,
        };
        next?.put(rest, written)
    }

    /// As Python writes it: a space after each comma and colon.
    fn write(&self, out: &mut String) {
        match self {
            Self::Written(text) => out.push_str(text),
            Self::Object(fields) => {
                out.push('{');
                for (index, (name, value)) in fields.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    out.push_str(&serde_json::Value::from(name.as_str()).to_string());
                    out.push_str(": ");
                    value.write(out);
                }
                out.push('}');
            }
            Self::List(values) => {
                out.push('[');
                for (index, value) in values.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    value.write(out);
                }
                out.push(']');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(items: &[&str]) -> Result<String> {
        body(&items.iter().map(|item| Item::read(item).unwrap()).collect::<Vec<_>>())
    }

    #[test]
    fn keys_name_places() {
        for (items, expected) in [
            (vec!["b=1", "a:=true", "b=2"], r#"{"b": "2", "a": true}"#),
            (
                vec!["a[b][c]=1", "a[b][d]:=2", "a[e][]=x", "a[e][]=y"],
                r#"{"a": {"b": {"c": "1", "d": 2}, "e": ["x", "y"]}}"#,
            ),
            (vec!["a[2]=x", "a[0]:=1"], r#"{"a": [1, null, "x"]}"#),
            (vec!["[]=x", "[]:={\"a\":1}"], r#"["x", {"a":1}]"#),
            (vec!["a]=x"], r#"{"a]": "x"}"#),
        ] {
            assert_eq!(built(&items).unwrap(), expected);
        }
        for items in [vec!["a=1", "a[b]=2"], vec!["a[b=2"], vec!["a[b]=1", "a[]=2"], vec!["a[99999999]=1"]] {
            assert!(built(&items).is_err(), "{items:?}");
        }
    }
}
