use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

/// A body that is not in memory, in the extensions of a request whose body is given as
/// [`Payload::Streaming`](countersign::Payload::Streaming). It is opened anew for each leg that carries it, so that a file of any length
/// answers a challenge.
///
/// ```no_run
/// use std::fs::File;
///
/// use countersign::{AuthConfig, Authenticator, Payload};
/// use countersign_ureq::{RunWith as _, StreamedBody};
/// use http::Request;
///
/// let auth = Authenticator::new(&AuthConfig::digest("Mufasa", "Circle of Life"))?;
/// let body = StreamedBody::new(Some(std::fs::metadata("backup.tar")?.len()), || File::open("backup.tar"));
/// let request = Request::put("https://example.com/backup.tar").extension(body).body(Payload::Streaming)?;
/// let response = ureq::Agent::new_with_defaults().run_with(&auth, request)?;
/// println!("{}", response.status());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct StreamedBody {
    pub(crate) length: Option<u64>,
    pub(crate) open: Arc<dyn Fn() -> io::Result<Box<dyn Read>> + Send + Sync>,
}

impl StreamedBody {
    /// A body of `length` bytes, which `open` returns from its start; without a length it is sent in chunks.
    #[must_use]
    pub fn new<R: Read + 'static>(
        length: Option<u64>,
        open: impl Fn() -> io::Result<R> + Send + Sync + 'static,
    ) -> Self {
        Self { length, open: Arc::new(move || open().map(|body| Box::new(body) as Box<dyn Read>)) }
    }
}

impl fmt::Debug for StreamedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamedBody").field("length", &self.length).finish_non_exhaustive()
    }
}
