//! The request that `sign` and `send` are about, and how it is authenticated: their common options.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use countersign::{AuthConfig, Payload, edgegrid};
use http::Request;
use serde_json::Value;

use crate::failure::Failure;
use crate::import::What;
use crate::request::Written;
use crate::{config, import, input, request, variables};

#[derive(Debug, clap::Args)]
pub(crate) struct Asked {
    /// The request: JSON with its `auth`, or HTTP as it goes over the wire; - is standard input.
    #[arg(value_name = "FILE", required_unless_present = "from")]
    pub(crate) request: Option<PathBuf>,
    /// Import the request and its auth from this file, as `countersign import` does: a collection, an API description, a curl
    /// command; - is standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["request", "auth", "edgerc"])]
    pub(crate) from: Option<PathBuf>,
    /// An auth config, as JSON, in place of the request's own.
    #[arg(long, value_name = "FILE")]
    pub(crate) auth: Option<PathBuf>,
    /// An `.edgerc` file with Akamai's credentials, in place of the request's own auth. Akamai's variables (AKAMAI_HOST and so on)
    /// win over it, as in Akamai's clients.
    #[arg(long, value_name = "FILE", conflicts_with = "auth")]
    pub(crate) edgerc: Option<PathBuf>,
    /// The section of the `.edgerc` file.
    #[arg(long, value_name = "NAME", default_value = "default", requires = "edgerc")]
    pub(crate) section: String,
    /// Lines of NAME=VALUE, for the config's {{NAME}} and for Akamai's variables. They win over the environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// The scheme of a request whose URI names only a path.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) scheme: UriScheme,
    // Last, as the heading is for all that follows.
    #[command(flatten, next_help_heading = "With --from")]
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum UriScheme {
    #[default]
    Https,
    Http,
}

impl Asked {
    /// All files that are named; others that the command reads are checked with them for standard input.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        let own = [&self.request, &self.from, &self.auth, &self.edgerc, &self.env_file];
        own.into_iter().flatten().map(PathBuf::as_path).chain(self.what.files())
    }

    /// Reads the request and its auth config, with the variables' values.
    pub(crate) fn read(&self) -> Result<(Request<Payload>, AuthConfig), Failure> {
        match (&self.from, &self.request) {
            (Some(from), _) => self.imported(from),
            (None, Some(_)) if self.what.says_something() => {
                Err(Failure::Input("options of an import need --from FILE".into()))
            }
            (None, Some(path)) => {
                let dir = path.parent().unwrap_or(Path::new(""));
                let Written { request, auth } = request::read(&input::bytes(path)?, dir, self.scheme)?;
                Ok((request, self.auth_config(auth)?))
            }
            (None, None) => Err(Failure::Input("name the request's file, or one to import it --from".into())),
        }
    }

    /// The item's own request and auth, with the variables' values.
    fn imported(&self, from: &Path) -> Result<(Request<Payload>, AuthConfig), Failure> {
        let bytes = input::bytes(from)?;
        let source = import::read(&bytes, &self.what)?;
        let imported = self.what.import(&source, &self.what.beside(self.env_file.as_deref())?)?;
        for note in &imported.notes {
            // Standard output is the request's.
            let _ = writeln!(std::io::stderr(), "note: {note}");
        }
        let imported = variables::resolve_imported(imported, self.env_file.as_deref())?;
        let Some(request) = &imported.request else {
            return Err(Failure::Input(
                "the item has no request of its own: import its auth, and name it with --auth".into(),
            ));
        };
        Ok((request.to_http().map_err(|why| import::failure(&why))?, imported.auth))
    }

    /// The config of `--auth`, else the request's own, with the variables' values.
    fn auth_config(&self, own: Option<Value>) -> Result<AuthConfig, Failure> {
        if let Some(path) = &self.edgerc {
            return self.edgerc(path);
        }
        let json = match &self.auth {
            Some(path) => serde_json::from_str(&input::text(path)?)
                .map_err(|why| Failure::Input(format!("{} is not JSON: {why}", path.display())))?,
            None => own.ok_or_else(|| {
                Failure::Input("the request has no `auth`: write it there, or name a file with --auth".into())
            })?,
        };
        let config =
            config::read(json).map_err(|why| Failure::Input(format!("the auth config cannot be read: {why}")))?;
        variables::resolve(&config, self.env_file.as_deref())
    }

    /// Akamai's credentials: from the variables, else from the file.
    fn edgerc(&self, path: &Path) -> Result<AuthConfig, Failure> {
        let env_file = variables::file(self.env_file.as_deref())?;
        let variable = |name: &str| env_file.get(name).cloned().or_else(|| std::env::var(name).ok());
        let from_variables =
            edgegrid::Config::from_env(&self.section, variable).map_err(|why| Failure::Input(why.to_string()))?;
        let config = match from_variables {
            Some(config) => config,
            None => edgegrid::Config::from_edgerc(&input::text(path)?, &self.section)
                .map_err(|why| Failure::Input(format!("{}: {why}", path.display())))?,
        };
        Ok(AuthConfig::Edgegrid(config))
    }
}
