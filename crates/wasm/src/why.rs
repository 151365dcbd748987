//! For the page "Why the 403?": texts in, HTML out.

use countersign_explain::{Asked, explain, fragment};
use js_sys::Date;
use wasm_bindgen::prelude::*;

use crate::convert::thrown;

/// Why a server refused a request: the explanation as HTML in which every text is escaped. `request` is HTTP, `curl -v`'s lines or a curl
/// command; `server_says` the reply; `signed` what the client's own code says that it signed. Each may be empty.
///
/// # Errors
/// An `Error` with `kind` when the request cannot be read.
#[wasm_bindgen]
pub fn why(request: &str, server_says: &str, signed: &str) -> Result<String, JsValue> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, and times are positive")]
    let now = (Date::now() / 1000.0) as u64;
    let asked = Asked::new(request).with_server_says(server_says).with_signed(signed).with_now(now);
    explain(&asked).map(|report| fragment(&report)).map_err(|why| thrown(&why))
}
