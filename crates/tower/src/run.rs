use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use countersign::adapter::Journey;
use countersign::{Error as AuthError, ErrorKind, Payload, Reply, Step};
use http::header::{ACCEPT_ENCODING, HeaderValue};
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tower_service::Service;

#[cfg(feature = "connections")]
use crate::connection::Lane;
use crate::layer::Shared;
use crate::{BoxError, Error, ResponseBody};

/// One request, from its first leg to the caller's reply.
pub(crate) async fn run<S, B, R>(
    service: S,
    shared: Arc<Shared>,
    request: Request<B>,
) -> Result<Response<ResponseBody<R>>, Error>
where
    S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError>>,
    B: Body<Data: Send, Error: Into<BoxError>> + From<Bytes> + Send + 'static,
    R: Body<Error: Into<BoxError>>,
{
    let (parts, body) = request.into_parts();
    let (payload, stream) = keep(body, shared.body_limit).await?;
    let (journey, mut step) = Journey::start(&shared.auth, &shared.plan, Request::from_parts(parts, payload))?;
    let mut run = Run {
        service,
        is_ready: true,
        shared,
        journey,
        stream,
        last: None,
        #[cfg(feature = "connections")]
        lane: None,
    };
    loop {
        step = match step {
            Step::Send(request) => {
                run.make_way().await?;
                match run.over_own_connection(request).await? {
                    Ok(step) => step,
                    Err(request) => run.leg(request).await?,
                }
            }
            Step::Wait(wait) => {
                wait.await;
                run.journey.resume()?
            }
            Step::Done => return run.end(),
        };
    }
}

struct Run<S, B, R> {
    service: S,
    /// Whether the service was seen to be ready, and not called since.
    is_ready: bool,
    shared: Arc<Shared>,
    journey: Journey,
    /// The caller's body, where it was not collected and not sent yet.
    stream: Option<B>,
    last: Option<Response<ResponseBody<R>>>,
    #[cfg(feature = "connections")]
    lane: Option<Lane>,
}

impl<S, B, R> Run<S, B, R>
where
    S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError>>,
    B: Body<Data: Send, Error: Into<BoxError>> + From<Bytes> + Send + 'static,
    R: Body<Error: Into<BoxError>>,
{
    /// Over the service.
    async fn leg(&mut self, request: Request<Payload>) -> Result<Step, Error> {
        let request = self.with_body(request)?;
        let outcome = match self.call(request).await {
            Ok(response) => self.whole(response.map(ResponseBody::of_service)).await,
            Err(why) => Err(why),
        };
        self.after(outcome)
    }

    async fn call(&mut self, request: Request<B>) -> Result<Response<R>, Error> {
        if !std::mem::take(&mut self.is_ready) {
            poll_fn(|cx| self.service.poll_ready(cx)).await.map_err(Error::service)?;
        }
        self.service.call(request).await.map_err(Error::service)
    }

    fn with_body(&mut self, request: Request<Payload>) -> Result<Request<B>, Error> {
        let (mut parts, payload) = request.into_parts();
        if self.journey.reads_body() {
            // A proof is over what is sent, not over what a layer below decodes.
            parts.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        let body = match payload.bytes() {
            Some(bytes) => B::from(bytes.clone()),
            None => self.stream.take().ok_or_else(sent_already)?,
        };
        Ok(Request::from_parts(parts, body))
    }

    /// Reads a response's body, where the scheme asks for it.
    async fn whole(
        &mut self,
        response: Response<ResponseBody<R>>,
    ) -> Result<(Response<ResponseBody<R>>, Option<Bytes>), Error> {
        if !self.journey.reads_body_of(Reply::new(response.status(), response.headers(), &[])) {
            return Ok((response, None));
        }
        let most = if self.journey.is_own_leg() { Journey::MOST_READ } else { self.shared.most_read };
        let (parts, body) = response.into_parts();
        let limited = Limited::new(body, usize::try_from(most).unwrap_or(usize::MAX));
        let bytes = limited.collect().await.map_err(|why| too_long_or(why, most))?.to_bytes();
        Ok((Response::from_parts(parts, ResponseBody::of_memory(bytes.clone())), Some(bytes)))
    }

    fn after(&mut self, outcome: Result<(Response<ResponseBody<R>>, Option<Bytes>), Error>) -> Result<Step, Error> {
        match outcome {
            Ok((response, bytes)) => {
                let bytes = bytes.unwrap_or_default();
                let step = self.journey.on_response(Reply::new(response.status(), response.headers(), &bytes));
                self.last = Some(response);
                Ok(step?)
            }
            // The scheme may go on without a leg of its own; else the failure is the caller's.
            Err(why) => Ok(self.journey.on_send_failed().ok_or(why)??),
        }
    }

    /// Takes the rest of the last reply off its connection. If there is too much, or it fails, the connection is closed, which only
    /// matters where the next leg must use it.
    async fn make_way(&mut self) -> Result<(), Error> {
        let Some(response) = self.last.take() else { return Ok(()) };
        let bound = self.journey.connection_bound();
        let most = self.journey.most_drained();
        let mut body = pin!(response.into_body());
        let mut drained = 0;
        while drained <= most && body.size_hint().lower() <= most {
            match body.frame().await {
                None => return Ok(()),
                Some(Ok(frame)) => drained += frame.data_ref().map_or(0, |data| data.len() as u64),
                Some(Err(why)) if bound => {
                    return Err(self.journey.why_closed().map_or(Error::Service(why), Error::from));
                }
                Some(Err(_)) => return Ok(()),
            }
        }
        if bound { Err(Journey::too_long_to_drain().into()) } else { Ok(()) }
    }
}

#[cfg(not(feature = "connections"))]
impl<S, B, R> Run<S, B, R> {
    /// Refuses what needs a connection of its own.
    #[expect(clippy::unused_async, reason = "with the feature `connections` it waits")]
    async fn over_own_connection(
        &mut self,
        request: Request<Payload>,
    ) -> Result<Result<Step, Request<Payload>>, Error> {
        if self.journey.connection_bound() {
            return Err(no_connection());
        }
        Ok(Err(request))
    }

    fn end(self) -> Result<Response<ResponseBody<R>>, Error> {
        Ok(self.last.ok_or_else(Journey::nothing_sent)?)
    }
}

#[cfg(feature = "connections")]
impl<S, B, R> Run<S, B, R>
where
    S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError>>,
    B: Body<Data: Send, Error: Into<BoxError>> + From<Bytes> + Send + 'static,
    R: Body<Error: Into<BoxError>>,
{
    /// Sends what needs a connection of its own; returns any other request as it is.
    async fn over_own_connection(
        &mut self,
        mut request: Request<Payload>,
    ) -> Result<Result<Step, Request<Payload>>, Error> {
        if !self.journey.connection_bound() {
            return Ok(Err(request));
        }
        let connections = self.shared.connections.clone().ok_or_else(no_connection)?;
        if self.lane.is_none() {
            if let Some(lane) = connections.take(&self.shared, &self.journey) {
                self.lane = Some(lane);
                match self.journey.on_kept_connection(Step::Send(request))? {
                    Step::Send(next) => request = next,
                    step => return Ok(Ok(step)),
                }
            } else {
                self.lane = Some(connections.dial(request.uri()).await?);
            }
        }
        let request = self.with_body(request)?;
        let Some(lane) = &mut self.lane else { return Err(no_connection()) };
        self.journey.set_peer_certificate(lane.certificate.clone());
        let outcome = lane.send(request, &connections, &mut self.journey).await;
        let outcome = match outcome {
            Ok(response) => self.whole(response.map(ResponseBody::of_own)).await,
            Err(why) => Err(self.journey.why_closed().map_or(why, Error::from)),
        };
        self.after(outcome).map(Ok)
    }

    fn end(self) -> Result<Response<ResponseBody<R>>, Error> {
        let mut response = self.last.ok_or_else(Journey::nothing_sent)?;
        if let (Some(lane), Some(connections)) = (self.lane, &self.shared.connections)
            && self.journey.is_proven()
        {
            let keep = connections.keep(lane, &self.shared, &self.journey);
            match response.body_mut().own_mut() {
                Some(body) => body.keep_after(keep),
                // Read whole, or the last leg went over the service: nothing is under way on it.
                None => keep(),
            }
        }
        Ok(response)
    }
}

/// A body as bytes if it is short enough, else as it is.
async fn keep<B>(body: B, limit: u64) -> Result<(Payload, Option<B>), Error>
where
    B: Body<Error: Into<BoxError>>,
{
    if body.is_end_stream() {
        return Ok((Payload::empty(), None));
    }
    if body.size_hint().exact().is_none_or(|length| length > limit) {
        return Ok((Payload::Streaming, Some(body)));
    }
    let collected = body.collect().await.map_err(Error::service)?;
    if collected.trailers().is_some() {
        const WHY: &str =
            "a body with trailers cannot be collected: set `AuthLayer::with_body_limit` to 0 to stream it";
        return Err(AuthError::new(ErrorKind::InvalidRequest, WHY).into());
    }
    Ok((Payload::Bytes(collected.to_bytes()), None))
}

fn sent_already() -> Error {
    const WHY: &str = "a second request needs the body again, and it was streamed: a body of known length is collected up to `AuthLayer::with_body_limit`";
    AuthError::new(ErrorKind::PayloadRequired, WHY).into()
}

fn no_connection() -> Error {
    const WHY: &str = "NTLM authenticates a connection, and a service's pool shares its connections: give the layer a connector, `AuthLayer::with_connector` (feature `connections`)";
    AuthError::new(ErrorKind::InvalidRequest, WHY).into()
}

fn too_long_or(why: BoxError, most: u64) -> Error {
    match why.is::<LengthLimitError>() {
        true => Journey::too_long_to_read(most).into(),
        false => Error::Service(why),
    }
}
