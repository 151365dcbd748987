//! The signed request, written out.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use countersign::Payload;
use countersign::scheme::{encode, target};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{Method, Request, Uri};
use serde::Serialize;

use crate::args::Format;
use crate::explain::Explanation;
use crate::style::Style;

/// Prints a signed request, with what was signed where that is asked for.
pub(crate) fn print(
    request: &Request<Payload>,
    explanation: Option<&Explanation>,
    format: Format,
    style: &Style,
    out: &mut impl Write,
) -> io::Result<()> {
    match format {
        Format::Http => {
            if let Some(explanation) = explanation {
                sections(explanation, "", style, out)?;
                writeln!(out, "{}", style.title("--- signed request"))?;
            }
            http(request, style, out)
        }
        Format::Curl => {
            if let Some(explanation) = explanation {
                // Comments, so that what is printed stays a command.
                sections(explanation, "# ", style, out)?;
            }
            writeln!(out, "{}", curl(request))
        }
        Format::Json => {
            let form = serde_json::to_string_pretty(&Form::of(request, explanation)).map_err(io::Error::other)?;
            writeln!(out, "{form}")
        }
    }
}

fn sections(explanation: &Explanation, prefix: &str, style: &Style, out: &mut impl Write) -> io::Result<()> {
    let texts =
        [("canonical request", &explanation.canonical_request), ("string to sign", &explanation.string_to_sign)];
    for (name, text) in texts {
        writeln!(out, "{prefix}{}", style.title(format_args!("--- {name}")))?;
        for line in text.as_deref().unwrap_or("(this scheme has none)").split('\n') {
            writeln!(out, "{prefix}{line}")?;
        }
    }
    if !explanation.comparison.is_empty() {
        writeln!(out, "{prefix}{}", style.title("--- beside the server's"))?;
        for line in &explanation.comparison {
            writeln!(out, "{prefix}{line}")?;
        }
    }
    Ok(())
}

fn body(request: &Request<Payload>) -> &[u8] {
    request.body().bytes().map_or(&[], |bytes| bytes)
}

/// HTTP/1.1, with the `Host` and `Content-Length` that a client adds.
fn http(request: &Request<Payload>, style: &Style, out: &mut impl Write) -> io::Result<()> {
    let (uri, headers, body) = (request.uri(), request.headers(), body(request));
    let line = format!("{} {} HTTP/1.1", request.method(), target::path_and_query(uri));
    write!(out, "{}\r\n", style.title(line))?;
    if let Some(authority) = uri.authority().filter(|_| !headers.contains_key(HOST)) {
        write!(out, "{}: {}\r\n", style.quiet(HOST), target::without_user_info(authority))?;
    }
    for (name, value) in headers {
        write!(out, "{}: ", style.quiet(name))?;
        out.write_all(value.as_bytes())?;
        out.write_all(b"\r\n")?;
    }
    if !body.is_empty() && !headers.contains_key(CONTENT_LENGTH) {
        write!(out, "{}: {}\r\n", style.quiet(CONTENT_LENGTH), body.len())?;
    }
    out.write_all(b"\r\n")?;
    let is_text = str::from_utf8(body).is_ok_and(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()));
    if style.is_terminal() && !is_text {
        return writeln!(out, "{}", style.quiet(format_args!("({} bytes that are not text)", body.len())));
    }
    out.write_all(body)?;
    if style.is_terminal() && !body.is_empty() { writeln!(out) } else { Ok(()) }
}

/// A POSIX shell's command that sends exactly this request.
fn curl(request: &Request<Payload>) -> String {
    /// One argument of a program may have 128 KiB on Linux.
    const LONGEST_ARGUMENT: usize = 100_000;

    let (uri, headers, body) = (request.uri(), request.headers(), body(request));
    let mut command = String::from("curl");
    let text = str::from_utf8(body).ok().filter(|text| text.len() < LONGEST_ARGUMENT && !text.contains('\0'));
    match request.method() {
        &Method::GET if body.is_empty() => {}
        &Method::HEAD if body.is_empty() => command.push_str(" --head"),
        method => push_option(&mut command, "--request", method.as_str()),
    }
    let url = url(uri);
    if url.contains(['[', ']', '{', '}']) {
        command.push_str(" --globoff");
    }
    if uri.path().contains("/.") {
        command.push_str(" --path-as-is");
    }
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        // curl takes `Name:` as a header to leave out, and `Name;` as an empty one.
        let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        push_option(&mut command, " \\\n  --header", &header);
    }
    if !body.is_empty() {
        if !headers.contains_key(CONTENT_TYPE) {
            // Else curl says that it is a form, which some signatures cover.
            push_option(&mut command, " \\\n  --header", "content-type:");
        }
        match text {
            Some(text) => push_option(&mut command, " \\\n  --data-raw", text),
            None => {
                command.push_str(" \\\n  --data-binary @-");
                command = format!("printf {} | {command}", octal(body));
            }
        }
    }
    push_option(&mut command, " \\\n ", &url);
    command
}

/// The URL as it is signed: `http` writes the empty path as `/`, user info goes.
fn url(uri: &Uri) -> String {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => {
            format!("{scheme}://{}{}", target::without_user_info(authority), target::path_and_query(uri))
        }
        _ => uri.to_string(),
    }
}

fn push_option(command: &mut String, option: &str, value: &str) {
    if !option.starts_with(' ') {
        command.push(' ');
    }
    command.push_str(option);
    command.push(' ');
    // Only a zero byte cannot be quoted: no header and no URL has one, and such a body goes another way.
    command.push_str(&shlex::Quoter::new().allow_nul(true).quote(value).unwrap_or_default());
}

/// `printf`'s format for any bytes.
fn octal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(4 * bytes.len() + 2);
    text.push('\'');
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\{byte:03o}");
        }
    }
    text.push('\'');
    text
}

/// The form that `sign` reads, without `auth`, and with what was signed where that is asked for.
#[derive(Debug, Serialize)]
struct Form<'a> {
    method: &'a str,
    url: String,
    headers: Vec<(&'a str, Cow<'a, str>)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    #[serde(flatten)]
    explanation: Option<&'a Explanation>,
}

impl<'a> Form<'a> {
    fn of(request: &'a Request<Payload>, explanation: Option<&'a Explanation>) -> Self {
        let (body, base64) = match str::from_utf8(body(request)) {
            Ok(text) => (Some(text).filter(|text| !text.is_empty()), None),
            Err(_) => (None, Some(encode::base64(body(request)))),
        };
        let headers = request.headers().iter();
        Self {
            method: request.method().as_str(),
            url: request.uri().to_string(),
            headers: headers.map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()))).collect(),
            body,
            body_base64: base64,
            explanation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, body: &'static [u8]) -> Request<Payload> {
        Request::put(uri).header("x", "it's").header("empty", "").body(Payload::from(body)).unwrap()
    }

    #[test]
    fn curl_commands_are_quoted() {
        assert_eq!(
            curl(&request("https://u:p@h/../a[1]?b='", b"@x\n")),
            "curl --request PUT --globoff --path-as-is \\\n  --header \"x: it's\" \\\n  --header 'empty;' \\\n  \
             --header content-type: \\\n  --data-raw '@x\n' \\\n  \"https://h/../a[1]?b='\""
        );
        assert!(curl(&request("https://h/", b"\xff%\0")).starts_with(r"printf '\377\045\000' | curl --request PUT"));
        let head = Request::head("https://h?x").body(Payload::empty()).unwrap();
        assert_eq!(curl(&head), "curl --head \\\n  'https://h/?x'");
    }

    #[test]
    fn http_is_complete() {
        let mut out = Vec::new();
        http(&request("https://u:p@h:81?q", b"\xff"), &Style::plain(), &mut out).unwrap();
        let expected = b"PUT /?q HTTP/1.1\r\nhost: h:81\r\nx: it's\r\nempty: \r\ncontent-length: 1\r\n\r\n\xff";
        assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }

    #[test]
    fn json_is_the_form_that_is_read() {
        let form = serde_json::to_string(&Form::of(&request("https://h/", b"\xff"), None)).unwrap();
        let headers = r#"[["x","it's"],["empty",""]]"#;
        assert_eq!(form, format!(r#"{{"method":"PUT","url":"https://h/","headers":{headers},"body_base64":"/w=="}}"#));
        let read = crate::request::read(form.as_bytes(), "".as_ref(), crate::asked::UriScheme::Https).unwrap();
        assert_eq!(body(&read.request), b"\xff");
    }
}
