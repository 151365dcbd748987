//! `countersign import`: what people already have becomes an auth config.

mod args;
mod report;
mod secrets;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use countersign::Error;
use countersign_import::{Beside, Imported, Jar, Kind, Limits, Source, to_postman};
use http::Uri;

use self::args::Format;
pub(crate) use self::args::{Import, What};
use crate::failure::Failure;
use crate::style::Style;
use crate::{input, moment, variables};

/// Imports one item, or lists them.
pub(crate) fn import(args: &Import, style: &Style, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let is_json = args.report.is_some();
    match run(args, style, out) {
        Err(Failure::Output(why)) => Err(Failure::Output(why)),
        Err(failure) if is_json => {
            report::error(&failure, out)?;
            Ok(failure.exit_code())
        }
        done => done,
    }
}

fn run(args: &Import, style: &Style, out: &mut impl Write) -> Result<ExitCode, Failure> {
    only_one_from_standard_input(args.what.files().chain([args.file.as_path()]).chain(args.env_file.as_deref()))?;
    let bytes = input::bytes(&args.file)?;
    if args.url.is_some() || args.what.kind == Some(Kind::Cookies) {
        return cookies(args, &bytes, out);
    }
    let source = read(&bytes, &args.what)?;
    if args.list {
        match args.report {
            Some(_) => report::list_json(&source, out)?,
            None => report::list(&source, style, out)?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let beside = args.what.beside(args.env_file.as_deref())?;
    let mut imported = args.what.import(&source, &beside)?;
    if let Some(path) = &args.secrets {
        let secrets = imported.take_secrets().map_err(|why| failure(&why))?;
        secrets::write(path, &secrets)?;
    }
    if args.report.is_some() {
        report::whole_json(&imported, out)?;
        return Ok(ExitCode::SUCCESS);
    }
    match args.format {
        Format::Json => report::config(&imported, out)?,
        Format::Postman => out.write_all(to_postman(&imported.auth).map_err(|why| failure(&why))?.as_bytes())?,
    }
    report::people(&imported, args.what.alternative)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the Cookie header's value for the URL.
fn cookies(args: &Import, bytes: &[u8], out: &mut impl Write) -> Result<ExitCode, Failure> {
    let Some(url) = &args.url else {
        return Err(Failure::Input("cookies are of URLs: name one with --url URL".into()));
    };
    let uri: Uri = url.parse().map_err(|_| Failure::Input("--url: not a URL".into()))?;
    if uri.host().is_none() {
        return Err(Failure::Input("--url: write it whole, with scheme and host".into()));
    }
    let time = args.time.as_deref().map(moment::parse).transpose()?;
    let jar = Jar::read(bytes, &Limits::default()).map_err(|why| failure(&why))?;
    let header = jar.header(&uri, &moment::context(time, None));
    match (&header, args.report) {
        (_, Some(_)) => report::cookies_json(header.as_ref(), out)?,
        (Some(header), None) => {
            out.write_all(header.as_bytes())?;
            out.write_all(b"\n")?;
        }
        (None, None) => {
            // With standard error gone there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "none of the cookies goes to that URL");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the input.
pub(crate) fn read<'a>(bytes: &'a [u8], what: &What) -> Result<Source<'a>, Failure> {
    Source::read(bytes, what.kind, &Limits::default()).map_err(|why| failure(&why))
}

/// Standard input can be read once.
pub(crate) fn only_one_from_standard_input<'a>(files: impl Iterator<Item = &'a Path>) -> Result<(), Failure> {
    if files.filter(|path| *path == Path::new("-")).count() > 1 {
        return Err(Failure::Input("standard input can only be one of the files".into()));
    }
    Ok(())
}

impl What {
    /// All files that are named.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        let single = [&self.environment, &self.private_environment, &self.globals, &self.config];
        single.into_iter().flatten().chain(&self.parent).map(|path| path.as_path())
    }

    /// Whether any of these options was given.
    pub(crate) fn says_something(&self) -> bool {
        let has_text = self.select.is_some() || self.environment_name.is_some() || self.base_url.is_some();
        has_text || self.kind.is_some() || self.alternative > 0 || self.files().next().is_some()
    }

    /// What lies beside the input.
    pub(crate) fn beside(&self, env_file: Option<&Path>) -> Result<Beside, Failure> {
        let mut beside = Beside::new();
        let file = |path: &Path, add: fn(Beside, &[u8]) -> countersign::Result<Beside>, beside| {
            add(beside, &input::bytes(path)?).map_err(|why| Failure::Input(format!("{}: {why}", path.display())))
        };
        if let Some(path) = &self.environment {
            beside = file(path, Beside::environment, beside)?;
        }
        if let Some(path) = &self.private_environment {
            beside = file(path, Beside::private_environment, beside)?;
        }
        if let Some(path) = &self.globals {
            beside = file(path, Beside::globals, beside)?;
        }
        if let Some(path) = &self.config {
            beside = file(path, Beside::config, beside)?;
        }
        for path in &self.parent {
            beside = file(path, Beside::parent, beside)?;
        }
        if let Some(name) = &self.environment_name {
            beside = beside.environment_name(name);
        }
        if let Some(url) = &self.base_url {
            beside = beside.base_url(url);
        }
        // The process's other variables are no input's business.
        for (name, value) in variables::environment().filter(|(name, _)| name.starts_with("AWS_")) {
            beside = beside.variable(name, value);
        }
        for (name, value) in variables::file(env_file)? {
            beside = beside.variable(name, value);
        }
        Ok(beside)
    }

    /// The item that is meant, in the way that is meant.
    pub(crate) fn import(&self, source: &Source<'_>, beside: &Beside) -> Result<Imported, Failure> {
        let imported = source.import(self.select.as_deref(), beside).map_err(|why| failure(&why))?;
        imported.alternative(self.alternative).map_err(|why| failure(&why))
    }
}

/// An error of the import crate.
pub(crate) fn failure(why: &Error) -> Failure {
    Failure::Import { kind: why.kind(), text: why.to_string() }
}
