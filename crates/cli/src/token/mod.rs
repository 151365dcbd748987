//! `countersign token`.

mod browser;
mod device;
mod listener;
mod send;

use std::io::{BufRead as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use countersign::oauth2::server::{revocation_request, revoked};
use countersign::oauth2::{
    AuthorizationRequest, Config, Grant, GrantType, ServerError, Session, Token, TokenStore as _,
};
use countersign::{AuthConfig, Context, Dialogue, Error, ErrorKind, Exchange, Secret, Step};
use countersign_file_store::FileTokenStore;
use http::Uri;

use crate::args::{self, GrantFile};
use crate::failure::Failure;
use crate::printable::Printable;
use crate::token::device::device;
use crate::token::listener::{Listener, Verdict};
use crate::token::send::send;
use crate::{config, input, variables};

/// What a person is told of, and what a script reads, are apart: standard error and standard output.
pub(crate) fn token(command: args::Token, out: &mut impl Write) -> Result<ExitCode, Failure> {
    match command {
        args::Token::Get { grant, no_browser, paste, timeout, show_secret } => {
            let config = oauth2(&grant)?;
            let person = Person { no_browser, paste, timeout: Duration::from_secs(timeout) };
            let token = get(config, store(&grant.store)?, &person)?;
            show(&token, show_secret, out)?;
        }
        args::Token::List { store: place } => list(&store(&place)?, out)?,
        args::Token::Show { grant, show_secret } => {
            let session = session(&oauth2(&grant)?, store(&grant.store)?)?;
            show(&kept(&session)?, show_secret, out)?;
        }
        args::Token::Refresh { grant } => {
            let session = session(&oauth2(&grant)?, store(&grant.store)?)?;
            // Known before it is replaced.
            session.token(&Context::now()).block().map_err(|why| Failure::refused(&why))?;
            converse(session.refresh())?.map_err(|why| Failure::refused(&why))?;
            show(&kept(&session)?, false, out)?;
        }
        args::Token::Delete { grant } => {
            let forgotten = session(&oauth2(&grant)?, store(&grant.store)?)?
                .forget()
                .block()
                .map_err(|why| Failure::refused(&why))?;
            writeln!(out, "{}", if forgotten.is_some() { "deleted" } else { "there was none" })?;
        }
        args::Token::Revoke { grant, revocation_url } => revoke(&grant, &revocation_url, out)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// How a person takes part.
struct Person {
    no_browser: bool,
    paste: bool,
    timeout: Duration,
}

fn oauth2(file: &GrantFile) -> Result<Config, Failure> {
    let json = serde_json::from_str(&input::text(&file.config)?)
        .map_err(|why| Failure::Input(format!("{} is not JSON: {why}", file.config.display())))?;
    let config = config::read(json).map_err(|why| Failure::Input(format!("the auth config cannot be read: {why}")))?;
    match variables::resolve(&config, file.env_file.as_deref())? {
        AuthConfig::Oauth2(mut config) => {
            let grant = config.grant.as_mut();
            let grant =
                grant.ok_or_else(|| Failure::Input("the auth config has no `grant` to get a token by".into()))?;
            if file.name.is_some() {
                grant.client_mut().token_name.clone_from(&file.name);
            }
            Ok(config)
        }
        _ => Err(Failure::Input("the auth config is not of type oauth2".into())),
    }
}

/// The file that was named, or the user's own.
pub(crate) fn store(place: &args::Store) -> Result<FileTokenStore, Failure> {
    if let Some(path) = &place.store {
        return Ok(FileTokenStore::new(path.clone()));
    }
    let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = var("XDG_DATA_HOME")
        .or_else(|| var("LOCALAPPDATA"))
        .or_else(|| var("HOME").map(|home| home.join(".local").join("share")));
    let data =
        data.ok_or_else(|| Failure::Input("the system names no place for a user's data: give --store".into()))?;
    Ok(FileTokenStore::new(data.join("countersign").join("tokens.json")))
}

/// What keeps a config's tokens in this file.
pub(crate) fn session(config: &Config, store: FileTokenStore) -> Result<Arc<Session>, Failure> {
    let session = Session::new(config).map_err(|why| Failure::refused(&why))?;
    let session = session.with_store(Arc::new(store)).with_store_watch(|why| {
        let _told = writeln!(std::io::stderr(), "the token is not kept: {why}");
    });
    Ok(Arc::new(session))
}

fn kept(session: &Session) -> Result<Token, Failure> {
    let token = session.token(&Context::now()).block().map_err(|why| Failure::refused(&why))?;
    token.ok_or_else(|| Failure::Refused("no token is kept for this config, or it is expired".into()))
}

fn get(mut config: Config, store: FileTokenStore, person: &Person) -> Result<Token, Failure> {
    let refused = |why: Error| Failure::refused(&why);
    let Some(grant) = config.grant.as_deref_mut() else {
        return Err(Failure::Input("the auth config has no `grant`".into()));
    };
    if !grant.grant_type().needs_person() {
        let session = session(&config, store)?;
        session.token(&Context::now()).block().map_err(refused)?;
        converse(session.refresh())?.map_err(|why| Failure::refused(&why))?;
        return kept(&session);
    }
    if grant.grant_type() == GrantType::DeviceCode {
        let grant = grant.clone();
        return device(&grant, &session(&config, store)?, person);
    }
    let listener = if person.paste { None } else { Some(listen(grant)?) };
    let session = session(&config, store)?;
    let login = login(&session)?;
    tell(&format!("open {}", login.url()))?;
    if !person.no_browser && !person.paste {
        browser::open(login.url());
    }
    match listener {
        Some((listener, path)) => listener.wait(&path, person.timeout, |target| came_back(&session, &login, target)),
        None => {
            tell("and give the URL that the browser comes back on:")?;
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            match came_back(&session, &login, line.trim()) {
                Verdict::Ours(done) => done,
                Verdict::NotOurs => Err(Failure::Refused("this is not the answer: `state` or URL are others".into())),
            }
        }
    }
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

/// Listens where the callback URL says, on a free port unless it names one, and makes the URL say so.
fn listen(grant: &mut Grant) -> Result<(Listener, String), Failure> {
    let is_implicit = grant.grant_type() == GrantType::Implicit;
    let Some(consent) = grant.consent_mut() else {
        return Err(Failure::Input("the grant asks no person in a browser".into()));
    };
    let given = Some(consent.callback_url.clone()).filter(|url| !url.is_empty());
    let given = given.unwrap_or_else(|| "http://127.0.0.1/callback".into());
    let uri: Uri = given.parse().map_err(|_| Failure::Input("`callback_url` is no URL".into()))?;
    let host = uri.host().unwrap_or_default();
    if uri.scheme_str() != Some("http") || !["127.0.0.1", "localhost"].contains(&host) || is_implicit {
        let message = "the browser does not come back to this program (`callback_url` is not http on 127.0.0.1, or the token is in \
            a fragment): use --paste";
        return Err(Failure::Input(message.into()));
    }
    let listener = Listener::new(uri.port_u16().unwrap_or(0))?;
    let path = uri.path().to_owned();
    consent.callback_url = format!("http://{host}:{}{path}", listener.address.port());
    Ok((listener, path))
}

fn came_back(session: &Arc<Session>, login: &AuthorizationRequest, url: &str) -> Verdict<Token> {
    match session.finish(login, url, &Context::now()) {
        Err(why) if why.kind() == ErrorKind::StateMismatch => Verdict::NotOurs,
        Err(why) => Verdict::Ours(Err(Failure::refused(&why))),
        Ok(redeeming) => {
            let end = converse(redeeming).and_then(|end| end.map_err(|why| Failure::refused(&why)));
            Verdict::Ours(end.and_then(|()| kept(session)))
        }
    }
}

/// Holds a conversation with the token endpoint, at whose end the token is kept.
fn converse(dialogue: Box<dyn Dialogue>) -> Result<Result<(), Error>, Failure> {
    let started = Exchange::converse(dialogue, &Context::now());
    let (mut exchange, mut step) = match started {
        Ok(started) => started,
        Err(why) => return Ok(Err(why)),
    };
    loop {
        let next = match step {
            Step::Send(request) => exchange.on_response(&send(request)?, &Context::now()),
            Step::Wait(wait) => {
                wait.block();
                exchange.resume(&Context::now())
            }
            Step::Done => return Ok(Ok(())),
        };
        match next {
            Ok(next) => step = next,
            Err(why) => return Ok(Err(why)),
        }
    }
}

fn revoke(file: &GrantFile, revocation_url: &str, out: &mut impl Write) -> Result<(), Failure> {
    let config = oauth2(file)?;
    let session = session(&config, store(&file.store)?)?;
    let refused = |why: Error| Failure::refused(&why);
    let Some(token) = session.token(&Context::now()).block().map_err(refused)? else {
        return Err(Failure::Refused("no token is kept for this config, or it is expired".into()));
    };
    let Some(grant) = config.grant.as_deref() else {
        return Err(Failure::Input("the auth config has no `grant`".into()));
    };
    // The refresh token first: without it the access token does not come back.
    let both = [(token.refresh_token.as_ref(), "refresh_token"), (Some(&token.access_token), "access_token")];
    for (token, hint) in both.into_iter().filter_map(|(token, hint)| Some((token?, hint))) {
        let request = revocation_request(grant, revocation_url, token, Some(hint), &Context::now()).map_err(refused)?;
        revoked(&send(request)?, &Context::now()).map_err(refused)?;
    }
    session.forget().block().map_err(refused)?;
    writeln!(out, "revoked")?;
    Ok(())
}

fn list(store: &FileTokenStore, out: &mut impl Write) -> Result<(), Failure> {
    let refused = |why: Error| Failure::refused(&why);
    for key in store.list().block().map_err(refused)? {
        let token = store.load(&key).block().map_err(refused)?;
        let left = token.map_or_else(|| "gone".to_owned(), |token| time_left(&token));
        let name = if key.name.is_empty() { "-" } else { &key.name };
        writeln!(out, "{}\t{}\t{}\t{left}", Printable(name), Printable(&key.client_id), Printable(&key.issuer))?;
    }
    Ok(())
}

fn time_left(token: &Token) -> String {
    match token.time_left(&Context::now()) {
        None => "no known end".to_owned(),
        Some(0) => "expired".to_owned(),
        Some(seconds) => format!("{seconds} s left"),
    }
}

fn show(token: &Token, show_secret: bool, out: &mut impl Write) -> Result<(), Failure> {
    // A server that chose a token's characters does not steer a terminal by them; one that keeps to RFC 6749 appendix A loses none.
    let masked =
        |secret: &Secret| if show_secret { Printable(secret.expose()).to_string() } else { "********".to_owned() };
    writeln!(out, "access_token\t{}", masked(&token.access_token))?;
    writeln!(out, "token_type\t{}", Printable(&token.token_type))?;
    if let Some(refresh) = &token.refresh_token {
        writeln!(out, "refresh_token\t{}", masked(refresh))?;
    }
    if let Some(scope) = &token.scope {
        writeln!(out, "scope\t{}", Printable(scope))?;
    }
    writeln!(out, "expires\t{}", time_left(token))?;
    Ok(())
}

/// Tells the person, on a line of its own.
fn tell(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stderr(), "{}", Printable(text))?;
    Ok(())
}
