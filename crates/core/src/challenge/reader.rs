use super::Param;
use super::cursor::Cursor;
use crate::Result;

/// Reads a header value in one pass, word by word, for a scheme that looks at every parameter.
///
/// ```
/// use countersign_core::challenge::Reader;
///
/// let mut reader = Reader::new(b"Negotiate, Digest realm=\"r\", nonce=abc");
/// while let Some(scheme) = reader.next_scheme() {
///     if scheme? == "Digest" {
///         let mut names = Vec::new();
///         while let Some(param) = reader.next_param() {
///             names.push(param?.name);
///         }
///         assert_eq!(names, ["realm", "nonce"]);
///     }
/// }
/// # Ok::<(), countersign_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    pub(super) cursor: Cursor<'a>,
    place: Place,
    token68: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// Where a challenge may begin.
    Between,
    /// Before the first parameter of a challenge, which must be there.
    First,
    /// After a parameter.
    Later,
    /// After an error: nothing more is read.
    Broken,
}

impl<'a> Reader<'a> {
    /// At the beginning of a header value.
    #[must_use]
    pub const fn new(value: &'a [u8]) -> Self {
        Self { cursor: Cursor::new(value), place: Place::Between, token68: None }
    }

    /// The scheme of the next challenge, as written; `None` after the last one. What is left of the challenge before is skipped.
    ///
    /// # Errors
    /// [`InvalidChallenge`](crate::ErrorKind::InvalidChallenge) where the value cannot be read; after that there is nothing more.
    pub fn next_scheme(&mut self) -> Option<Result<&'a str>> {
        while let Some(param) = self.next_param() {
            if let Err(err) = param {
                return Some(Err(err));
            }
        }
        self.cursor.skip_separators();
        if self.place == Place::Broken || self.cursor.peek().is_none() {
            return None;
        }
        Some(self.begin().inspect_err(|_| self.place = Place::Broken))
    }

    /// The token in place of parameters of the challenge that [`Reader::next_scheme`] began.
    #[must_use]
    pub const fn token68(&self) -> Option<&'a str> {
        self.token68
    }

    /// The next parameter of the challenge that [`Reader::next_scheme`] began; `None` after its last one.
    ///
    /// # Errors
    /// As [`Reader::next_scheme`]; the whole challenge is then not to be believed.
    pub fn next_param(&mut self) -> Option<Result<Param<'a>>> {
        let end = self.cursor.at;
        match self.place {
            Place::Between | Place::Broken => return None,
            Place::First => {}
            Place::Later => self.cursor.skip_separators(),
        }
        let param = match (self.cursor.name(), self.place) {
            (Some(name), _) => self.cursor.value(name),
            (None, Place::First) => Err(self.cursor.broken("no parameter")),
            // Between two challenges there is a comma; between two parameters it may be missing.
            (None, _) if self.cursor.peek().is_some() && !self.has_comma_since(end) => {
                Err(self.cursor.broken("neither a comma nor a parameter"))
            }
            (None, _) => {
                self.place = Place::Between;
                return None;
            }
        };
        self.place = if param.is_ok() { Place::Later } else { Place::Broken };
        Some(param)
    }

    fn begin(&mut self) -> Result<&'a str> {
        self.token68 = None;
        let scheme = self.cursor.token();
        if scheme.is_empty() {
            return Err(self.cursor.broken("no scheme"));
        }
        let blanks = self.cursor.skip_blanks();
        match self.cursor.peek() {
            None | Some(b',') => return Ok(scheme),
            Some(_) if blanks == 0 => return Err(self.cursor.broken("no blank after the scheme")),
            Some(b'=') => return Err(self.cursor.broken("a parameter before any scheme")),
            Some(_) => {}
        }
        self.token68 = self.cursor.token68();
        if self.token68.is_none() {
            self.place = Place::First;
        }
        Ok(scheme)
    }

    fn has_comma_since(&self, start: usize) -> bool {
        self.cursor.bytes.get(start..self.cursor.at).is_some_and(|between| between.contains(&b','))
    }
}
