//! Conversations with the authorization server, over the caller's HTTP client.

use countersign_core::{Context, Dialogue, Error, ErrorKind, Exchange, Payload, Reply, Result, Step};
use countersign_oauth2::{AuthorizationRequest, ServerError, Session};
use http::{Request, Response};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The caller's HTTP client.
pub(crate) struct Client<F>(pub(crate) F);

impl<F, Sending, B, E> Client<F>
where
    F: FnMut(Request<Payload>) -> Sending,
    Sending: Future<Output = Result<Response<B>, E>>,
    B: AsRef<[u8]>,
    E: Into<Cause>,
{
    pub(crate) async fn send(&mut self, request: Request<Payload>) -> Result<Response<B>> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        (self.0)(request)
            .await
            .map_err(|why| Error::new(ErrorKind::TokenRequestFailed, format!("no reply from {host}")).with_source(why))
    }

    /// Holds a conversation, at whose end the token is kept.
    pub(crate) async fn converse(&mut self, dialogue: Box<dyn Dialogue>) -> Result<()> {
        let (mut exchange, mut step) = Exchange::converse(dialogue, &Context::now())?;
        loop {
            step = match step {
                Step::Send(request) => match self.send(request).await {
                    Ok(reply) => exchange.on_response(&reply, &Context::now())?,
                    // The scheme may do without.
                    Err(why) => exchange.on_send_failed(&Context::now()).unwrap_or(Err(why))?,
                },
                Step::Wait(wait) => {
                    wait.await;
                    exchange.resume(&Context::now())?
                }
                Step::Done => return Ok(()),
            };
        }
    }

    /// Sends a login's parameters ahead, where the grant says so (RFC 9126): once more where the server wants a DPoP nonce.
    pub(crate) async fn push(&mut self, session: &Session, login: &mut AuthorizationRequest) -> Result<()> {
        let mut is_first = true;
        while let Some(request) = session.push_request(login, &Context::now())? {
            let reply = self.send(request).await?;
            match session.pushed(login, Reply::from(&reply), &Context::now()) {
                Err(why) if is_first && ServerError::cause_of(&why).is_some_and(|cause| cause.is("use_dpop_nonce")) => {
                    is_first = false;
                }
                end => return end,
            }
        }
        Ok(())
    }
}
