use std::fs::File;
use std::path::PathBuf;

use countersign::{Authenticator, ErrorKind, Payload};
use countersign_ureq::{Error, RunWith as _, Session, StreamedBody};
use http::{Request, Response};
use ureq::{Agent, Body};

use super::{masked, progress};
use crate::failure::Failure;
use crate::input;

/// One client and one user, for one request or many.
pub(super) struct Conversation {
    agent: Agent,
    session: Session,
    bar_is_shown: bool,
    /// The file that is streamed in place of the request's own body, and how.
    streamed: Option<(PathBuf, StreamedBody)>,
}

impl Conversation {
    pub(super) fn new(auth: &Authenticator, agent: Agent, bar_is_shown: bool) -> Self {
        let config = agent.config().clone();
        let session = Session::new(auth).with_connections(move || config.clone());
        Self { agent, session, bar_is_shown, streamed: None }
    }

    /// Sends this file.
    pub(super) fn stream(&mut self, path: PathBuf, length: u64) {
        let (file, is_shown) = (path.clone(), self.bar_is_shown);
        let body = StreamedBody::new(Some(length), move || {
            let bar = progress::bar("sent", Some(length), is_shown);
            File::open(&file).map(|file| bar.wrap_read(file))
        });
        self.streamed = Some((path, body));
    }

    pub(super) fn send(&self, request: &Request<Payload>) -> Result<Response<Body>, Failure> {
        let request = request.clone();
        let Some((path, body)) = &self.streamed else {
            return self.agent.run_with(&self.session, request).map_err(failure);
        };
        let mut streamed = request.clone();
        *streamed.body_mut() = Payload::Streaming;
        streamed.extensions_mut().insert(body.clone());
        match self.agent.run_with(&self.session, streamed) {
            // No request was accepted yet: the scheme signs the body itself, or a redirect asks for it again.
            Err(Error::Auth(why)) if why.kind() == ErrorKind::PayloadRequired => {
                let bytes = Payload::from(input::bytes(path)?);
                let request = request.map(|_| bytes);
                self.agent.run_with(&self.session, request).map_err(failure)
            }
            done => done.map_err(failure),
        }
    }
}

fn failure(why: Error) -> Failure {
    match why {
        Error::Auth(why) => Failure::refused(&why),
        Error::Http(why) => Failure::Sending(format!("the request got no response: {}", masked::error(&why))),
        why => Failure::Sending(why.to_string()),
    }
}
