use bytes::Bytes;
use countersign::ErrorKind;
use countersign::scheme::verify::Refusal;
use http::header::WWW_AUTHENTICATE;
use http::{Response, StatusCode};

/// Why a request was not let through: in the extensions of the reply, for a log. The client is not told.
///
/// ```
/// use countersign_tower::verify::Refused;
///
/// fn log(reply: &http::Response<()>) {
///     if let Some(Refused { kind, message, .. }) = reply.extensions().get() {
///         println!("{}: {kind}: {message}", reply.status());
///     }
/// }
/// # log(&http::Response::new(()));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused {
    /// What was wrong, for programs.
    pub kind: ErrorKind,
    /// What was wrong, for people, with its causes; without a secret.
    pub message: String,
}

/// 401 with the challenges, 413 for a body that is too long, 503 while a store is away: without a body.
pub(super) fn respond<R: From<Bytes>>(refusal: Refusal) -> Response<R> {
    let mut reply = Response::new(R::from(Bytes::new()));
    *reply.status_mut() = status(refusal.kind());
    if reply.status() == StatusCode::UNAUTHORIZED {
        for challenge in refusal.challenges {
            reply.headers_mut().append(WWW_AUTHENTICATE, challenge);
        }
    }
    let mut message = refusal.error.to_string();
    let mut cause = std::error::Error::source(&refusal.error);
    while let Some(why) = cause {
        message.push_str(": ");
        message.push_str(&why.to_string());
        cause = why.source();
    }
    reply.extensions_mut().insert(Refused { kind: refusal.error.kind(), message });
    reply
}

const fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::LimitExceeded => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::StoreFailed => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Randomness | ErrorKind::InvalidConfig | ErrorKind::InvalidKey => StatusCode::INTERNAL_SERVER_ERROR,
        // RFC 9110 section 15.5.2: whoever may sign again and be let in.
        _ => StatusCode::UNAUTHORIZED,
    }
}
