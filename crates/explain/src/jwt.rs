//! A JWT's parts (RFC 7519). Its signature is not checked: the key is the issuer's.

use countersign::scheme::encode;
use serde_json::Value;

use crate::report::{Report, Section};
use crate::words;

pub(crate) fn explain(token: &str, now: Option<u64>, report: &mut Report) {
    let parts: Vec<&str> = token.trim().split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { return };
    let json = |part: &str| serde_json::from_slice::<Value>(&encode::base64_url_decode(part.as_bytes())?).ok();
    let (Some(header), Some(claims)) = (json(header), json(claims)) else { return };
    if header.get("alg").and_then(Value::as_str) == Some("none") {
        report.findings.push("The token says that it is not signed (alg is none): no server should take it.".into());
    }
    if let Some(now) = now {
        expiry(&claims, now, report);
    }
    report.sections.push(section("JWT header", &header, now));
    report.sections.push(section("JWT claims", &claims, now));
    let mut last = Section::new("JWT signature");
    last.push(
        "signature",
        format!("{} characters", signature.len()),
        "not shown, and not checked: the key is the issuer's",
    );
    report.sections.push(last);
}

fn expiry(claims: &Value, now: u64, report: &mut Report) {
    let time = |name: &str| claims.get(name).and_then(Value::as_u64);
    if let Some(ended) = time("exp").filter(|&end| end <= now) {
        let words = words::duration(now - ended);
        report.findings.push(format!("The token expired {words} ago (claim exp): refresh it."));
    }
    if let Some(begins) = time("nbf").filter(|&begin| begin > now) {
        let words = words::duration(begins - now);
        report.findings.push(format!("The token does not count for another {words} (claim nbf): look at the clocks."));
    }
}

fn section(title: &str, object: &Value, now: Option<u64>) -> Section {
    let mut section = Section::new(title);
    for (name, value) in object.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        section.push(name, text, meaning(name, value, now));
    }
    section
}

fn meaning(name: &str, value: &Value, now: Option<u64>) -> String {
    let says = match name {
        "alg" => "how it is signed",
        "kid" => "which of the issuer's keys",
        "typ" => "what kind of token",
        "iss" => "who issued it: must be whom the server trusts",
        "aud" => "for whom: must be this server",
        "sub" => "about whom",
        "scope" | "scp" => "what it allows",
        "cnf" => "it is bound to a key: a DPoP proof or a client certificate must go with it",
        "exp" => "until when it counts",
        "nbf" => "from when it counts",
        "iat" => "when it was issued",
        _ => "",
    };
    let relative = match (name, value.as_u64(), now) {
        ("exp" | "nbf" | "iat", Some(time), Some(now)) if time > now => format!(": in {}", words::duration(time - now)),
        ("exp" | "nbf" | "iat", Some(time), Some(now)) => format!(": {} ago", words::duration(now - time)),
        _ => String::new(),
    };
    format!("{says}{relative}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The token of RFC 7519 section 3.1, which expired in March 2011.
    const TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn the_rfcs_example_is_taken_apart() {
        let mut report = Report::default();
        explain(TOKEN, Some(1_300_819_500), &mut report);
        assert_eq!(report.findings, ["The token expired 2 minutes ago (claim exp): refresh it."]);
        let texts: Vec<_> =
            report.sections.iter().flat_map(|section| &section.lines).map(|line| (&*line.part, &*line.text)).collect();
        assert!(texts.contains(&("alg", "HS256")) && texts.contains(&("iss", "joe")), "{texts:?}");
        assert!(!format!("{report:?}").contains("dBjftJeZ4CVP"));
    }

    #[test]
    fn what_is_not_a_jwt_is_left_alone() {
        for token in ["", "opaque", "a.b.c", "a.b"] {
            let mut report = Report::default();
            explain(token, None, &mut report);
            assert_eq!(report, Report::default());
        }
    }
}
