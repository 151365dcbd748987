use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::scheme::target::Origin;
use countersign::{Error, ErrorKind};
use http::Response;
use ureq::config::Config;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, Transport};
use ureq::{Agent, Body, BodyReader};

use crate::Session;

/// A connection of one user, for NTLM. What `Session::with_connections` is given returns what it is made of:
///
/// * a [`Config`], for ureq's own connector and resolver;
/// * an [`Agent`], where yours has a connector or a resolver of its own (`Agent::with_parts`): a new one each time, as it shares its pool
///   with nobody. A connection that a server closes between two legs without announcing it then looks like a refusal.
///
/// Either must allow at least one idle connection; ureq's own `max_idle_age` (15 seconds unless set) counts too.
///
/// ureq shows no adapter the server's certificate: where a server demands extended protection, set `tls_server_end_point` in NTLM's
/// config.
#[derive(Debug)]
pub struct Connection {
    pub(crate) agent: Agent,
    /// How many connections it made; 0 when nobody counts.
    made: Arc<AtomicUsize>,
}

impl TryFrom<Config> for Connection {
    type Error = Error;

    fn try_from(config: Config) -> Result<Self, Error> {
        check(&config)?;
        let made = Arc::new(AtomicUsize::new(0));
        let connector = DefaultConnector::default().chain(Counting(Arc::clone(&made)));
        Ok(Self { agent: Agent::with_parts(config, connector, DefaultResolver::default()), made })
    }
}

impl TryFrom<Agent> for Connection {
    type Error = Error;

    fn try_from(agent: Agent) -> Result<Self, Error> {
        check(agent.config())?;
        Ok(Self { agent, made: Arc::default() })
    }
}

impl Connection {
    /// How many connections there were, as far as it is known.
    pub(crate) fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}

fn check(config: &Config) -> Result<(), Error> {
    if config.max_idle_connections() == 0
        || config.max_idle_connections_per_host() == 0
        || config.max_idle_age().is_zero()
    {
        return Err(Error::new(
            ErrorKind::InvalidConfig,
            "NTLM sends several requests over one connection, and this configuration keeps none open between two: `max_idle_connections`, `max_idle_connections_per_host` and `max_idle_age` may not be 0",
        ));
    }
    Ok(())
}

/// Passes a connection on, and counts it.
#[derive(Debug)]
struct Counting(Arc<AtomicUsize>);

impl<In: Transport> Connector<In> for Counting {
    type Out = In;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<In>, ureq::Error> {
        if chained.is_some() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        Ok(chained)
    }
}

/// The caller's response over an authenticated connection, which is kept once the body was read to its end, and else closed.
pub(crate) fn kept_after(
    response: Response<Body>,
    connection: Connection,
    session: &Session,
    origin: &Origin,
) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let left = body.content_length();
    if left == Some(0) {
        session.keep(connection, origin);
        return Response::from_parts(parts, body);
    }
    let mut builder = Body::builder();
    if let Some(mime_type) = body.mime_type() {
        builder = builder.mime_type(mime_type);
    }
    let keep = Some((connection, session.clone(), origin.clone()));
    let reader = Keeping { reader: body.into_reader(), left, keep };
    Response::from_parts(parts, builder.reader(reader))
}

struct Keeping {
    reader: BodyReader<'static>,
    /// Bytes to come, where the server said so.
    left: Option<u64>,
    keep: Option<(Connection, Session, Origin)>,
}

impl Read for Keeping {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buf)?;
        let mut ended = read == 0 && !buf.is_empty();
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(read as u64);
            // Who knows the length does not ask for the end.
            ended = ended || (*left == 0 && self.reader.read(&mut [0])? == 0);
        }
        if ended && let Some((connection, session, origin)) = self.keep.take() {
            session.keep(connection, &origin);
        }
        Ok(read)
    }
}
