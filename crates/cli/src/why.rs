//! `countersign explain`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use countersign::scheme::target;
use countersign::{Authenticator, Payload};
use countersign_explain::{Asked, ServerSays, explain as explained, page, read_request};
use http::Request;

use crate::failure::Failure;
use crate::{asked, import, input, moment};

#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// What the server said: its reply, or the reply's body, or its WWW-Authenticate; - is standard input.
    #[arg(long, value_name = "FILE")]
    server_says: Option<PathBuf>,
    /// What your own code says that it signed: a canonical request, a string to sign, or a base string.
    #[arg(long, value_name = "FILE")]
    signed: Option<PathBuf>,
    /// Write an HTML page, which loads nothing and runs nothing.
    #[arg(long)]
    html: bool,
    /// When a request in JSON is signed: the moment. Without it the server's, if it says one.
    #[arg(long)]
    time: Option<String>,
    #[command(flatten)]
    asked: asked::Asked,
}

/// Explains, as text or as a page.
pub(crate) fn explain(args: &Explain, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let named = [&args.server_says, &args.signed];
    import::only_one_from_standard_input(args.asked.files().chain(named.into_iter().flatten().map(PathBuf::as_path)))?;
    let text = |path: &Option<PathBuf>| path.as_deref().map(input::text).transpose().map(Option::unwrap_or_default);
    let (server_says, own) = (text(&args.server_says)?, text(&args.signed)?);
    let request = request(args, &server_says)?;
    let report = explained(
        &Asked::of(&request)
            .with_server_says(&server_says)
            .with_signed(&own)
            .with_now(moment::context(None, None).unix_time()),
    )
    .map_err(|why| Failure::Input(why.to_string()))?;
    let title = format!("{} {}", request.method(), target::Shown(request.uri()));
    if args.html {
        out.write_all(page(&report, &title).as_bytes())?;
    } else {
        writeln!(out, "{title}\n{report}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The request as it was sent; one that comes with an auth config is signed first.
fn request(args: &Explain, server_says: &str) -> Result<Request<Payload>, Failure> {
    let asked = &args.asked;
    let written = match &asked.request {
        Some(path) if asked.auth.is_none() && asked.edgerc.is_none() => Some(input::text(path)?),
        _ => None,
    };
    if let Some(text) = written.filter(|text| !text.trim_start().starts_with('{')) {
        return read_request(&text).map_err(|why| Failure::Input(why.to_string()));
    }
    if asked.request.as_deref() == Some(Path::new("-")) {
        return Err(Failure::Input(
            "a request in JSON is signed first, and is read from a file, not from standard input".into(),
        ));
    }
    let (request, auth) = asked.read()?;
    let auth = Authenticator::new(&auth).map_err(|why| Failure::refused(&why))?;
    let time = args.time.as_deref().map(moment::parse).transpose()?;
    let ctx = moment::context(time.or_else(|| ServerSays::read(server_says).unix_time()), None);
    let (mut parts, mut payload) = request.into_parts();
    auth.sign(&mut parts, &mut payload, &ctx).map_err(|why| Failure::refused(&why))?;
    Ok(Request::from_parts(parts, payload))
}
