//! `countersign send`.
//!
//! Over ureq: the program has it for tokens already, it needs no runtime, and its middleware sees each leg of every scheme, those of
//! NTLM's own connections included.

mod args;
mod client;
mod conversation;
mod cookies;
mod data;
mod download;
mod legs;
mod masked;
mod progress;
mod repeat;
mod response;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use countersign::{AuthConfig, Authenticator};

pub(crate) use self::args::Send;
use self::conversation::Conversation;
use self::cookies::Jar;
use self::data::Data;
use self::download::Download;
use self::legs::Legs;
use crate::failure::Failure;
use crate::style::Style;
use crate::{import, token};

/// Sends a request and prints what comes.
pub(crate) fn send(args: &Send, style: &Style, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let files = args.asked.files().chain(args.ca.as_deref()).chain(data::file(args.data.as_deref()));
    import::only_one_from_standard_input(files)?;
    let (mut request, config) = args.asked.read()?;
    let auth = authenticator(&config, args)?;
    let jar = args.cookie_jar.as_deref().map(Jar::open).transpose()?;
    let legs = Arc::new(Legs::new(args.verbose, jar));
    let mut conversation = Conversation::new(&auth, client::agent(args, &legs)?, !args.verbose);
    match args.data.as_deref().map(Data::of).transpose()? {
        None => {}
        Some(Data::Whole(payload)) => *request.body_mut() = payload,
        Some(Data::File { path, length }) => {
            data::give_hash(&config, &path, request.headers_mut())?;
            conversation.stream(path, length);
        }
    }
    let done = match (args.repeat, &args.output) {
        (Some(times), _) => repeat::repeat(times, &conversation, &request, &legs, out),
        (None, Some(path)) if path != Path::new("-") => {
            let mut download = Download::new(path);
            if args.resume {
                download.resume(&mut request)?;
            }
            conversation.send(&request).and_then(|reply| {
                response::head(&reply, style, out)?;
                let status = reply.status();
                if download.takes(&reply) {
                    let written = download.write(request.uri(), reply, !args.verbose)?;
                    writeln!(out, "{}", style.quiet(format_args!("{written} bytes in {}", path.display())))?;
                    return Ok(ExitCode::SUCCESS);
                }
                response::body(reply, style, out)?;
                Ok(response::exit_code(status))
            })
        }
        (None, output) => conversation.send(&request).and_then(|reply| {
            let status = reply.status();
            if output.is_none() {
                response::head(&reply, style, out)?;
            }
            response::body(reply, style, out)?;
            Ok(response::exit_code(status))
        }),
    };
    // What was set is kept, whatever went wrong afterwards.
    let saved = legs.jar().map_or(Ok(()), Jar::save);
    done.and_then(|code| saved.map(|()| code))
}

/// Tokens are those that `countersign token` keeps, and are kept there.
fn authenticator(config: &AuthConfig, args: &Send) -> Result<Authenticator, Failure> {
    match config {
        AuthConfig::Oauth2(config) if config.grant.is_some() => {
            let session = token::session(config, token::store(&args.store)?)?;
            Ok(Authenticator::from_arc(session))
        }
        config => Authenticator::new(config).map_err(|why| Failure::refused(&why)),
    }
}
