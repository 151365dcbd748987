//! The `.bru` language (<https://docs.usebruno.com/bru-lang/overview>): blocks of pairs, of text, and lists.

use countersign::Result;

use crate::error;

/// One block.
pub(super) struct Block<'a> {
    /// `get`, `auth:basic`, `vars:pre-request`.
    pub(super) name: &'a str,
    pub(super) content: Content<'a>,
}

pub(super) enum Content<'a> {
    /// `{ … }`, its lines as they stand.
    Lines(Vec<&'a str>),
    /// `[ … ]`.
    List(Vec<&'a str>),
}

/// One pair of a block.
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: String,
    /// A `~` before the name switches it off.
    pub(super) is_on: bool,
}

/// The blocks of a file.
///
/// # Errors
/// `invalid-import` with the line, for what is in no block, and for a block that does not end.
pub(super) fn blocks(text: &str) -> Result<Vec<Block<'_>>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            continue;
        }
        let invalid = |what: &str| error::invalid(format!("line {}", index + 1), what);
        let (name, end) = match (trimmed.strip_suffix('{'), trimmed.strip_suffix('[')) {
            (Some(name), _) => (name.trim_end(), "}"),
            (None, Some(name)) => (name.trim_end(), "]"),
            (None, None) => match trimmed.strip_suffix("{}").or_else(|| trimmed.strip_suffix("[]")) {
                Some(name) => {
                    blocks.push(Block { name: name.trim_end(), content: Content::Lines(Vec::new()) });
                    continue;
                }
                None => return Err(invalid("it is in no block, and begins none")),
            },
        };
        let mut inside = Vec::new();
        // A block ends where its bracket begins a line.
        loop {
            let (_, line) = lines.next().ok_or_else(|| invalid("the block does not end"))?;
            if line.strip_prefix(end).is_some_and(|rest| rest.trim().is_empty()) {
                break;
            }
            inside.push(line);
        }
        let content = if end == "}" { Content::Lines(inside) } else { Content::List(inside) };
        blocks.push(Block { name, content });
    }
    Ok(blocks)
}

impl Block<'_> {
    /// Its pairs, `name: value`. A value in `'''` runs over lines. A line that is no pair is left out.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        let Content::Lines(lines) = &self.content else { return Vec::new() };
        let mut pairs = Vec::new();
        let mut lines = lines.iter();
        while let Some(line) = lines.next() {
            let line = line.trim();
            let Some((name, value)) = split_name(line) else { continue };
            let mut value = value.trim().to_owned();
            if let Some(first) = value.strip_prefix("'''") {
                let mut inside = Vec::from_iter((!first.is_empty()).then(|| first.to_owned()));
                for line in lines.by_ref() {
                    if let Some(last) = line.trim_end().strip_suffix("'''") {
                        inside.extend((!last.trim().is_empty()).then(|| unindented(last, 4).to_owned()));
                        break;
                    }
                    inside.push(unindented(line, 4).to_owned());
                }
                value = inside.join("\n");
            }
            let (name, is_on) = name.strip_prefix('~').map_or((name, true), |name| (name, false));
            let name = name.strip_prefix('@').unwrap_or(name).trim();
            pairs.push(Pair { name: unquoted(name), value, is_on });
        }
        pairs
    }

    /// The value of a name that is switched on; of two the last.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.pairs().into_iter().rev().find(|pair| pair.is_on && pair.name == name).map(|pair| pair.value)
    }

    /// Its text, without the indentation of two spaces that Bruno gives it.
    pub(super) fn text(&self) -> String {
        let (Content::Lines(lines) | Content::List(lines)) = &self.content;
        lines.iter().map(|line| unindented(line, 2)).collect::<Vec<_>>().join("\n")
    }
}

/// A name may stand in quotes, and hold a colon then.
fn split_name(line: &str) -> Option<(&str, &str)> {
    if let Some(rest) = line.strip_prefix('"') {
        let end = rest.find("\":")?;
        return Some((line.get(..end + 2)?, rest.get(end + 2..)?));
    }
    line.split_once(':').map(|(name, value)| (name.trim(), value))
}

fn unquoted(name: &str) -> String {
    let inner = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    inner.map_or_else(|| name.to_owned(), |inner| inner.replace("\\\"", "\""))
}

fn unindented(line: &str, most: usize) -> &str {
    let spaces = line.bytes().take(most).take_while(|byte| *byte == b' ').count();
    line.get(spaces..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_pairs_are_taken_apart() {
        let text = "meta {\n  name: a: b\n}\n\nheaders {\n  ~off: 1\n  \"x:y\": z\n  empty:\n}\nbody:json {\n  {\n    \"a\": 1\n  }\n}\nvars:secret [\n  s\n]\nauth:oauth1 {\n  private_key: '''\n    one\n      two\n  '''\n  after: x\n}\ndocs {}\n";
        let blocks = blocks(text).unwrap();
        let names: Vec<&str> = blocks.iter().map(|block| block.name).collect();
        assert_eq!(names, ["meta", "headers", "body:json", "vars:secret", "auth:oauth1", "docs"]);
        assert_eq!(blocks[0].value("name").as_deref(), Some("a: b"));
        let headers: Vec<_> = blocks[1].pairs().into_iter().map(|pair| (pair.name, pair.value, pair.is_on)).collect();
        assert_eq!(
            headers,
            [
                ("off".into(), "1".into(), false),
                ("x:y".into(), "z".into(), true),
                ("empty".into(), String::new(), true)
            ]
        );
        assert_eq!(blocks[2].text(), "{\n  \"a\": 1\n}");
        assert_eq!(blocks[4].value("private_key").as_deref(), Some("one\n  two"));
        assert_eq!(blocks[4].value("after").as_deref(), Some("x"));
    }

    #[test]
    fn what_is_in_no_block_is_an_error_without_a_value() {
        for (text, line) in [("meta {\n}\nhunter2\n", "line 3"), ("\nget {\n  url: hunter2\n", "line 2")] {
            let error = blocks(text).err().unwrap().to_string();
            assert!(error.contains(line) && !error.contains("hunter2"), "{error}");
        }
    }
}
