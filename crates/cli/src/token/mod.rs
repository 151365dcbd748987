//! `countersign token`.

mod paste;
mod send;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use countersign::oauth2::server::{revocation_request, revoked};
use countersign::oauth2::{Config, Session, Token, TokenStore as _};
use countersign::{AuthConfig, Context, Dialogue, Error, ErrorKind, Exchange, Secret, Step};
use countersign_file_store::FileTokenStore;
use countersign_native::{Login, Notice};

use crate::args::{self, GrantFile};
use crate::failure::Failure;
use crate::printable::Printable;
use crate::token::send::send;
use crate::{config, input, variables};

/// What a person is told of, and what a script reads, are apart: standard error and standard output.
pub(crate) fn token(command: args::Token, out: &mut impl Write) -> Result<ExitCode, Failure> {
    match command {
        args::Token::Get { grant, no_browser, paste, timeout, show_secret } => {
            let config = oauth2(&grant)?;
            let person = Person { no_browser, paste, timeout: Duration::from_secs(timeout) };
            let token = get(&config, store(&grant.store)?, &person)?;
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

/// Where the browser comes back to, unless the config says so: a free port.
const CALLBACK_URL: &str = "http://127.0.0.1/callback";

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
            if let Some(consent) = grant.consent_mut().filter(|consent| consent.callback_url.is_empty()) {
                consent.callback_url = CALLBACK_URL.to_owned();
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

fn get(config: &Config, store: FileTokenStore, person: &Person) -> Result<Token, Failure> {
    let session = session(config, store)?;
    // What is kept is known before it is replaced.
    session.token(&Context::now()).block().map_err(|why| Failure::refused(&why))?;
    let asks_in_browser = config.grant.as_deref().is_some_and(|grant| grant.consent().is_some());
    if person.paste && asks_in_browser {
        return paste::token(&session);
    }
    let login = Login::new(&session).with_program("countersign").with_timeout(person.timeout).with_notice(|notice| {
        // With standard error gone there is nobody left to tell.
        let _told = match notice {
            Notice::Type { url, user_code } => tell(&format!("open {url} and type {user_code}")),
            Notice::Open { url } => tell(&format!("open {url}")),
            _ => Ok(()),
        };
    });
    let login = if person.no_browser || person.paste { login.without_browser() } else { login };
    login.run_blocking(send).map_err(|why| match why.kind() {
        ErrorKind::InvalidConfig if asks_in_browser => Failure::Input(format!("{why}; or use --paste")),
        _ => Failure::refused(&why),
    })
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
