use std::fmt;

use countersign::scheme::challenge::{Challenge, challenges};
use countersign::{Payload, Result};
use http::Request;
use http::header::AUTHORIZATION;

use crate::report::{Report, Section};
use crate::{ServerSays, aws, clock, digest, jwt, ntlm, oauth1, request};

/// What someone asks about: the request, what the server said, and what their own code signed.
#[derive(Clone, Copy, Default)]
pub struct Asked<'a> {
    request: &'a str,
    sent: Option<&'a Request<Payload>>,
    server_says: &'a str,
    signed: &'a str,
    now: Option<u64>,
}

impl<'a> Asked<'a> {
    /// A request as it was sent, its `Authorization` included: HTTP, the output of `curl -v`, or a curl command. It may be empty, where
    /// only what the server said is known.
    #[must_use]
    pub const fn new(request: &'a str) -> Self {
        Self { request, sent: None, server_says: "", signed: "", now: None }
    }

    /// A request that is at hand, signed already.
    #[must_use]
    pub const fn of(request: &'a Request<Payload>) -> Self {
        Self { request: "", sent: Some(request), server_says: "", signed: "", now: None }
    }

    /// What the server said: its whole reply, its body, or its `WWW-Authenticate`.
    #[must_use]
    pub const fn with_server_says(mut self, text: &'a str) -> Self {
        self.server_says = text;
        self
    }

    /// What the client's own log says that it signed: its canonical request, string to sign or base string.
    #[must_use]
    pub const fn with_signed(mut self, text: &'a str) -> Self {
        self.signed = text;
        self
    }

    /// The present, in seconds since the Unix epoch: for tokens that expire.
    #[must_use]
    pub const fn with_now(mut self, unix_time: u64) -> Self {
        self.now = Some(unix_time);
        self
    }
}

/// Without what is pasted: a request holds credentials.
impl fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("now", &self.now).finish_non_exhaustive()
    }
}

/// What a report is made from.
pub(crate) struct Case<'a> {
    pub(crate) request: Option<&'a Request<Payload>>,
    pub(crate) server: &'a ServerSays,
    /// What the client's own code says that it signed.
    pub(crate) signed: &'a ServerSays,
    pub(crate) now: Option<u64>,
}

impl Case<'_> {
    /// The value of the request's `Authorization`, as text.
    pub(crate) fn authorization(&self) -> Option<String> {
        let value = self.request?.headers().get(AUTHORIZATION)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }
}

/// Finds out what it can.
///
/// # Errors
/// [`InvalidRequest`](countersign::ErrorKind::InvalidRequest), or what the import of a curl command says, when the request cannot be read.
pub fn explain(asked: &Asked<'_>) -> Result<Report> {
    let read = if asked.request.trim().is_empty() { None } else { Some(request::read(asked.request)?) };
    let (server, signed) = (ServerSays::read(asked.server_says), ServerSays::read(asked.signed));
    let case = Case { request: asked.sent.or(read.as_ref()), server: &server, signed: &signed, now: asked.now };
    let mut report = Report::default();
    report.findings.extend(server.findings());
    clock::explain(&case, &mut report);
    aws::explain(&case, &mut report);
    oauth1::explain(&case, &mut report);
    credentials(&case, &mut report);
    for (name, value) in server.challenges() {
        for challenge in challenges(value.as_bytes()) {
            match challenge {
                Ok(challenge) => offer(name, &challenge, &mut report),
                Err(why) => report.findings.push(format!("The server's {name} cannot be read: {why}.")),
            }
        }
    }
    if case.request.is_some() && case.authorization().is_none() && !aws::is_presigned(&case) {
        report.findings.push(
            "The request has no Authorization header, and no signature in its query: the server has nothing to check."
                .into(),
        );
    }
    Ok(report)
}

/// Takes the request's credentials apart, where there is more to see than a name.
fn credentials(case: &Case<'_>, report: &mut Report) {
    let Some(value) = case.authorization() else { return };
    let (scheme, rest) = value.split_once(' ').unwrap_or((&value, ""));
    match &*scheme.to_ascii_lowercase() {
        "digest" => digest::answer(case, &value, report),
        "ntlm" | "negotiate" => ntlm::explain("the client's message", rest, report),
        "bearer" | "dpop" => jwt::explain(rest, case.now, report),
        "basic" | "hawk" | "eg1-hmac-sha256" => {
            let mut section = Section::new("credentials");
            section.push("scheme", scheme, "not taken apart here");
            report.sections.push(section);
        }
        _ => {}
    }
}

/// Takes apart what the server asks for.
fn offer(name: &str, challenge: &Challenge<'_>, report: &mut Report) {
    if let Some(token) = challenge.token68() {
        return ntlm::explain("the server's message", token, report);
    }
    if challenge.is("Digest") {
        return digest::challenge(challenge, report);
    }
    let mut section = Section::new(format!("{name}: {}", challenge.scheme()));
    for param in challenge.params() {
        let text = String::from_utf8_lossy(&param.value()).into_owned();
        let meaning = match (param.name, &*text) {
            ("error", "invalid_token") => "the token has expired, was revoked, or is not for this server",
            ("error", "insufficient_scope") => "the token is good, and does not allow this",
            ("error", "invalid_request") => "the request is malformed, or has two tokens",
            ("scope", _) => "what a token must allow",
            ("realm", _) => "which part of the server asks",
            _ => "",
        };
        section.push(param.name, text, meaning);
    }
    report.sections.push(section);
}
