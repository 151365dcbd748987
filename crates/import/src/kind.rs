use std::fmt;
use std::str::FromStr;

use countersign::{Error, Result};

use crate::clues::Clues;
use crate::error;
use crate::reader::{Input, Reader};

/// What an input is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// `postman`: a collection, v2.0 or v2.1.
    Postman,
    /// `openapi`: OpenAPI 3.0 to 3.2, and 2.0, which was called Swagger.
    OpenApi,
    /// `swagger1`: a resource listing or API declaration of Swagger 1.
    Swagger1,
    /// `raml`: RAML 0.8 or 1.0.
    Raml,
    /// `asyncapi`: AsyncAPI 2 or 3.
    AsyncApi,
    /// `wsdl`: WSDL 1.1 or 2.0.
    Wsdl,
    /// `graphql`: a graphql-config file.
    GraphQl,
    /// `curl`: one curl command or several.
    Curl,
    /// `httpie`: an `http` or `https` command.
    HttPie,
    /// `http`: a file of requests, as editors send them.
    Http,
    /// `har`: an HTTP archive of a browser or proxy.
    Har,
    /// `insomnia`: an export, v4 or v5.
    Insomnia,
    /// `bruno`: a request, `.bru` or YAML.
    Bruno,
    /// `netrc`: logins by host.
    Netrc,
    /// `aws`: the AWS clients' credentials file.
    Aws,
    /// `cookies`: a browser's or curl's cookies. They are no scheme: read them with `Jar`.
    Cookies,
}

/// The one place that knows every kind.
struct Format {
    kind: Kind,
    name: &'static str,
    /// Whether the content is of this kind. Asked again with each further clue, in the order of [`FORMATS`].
    recognise: fn(&Clues<'_>) -> bool,
    read: for<'a> fn(Input<'a>) -> Result<Box<dyn Reader + 'a>>,
}

const FORMATS: &[Format] = &[
    Format { kind: Kind::Postman, name: "postman", recognise: crate::postman::recognise, read: crate::postman::read },
    Format { kind: Kind::OpenApi, name: "openapi", recognise: crate::openapi::recognise, read: crate::openapi::read },
    Format {
        kind: Kind::Swagger1,
        name: "swagger1",
        recognise: crate::swagger1::recognise,
        read: crate::swagger1::read,
    },
    Format { kind: Kind::Raml, name: "raml", recognise: crate::raml::recognise, read: crate::raml::read },
    Format {
        kind: Kind::AsyncApi,
        name: "asyncapi",
        recognise: crate::asyncapi::recognise,
        read: crate::asyncapi::read,
    },
    Format { kind: Kind::Wsdl, name: "wsdl", recognise: crate::wsdl::recognise, read: crate::wsdl::read },
    Format { kind: Kind::GraphQl, name: "graphql", recognise: crate::graphql::recognise, read: crate::graphql::read },
    Format { kind: Kind::Curl, name: "curl", recognise: crate::curl::recognise, read: crate::curl::read },
    Format { kind: Kind::HttPie, name: "httpie", recognise: crate::httpie::recognise, read: crate::httpie::read },
    Format { kind: Kind::Http, name: "http", recognise: crate::http_file::recognise, read: crate::http_file::read },
    Format { kind: Kind::Har, name: "har", recognise: crate::har::recognise, read: crate::har::read },
    Format {
        kind: Kind::Insomnia,
        name: "insomnia",
        recognise: crate::insomnia::recognise,
        read: crate::insomnia::read,
    },
    Format { kind: Kind::Bruno, name: "bruno", recognise: crate::bruno::recognise, read: crate::bruno::read },
    Format { kind: Kind::Netrc, name: "netrc", recognise: crate::netrc::recognise, read: crate::netrc::read },
    Format { kind: Kind::Aws, name: "aws", recognise: crate::aws::recognise, read: crate::aws::read },
    Format { kind: Kind::Cookies, name: "cookies", recognise: crate::cookies::recognise, read: crate::cookies::read },
];

impl Kind {
    /// All kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        FORMATS.iter().map(|format| format.kind)
    }

    /// The kind's name, as the program's `--kind` takes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.format().map_or("", |format| format.name)
    }

    /// The kind of a text, from its content; none where it is like none of them.
    #[must_use]
    pub fn recognise(text: &str) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Clues::decide(text, |clues| FORMATS.iter().find(|format| (format.recognise)(clues)).map(|format| format.kind))
    }

    pub(crate) fn read<'a>(self, input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
        let format = self.format().ok_or_else(|| error::invalid("input", "of an unknown kind"))?;
        (format.read)(input)
    }

    fn format(self) -> Option<&'static Format> {
        FORMATS.iter().find(|format| format.kind == self)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = Error;

    /// # Errors
    /// [`ErrorKind::InvalidImport`](countersign::ErrorKind::InvalidImport) with the names that there are.
    fn from_str(name: &str) -> Result<Self> {
        Self::all().find(|kind| kind.as_str() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::all().map(Self::as_str).collect();
            error::invalid("kind", format!("{} is not one of {}", error::quoted(name), names.join(", ")))
        })
    }
}
