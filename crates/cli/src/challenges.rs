//! `countersign challenges`.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use countersign::core::challenge::{Challenge, challenges as read};
use serde_json::{Value, json};

use crate::failure::Failure;

/// Prints what the parser sees: all challenges of all values, or nothing when one cannot be read.
pub(crate) fn challenges(values: &[OsString], out: &mut impl Write) -> Result<ExitCode, Failure> {
    let mut list = Vec::new();
    for value in values {
        for challenge in read(value.as_encoded_bytes()) {
            list.push(as_json(challenge.map_err(|why| Failure::refused(&why))?));
        }
    }
    writeln!(out, "{:#}", Value::Array(list))?;
    Ok(ExitCode::SUCCESS)
}

fn as_json(challenge: Challenge<'_>) -> Value {
    match challenge.token68() {
        Some(token) => json!({ "scheme": challenge.scheme(), "token68": token }),
        None => {
            let params: Vec<_> = challenge.params().map(|param| json!([param.name, text(&param.value())])).collect();
            json!({ "scheme": challenge.scheme(), "params": params })
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

    fn printed(value: &[u8]) -> Result<Value, String> {
        // Any bytes can be an argument of a Unix program; here they come from an OsStr of the same encoding.
        let challenges = read(value).map(|challenge| challenge.map(as_json).map_err(|why| why.to_string()));
        challenges.collect::<Result<Vec<_>, _>>().map(Value::Array)
    }

    #[test]
    fn no_byte_is_lost() {
        let params = printed(b"Basic realm=\"B\xfcro\", charset=\"B\xc3\xbcro\"").unwrap();
        assert_eq!(params, json!([{ "scheme": "Basic", "params": [["realm", "Büro"], ["charset", "Büro"]] }]));
    }
}
