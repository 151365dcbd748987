use std::path::PathBuf;

use clap::ValueEnum;
use countersign_import::Kind;

/// `countersign import`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 done; 1 refused: nothing that can be imported; 2 wrong usage, or input that cannot be read.
A FILE of - is standard input. Command lines are only read from there or from a file: they hold secrets.")]
pub(crate) struct Import {
    /// A collection, API description, command line, credentials file or file of cookies; - is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) what: What,
    /// List the items instead of importing one.
    #[arg(long, conflicts_with_all = ["select", "alternative", "secrets"])]
    pub(crate) list: bool,
    /// Lines of NAME=VALUE: the environment that the input's own program would run in. AWS_ variables of the environment count
    /// too.
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Move literal secrets into this new file, as lines of NAME=VALUE for --env-file, and leave {{NAME}}.
    #[arg(long, value_name = "FILE")]
    pub(crate) secrets: Option<PathBuf>,
    /// How to print the config.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Print the whole result as one JSON object: auth, alternatives, request, variables and notes, or the error.
    #[arg(long, value_enum, conflicts_with = "format")]
    pub(crate) report: Option<Report>,
    /// With a file of cookies: print the value of the Cookie header for this URL.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The moment by which cookies expire, instead of now: unix seconds, 2015-08-30T12:36:00Z or 20150830T123600Z.
    #[arg(long, requires = "url")]
    pub(crate) time: Option<String>,
}

/// Which item of the input is meant, and what lies beside it.
#[derive(Debug, clap::Args)]
pub(crate) struct What {
    /// What the input is, instead of what its content shows.
    #[arg(long, value_parser = kind_parser())]
    pub(crate) kind: Option<Kind>,
    /// Which item: a path of names (Orders/Create), an operationId, METHOD /path, scheme:NAME, #N.
    #[arg(long, value_name = "NAME")]
    pub(crate) select: Option<String>,
    /// Which of the ways that the item offers, from 0, the best.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) alternative: usize,
    /// The environment: Postman's export, http-client.env.json, Bruno's file.
    #[arg(long, value_name = "FILE")]
    pub(crate) environment: Option<PathBuf>,
    /// The private environment, which wins over the other: http-client.private.env.json.
    #[arg(long, value_name = "FILE")]
    pub(crate) private_environment: Option<PathBuf>,
    /// Which environment, or which profile, where a file has several.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment_name: Option<String>,
    /// Postman's globals.
    #[arg(long, value_name = "FILE")]
    pub(crate) globals: Option<PathBuf>,
    /// AWS's config file, beside the credentials file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Bruno's folder and collection files, nearest first.
    #[arg(long, value_name = "FILE")]
    pub(crate) parent: Vec<PathBuf>,
    /// What relative URLs are resolved against, where the input names no server.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// An auth config, for `sign --auth`.
    #[default]
    Json,
    /// A Postman collection, v2.1.
    Postman,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Report {
    Json,
}

fn kind_parser() -> impl clap::builder::TypedValueParser<Value = Kind> {
    use clap::builder::TypedValueParser as _;
    clap::builder::PossibleValuesParser::new(Kind::all().map(Kind::as_str)).try_map(|name| name.parse::<Kind>())
}
