//! `countersign token`.

mod file_store;
mod listener;

use std::io::{BufRead as _, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use countersign::oauth2::request::{DeviceAuthorization, device_request, revocation_request};
use countersign::oauth2::{Config, Grant, GrantType, ServerError, Signer, Token, TokenStore as _};
use countersign::{AuthConfig, Context, Error, ErrorKind, Payload};
use http::{Request, Response, Uri};

use crate::args::{self, GrantFile};
use crate::failure::Failure;
use crate::token::file_store::FileTokenStore;
use crate::token::listener::{Listener, Verdict};
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
            let signer = signer(&oauth2(&grant)?, store(&grant.store)?)?;
            show(&kept(&signer)?, show_secret, out)?;
        }
        args::Token::Refresh { grant } => {
            let signer = signer(&oauth2(&grant)?, store(&grant.store)?)?;
            redeem(&signer, || signer.token_request(true, &Context::now()))?;
            show(&kept(&signer)?, false, out)?;
        }
        args::Token::Delete { grant } => {
            let forgotten =
                signer(&oauth2(&grant)?, store(&grant.store)?)?.forget().map_err(|why| Failure::refused(&why))?;
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
                grant.token_name.clone_from(&file.name);
            }
            Ok(config)
        }
        _ => Err(Failure::Input("the auth config is not of type oauth2".into())),
    }
}

/// The file that was named, or the user's own.
fn store(place: &args::Store) -> Result<FileTokenStore, Failure> {
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

fn signer(config: &Config, store: FileTokenStore) -> Result<Signer, Failure> {
    Signer::with_store(config, Arc::new(store)).map_err(|why| Failure::refused(&why))
}

fn kept(signer: &Signer) -> Result<Token, Failure> {
    let token = signer.token(&Context::now()).map_err(|why| Failure::refused(&why))?;
    token.ok_or_else(|| Failure::Refused("no token is kept for this config, or it is expired".into()))
}

fn get(mut config: Config, store: FileTokenStore, person: &Person) -> Result<Token, Failure> {
    let Some(grant) = config.grant.as_deref_mut() else {
        return Err(Failure::Input("the auth config has no `grant`".into()));
    };
    let grant_type = grant.grant_type;
    if !grant_type.needs_person() {
        let signer = signer(&config, store)?;
        redeem(&signer, || signer.token_request(false, &Context::now()))?;
        return kept(&signer);
    }
    if grant_type == GrantType::DeviceCode {
        let grant = grant.clone();
        return device(&grant, &signer(&config, store)?, person);
    }
    let listener = if person.paste { None } else { Some(listen(grant)?) };
    let signer = signer(&config, store)?;
    let mut authorization = signer.authorize(&Context::now()).map_err(|why| Failure::refused(&why))?;
    if config.grant.as_ref().is_some_and(|grant| grant.par_url.is_some()) {
        let request = authorization.push_request(&Context::now()).map_err(|why| Failure::refused(&why))?;
        let response = send(request)?;
        authorization.pushed(&response).map_err(|why| Failure::refused(&why))?;
    }
    tell(&format!("open {}", authorization.url()))?;
    if !person.no_browser && !person.paste {
        open(&authorization.url().to_string());
    }
    match listener {
        Some((listener, path)) => listener.wait(&path, person.timeout, |target| came_back(&signer, target)),
        None => {
            tell("and give the URL that the browser comes back on:")?;
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            match came_back(&signer, line.trim()) {
                Verdict::Ours(done) => done,
                Verdict::NotOurs => Err(Failure::Refused("this is not the answer: `state` or URL are others".into())),
            }
        }
    }
}

/// Listens where the callback URL says, on a free port unless it names one, and makes the URL say so.
fn listen(grant: &mut Grant) -> Result<(Listener, String), Failure> {
    let given =
        grant.callback_url.clone().filter(|url| !url.is_empty()).unwrap_or_else(|| "http://127.0.0.1/callback".into());
    let uri: Uri = given.parse().map_err(|_| Failure::Input("`callback_url` is no URL".into()))?;
    let host = uri.host().unwrap_or_default();
    if uri.scheme_str() != Some("http")
        || !["127.0.0.1", "localhost"].contains(&host)
        || grant.grant_type == GrantType::Implicit
    {
        let message = "the browser does not come back to this program (`callback_url` is not http on 127.0.0.1, or the token is in \
            a fragment): use --paste";
        return Err(Failure::Input(message.into()));
    }
    let listener = Listener::new(uri.port_u16().unwrap_or(0))?;
    let path = uri.path().to_owned();
    grant.callback_url = Some(format!("http://{host}:{}{path}", listener.address.port()));
    Ok((listener, path))
}

fn came_back(signer: &Signer, url: &str) -> Verdict<Token> {
    match signer.callback(url, &Context::now()) {
        Err(why) if why.kind() == ErrorKind::StateMismatch => Verdict::NotOurs,
        Err(why) => Verdict::Ours(Err(Failure::refused(&why))),
        // The implicit grant's token is in the URL, and kept by now.
        Ok(None) => Verdict::Ours(kept(signer)),
        Ok(Some(request)) => {
            let mut first = Some(request);
            let again = || match first.take() {
                Some(request) => Ok(request),
                None => signer
                    .callback(url, &Context::now())?
                    .ok_or_else(|| Error::new(ErrorKind::StateMismatch, "the callback has no code any more")),
            };
            Verdict::Ours(redeem(signer, again).and_then(|()| kept(signer)))
        }
    }
}

fn device(grant: &Grant, signer: &Signer, person: &Person) -> Result<Token, Failure> {
    let refused = |why: Error| Failure::refused(&why);
    let response = send(device_request(grant, &Context::now()).map_err(refused)?)?;
    let mut device = DeviceAuthorization::from_reply(&response, &Context::now()).map_err(refused)?;
    device.expires_at = device.expires_at.min(Context::now().unix_time().saturating_add(person.timeout.as_secs()));
    tell(&format!("open {} and type {}", device.verification_uri, device.user_code))?;
    if let Some(url) = device.verification_uri_complete.as_ref().filter(|_| !person.no_browser && !person.paste) {
        open(url);
    }
    loop {
        std::thread::sleep(Duration::from_secs(device.interval));
        let response = send(device.token_request(grant, &Context::now()).map_err(refused)?)?;
        match signer.accept(&response, &Context::now()) {
            Ok(()) => return kept(signer),
            Err(why) if device.goes_on(&why, &Context::now()) => {}
            Err(why) => return Err(Failure::refused(&why)),
        }
    }
}

/// Sends a token request and keeps its token; once more where the server wants a DPoP nonce.
fn redeem(signer: &Signer, mut request: impl FnMut() -> Result<Request<Payload>, Error>) -> Result<(), Failure> {
    let mut ask = || {
        let response = send(request().map_err(|why| Failure::refused(&why))?)?;
        Ok::<_, Failure>(signer.accept(&response, &Context::now()))
    };
    let wants_nonce = |why: &Error| ServerError::cause_of(why).is_some_and(|cause| cause.error == "use_dpop_nonce");
    let end = match ask()? {
        Err(why) if wants_nonce(&why) => ask()?,
        end => end,
    };
    end.map_err(|why| Failure::refused(&why))
}

fn revoke(file: &GrantFile, revocation_url: &str, out: &mut impl Write) -> Result<(), Failure> {
    let config = oauth2(file)?;
    let signer = signer(&config, store(&file.store)?)?;
    let refused = |why: Error| Failure::refused(&why);
    let Some(token) = signer.token(&Context::now()).map_err(refused)? else {
        return Err(Failure::Refused("no token is kept for this config, or it is expired".into()));
    };
    let Some(grant) = config.grant.as_deref() else {
        return Err(Failure::Input("the auth config has no `grant`".into()));
    };
    // The refresh token first: without it the access token does not come back.
    let both = [(token.refresh_token.as_ref(), "refresh_token"), (Some(&token.access_token), "access_token")];
    for (token, hint) in both.into_iter().filter_map(|(token, hint)| Some((token?, hint))) {
        let request = revocation_request(grant, revocation_url, token, Some(hint), &Context::now()).map_err(refused)?;
        let status = send(request)?.status();
        if !status.is_success() {
            return Err(Failure::Refused(format!("the server does not revoke the {hint}: status {}", status.as_u16())));
        }
    }
    signer.forget().map_err(refused)?;
    writeln!(out, "revoked")?;
    Ok(())
}

fn list(store: &FileTokenStore, out: &mut impl Write) -> Result<(), Failure> {
    let refused = |why: Error| Failure::refused(&why);
    for key in store.list().map_err(refused)? {
        let token = store.load(&key).map_err(refused)?;
        let left = token.map_or_else(|| "gone".to_owned(), |token| time_left(&token));
        let name = if key.name.is_empty() { "-" } else { &key.name };
        writeln!(out, "{name}\t{}\t{}\t{left}", key.client_id, key.access_token_url)?;
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
    let masked =
        |secret: &countersign::Secret| if show_secret { secret.expose().to_owned() } else { "********".to_owned() };
    writeln!(out, "access_token\t{}", masked(&token.access_token))?;
    writeln!(out, "token_type\t{}", token.token_type)?;
    if let Some(refresh) = &token.refresh_token {
        writeln!(out, "refresh_token\t{}", masked(refresh))?;
    }
    if let Some(scope) = &token.scope {
        writeln!(out, "scope\t{}", scope.escape_debug())?;
    }
    writeln!(out, "expires\t{}", time_left(token))?;
    Ok(())
}

fn tell(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stderr(), "{text}")?;
    Ok(())
}

/// The system's browser. If there is none, the URL is on the screen.
fn open(url: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let _ = Command::new(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

/// Sends one request; follows no redirect, and reads at most a little more than a megabyte.
fn send(request: Request<Payload>) -> Result<Response<Vec<u8>>, Failure> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    let request = request.map(|body| body.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default());
    let failed = |why: ureq::Error| Failure::Refused(format!("no reply from {host}: {why}"));
    let (parts, mut body) = agent.run(request).map_err(failed)?.into_parts();
    let body = body.with_config().limit((1 << 20) + 1).read_to_vec().map_err(failed)?;
    Ok(Response::from_parts(parts, body))
}
