//! Requests between `###`, each with its line, its headers and its body.

use std::collections::HashMap;

use countersign::Result;

use crate::error;
use crate::reader::{Input, Reader};
use crate::{Limits, curl};

pub(super) const METHODS: [&str; 14] = [
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "CONNECT",
    "TRACE",
    "QUERY",
    "GRAPHQL",
    "WEBSOCKET",
    "GRPC",
    "RSOCKET",
];

/// One request, its variables not filled.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// What follows `###`.
    pub(super) name: Option<String>,
    /// `@name`.
    pub(super) id: Option<String>,
    /// The line of its request, counted from 1.
    pub(super) line: usize,
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
    /// Where the body names a file.
    pub(super) file_line: Option<usize>,
    pub(super) has_script: bool,
    /// A curl command in place of a request.
    pub(super) command: Option<String>,
}

impl Block {
    /// The last header of a name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().rfind(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

type Numbered<'a> = std::iter::Peekable<std::vec::IntoIter<(usize, &'a str)>>;

/// The file's variables and its requests.
pub(super) fn blocks(text: &str) -> Result<(HashMap<String, String>, Vec<Block>)> {
    let (mut variables, mut blocks) = (HashMap::new(), Vec::new());
    let mut name = None;
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    for (number, line) in numbered.chain([(0, "###")]) {
        let Some(heading) = line.strip_prefix("###") else {
            lines.push((number, line));
            continue;
        };
        let block = block(std::mem::take(&mut lines).into_iter().peekable(), &mut variables)?;
        blocks.extend(block.map(|block| Block { name: std::mem::take(&mut name), ..block }));
        name = Some(heading.trim_start_matches('#').trim().to_owned()).filter(|name| !name.is_empty());
    }
    Ok((variables, blocks))
}

/// One request; none where there are only comments and variables.
fn block(mut lines: Numbered<'_>, variables: &mut HashMap<String, String>) -> Result<Option<Block>> {
    let mut block = Block::default();
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim();
        if let Some(comment) = trimmed.strip_prefix("//").or_else(|| trimmed.strip_prefix('#')) {
            let mut words = comment.split_whitespace();
            if words.next() == Some("@name") {
                block.id = words.next().map(|id| id.trim_start_matches('=').to_owned()).filter(|id| !id.is_empty());
            }
        } else if let Some((name, value)) = trimmed.strip_prefix('@').and_then(|rest| rest.split_once('=')) {
            variables.insert(name.trim().to_owned(), value.trim().to_owned());
        } else if trimmed.starts_with("< {%") {
            block.has_script = true;
            skip_script(trimmed, &mut lines);
        } else if trimmed.starts_with("< ") {
            block.has_script = true;
        } else if trimmed.starts_with("curl ") {
            let rest: Vec<&str> = std::iter::once(line).chain(lines.map(|(_, line)| line)).collect();
            return command(block, &rest.join("\n"), number).map(Some);
        } else if !trimmed.is_empty() {
            block.line = number;
            request_line(trimmed, &mut block);
            headers(&mut lines, &mut block)?;
            body(&mut lines, &mut block);
            return Ok(Some(block));
        }
    }
    Ok(None)
}

/// `{% … %}` may run over lines.
fn skip_script(first: &str, lines: &mut Numbered<'_>) {
    if first.contains("%}") {
        return;
    }
    for (_, line) in lines.by_ref() {
        if line.contains("%}") {
            return;
        }
    }
}

fn command(mut block: Block, text: &str, line: usize) -> Result<Block> {
    let input = Input { text, limits: Limits::default() };
    let reader: Box<dyn Reader + '_> = curl::read(input)
        .map_err(|why| countersign::Error::new(why.kind(), format!("in the command of line {line}: {why}")))?;
    if let Some(item) = reader.items().first() {
        (block.method, block.url) = (item.method.clone().unwrap_or_default(), item.url.clone().unwrap_or_default());
    }
    block.line = line;
    block.command = Some(text.to_owned());
    Ok(block)
}

/// `METHOD URL HTTP/1.1`; without a method it is GET.
fn request_line(line: &str, block: &mut Block) {
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let is_method = !rest.trim().is_empty() && first.chars().all(|letter| letter.is_ascii_uppercase() || letter == '-');
    let (method, url) = if is_method { (first, rest.trim()) } else { ("GET", line) };
    (block.method, block.url) = (method.to_owned(), without_version(url).to_owned());
}

/// A URL's last line may end with ` HTTP/1.1`.
fn without_version(url: &str) -> &str {
    match url.rsplit_once(char::is_whitespace) {
        Some((url, version)) if version.starts_with("HTTP/") => url.trim(),
        _ => url.trim(),
    }
}

/// The URL's further lines, and the headers up to the empty line.
fn headers(lines: &mut Numbered<'_>, block: &mut Block) -> Result<()> {
    for (number, line) in lines.by_ref() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            return Ok(());
        }
        if trimmed.starts_with('#') || trimmed.starts_with("//") {
            continue;
        }
        let goes_on = trimmed.starts_with(['?', '&']) || (line.starts_with([' ', '\t']) && block.headers.is_empty());
        if goes_on && block.headers.is_empty() {
            block.url.push_str(without_version(trimmed));
            continue;
        }
        let (name, value) = trimmed
            .split_once(':')
            .ok_or_else(|| error::invalid(format!("line {number}"), "neither a header nor an empty line"))?;
        block.headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(())
}

/// What follows the empty line, up to what handles the response.
fn body(lines: &mut Numbered<'_>, block: &mut Block) {
    let mut body: Vec<&str> = Vec::new();
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("> {%") {
            skip_script(trimmed, lines);
        } else if trimmed.starts_with("> ")
            || trimmed.starts_with(">> ")
            || trimmed.starts_with(">>! ")
            || trimmed.starts_with("<> ")
        {
        } else if (trimmed.starts_with("< ") || trimmed.starts_with("<@")) && block.file_line.is_none() {
            block.file_line = Some(number);
        } else {
            body.push(line);
        }
    }
    let text = body.join("\n");
    let text = text.trim_end();
    block.body = (!text.trim().is_empty()).then(|| text.trim_start_matches('\n').to_owned());
}
