//! Between JavaScript's values and ours.

use std::sync::Mutex;

use countersign::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use countersign::scheme::sync::lock;
use countersign::{AuthConfig, Context, Error, ErrorKind, Payload, Result};
use js_sys::{Array, Date, JSON, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["globalThis", "crypto"], js_name = getRandomValues, catch)]
    fn random_values(into: &Uint8Array) -> std::result::Result<JsValue, JsValue>;
}

/// An error as JavaScript throws it: its message, and `kind`.
pub(crate) fn thrown(why: &Error) -> JsValue {
    let error = js_sys::Error::new(&why.to_string());
    set(&error, "kind", why.kind().as_str());
    error.into()
}

fn invalid(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidRequest, what)
}

/// Sets a property of an object of our own, which cannot fail.
pub(crate) fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    let _is_set = Reflect::set(object, &name.into(), &value.into());
}

fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

pub(crate) fn config(value: &JsValue) -> Result<AuthConfig> {
    let not_json = || Error::new(ErrorKind::InvalidConfig, "the config is not an object in JSON's form");
    let text = JSON::stringify(value).map_err(|_| not_json())?.as_string().ok_or_else(not_json)?;
    serde_json::from_str(&text).map_err(|why| {
        // The text of serde's message could quote a value.
        let field = why.to_string().split('`').nth(1).map(str::to_owned).unwrap_or_default();
        let what = if why.is_data() { "a field is unknown, missing, or of another type" } else { "not JSON" };
        Error::new(ErrorKind::InvalidConfig, format!("the config cannot be read: {what}: `{field}`"))
    })
}

pub(crate) fn request(value: &JsValue) -> Result<Request<Payload>> {
    let text = |name| get(value, name).and_then(|value| value.as_string());
    let mut request = Request::new(body(value)?);
    if let Some(method) = text("method") {
        *request.method_mut() =
            Method::from_bytes(method.as_bytes()).map_err(|_| invalid("`method` is not an HTTP method"))?;
    }
    let url = text("url").ok_or_else(|| invalid("the request has no `url`"))?;
    *request.uri_mut() =
        url.parse::<Uri>().map_err(|_| invalid("`url` is not a URL: write it as `new URL(…).href`"))?;
    *request.headers_mut() = headers(value)?;
    Ok(request)
}

pub(crate) fn body(value: &JsValue) -> Result<Payload> {
    match get(value, "body") {
        None => Ok(Payload::empty()),
        Some(body) => match body.as_string() {
            Some(text) => Ok(text.into()),
            None if body.is_instance_of::<Uint8Array>() => Ok(Uint8Array::new(&body).to_vec().into()),
            None => Err(invalid("`body` is neither a string nor a Uint8Array")),
        },
    }
}

pub(crate) fn headers(value: &JsValue) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    let Some(headers) = get(value, "headers") else { return Ok(map) };
    let unreadable = || invalid("`headers` are neither pairs nor an object of strings");
    let pairs = match headers.dyn_ref::<Array>() {
        Some(pairs) => pairs.clone(),
        None => Object::entries(headers.dyn_ref::<Object>().ok_or_else(unreadable)?),
    };
    for pair in pairs.iter() {
        let pair = Array::from(&pair);
        let (Some(name), Some(value)) = (pair.get(0).as_string(), pair.get(1).as_string()) else {
            return Err(unreadable());
        };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid("a header's name is not one"))?;
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| invalid("a header's value holds what no header can hold"))?;
        map.append(name, value);
    }
    Ok(map)
}

/// The moment to sign for; what is left out is the system's.
pub(crate) fn context(value: &JsValue) -> Result<Context> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, and times are positive")]
    let seconds = |seconds: f64| seconds as u64;
    let time = get(value, "unixTime").and_then(|time| time.as_f64()).unwrap_or_else(|| Date::now() / 1000.0);
    let ctx = match get(value, "random") {
        None => Context::at(seconds(time)).with_random(system_random),
        Some(bytes) => {
            let given = Mutex::new(Uint8Array::new(&bytes).to_vec().into_iter());
            Context::at(seconds(time)).with_random(move |buf| {
                let mut given = lock(&given);
                let used_up = || Error::new(ErrorKind::Randomness, "the context's `random` is used up");
                buf.iter_mut().try_for_each(|byte| given.next().map(|next| *byte = next).ok_or_else(used_up))
            })
        }
    };
    let ctx = if get(value, "explain").is_some_and(|explain| explain.is_truthy()) { ctx.explaining() } else { ctx };
    Ok(match get(value, "nonce").and_then(|nonce| nonce.as_string()) {
        Some(nonce) => ctx.with_nonce(nonce),
        None => ctx,
    })
}

fn system_random(buf: &mut [u8]) -> Result<()> {
    // `getRandomValues` takes at most 65,536 bytes.
    for part in buf.chunks_mut(65_536) {
        let length = u32::try_from(part.len()).unwrap_or_default();
        let array = Uint8Array::new_with_length(length);
        random_values(&array)
            .map_err(|_| Error::new(ErrorKind::Randomness, "there is no `crypto.getRandomValues` here"))?;
        array.copy_to(part);
    }
    Ok(())
}

/// A request as JavaScript reads it. Header values that are not UTF-8 become ISO-8859-1, as `fetch` has them.
pub(crate) fn shown(request: &Request<Payload>) -> Object {
    let object = Object::new();
    set(&object, "method", request.method().as_str());
    set(&object, "url", request.uri().to_string());
    let pairs = request.headers().iter().map(|(name, value)| {
        let value = str::from_utf8(value.as_bytes())
            .map_or_else(|_| value.as_bytes().iter().map(|&byte| char::from(byte)).collect(), str::to_owned);
        [JsValue::from_str(name.as_str()), JsValue::from_str(&value)].iter().collect::<Array>()
    });
    set(&object, "headers", pairs.collect::<Array>());
    set(&object, "body", Uint8Array::from(request.body().bytes().map_or(&[][..], |bytes| bytes)));
    object
}
