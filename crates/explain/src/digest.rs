//! Digest (RFC 7616): what the server asks, and whether the client answered that.

use countersign::scheme::challenge::{Challenge, challenges};
use countersign::scheme::target;

use crate::asked::Case;
use crate::report::{Line, Report, Section};

/// Takes a challenge apart.
pub(crate) fn challenge(challenge: &Challenge<'_>, report: &mut Report) {
    let mut section = Section::new("Digest challenge");
    for param in challenge.params() {
        let text = value(&param.value());
        let means = match &*param.name.to_ascii_lowercase() {
            "realm" => "which password is asked for: it is hashed with the user name and the password",
            "nonce" => "the server's random text: it is hashed",
            "qop" => "what is protected: auth is the request, auth-int its body too",
            "algorithm" => "the hash; without it MD5",
            "opaque" => "to be sent back as it is",
            "stale" => "true: the password was right, and the nonce too old",
            "domain" => "for which URLs the same password is good",
            "userhash" => "true: the user name may be sent hashed",
            "charset" => "how user name and password become bytes",
            _ => "unknown here",
        };
        section.push(param.name, text, means);
    }
    report.sections.push(section);
}

/// Takes the client's answer apart, and compares it with the challenge.
pub(crate) fn answer(case: &Case<'_>, header: &str, report: &mut Report) {
    let Some(Ok(answer)) = challenges(header.as_bytes()).next() else {
        return report.findings.push("The Authorization header of Digest cannot be read.".into());
    };
    let asked = case
        .server
        .challenges()
        .flat_map(|(_, value)| challenges(value.as_bytes()).flatten())
        .find(|asked| asked.is("Digest"));
    let mut section = Section::new("Digest answer");
    for param in answer.params() {
        let text = value(&param.value());
        let mut line = Line { part: param.name.to_owned(), text, origin: origin(param.name).into(), other: None };
        let wanted = asked.as_ref().and_then(|asked| asked.param(param.name)).map(|wanted| value(&wanted));
        if matches!(param.name, "realm" | "nonce" | "opaque")
            && wanted.as_ref().is_some_and(|wanted| *wanted != line.text)
        {
            line.other = Some(("asked", wanted));
        }
        section.lines.push(line);
    }
    report.findings.extend(findings(case, &answer, asked.as_ref()));
    report.sections.push(section);
}

fn findings(case: &Case<'_>, answer: &Challenge<'_>, asked: Option<&Challenge<'_>>) -> Vec<String> {
    let mut findings = Vec::new();
    let given = |name: &str| answer.param(name).map(|text| value(&text));
    let wanted = |name: &str| asked.and_then(|asked| asked.param(name)).map(|text| value(&text));
    let is_stale = wanted("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"));
    if is_stale {
        findings.push("The nonce is too old (stale=true): the password was right. Answer again with the new nonce, without asking anyone.".into());
    }
    if let (Some(answered), Some(asked)) = (given("realm"), wanted("realm"))
        && answered != asked
    {
        findings
            .push(format!("The realm is wrong: the answer is for {answered:?}, and the server asks for {asked:?}."));
    }
    if let Some(target) = case.request.map(|request| target::path_and_query(request.uri()).into_owned())
        && let Some(answered) = given("uri").filter(|uri| *uri != target && !uri.contains("://"))
    {
        findings.push(format!(
            "The uri that was hashed is not the one that was sent: {answered:?} against {target:?}. Something on the way changes the URL, or \
             the client hashes it without its query."
        ));
    }
    if wanted("qop").is_some() && given("qop").is_none() {
        findings.push("The server asks for qop, and the answer has none: qop, nc and cnonce are missing.".into());
    }
    let algorithms =
        (given("algorithm").unwrap_or_else(|| "MD5".into()), wanted("algorithm").unwrap_or_else(|| "MD5".into()));
    if asked.is_some() && !algorithms.0.eq_ignore_ascii_case(&algorithms.1) {
        findings.push(format!(
            "The algorithm is wrong: the answer uses {}, and the server asks for {}.",
            algorithms.0, algorithms.1
        ));
    }
    let same_nonce = given("nonce").is_some() && given("nonce") == wanted("nonce");
    if findings.is_empty() && same_nonce {
        findings.push(
            "The answer fits the challenge, and was refused: user name or password is another than the server's."
                .into(),
        );
    }
    findings
}

fn origin(name: &str) -> &'static str {
    match name {
        "username" => "from the config",
        "realm" | "nonce" | "opaque" | "algorithm" | "qop" => "from the challenge",
        "uri" => "the request's path and query",
        "nc" => "how often this nonce was used",
        "cnonce" => "the client's random text",
        "response" => "the hash of all this and the password",
        _ => "",
    }
}

fn value(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
