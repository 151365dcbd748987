use std::fmt;

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
