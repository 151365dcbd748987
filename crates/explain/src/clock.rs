//! Clocks: the request's time beside the server's.

use http::header::DATE;

use crate::asked::Case;
use crate::report::Report;
use crate::words;

/// AWS takes five minutes; S3 fifteen.
const TAKEN: u64 = 300;

/// Compares the request's `X-Amz-Date` with the `Date` of the reply, where the server did not speak of time itself.
pub(crate) fn explain(case: &Case<'_>, report: &mut Report) {
    if case.server.speaks_of_time() {
        return;
    }
    let sent = case.request.and_then(|request| {
        let value = request.headers().get("x-amz-date").or_else(|| request.headers().get(DATE))?.to_str().ok()?;
        words::unix_time(value).or_else(|| http_date(value))
    });
    let answered = case.server.header("date").and_then(http_date);
    if let (Some(sent), Some(answered)) = (sent, answered)
        && sent.abs_diff(answered) > TAKEN
    {
        report.findings.push(off_by(sent, answered));
    }
}

/// "The clock is off by seven minutes", and in which direction.
pub(crate) fn off_by(ours: u64, server: u64) -> String {
    let words = words::duration(ours.abs_diff(server));
    let side = if ours < server { "behind the server's" } else { "ahead of the server's" };
    format!(
        "The clock is off by {words}: the request was signed for a time that is {words} {side}. Set the clock, or sign when you send: a \
         signature that waits in a queue grows old."
    )
}

fn http_date(text: &str) -> Option<u64> {
    let time = httpdate::parse_http_date(text).ok()?;
    Some(time.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?.as_secs())
}
