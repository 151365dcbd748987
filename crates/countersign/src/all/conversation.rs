use std::sync::Arc;

use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Signed, Step};
use http::Request;

use super::Signer;

/// The conversation of the last scheme, about a request that has the keys already.
pub(super) struct Conversation {
    signer: Arc<Signer>,
    state: State,
}

enum State {
    Unsent(Option<Request<Payload>>),
    Under { dialogue: Box<dyn Dialogue>, keys: Signed, signed: Option<Signed> },
}

impl Conversation {
    pub(super) fn new(signer: Arc<Signer>, request: Request<Payload>) -> Self {
        Self { signer, state: State::Unsent(Some(request)) }
    }

    /// What the last scheme's dialogue answers; then, how its request was signed.
    fn tell<T>(&mut self, say: impl FnOnce(&mut dyn Dialogue) -> T) -> Option<T> {
        let State::Under { dialogue, keys, signed } = &mut self.state else { return None };
        let answer = say(dialogue.as_mut());
        *signed = dialogue.signed().map(|last| keys.clone().then(last.clone()));
        Some(answer)
    }

    fn dialogue(&self) -> Option<&dyn Dialogue> {
        match &self.state {
            State::Unsent(_) => None,
            State::Under { dialogue, .. } => Some(dialogue.as_ref()),
        }
    }
}

impl Dialogue for Conversation {
    fn start(&mut self, ctx: &Context) -> Result<Step> {
        if let State::Unsent(request) = &mut self.state {
            let (Some(request), Some(last)) = (request.take(), &self.signer.last) else { return Err(over()) };
            let (mut parts, mut payload) = request.into_parts();
            let keys = self.signer.add_keys(&mut parts, &mut payload, ctx)?;
            let dialogue = Arc::clone(last).dialogue(Request::from_parts(parts, payload));
            self.state = State::Under { dialogue, keys, signed: None };
        }
        self.tell(|dialogue| dialogue.start(ctx)).unwrap_or_else(|| Err(over()))
    }

    fn on_response(&mut self, reply: Reply<'_>, ctx: &Context) -> Result<Step> {
        self.tell(|dialogue| dialogue.on_response(reply, ctx)).unwrap_or_else(|| Err(over()))
    }

    fn resume(&mut self, ctx: &Context) -> Result<Step> {
        self.tell(|dialogue| dialogue.resume(ctx)).unwrap_or_else(|| Err(over()))
    }

    fn on_send_failed(&mut self, ctx: &Context) -> Option<Result<Step>> {
        self.tell(|dialogue| dialogue.on_send_failed(ctx)).flatten()
    }

    fn reads_body(&self) -> bool {
        self.dialogue().is_some_and(Dialogue::reads_body)
    }

    fn connection_bound(&self) -> bool {
        self.dialogue().is_some_and(Dialogue::connection_bound)
    }

    fn signed(&self) -> Option<&Signed> {
        match &self.state {
            State::Unsent(_) => None,
            State::Under { signed, .. } => signed.as_ref(),
        }
    }
}

fn over() -> Error {
    Error::new(ErrorKind::InvalidRequest, "this exchange has not begun, or could not begin")
}
