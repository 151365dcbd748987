//! A person's consent where the browser does not come back to this program: the URL that it came back on is typed in.

use std::io::BufRead as _;
use std::sync::Arc;

use countersign::oauth2::{AuthorizationRequest, ServerError, Session, Token};
use countersign::{Context, Error, ErrorKind};

use crate::failure::Failure;
use crate::token::send::send;
use crate::token::{converse, kept, tell};

pub(super) fn token(session: &Arc<Session>) -> Result<Token, Failure> {
    let login = login(session)?;
    tell(&format!("open {}", login.url()))?;
    tell("and give the URL that the browser comes back on:")?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    match session.finish(&login, line.trim(), &Context::now()) {
        Ok(redeeming) => converse(redeeming)?.map_err(|why| Failure::refused(&why))?,
        Err(why) if why.kind() == ErrorKind::StateMismatch => {
            return Err(Failure::Refused("this is not the answer: `state` or URL are others".into()));
        }
        Err(why) => return Err(Failure::refused(&why)),
    }
    kept(session)
}

/// Asks for consent; sends the parameters ahead where the config says so.
fn login(session: &Session) -> Result<AuthorizationRequest, Failure> {
    let refused = |why: Error| Failure::refused(&why);
    let mut login = session.login(&Context::now()).map_err(refused)?;
    let has_pushed = |login: &mut AuthorizationRequest| match session.push_request(login, &Context::now()) {
        Err(why) => Err(refused(why)),
        Ok(None) => Ok(Ok(())),
        Ok(Some(request)) => Ok(session.pushed(login, &send(request)?, &Context::now())),
    };
    let end = match has_pushed(&mut login)? {
        // The nonce is known now.
        Err(why) if ServerError::cause_of(&why).is_some_and(|cause| cause.is("use_dpop_nonce")) => {
            has_pushed(&mut login)?
        }
        end => end,
    };
    end.map_err(refused)?;
    Ok(login)
}
