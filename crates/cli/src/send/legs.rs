//! What happens on each leg of an exchange: cookies, `-v`, the count.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::{CONTENT_LENGTH, COOKIE, EXPECT, HeaderMap, HeaderValue};
use http::{Request, Response};
use ureq::middleware::MiddlewareNext;
use ureq::{Body, SendBody};

use super::cookies::Jar;
use super::data::LONGEST_IN_MEMORY;
use super::masked;
use crate::printable::Printable;
use crate::style::Style;

/// Sees every request on its way out, and every response on its way in.
pub(super) struct Legs {
    verbose: bool,
    jar: Option<Jar>,
    count: AtomicUsize,
}

impl Legs {
    pub(super) const fn new(verbose: bool, jar: Option<Jar>) -> Self {
        Self { verbose, jar, count: AtomicUsize::new(0) }
    }

    /// How many requests went out so far.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) const fn jar(&self) -> Option<&Jar> {
        self.jar.as_ref()
    }

    pub(super) fn pass(
        &self,
        mut request: Request<SendBody<'_>>,
        next: MiddlewareNext<'_>,
    ) -> Result<Response<Body>, ureq::Error> {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let uri = request.uri().clone();
        wait_before_long_body(request.headers_mut());
        if let Some(cookies) = self.jar.as_ref().and_then(|jar| jar.header(&uri)) {
            let own = request.headers().get(COOKIE).map(HeaderValue::as_bytes);
            let both = own.into_iter().chain([cookies.as_bytes()]).collect::<Vec<_>>().join(&b"; "[..]);
            if let Ok(mut value) = HeaderValue::from_bytes(&both) {
                value.set_sensitive(true);
                request.headers_mut().insert(COOKIE, value);
            }
        }
        if self.verbose {
            tell(&request_text(number, &request));
        }
        let response = next.handle(request);
        match &response {
            Ok(response) => {
                if let Some(jar) = &self.jar {
                    jar.keep(&uri, response.headers());
                }
                if self.verbose {
                    tell(&response_text(response));
                }
            }
            Err(why) if self.verbose => tell(&format!("* leg {number} failed: {}\n", masked::error(why))),
            Err(_) => {}
        }
        response
    }
}

/// A challenge comes before the body then. Below the signature, as whatever is on the way may take it off (RFC 9110 section 10.1.1).
fn wait_before_long_body(headers: &mut HeaderMap) {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > LONGEST_IN_MEMORY) {
        headers.entry(EXPECT).or_insert(HeaderValue::from_static("100-continue"));
    }
}

fn request_text(number: usize, request: &Request<SendBody<'_>>) -> String {
    let style = Style::of(&std::io::stderr());
    let uri = request.uri();
    let authority = uri.authority().map_or("", countersign::scheme::target::without_user_info);
    let mut text = format!(
        "{}\n",
        style.quiet(format_args!("* leg {number}, to {}://{authority}", uri.scheme_str().unwrap_or_default()))
    );
    let line = format!("{} {} HTTP/1.1", request.method(), masked::target(uri));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "> {}", style.title(line));
    push_headers(&mut text, '>', request.headers(), &style);
    text
}

fn response_text(response: &Response<Body>) -> String {
    let style = Style::of(&std::io::stderr());
    let mut text = String::new();
    let line = format!("{:?} {}", response.version(), response.status());
    let _ = writeln!(text, "< {}", style.title(line));
    push_headers(&mut text, '<', response.headers(), &style);
    text
}

fn push_headers(text: &mut String, sign: char, headers: &HeaderMap, style: &Style) {
    for (name, value) in headers {
        let _ = writeln!(text, "{sign} {}: {}", style.quiet(name), Printable(&masked::header(name, value)));
    }
    let _ = writeln!(text, "{sign}");
}

/// With standard error gone there is nobody left to tell.
fn tell(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
