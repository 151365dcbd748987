use countersign::http::StatusCode;
use countersign::{Error, ErrorKind, Reply, Result, Step};
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use crate::convert::{body, context, headers, set, shown, thrown};

/// One request's conversation with a server.
#[wasm_bindgen(skip_typescript)]
#[derive(Debug)]
pub struct Exchange {
    exchange: countersign::Exchange,
    step: JsValue,
}

impl Exchange {
    pub(crate) fn new(exchange: countersign::Exchange, step: Step) -> Self {
        Self { exchange, step: step_shown(step) }
    }

    fn went_on(&mut self, step: Result<Step>) -> Result<JsValue, JsValue> {
        self.step = step.map(step_shown).map_err(|why| thrown(&why))?;
        Ok(self.step.clone())
    }
}

#[wasm_bindgen]
impl Exchange {
    /// What to do next.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn step(&self) -> JsValue {
        self.step.clone()
    }

    /// The step after a reply.
    ///
    /// # Errors
    /// An `Error` with `kind`.
    #[wasm_bindgen(js_name = onResponse)]
    pub fn on_response(&mut self, reply: &JsValue, moment: &JsValue) -> Result<JsValue, JsValue> {
        let step = context(moment).and_then(|ctx| {
            let (headers, body) = (headers(reply)?, body(reply)?);
            let bytes = body.bytes().cloned().unwrap_or_default();
            self.exchange.on_response(Reply::new(status(reply)?, &headers, &bytes), &ctx)
        });
        self.went_on(step)
    }

    /// The step after a wait is over.
    ///
    /// # Errors
    /// An `Error` with `kind`.
    pub fn resume(&mut self, moment: &JsValue) -> Result<JsValue, JsValue> {
        let step = context(moment).and_then(|ctx| self.exchange.resume(&ctx));
        self.went_on(step)
    }

    /// The step that goes on without the leg that could not be sent; nothing where the failure is the caller's.
    ///
    /// # Errors
    /// An `Error` with `kind`.
    #[wasm_bindgen(js_name = onSendFailed)]
    pub fn on_send_failed(&mut self, moment: &JsValue) -> Result<JsValue, JsValue> {
        let ctx = context(moment).map_err(|why| thrown(&why))?;
        match self.exchange.on_send_failed(&ctx) {
            Some(step) => self.went_on(step),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// The canonical request of the last message, when the context was explaining and the scheme has one.
    #[wasm_bindgen(getter, js_name = canonicalRequest)]
    #[must_use]
    pub fn canonical_request(&self) -> Option<String> {
        self.exchange.signed()?.canonical_request().map(str::to_owned)
    }

    /// The text that the last message signs, when the context was explaining and the scheme has one.
    #[wasm_bindgen(getter, js_name = stringToSign)]
    #[must_use]
    pub fn string_to_sign(&self) -> Option<String> {
        self.exchange.signed()?.string_to_sign().map(str::to_owned)
    }

    /// Whether the next reply's body must be given.
    #[wasm_bindgen(getter, js_name = readsBody)]
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.exchange.reads_body()
    }

    /// Whether all requests must use one connection of one user.
    #[wasm_bindgen(getter, js_name = connectionBound)]
    #[must_use]
    pub fn connection_bound(&self) -> bool {
        self.exchange.connection_bound()
    }
}

fn status(reply: &JsValue) -> Result<StatusCode> {
    let number = Reflect::get(reply, &"status".into()).ok().and_then(|status| status.as_f64());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, and checked after")]
    let code = number.and_then(|number| StatusCode::from_u16(number as u16).ok());
    code.ok_or_else(|| Error::new(ErrorKind::InvalidRequest, "the reply's `status` is not a status code"))
}

fn step_shown(step: Step) -> JsValue {
    let object = Object::new();
    match step {
        Step::Send(request) => set(&object, "send", shown(&request)),
        Step::Wait(wait) => set(
            &object,
            "wait",
            future_to_promise(async {
                wait.await;
                Ok(JsValue::UNDEFINED)
            }),
        ),
        Step::Done => set(&object, "done", true),
    }
    object.into()
}
