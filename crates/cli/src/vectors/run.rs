use std::sync::Mutex;

use countersign::scheme::encode;
use countersign::{Authenticator, Context, Error, ErrorKind, Payload, Reply, Result, Signed, Step};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use serde_json::Value;

use super::format::{Message, Moment, Vector};
use crate::{config, moment};

/// The last request that went out, and how it came to be.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) request: Request<Payload>,
    /// The texts that were hashed, where the scheme has them.
    pub(super) signed: Option<Signed>,
    /// Whether it answers a 407, so that credentials stand in `Proxy-Authorization`.
    pub(super) to_proxy: bool,
}

/// Lets the library authenticate a vector's request, with the vector's replies in place of a server.
pub(super) fn run(vector: &Vector) -> Result<Sent> {
    let auth = Authenticator::new(&config::read(Value::Object(vector.config.clone()))?)?;
    let is_ntlm = vector.config.get("type").is_some_and(|name| name == "ntlm");
    let ctx = vector.context.context(is_ntlm)?.explaining();
    let request = vector.request.request()?;

    // Only a scheme that is asked for one message can say that it needs an exchange.
    if vector.responses.is_empty() && vector.expect.error.as_deref() == Some(ErrorKind::NeedsExchange.as_str()) {
        let (mut parts, mut payload) = request.into_parts();
        let signed = auth.sign(&mut parts, &mut payload, &ctx)?;
        return Ok(Sent { request: Request::from_parts(parts, payload), signed: Some(signed), to_proxy: false });
    }

    let (mut exchange, mut step) = auth.start(request, &ctx)?;
    let mut replies = vector.responses.iter();
    let mut sent = None;
    let mut to_proxy = false;
    loop {
        step = match step {
            Step::Send(request) => {
                sent = Some(Sent { request, signed: exchange.signed().cloned(), to_proxy });
                let Some(reply) = replies.next() else { break };
                let status = StatusCode::from_u16(reply.status)
                    .map_err(|why| Error::new(ErrorKind::InvalidRequest, "no status code").with_source(why))?;
                to_proxy = status == StatusCode::PROXY_AUTHENTICATION_REQUIRED;
                exchange.on_response(Reply::new(status, &header_map(&reply.headers)?, &[]), &ctx)?
            }
            Step::Wait(_) => {
                return Err(Error::new(ErrorKind::InvalidConfig, "waits for an exchange of another request"));
            }
            Step::Done => break,
        };
    }
    sent.ok_or_else(|| Error::new(ErrorKind::InvalidRequest, "the exchange ended before any request went out"))
}

impl Moment {
    /// The vector's clock and nonce; what it leaves out is the system's.
    fn context(&self, is_ntlm: bool) -> Result<Context> {
        let ctx = moment::context(self.unix_time, self.nonce.as_deref());
        let Some(nonce) = self.nonce.as_ref().filter(|_| is_ntlm) else { return Ok(ctx) };
        // NTLM draws its 8-byte client challenge first, then its 16-byte exported session key.
        let mut random = hex_bytes("nonce", nonce, 8)?;
        if let Some(key) = &self.session_key {
            random.extend(hex_bytes("session_key", key, 16)?);
        }
        let rest = Mutex::new(random.into_iter());
        Ok(ctx.with_random(move |buf| {
            let mut rest = rest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            for byte in buf {
                *byte = rest.next().ok_or_else(|| {
                    Error::new(ErrorKind::Randomness, "the vector's `nonce` and `session_key` are used up")
                })?;
            }
            Ok(())
        }))
    }
}

fn hex_bytes(name: &str, text: &str, bytes: usize) -> Result<Vec<u8>> {
    encode::hex_decode(text).filter(|read| read.len() == bytes).ok_or_else(|| {
        let message = format!("for NTLM the vector's `{name}` is {} hex digits", 2 * bytes);
        Error::new(ErrorKind::InvalidConfig, message)
    })
}

impl Message {
    fn request(&self) -> Result<Request<Payload>> {
        let invalid = |message: String| Error::new(ErrorKind::InvalidRequest, message);
        let body = self.body().map_err(invalid)?;
        let mut request = Request::new(Payload::from(body));
        *request.method_mut() = Method::from_bytes(self.method.as_bytes())
            .map_err(|why| invalid(format!("the method {:?}: {why}", self.method)))?;
        *request.uri_mut() =
            self.uri.parse::<Uri>().map_err(|why| invalid(format!("the URI {:?}: {why}", self.uri)))?;
        *request.headers_mut() = header_map(&self.headers)?;
        Ok(request)
    }
}

fn header_map(pairs: &[(String, String)]) -> Result<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(pairs.len());
    for (name, value) in pairs {
        let invalid =
            || Error::new(ErrorKind::InvalidRequest, format!("the header {name:?} cannot be sent as it stands"));
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).map_err(|why| invalid().with_source(why))?,
            HeaderValue::from_bytes(value.as_bytes()).map_err(|why| invalid().with_source(why))?,
        );
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntlm_draws_nonce_then_session_key_then_nothing() {
        let moment =
            Moment { unix_time: Some(0), nonce: Some("0123456789abcdef".into()), session_key: Some("55".repeat(16)) };
        let ctx = moment.context(true).unwrap();
        let (mut challenge, mut key) = ([0; 8], [0; 16]);
        ctx.random(&mut challenge).unwrap();
        ctx.clone().random(&mut key).unwrap();
        assert_eq!(encode::hex(&challenge), "0123456789abcdef");
        assert_eq!(key, [0x55; 16]);
        assert_eq!(ctx.random(&mut [0]).unwrap_err().kind(), ErrorKind::Randomness);
        for nonce in ["0123", "0123456789abcdeg"] {
            let moment = Moment { nonce: Some(nonce.into()), ..Moment::default() };
            assert!(moment.context(true).is_err(), "{nonce}");
        }
    }
}
