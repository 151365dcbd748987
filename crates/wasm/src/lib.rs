//! [`countersign`] for JavaScript, by `wasm-bindgen`: the npm package `countersign-wasm`.
//!
//! A config is the JSON form of `AuthConfig`; a request is `{ method, url, headers, body }`. The functions throw an `Error` with a
//! `kind`, the stable name of `ErrorKind`. The types are written out in `types.d.ts`, which the package's own declarations hold.

#![forbid(unsafe_code)]

mod authenticator;
mod convert;
mod exchange;

use countersign::scheme::challenge::{Challenge, challenges};
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use crate::authenticator::Authenticator;
use crate::convert::{set, thrown};
use crate::exchange::Exchange;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// Signs one request: `{ method, url, headers, body }` in, the same out. For schemes that need only one message.
///
/// # Errors
/// An `Error` with `kind`.
#[wasm_bindgen(skip_typescript)]
pub fn sign(config: &JsValue, request: &JsValue, context: &JsValue) -> Result<JsValue, JsValue> {
    Authenticator::new(config)?.sign(request, context)
}

/// Signs one request and shows the texts that were hashed and signed: `{ request, canonicalRequest, stringToSign }`.
///
/// # Errors
/// An `Error` with `kind`.
#[wasm_bindgen(skip_typescript)]
pub fn explain(config: &JsValue, request: &JsValue, context: &JsValue) -> Result<JsValue, JsValue> {
    Authenticator::new(config)?.explain(request, context)
}

/// Starts one request's conversation: its first step is `exchange.step`. An `Authenticator` that is kept remembers nonces and tokens
/// from one request to the next.
///
/// # Errors
/// An `Error` with `kind`.
#[wasm_bindgen(skip_typescript)]
pub fn start(config: &JsValue, request: &JsValue, context: &JsValue) -> Result<Exchange, JsValue> {
    Authenticator::new(config)?.start(request, context)
}

/// Takes the value of a `WWW-Authenticate` or `Proxy-Authenticate` header apart: a list of `{ scheme, token68, params }`.
///
/// # Errors
/// An `Error` with `kind` when the value is not a list of challenges.
#[wasm_bindgen(js_name = readChallenges, skip_typescript)]
pub fn read_challenges(value: &str) -> Result<Array, JsValue> {
    let shown = |challenge: Challenge<'_>| {
        let object = Object::new();
        set(&object, "scheme", challenge.scheme());
        if let Some(token) = challenge.token68() {
            set(&object, "token68", token);
        }
        let params = challenge.params().map(|param| {
            let pair = [param.name.to_owned(), String::from_utf8_lossy(&param.value()).into_owned()];
            pair.iter().map(|text| JsValue::from_str(text)).collect::<Array>()
        });
        set(&object, "params", params.collect::<Array>());
        object
    };
    challenges(value.as_bytes()).map(|challenge| challenge.map(shown).map_err(|why| thrown(&why))).collect()
}

/// Why a server refused a request: the explanation as HTML in which every text is escaped. `request` is HTTP, `curl -v`'s lines or a curl
/// command; `server_says` the reply; `signed` what the client's own code says that it signed. Each may be empty.
///
/// # Errors
/// An `Error` with `kind` when the request cannot be read.
#[cfg(feature = "page")]
#[wasm_bindgen]
pub fn why(request: &str, server_says: &str, signed: &str) -> Result<String, JsValue> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, and times are positive")]
    let now = (js_sys::Date::now() / 1000.0) as u64;
    let asked =
        countersign_explain::Asked::new(request).with_server_says(server_says).with_signed(signed).with_now(now);
    countersign_explain::explain(&asked)
        .map(|report| countersign_explain::fragment(&report))
        .map_err(|why| thrown(&why))
}
