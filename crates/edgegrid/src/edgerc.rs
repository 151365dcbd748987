//! `.edgerc` files and `AKAMAI_…` variables, as Akamai's own clients read them. The caller reads the file.

use countersign_core::{Error, ErrorKind, Result};

use crate::Config;

/// The keys that a section or an environment must have.
const REQUIRED: [&str; 4] = ["host", "client_token", "client_secret", "access_token"];

/// The keys that they may have too.
const OPTIONAL: [&str; 3] = ["max_body", "headers_to_sign", "account_key"];

impl Config {
    /// Reads a section of an `.edgerc` file; `default` is the one that Akamai's clients use unless told otherwise. `host` becomes
    /// the base URL.
    ///
    /// Keys may be written with `-` or `_`: `host`, `client_token`, `client_secret`, `access_token`, and optionally `max_body`,
    /// `headers_to_sign` (separated by commas) and `account_key`; others are ignored. Lines that begin with `#` or `;` are
    /// comments. A value may stand in quotes, with a comment after them; `;` and `%` within a value are part of it.
    ///
    /// ```
    /// use countersign_edgegrid::Config;
    ///
    /// // A program reads it with `std::fs::read_to_string`.
    /// let text = "
    ///     [default]
    ///     host = akab-h05tnam3wl42son7nktnlnnx-kbob3i3v.luna.akamaiapis.net/
    ///     client_token = akab-c113ntt0k3n4qtari252bfxxbsl-yvsdj
    ///     client_secret = C113nt53KR3TN6N90yVuAgICxIRwsObLi0E67/N8eRN=
    ///     access_token = akab-acc35t0k3nodujqunph3w7hzp7-gtm6ij
    /// ";
    /// let config = Config::from_edgerc(text, "default")?;
    /// assert_eq!(config.base_url.as_deref(), Some("https://akab-h05tnam3wl42son7nktnlnnx-kbob3i3v.luna.akamaiapis.net"));
    /// # Ok::<(), countersign_edgegrid::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the section is not there, occurs twice, lacks a key or has it twice, or when a line cannot
    /// be read. The message names line and key, never a value.
    pub fn from_edgerc(text: &str, section: &str) -> Result<Self> {
        let found = Section::read(text, section)?;
        let invalid = |line: usize, why: &str| invalid(&format!("line {line}: {why}"));
        let mut config = Self::of(
            |key| found.get(key).map(|(_, value)| value.to_owned()),
            |key| format!("line {}: the section [{}] has no `{key}`", found.line, section.escape_default()),
        )?;
        if let Some((line, value)) = found.get("max_body") {
            config.max_body =
                read_max_body(value).ok_or_else(|| invalid(line, "`max_body` is not a number of bytes, 1 or more"))?;
        }
        if let Some((_, value)) = found.get("headers_to_sign").filter(|(_, value)| *value != "None") {
            config.headers_to_sign = list(value);
        }
        config.account_key = found.get("account_key").map(|(_, value)| value.to_owned());
        Ok(config)
    }

    /// Reads `AKAMAI_HOST`, `AKAMAI_CLIENT_TOKEN`, `AKAMAI_CLIENT_SECRET` and `AKAMAI_ACCESS_TOKEN`, and optionally
    /// `AKAMAI_MAX_BODY`, `AKAMAI_HEADERS_TO_SIGN` and `AKAMAI_ACCOUNT_KEY`; for a section other than `default`,
    /// `AKAMAI_SECTION_HOST` and so on, in upper case. `var` returns a variable's value, for instance
    /// `|name| std::env::var(name).ok()`. `None` when none of the first four is set: the file counts then.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when some, but not all, of the first four are set, or when one cannot be read.
    pub fn from_env(section: &str, var: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let prefix = match section {
            "" | "default" => "AKAMAI_".to_owned(),
            _ => format!("AKAMAI_{}_", section.to_uppercase().replace('-', "_")),
        };
        let name = |key: &str| format!("{prefix}{}", key.to_ascii_uppercase());
        let get = |key: &str| var(&name(key)).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        if REQUIRED.into_iter().all(|key| get(key).is_none()) {
            return Ok(None);
        }
        let mut config = Self::of(get, |key| format!("the environment variable {} is missing", name(key)))?;
        if let Some(value) = get("max_body") {
            let why = || {
                invalid(&format!("the environment variable {} is not a number of bytes, 1 or more", name("max_body")))
            };
            config.max_body = read_max_body(&value).ok_or_else(why)?;
        }
        config.headers_to_sign = get("headers_to_sign").map(|value| list(&value)).unwrap_or_default();
        config.account_key = get("account_key");
        Ok(Some(config))
    }

    fn of(get: impl Fn(&str) -> Option<String>, missing: impl Fn(&str) -> String) -> Result<Self> {
        let required = |key: &str| get(key).ok_or_else(|| invalid(&missing(key)));
        let mut config = Self::new(required("access_token")?, required("client_token")?, required("client_secret")?);
        let host = required("host")?;
        let host = host.trim_end_matches('/');
        config.base_url = Some(if host.contains("://") { host.to_owned() } else { format!("https://{host}") });
        Ok(config)
    }
}

/// One section: the line that it begins in, and its known keys: line, name with `_`, value.
struct Section<'a> {
    line: usize,
    keys: Vec<(usize, &'static str, &'a str)>,
}

impl<'a> Section<'a> {
    fn read(text: &'a str, wanted: &str) -> Result<Self> {
        let mut found: Option<Self> = None;
        let mut inside = None;
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let (number, line) = (index + 1, line.trim());
            let invalid = |why: &str| invalid(&format!("line {number}: {why}"));
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[') {
                let (name, _) = name.split_once(']').ok_or_else(|| invalid("the section's name has no end"))?;
                inside = Some(name.trim() == wanted);
                if name.trim() == wanted && found.replace(Self { line: number, keys: Vec::new() }).is_some() {
                    return Err(invalid("the section occurs for the second time"));
                }
                continue;
            }
            let Some(is_wanted) = inside else { return Err(invalid("a key stands before the first section")) };
            let Some((key, value)) = line.split_once(['=', ':']) else {
                return Err(invalid("it is neither a section, a comment, nor a key with its value"));
            };
            let Some(section) = found.as_mut().filter(|_| is_wanted) else { continue };
            let key = key.trim().replace('-', "_").to_ascii_lowercase();
            // A key that is not ours is not named either: it may be the rest of a secret that was broken into two lines.
            let Some(key) = REQUIRED.into_iter().chain(OPTIONAL).find(|known| *known == key) else { continue };
            if section.keys.iter().any(|(_, known, _)| *known == key) {
                return Err(invalid(&format!("`{key}` occurs for the second time")));
            }
            let value = unquoted(value.trim())
                .ok_or_else(|| invalid(&format!("the quotes around the value of `{key}` do not end where it ends")))?;
            section.keys.push((number, key, value));
        }
        found.ok_or_else(|| invalid(&format!("it has no section [{}]", wanted.escape_default())))
    }

    /// Line and value of a key; none where the value is empty.
    fn get(&self, key: &str) -> Option<(usize, &'a str)> {
        let (line, _, value) = self.keys.iter().find(|(_, known, value)| *known == key && !value.is_empty())?;
        Some((*line, value))
    }
}

/// The text between quotes, after which only a comment may stand; a value without quotes as it is.
fn unquoted(value: &str) -> Option<&str> {
    let Some(quote) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) else { return Some(value) };
    let (within, behind) = value.get(1..)?.split_once(quote)?;
    let behind = behind.trim_start();
    (behind.is_empty() || behind.starts_with(['#', ';'])).then(|| within.trim())
}

fn read_max_body(value: &str) -> Option<u64> {
    value.parse().ok().filter(|bytes| *bytes > 0)
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn invalid(why: &str) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("the EdgeGrid credentials cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\u{feff}# ours\n[default]\nhost = h.luna.akamaiapis.net/\nclient-token: ct\r\nclient_secret = \"s;e%c=\" \n\
        access_token='at'  ; ours\nmax-body = 2048\nheaders_to_sign = X-A , x-b,\n; none\nother = \"kept out\nother = twice\n\n[second]\nhost = https://g/\n\
        client_token = a\nclient_secret = b\naccess_token = c\naccount_key = 1-ABC:1-2RBL\n[broken]\nhost = h\n";

    #[test]
    fn sections_are_read_as_akamais_clients_do() {
        let config = Config::from_edgerc(TEXT, "default").unwrap();
        assert_eq!(config.base_url.as_deref(), Some("https://h.luna.akamaiapis.net"));
        assert_eq!((config.client_token.as_str(), config.access_token.as_str()), ("ct", "at"));
        assert_eq!(config.client_secret.expose(), "s;e%c=");
        assert_eq!((config.max_body, config.headers_to_sign), (2048, vec!["X-A".to_owned(), "x-b".to_owned()]));
        let config = Config::from_edgerc(TEXT, "second").unwrap();
        assert_eq!(
            (config.base_url.as_deref(), config.account_key.as_deref()),
            (Some("https://g"), Some("1-ABC:1-2RBL"))
        );
        assert_eq!((config.max_body, config.headers_to_sign.len()), (131_072, 0));
    }

    #[test]
    fn errors_name_line_and_key_but_no_value() {
        for (text, part) in [
            ("host = s3cret", "line 1: a key stands before"),
            ("[default]\ns3cret", "line 2: it is neither"),
            ("[default]\nhost=h\n\nhost=s3cret", "line 4: `host` occurs"),
            ("[default]\n[x]\n[default]", "line 3: the section occurs"),
            ("[defa", "line 1: the section's name"),
            ("[other]", "no section [default]"),
            (
                "[default]\nhost=h\nclient_token=s3cret\nclient_secret=s3cret",
                "line 1: the section [default] has no `access_token`",
            ),
            (
                "[default]\nhost=h\nclient_token=a\nclient_secret=b\naccess_token=c\nmax_body=s3cret",
                "line 6: `max_body`",
            ),
            ("[default]\nhost=h\nclient_token=a\nclient_secret=\naccess_token=c", "no `client_secret`"),
            ("[default]\nclient_secret=\"s3cret", "line 2: the quotes around the value of `client_secret`"),
            ("[default]\nclient_secret='s3cret'x", "line 2: the quotes around the value of `client_secret`"),
            ("[default]\nclient_secret='", "line 2: the quotes around the value of `client_secret`"),
            ("[default]\nclient_secret=a\n  s3cret=\n  s3cret=\n", "no `access_token`"),
        ] {
            let error = Config::from_edgerc(text, "default").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            assert!(error.to_string().contains(part) && !error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn environments_have_all_or_nothing() {
        let read = |section: &str, vars: &[(&str, &str)]| {
            let vars: Vec<_> = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Config::from_env(section, move |name| {
                vars.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
            })
        };
        assert!(read("default", &[("AKAMAI_CCU_HOST", "h")]).unwrap().is_none());
        let whole = [
            ("AKAMAI_CCU_HOST", "h"),
            ("AKAMAI_CCU_CLIENT_TOKEN", "a"),
            ("AKAMAI_CCU_CLIENT_SECRET", "b"),
            ("AKAMAI_CCU_ACCESS_TOKEN", "c"),
            ("AKAMAI_CCU_MAX_BODY", "7"),
        ];
        let config = read("ccu", &whole).unwrap().unwrap();
        assert_eq!((config.base_url.as_deref(), config.max_body), (Some("https://h"), 7));
        let error = read("ccu", &whole[..3]).unwrap_err();
        assert!(error.to_string().contains("AKAMAI_CCU_ACCESS_TOKEN is missing"), "{error}");
    }
}
