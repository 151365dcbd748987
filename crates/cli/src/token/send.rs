//! One request of the flow on its way.

use std::time::Duration;

use countersign::Payload;
use http::{Request, Response};

use crate::failure::Failure;
use crate::printable::Printable;

/// The longest reply that is read, in bytes: what the library reads of one, and a byte more, so that it can refuse a longer one.
const LONGEST: u64 = (1 << 20) + 1;

/// Sends one request; follows no redirect.
pub(super) fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, Failure> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    let request = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
    let failed = |why: ureq::Error| {
        // It may quote what the server sent.
        Failure::Refused(format!("no reply from {host}: {}", Printable(&why.to_string())))
    };
    let (parts, mut body) = agent.run(request).map_err(failed)?.into_parts();
    let body = body.with_config().limit(LONGEST).read_to_vec().map_err(failed)?;
    Ok(Response::from_parts(parts, body))
}
