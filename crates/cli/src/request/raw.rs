use countersign::Payload;
use http::Request;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

use super::{Written, append, input, method, uri};
use crate::failure::Failure;

/// Reads a request as it goes over the wire (RFC 9112): request line, headers, empty line, body. A line may end with LF
/// alone. A body reaches to the end of the file, or as far as `Content-Length` says.
pub(super) fn read(text: &[u8]) -> Result<Written, Failure> {
    let mut rest = text;
    let line = next_line(&mut rest);
    let mut words = line.split(' ');
    let (Some(verb), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(no_request_line());
    };
    if !version.starts_with("HTTP/") {
        return Err(no_request_line());
    }
    let mut request = Request::new(Payload::empty());
    *request.method_mut() = method(verb)?;
    *request.uri_mut() = uri(target)?;
    for number in 2.. {
        let line = next_line(&mut rest);
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| {
            input(format!("line {number} is no header: write `name: value`, and an empty line after the last"))
        })?;
        append(request.headers_mut(), name, value.trim_matches([' ', '\t']).as_bytes())?;
    }
    if request.headers().contains_key(TRANSFER_ENCODING) {
        return Err(input("the body is in transfer coding: write it plainly, without Transfer-Encoding"));
    }
    if let Some(length) = request.headers().get(CONTENT_LENGTH) {
        let length: usize = length
            .to_str()
            .ok()
            .and_then(|length| length.parse().ok())
            .ok_or_else(|| input("Content-Length is no number"))?;
        rest = rest.get(..length).ok_or_else(|| {
            input(format!(
                "the body has {} bytes, and Content-Length says {length}: correct it or leave it out",
                rest.len()
            ))
        })?;
    }
    *request.body_mut() = Payload::from(rest.to_vec());
    Ok(Written { request, auth: None })
}

fn no_request_line() -> Failure {
    input("neither JSON ({ \"url\": … }) nor HTTP: the first line of an HTTP request is like GET /path HTTP/1.1")
}

/// Cuts off the next line; bytes that are not UTF-8 are replaced, since none may stand outside a body.
fn next_line(rest: &mut &[u8]) -> String {
    let end = rest.iter().position(|&byte| byte == b'\n');
    let (line, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
    *rest = after;
    String::from_utf8_lossy(line.trim_ascii_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Result<Vec<u8>, String> {
        let written = read(text.as_bytes()).map_err(|why| why.to_string())?;
        Ok(written.request.body().bytes().unwrap().to_vec())
    }

    #[test]
    fn a_body_is_taken_byte_for_byte() {
        assert_eq!(body("POST /x HTTP/1.1\r\nhost: h\r\n\r\na\r\n\r\nb\n").unwrap(), b"a\r\n\r\nb\n");
        assert_eq!(body("POST /x HTTP/1.1\ncontent-length: 1\n\na\n").unwrap(), b"a");
        assert_eq!(body("GET /x HTTP/1.1\nhost: h").unwrap(), b"");
    }

    #[test]
    fn a_body_that_is_not_as_said_is_an_error() {
        assert!(body("POST /x HTTP/1.1\ncontent-length: 3\n\na\n").unwrap_err().contains("has 2 bytes"));
        assert!(body("POST /x HTTP/1.1\ncontent-length: x\n\na\n").unwrap_err().contains("no number"));
        assert!(body("POST /x HTTP/1.1\ntransfer-encoding: chunked\n\n0\r\n\r\n").unwrap_err().contains("plainly"));
    }
}
