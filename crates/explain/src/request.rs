use countersign::{Error, ErrorKind, Payload, Result};
use countersign_import::curl_request;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, Request, Uri};

/// Reads a request as it was sent: a curl command, the lines that `curl -v` shows (`> GET / HTTP/1.1`), or HTTP/1.1, whose first line may
/// have a whole URL and may leave the version out. Without a URL, the `Host` header says the host, and the scheme is `https`.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] when it is none of these, or what the import of a curl command says.
pub fn read(text: &str) -> Result<Request<Payload>> {
    let text = text.trim_start();
    let command = text.strip_prefix("$ ").unwrap_or(text);
    if command.starts_with("curl") {
        return curl_request(command)?.to_http();
    }
    let sent = sent_lines(text);
    http(sent.as_deref().unwrap_or(text))
}

/// The lines that `curl -v` shows with a `>`, if the first of them is a request's.
fn sent_lines(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix('>')).map(str::trim_start).collect();
    let is_request = lines.first().is_some_and(|line| line.contains(" HTTP/"));
    is_request.then(|| lines.join("\n"))
}

fn http(text: &str) -> Result<Request<Payload>> {
    let mut rest = text;
    let line = next_line(&mut rest);
    let mut words = line.split_whitespace();
    let (Some(method), Some(target), version, None) = (words.next(), words.next(), words.next(), words.next()) else {
        return Err(no_request_line());
    };
    if version.is_some_and(|version| !version.starts_with("HTTP/")) {
        return Err(no_request_line());
    }
    let mut request = Request::new(Payload::empty());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).map_err(|_| no_request_line())?;
    for number in 2.. {
        let line = next_line(&mut rest);
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| {
            invalid(format!("line {number} is not a header: write `name: value`, and an empty line after the last"))
        })?;
        let unfit = || invalid(format!("line {number} is not a header that can be sent"));
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| unfit())?;
        let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| unfit())?;
        request.headers_mut().append(name, value);
    }
    *request.uri_mut() = uri(target, request.headers().get(HOST))?;
    let is_coded = request.headers().contains_key(TRANSFER_ENCODING);
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let body = length.and_then(|length| rest.as_bytes().get(..length)).unwrap_or(rest.as_bytes());
    *request.body_mut() = if is_coded { Payload::Streaming } else { Payload::from(body.to_vec()) };
    Ok(request)
}

fn uri(target: &str, host: Option<&HeaderValue>) -> Result<Uri> {
    let host = host.and_then(|host| host.to_str().ok()).filter(|_| target.starts_with('/'));
    let text = host.map_or_else(|| target.to_owned(), |host| format!("https://{host}{target}"));
    let uri: Uri = text.parse().map_err(|_| invalid("the first line's target is not a URL or a path".to_owned()))?;
    if uri.authority().is_none() {
        return Err(invalid("the request names no host: add its `Host` header, or write the whole URL".to_owned()));
    }
    Ok(uri)
}

fn next_line<'a>(rest: &mut &'a str) -> &'a str {
    let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
    *rest = after;
    line.trim_end()
}

fn no_request_line() -> Error {
    invalid(
        "this is neither a curl command nor HTTP: the first line of a request is like GET /path HTTP/1.1".to_owned(),
    )
}

fn invalid(why: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let curl = "curl -X POST 'https://h.example/a?b=1' -H 'Authorization: Bearer t' -d x";
        let shown = "* Trying\n> POST /a?b=1 HTTP/2\n> Host: h.example\n> authorization: Bearer t\n> \n< HTTP/2 403\n";
        let http = "POST /a?b=1 HTTP/1.1\r\nHost: h.example\r\nAuthorization: Bearer t\r\n\r\nx";
        let whole = "POST https://h.example/a?b=1\nAuthorization: Bearer t\n\nx";
        for text in [curl, shown, http, whole, &format!("$ {curl}")] {
            let request = read(text).unwrap();
            assert_eq!(request.uri(), "https://h.example/a?b=1", "{text}");
            assert_eq!(request.method(), Method::POST);
            assert_eq!(request.headers()["authorization"], "Bearer t");
            let body: &[u8] = if text == shown { b"" } else { b"x" };
            assert_eq!(request.body().bytes().unwrap(), body);
        }
    }

    #[test]
    fn what_is_none_of_these_is_an_error() {
        for text in ["hello", "GET / HTTP/1.1\nno header", "GET /", "GET / FTP/1", "a b c d"] {
            assert_eq!(read(text).unwrap_err().kind(), ErrorKind::InvalidRequest, "{text}");
        }
    }
}
