use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use pin_project_lite::pin_project;

use crate::BoxError;

pin_project! {
    /// A response's body: the service's own stream; or what the scheme had to read first, or what comes over a connection of the
    /// layer's own.
    pub struct ResponseBody<R> {
        #[pin]
        from: From<R>,
    }
}

pin_project! {
    #[project = FromProjected]
    enum From<R> {
        Service { #[pin] body: R },
        Memory { #[pin] body: Full<Bytes> },
        Own { #[pin] body: Own },
    }
}

#[cfg(feature = "connections")]
pub(crate) use crate::connection::Own;

/// No connection is the layer's own in this build.
#[cfg(not(feature = "connections"))]
type Own = http_body_util::Empty<Bytes>;

impl<R> ResponseBody<R> {
    pub(crate) const fn of_service(body: R) -> Self {
        Self { from: From::Service { body } }
    }

    pub(crate) fn of_memory(bytes: Bytes) -> Self {
        Self { from: From::Memory { body: Full::new(bytes) } }
    }

    #[cfg(feature = "connections")]
    pub(crate) const fn of_own(body: Own) -> Self {
        Self { from: From::Own { body } }
    }

    /// The body over a connection of the layer's own.
    #[cfg(feature = "connections")]
    pub(crate) const fn own_mut(&mut self) -> Option<&mut Own> {
        match &mut self.from {
            From::Own { body } => Some(body),
            _ => None,
        }
    }
}

impl<R> Body for ResponseBody<R>
where
    R: Body<Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.project().from.project() {
            FromProjected::Service { body } => {
                let frame = ready!(body.poll_frame(cx));
                let whole = |mut data: R::Data| data.copy_to_bytes(data.remaining());
                Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(whole)).map_err(Into::into)))
            }
            FromProjected::Memory { body } => body.poll_frame(cx).map_err(|never| match never {}),
            FromProjected::Own { body } => body.poll_frame(cx).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.from {
            From::Service { body } => body.is_end_stream(),
            From::Memory { body } => body.is_end_stream(),
            From::Own { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.from {
            From::Service { body } => body.size_hint(),
            From::Memory { body } => body.size_hint(),
            From::Own { body } => body.size_hint(),
        }
    }
}

impl<R> std::fmt::Debug for ResponseBody<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}
