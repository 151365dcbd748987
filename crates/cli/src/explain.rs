//! What was signed, and where it parts from what the server signed.

use countersign::Signed;
use countersign_explain::{ServerSays, reasons};
use serde::Serialize;

use crate::mask::Mask;
use crate::vectors::shown;

/// The texts that were hashed and signed, and how they compare with the server's. Credentials in them are masked.
#[derive(Debug, Serialize)]
pub(crate) struct Explanation {
    pub(crate) canonical_request: Option<String>,
    pub(crate) string_to_sign: Option<String>,
    /// The comparison with the server's texts, line by line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) comparison: Vec<String>,
}

impl Explanation {
    pub(crate) fn of(signed: &Signed, mask: &Mask, server: Option<&ServerSays>) -> Self {
        let (canonical_request, string_to_sign) = (signed.canonical_request(), signed.string_to_sign());
        let mut comparison =
            server.map(|server| compare(server, canonical_request, string_to_sign)).unwrap_or_default();
        if let Some(server) = server.filter(|_| comparison.iter().any(|line| line.contains(" differs ("))) {
            comparison.extend(reasons(signed, server));
        }
        let masked = |text: Option<&str>| text.map(|text| mask.apply(text));
        Self {
            canonical_request: masked(canonical_request),
            string_to_sign: masked(string_to_sign),
            comparison: comparison.iter().map(|line| mask.apply(line)).collect(),
        }
    }
}

/// The two texts beside the server's, line by line.
fn compare(server_says: &ServerSays, canonical_request: Option<&str>, string_to_sign: Option<&str>) -> Vec<String> {
    let mut lines = Vec::new();
    let pairs = [
        (
            "canonical request",
            canonical_request,
            server_says.canonical_request(),
            name_canonical_line as fn(&str, usize) -> _,
        ),
        ("string to sign", string_to_sign, server_says.string_to_sign(), name_string_line),
    ];
    let mut differs = false;
    let mut compared = 0;
    for (what, ours, server, name_line) in pairs {
        let Some(server) = server else { continue };
        let Some(ours) = ours else {
            lines.push(format!("{what}: this scheme has none to compare"));
            continue;
        };
        compared += 1;
        match first_difference(ours, server) {
            None => lines.push(format!("{what}: the same as the server's")),
            Some((number, ours_line, server_line)) => {
                differs = true;
                lines.push(format!("{what}: line {} differs ({})", number + 1, name_line(server, number)));
                lines.push(format!("  ours   {}", ours_line.map_or_else(|| "(no such line)".into(), shown)));
                lines.push(format!("  server {}", server_line.map_or_else(|| "(no such line)".into(), shown)));
            }
        }
    }
    if compared > 0 && !differs {
        lines.push("The texts are the same, so the keys are not: the secret key is another than the server's.".into());
    }
    lines
}

/// The first line that differs: its number from 0, and both sides.
fn first_difference<'a>(ours: &'a str, server: &'a str) -> Option<(usize, Option<&'a str>, Option<&'a str>)> {
    let (mut ours, mut server) = (ours.split('\n'), server.split('\n'));
    let mut number = 0;
    loop {
        match (ours.next(), server.next()) {
            (None, None) => return None,
            (one, other) if one != other => return Some((number, one, other)),
            _ => number += 1,
        }
    }
}

/// What a line of an AWS canonical request is.
fn name_canonical_line(text: &str, number: usize) -> &'static str {
    let lines = text.split('\n').count();
    match number {
        0 => "method",
        1 => "path",
        2 => "query",
        _ if number + 1 >= lines => "hash of the body",
        _ if number + 2 == lines => "signed headers",
        _ => "headers",
    }
}

/// What a line of an AWS string to sign is.
fn name_string_line(_: &str, number: usize) -> &'static str {
    match number {
        0 => "algorithm",
        1 => "time; --time sets it",
        2 => "date, region and service",
        _ => "hash of the canonical request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANONICAL: &str = "GET\n/it's\na=1&b=<2>\nhost:h\n\nhost\ne3b0";
    const STRING: &str = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/s3/aws4_request\nabc";

    #[test]
    fn the_first_line_that_differs_is_named() {
        let read = ServerSays::read(&CANONICAL.replace("host:h", "host:other"));
        let lines = compare(&read, Some(CANONICAL), None);
        assert_eq!(lines, ["canonical request: line 4 differs (headers)", "  ours   host:h", "  server host:other"]);
        let read = ServerSays::read(&format!("{CANONICAL}\nmore\u{1b}"));
        assert_eq!(compare(&read, Some(CANONICAL), None)[1..], ["  ours   (no such line)", "  server more\\u{1b}"]);
    }

    #[test]
    fn the_same_texts_mean_another_key() {
        let read = ServerSays::read(STRING);
        assert!(compare(&read, Some(CANONICAL), Some(STRING)).concat().contains("the secret key is another"));
        assert!(compare(&read, None, None).concat().contains("none to compare"));
    }
}
