//! What was signed, and where it parts from what the server signed.

use countersign::Signed;
use serde::Serialize;
use serde_json::Value;

use crate::mask::Mask;
use crate::moment;
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

/// What a server quotes of its own calculation, when it refuses a signature.
#[derive(Debug, Default)]
pub(crate) struct ServerSays {
    canonical_request: Option<String>,
    string_to_sign: Option<String>,
}

impl Explanation {
    pub(crate) fn of(signed: &Signed, mask: &Mask, server: Option<&ServerSays>) -> Self {
        let (canonical_request, string_to_sign) = (signed.canonical_request(), signed.string_to_sign());
        let comparison = server.map(|server| server.compare(canonical_request, string_to_sign)).unwrap_or_default();
        let masked = |text: Option<&str>| text.map(|text| mask.apply(text));
        Self {
            canonical_request: masked(canonical_request),
            string_to_sign: masked(string_to_sign),
            comparison: comparison.iter().map(|line| mask.apply(line)).collect(),
        }
    }
}

impl ServerSays {
    /// Reads an AWS service's error, as XML or JSON, or the bare text of one of the two or of both.
    pub(crate) fn read(text: &str) -> Self {
        let text = &*text.replace("\r\n", "\n");
        if let Ok(json) = serde_json::from_str::<Value>(text) {
            let message = ["message", "Message"].iter().find_map(|name| json.get(name)?.as_str());
            return message.map(Self::from_message).unwrap_or_default();
        }
        let tag = |name: &str| {
            let (_, after) = text.split_once(&format!("<{name}>"))?;
            Some(unescaped(after.split_once(&format!("</{name}>"))?.0))
        };
        let (canonical_request, string_to_sign) = (tag("CanonicalRequest"), tag("StringToSign"));
        if canonical_request.is_some() || string_to_sign.is_some() {
            return Self { canonical_request, string_to_sign };
        }
        Self::from_message(&tag("Message").unwrap_or_else(|| text.to_owned()))
    }

    /// Reads the sentence of most services: "The Canonical String for this request should have been '…' The String-to-Sign
    /// should have been '…'"; else takes the text for one of the two.
    fn from_message(message: &str) -> Self {
        let quoted = |after: &str, end: &str| {
            let (_, text) = message.split_once(after)?;
            let (_, text) = text.split_once('\'')?;
            let text = text.split_once(end).map_or(text, |(text, _)| text);
            Some(text.trim_end_matches(['\n', '"', ' ']).trim_end_matches('\'').to_owned())
        };
        let canonical_request =
            quoted("The Canonical String for this request should have been", "'\n\nThe String-to-Sign");
        let string_to_sign = quoted("The String-to-Sign should have been", "'\n");
        if canonical_request.is_some() || string_to_sign.is_some() {
            return Self { canonical_request, string_to_sign };
        }
        let text = message.trim_end_matches('\n').to_owned();
        // A string to sign begins with its algorithm. A canonical request, even of one line, begins with a method.
        if text.starts_with("AWS4-") {
            Self { string_to_sign: Some(text), canonical_request: None }
        } else {
            Self { canonical_request: Some(text), string_to_sign: None }
        }
    }

    /// The moment that the server signed for: the second line of an AWS string to sign.
    pub(crate) fn unix_time(&self) -> Option<u64> {
        let text = self.string_to_sign.as_deref().filter(|text| text.starts_with("AWS4-"))?;
        moment::parse(text.lines().nth(1)?).ok()
    }

    fn compare(&self, canonical_request: Option<&str>, string_to_sign: Option<&str>) -> Vec<String> {
        let mut lines = Vec::new();
        let pairs = [
            (
                "canonical request",
                canonical_request,
                &self.canonical_request,
                name_canonical_line as fn(&str, usize) -> _,
            ),
            ("string to sign", string_to_sign, &self.string_to_sign, name_string_line),
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
            lines.push(
                "The texts are the same, so the keys are not: the secret key is another than the server's.".into(),
            );
        }
        lines
    }
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

/// Undoes XML's character references; an unknown one stays.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = after.split_once(';').and_then(|(name, after)| Some((reference(name)?, after)));
        let (character, after) = known.unwrap_or(('&', after));
        out.push(character);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANONICAL: &str = "GET\n/it's\na=1&b=<2>\nhost:h\n\nhost\ne3b0";
    const STRING: &str = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/s3/aws4_request\nabc";

    #[test]
    fn every_form_of_a_servers_error_is_read() {
        let sentence = format!(
            "The request signature we calculated does not match the signature you provided. Consult the service \
             documentation for details.\n\nThe Canonical String for this request should have been\n'{CANONICAL}'\n\nThe \
             String-to-Sign should have been\n'{STRING}'\n"
        );
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#39;");
        for text in [
            format!(
                "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>{STRING}</StringToSign><CanonicalRequest>{}\
                 </CanonicalRequest></Error>",
                escaped(CANONICAL)
            ),
            format!("<ErrorResponse><Error><Message>{}</Message></Error></ErrorResponse>", escaped(&sentence)),
            serde_json::json!({ "message": sentence }).to_string(),
            serde_json::json!({ "__type": "x", "Message": sentence.trim_end() }).to_string(),
            sentence.clone(),
            sentence.replace('\n', "\r\n"),
        ] {
            let read = ServerSays::read(&text);
            assert_eq!(read.canonical_request.as_deref(), Some(CANONICAL), "{text}");
            assert_eq!(read.string_to_sign.as_deref(), Some(STRING), "{text}");
            assert_eq!(read.unix_time(), Some(1_440_938_160));
        }
        assert_eq!(ServerSays::read(&format!("{STRING}\n")).string_to_sign.as_deref(), Some(STRING));
        assert_eq!(ServerSays::read(&format!("{CANONICAL}\n")).canonical_request.as_deref(), Some(CANONICAL));
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        let read = ServerSays::read(&CANONICAL.replace("host:h", "host:other"));
        let lines = read.compare(Some(CANONICAL), None);
        assert_eq!(lines, ["canonical request: line 4 differs (headers)", "  ours   host:h", "  server host:other"]);
        let read = ServerSays::read(&format!("{CANONICAL}\nmore\u{1b}"));
        assert_eq!(read.compare(Some(CANONICAL), None)[1..], ["  ours   (no such line)", "  server more\\u{1b}"]);
    }

    #[test]
    fn the_same_texts_mean_another_key() {
        let read = ServerSays::read(STRING);
        assert!(read.compare(Some(CANONICAL), Some(STRING)).concat().contains("the secret key is another"));
        assert!(read.compare(None, None).concat().contains("none to compare"));
    }

    #[test]
    fn references_are_undone_once() {
        assert_eq!(unescaped("&amp;lt;&#10;&#xA;&nosuch;&"), "&lt;\n\n&nosuch;&");
    }
}
