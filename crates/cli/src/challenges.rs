//! `countersign challenges`.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use countersign::scheme::challenge::{Challenge, challenges as read};
use serde::Serialize;

use crate::failure::Failure;

/// Prints what the parser sees: all challenges of all values, or nothing when one cannot be read.
pub(crate) fn challenges(values: &[OsString], out: &mut impl Write) -> Result<ExitCode, Failure> {
    let mut list = Vec::new();
    for value in values {
        for challenge in read(value.as_encoded_bytes()) {
            let challenge = challenge.map_err(|why| Failure::refused(&why))?;
            list.push(serde_json::to_string(&Shown::of(challenge)).map_err(|why| Failure::Refused(why.to_string()))?);
        }
    }
    if list.is_empty() {
        writeln!(out, "[]")?;
    } else {
        writeln!(out, "[\n  {}\n]", list.join(",\n  "))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Token68 { scheme: &'a str, token68: &'a str },
    Params { scheme: &'a str, params: Vec<(&'a str, String)> },
}

impl<'a> Shown<'a> {
    fn of(challenge: Challenge<'a>) -> Self {
        let scheme = challenge.scheme();
        match challenge.token68() {
            Some(token68) => Self::Token68 { scheme, token68 },
            None => Self::Params {
                scheme,
                params: challenge.params().map(|param| (param.name, text(&param.value()))).collect(),
            },
        }
    }
}

/// UTF-8 if it is that, else ISO-8859-1, in which every byte is a character: no byte is lost.
fn text(bytes: &[u8]) -> String {
    str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|&byte| char::from(byte)).collect(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_is_lost() {
        let challenge = read(b"Basic realm=\"B\xfcro\", charset=\"B\xc3\xbcro\"").next().unwrap().unwrap();
        let shown = serde_json::to_string(&Shown::of(challenge)).unwrap();
        assert_eq!(shown, r#"{"scheme":"Basic","params":[["realm","Büro"],["charset","Büro"]]}"#);
    }
}
