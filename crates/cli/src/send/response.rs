//! A response, written out.

use std::io::{self, Read as _, Write};
use std::process::ExitCode;

use http::{Response, StatusCode};
use ureq::Body;

use crate::failure::Failure;
use crate::printable::Printable;
use crate::style::Style;

/// By the status's class.
pub(super) fn exit_code(status: StatusCode) -> ExitCode {
    ExitCode::from(class(status))
}

/// 0 for what is good, else 3, 4 or 5.
pub(super) fn class(status: StatusCode) -> u8 {
    match status.as_u16() / 100 {
        1 | 2 => 0,
        3 => 3,
        4 => 4,
        _ => 5,
    }
}

/// Status and headers.
pub(super) fn head(response: &Response<Body>, style: &Style, out: &mut impl Write) -> Result<(), Failure> {
    let line = format!("{:?} {}", response.version(), response.status());
    let line = line.trim_end().to_owned();
    writeln!(out, "{}", if class(response.status()) == 0 { style.good(line) } else { style.bad(line) })?;
    for (name, value) in response.headers() {
        write!(out, "{}: ", style.quiet(name))?;
        if style.is_terminal() {
            writeln!(out, "{}", Printable(&String::from_utf8_lossy(value.as_bytes())))?;
        } else {
            out.write_all(value.as_bytes())?;
            out.write_all(b"\n")?;
        }
    }
    Ok(writeln!(out)?)
}

/// The body, as it comes. On a terminal, only text.
pub(super) fn body(response: Response<Body>, style: &Style, out: &mut impl Write) -> Result<(), Failure> {
    let mut reader = response.into_body().into_reader();
    let (mut buffer, mut last) = (vec![0; 16 * 1024], b'\n');
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(read) => buffer.get(..read).unwrap_or_default(),
            Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
            Err(why) => {
                out.flush()?;
                return Err(Failure::Sending(format!("the response was cut off: {why}")));
            }
        };
        let Some(end) = read.last() else { break };
        if style.is_terminal() && !is_text(read) {
            writeln!(out, "{}", style.quiet("(a body that is not text: --output FILE writes it to a file)"))?;
            return Ok(());
        }
        last = *end;
        out.write_all(read)?;
        // It may come slowly, and somebody may be waiting for it.
        out.flush()?;
    }
    if style.is_terminal() && last != b'\n' {
        writeln!(out)?;
    }
    Ok(())
}

/// Whether a terminal would only show it. A character may be cut in two at the end.
fn is_text(bytes: &[u8]) -> bool {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(why) if why.error_len().is_none() => {
            bytes.get(..why.valid_up_to()).and_then(|whole| str::from_utf8(whole).ok()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.contains(|character: char| character.is_control() && !character.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_the_statuss_class() {
        for (status, expected) in [(200, 0), (204, 0), (304, 3), (401, 4), (503, 5), (999, 5)] {
            assert_eq!(class(StatusCode::from_u16(status).unwrap()), expected);
        }
    }

    #[test]
    fn a_terminal_is_given_text_only() {
        assert!(is_text("a\tü\r\n".as_bytes()) && is_text("ü".as_bytes().get(..1).unwrap()));
        assert!(!is_text(b"\x1b[2J") && !is_text(b"\xff\xffa") && !is_text(b"\0"));
    }
}
