//! Bodies as bytes, and back.

use bytes::Bytes;
use countersign::Payload;
use countersign::adapter::Journey;
use reqwest::{Body, Response};

use crate::Error;
use crate::error::without_query;

/// A body as bytes, where it is; else as it is.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn keep(mut body: Body) -> reqwest::Result<(Payload, Option<Body>)> {
    use std::{future::poll_fn, pin::Pin};
    if body.as_bytes().is_none() {
        return Ok((Payload::Streaming, Some(body)));
    }
    // They are not copied.
    match poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx)).await {
        Some(frame) => Ok((Payload::Bytes(frame?.into_data().unwrap_or_default()), None)),
        None => Ok((Payload::empty(), None)),
    }
}

/// A body as bytes, where it is; else as it is.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn keep(body: Body) -> reqwest::Result<(Payload, Option<Body>)> {
    Ok(match body.as_bytes() {
        Some(bytes) => (Payload::Bytes(Bytes::copy_from_slice(bytes)), None),
        None => (Payload::Streaming, Some(body)),
    })
}

/// Reads a reply whole, up to so many bytes, and makes one of them.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn read(response: Response, most: u64) -> Result<(Option<Response>, Bytes), Error> {
    let mut response = response;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(without_query)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > most {
            return Err(Journey::too_long_to_read(most).into());
        }
    }
    let (url, bytes) = (response.url().clone(), Bytes::from(bytes));
    let (parts, _) = http::Response::<Body>::from(response).into_parts();
    Ok((Some(from_parts(url, parts, Body::from(bytes.clone()))), bytes))
}

/// In a browser there is no way to stop half-way.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn read(response: Response, most: u64) -> Result<(Option<Response>, Bytes), Error> {
    if response.content_length().is_some_and(|length| length > most) {
        return Err(Journey::too_long_to_read(most).into());
    }
    // No response can be made of bytes there: only a scheme's own replies are read.
    Ok((None, response.bytes().await.map_err(without_query)?))
}

/// A response of its parts, from this URL.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn from_parts(url: reqwest::Url, mut parts: http::response::Parts, body: Body) -> Response {
    use reqwest::ResponseBuilderExt as _;
    if let Ok(marked) = http::Response::builder().url(url).body(()) {
        parts.extensions.extend(marked.into_parts().0.extensions);
    }
    Response::from(http::Response::from_parts(parts, body))
}
