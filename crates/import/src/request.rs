use std::collections::HashMap;
use std::fmt;

use countersign::{Payload, Result, variables};
use http::{HeaderName, HeaderValue, Method, Uri};

use crate::error;

/// An item's request as the input has it, without its credential. Texts may hold `{{name}}`.
///
/// `Debug` shows neither header values nor query nor body.
#[derive(Clone, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The method; `GET` where the input names none.
    pub method: String,
    /// The URL, without user info.
    pub url: String,
    /// Names and values, in order; a name may repeat.
    pub headers: Vec<(String, String)>,
    /// The body; none where the input has none, or where it is a file's.
    pub body: Option<Vec<u8>>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url.split(['?', '#']).next().unwrap_or_default())
            .field("headers", &names)
            .field("body", &self.body.as_ref().map(Vec::len))
            .finish()
    }
}

impl Request {
    /// The request, ready to be signed and sent.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidImport`](countersign::ErrorKind::InvalidImport) when a variable is still to fill, or a part is not
    /// what HTTP takes.
    pub fn to_http(&self) -> Result<http::Request<Payload>> {
        let uri: Uri =
            self.url.parse().map_err(|_| error::invalid("url", "no URL, as long as its variables are not filled"))?;
        let mut request = http::Request::new(Payload::from(self.body.clone().unwrap_or_default()));
        *request.method_mut() =
            Method::from_bytes(self.method.as_bytes()).map_err(|_| error::invalid("method", "no HTTP method"))?;
        *request.uri_mut() = uri;
        for (name, value) in &self.headers {
            let place = || format!("header {}", error::quoted(name));
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| error::invalid(place(), "no header name"))?;
            let value = HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_| error::invalid(place(), "holds control characters, which cannot be sent"))?;
            request.headers_mut().append(name, value);
        }
        Ok(request)
    }

    pub(crate) fn resolve(mut self, scopes: &[&HashMap<String, String>]) -> Result<Self> {
        let fill = |text: &mut String| variables::fill(text, scopes).map(|filled| *text = filled);
        fill(&mut self.method)?;
        fill(&mut self.url)?;
        for (name, value) in &mut self.headers {
            fill(name)?;
            fill(value)?;
        }
        if let Some(body) = self.body.take() {
            self.body = Some(match String::from_utf8(body) {
                Ok(mut text) => {
                    fill(&mut text)?;
                    text.into_bytes()
                }
                Err(why) => why.into_bytes(),
            });
        }
        Ok(self)
    }

    /// Removes all headers of a name, whatever its case; returns the last one's value.
    pub(crate) fn take_header(&mut self, name: &str) -> Option<String> {
        let mut taken = None;
        self.headers.retain_mut(|(other, value)| {
            let is_it = other.eq_ignore_ascii_case(name);
            if is_it {
                taken = Some(std::mem::take(value));
            }
            !is_it
        });
        taken
    }
}
