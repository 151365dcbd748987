//! `countersign sign`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use countersign::{AuthConfig, Authenticator, ErrorKind, Payload, edgegrid};
use http::Request;
use serde_json::Value;

use crate::args::Sign;
use crate::explain::{self, ServerSays};
use crate::failure::Failure;
use crate::request::Written;
use crate::style::Style;
use crate::{config, import, input, moment, output, request, variables};

/// Signs a request and prints it.
pub(crate) fn sign(args: &Sign, style: &Style, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let files = [&args.request, &args.from, &args.auth, &args.edgerc, &args.env_file, &args.server_says];
    let files = files.into_iter().flatten().map(|path| path.as_path());
    import::only_one_from_standard_input(files.chain(args.what.files()))?;
    let (request, auth) = match (&args.from, &args.request) {
        (Some(from), _) => imported(args, from)?,
        (None, Some(_)) if args.what.says_something() => {
            return Err(Failure::Input("options of an import need --from FILE".into()));
        }
        (None, Some(path)) => {
            let dir = path.parent().unwrap_or(Path::new(""));
            let Written { request, auth } = request::read(&input::bytes(path)?, dir, args.scheme)?;
            (request, auth_config(args, auth)?)
        }
        (None, None) => return Err(Failure::Input("name the request's file, or one to import it --from".into())),
    };
    let auth = Authenticator::new(&auth).map_err(|why| Failure::refused(&why))?;
    let server = args.server_says.as_deref().map(input::text).transpose()?.map(|text| ServerSays::read(&text));

    let time = args.time.as_deref().map(moment::parse).transpose()?;
    let time = time.or_else(|| server.as_ref().and_then(ServerSays::unix_time));
    let ctx = moment::context(time, args.nonce.as_deref()).explaining();
    let (mut parts, mut payload) = request.into_parts();
    let signed = auth.sign(&mut parts, &mut payload, &ctx).map_err(|why| match why.kind() {
        ErrorKind::NeedsExchange => {
            Failure::Refused(format!("{why} [{}]; `sign` sends nothing, so no server can answer", why.kind()))
        }
        _ => Failure::refused(&why),
    })?;
    let request = Request::from_parts(parts, payload);

    let explained = (args.explain || server.is_some()).then_some(&signed);
    let explanation = explained.map(|signed| explain::Explanation::of(signed, server.as_ref()));
    output::print(&request, explanation.as_ref(), args.format, style, out)?;
    Ok(ExitCode::SUCCESS)
}

/// The item's own request and auth, with the variables' values.
fn imported(args: &Sign, from: &Path) -> Result<(Request<Payload>, AuthConfig), Failure> {
    let bytes = input::bytes(from)?;
    let source = import::read(&bytes, &args.what)?;
    let imported = args.what.import(&source, &args.what.beside(args.env_file.as_deref())?)?;
    for note in &imported.notes {
        // Standard output is the request's.
        let _ = writeln!(std::io::stderr(), "note: {note}");
    }
    let imported = variables::resolve_imported(imported, args.env_file.as_deref())?;
    let Some(request) = &imported.request else {
        return Err(Failure::Input("the item has no request of its own: import its auth, and sign with --auth".into()));
    };
    Ok((request.to_http().map_err(|why| import::failure(&why))?, imported.auth))
}

/// The config of `--auth`, else the request's own, with the variables' values.
fn auth_config(args: &Sign, own: Option<Value>) -> Result<AuthConfig, Failure> {
    if let Some(path) = &args.edgerc {
        return edgerc(path, args);
    }
    let json = match &args.auth {
        Some(path) => serde_json::from_str(&input::text(path)?)
            .map_err(|why| Failure::Input(format!("{} is not JSON: {why}", path.display())))?,
        None => own.ok_or_else(|| {
            Failure::Input("the request has no `auth`: write it there, or name a file with --auth".into())
        })?,
    };
    let config = config::read(json).map_err(|why| Failure::Input(format!("the auth config cannot be read: {why}")))?;
    variables::resolve(&config, args.env_file.as_deref())
}

/// Akamai's credentials: from the variables, else from the file.
fn edgerc(path: &Path, args: &Sign) -> Result<AuthConfig, Failure> {
    let env_file = variables::file(args.env_file.as_deref())?;
    let variable = |name: &str| env_file.get(name).cloned().or_else(|| std::env::var(name).ok());
    let from_variables =
        edgegrid::Config::from_env(&args.section, variable).map_err(|why| Failure::Input(why.to_string()))?;
    let config = match from_variables {
        Some(config) => config,
        None => edgegrid::Config::from_edgerc(&input::text(path)?, &args.section)
            .map_err(|why| Failure::Input(format!("{}: {why}", path.display())))?,
    };
    Ok(AuthConfig::Edgegrid(config))
}
