use countersign::http::Request;
use countersign::{Context, Payload, Result, Signed};
use js_sys::Object;
use wasm_bindgen::prelude::*;

use crate::convert::{config, context, request, set, shown, thrown};
use crate::exchange::Exchange;

/// A config made ready.
#[wasm_bindgen(skip_typescript)]
#[derive(Debug)]
pub struct Authenticator(countersign::Authenticator);

#[wasm_bindgen]
impl Authenticator {
    /// Checks the config and reads its keys.
    ///
    /// # Errors
    /// An `Error` with `kind`.
    #[wasm_bindgen(constructor)]
    pub fn new(value: &JsValue) -> Result<Self, JsValue> {
        config(value).and_then(|config| countersign::Authenticator::new(&config)).map(Self).map_err(|why| thrown(&why))
    }

    /// Signs one request.
    ///
    /// # Errors
    /// An `Error` with `kind`.
    pub fn sign(&self, value: &JsValue, moment: &JsValue) -> Result<JsValue, JsValue> {
        let signed = context(moment).and_then(|ctx| self.signed(value, &ctx));
        signed.map(|(request, _)| shown(&request).into()).map_err(|why| thrown(&why))
    }

    /// Signs one request, and shows the texts that were hashed and signed.
    ///
    /// # Errors
    /// An `Error` with `kind`.
    pub fn explain(&self, value: &JsValue, moment: &JsValue) -> Result<JsValue, JsValue> {
        let signed = context(moment).and_then(|ctx| self.signed(value, &ctx.explaining()));
        let (request, signed) = signed.map_err(|why| thrown(&why))?;
        let object = Object::new();
        set(&object, "request", shown(&request));
        set(&object, "canonicalRequest", signed.canonical_request().map(JsValue::from_str).unwrap_or_default());
        set(&object, "stringToSign", signed.string_to_sign().map(JsValue::from_str).unwrap_or_default());
        Ok(object.into())
    }

    /// Starts one request's conversation.
    ///
    /// # Errors
    /// An `Error` with `kind`.
    pub fn start(&self, value: &JsValue, moment: &JsValue) -> Result<Exchange, JsValue> {
        let started = context(moment).and_then(|ctx| self.0.start(request(value)?, &ctx));
        let (exchange, step) = started.map_err(|why| thrown(&why))?;
        Ok(Exchange::new(exchange, step))
    }
}

impl Authenticator {
    fn signed(&self, value: &JsValue, ctx: &Context) -> Result<(Request<Payload>, Signed)> {
        let (mut parts, mut payload) = request(value)?.into_parts();
        let signed = self.0.sign(&mut parts, &mut payload, ctx)?;
        Ok((Request::from_parts(parts, payload), signed))
    }
}
