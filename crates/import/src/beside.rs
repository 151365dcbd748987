use std::collections::HashMap;
use std::fmt;

use countersign::Result;

use crate::error;

/// What lies beside an input: its environment, its globals, its parents. Each reader takes what its program would.
///
/// `Debug` shows no value.
#[derive(Clone, Default)]
pub struct Beside {
    pub(crate) environment: Option<String>,
    pub(crate) private_environment: Option<String>,
    pub(crate) environment_name: Option<String>,
    pub(crate) globals: Option<String>,
    pub(crate) config: Option<String>,
    pub(crate) parents: Vec<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) variables: HashMap<String, String>,
}

impl Beside {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The environment's file: Postman's export, `http-client.env.json`, Bruno's `.bru`.
    ///
    /// # Errors
    /// `invalid-import` when it is not UTF-8.
    pub fn environment(mut self, file: &[u8]) -> Result<Self> {
        self.environment = Some(text("the environment", file)?);
        Ok(self)
    }

    /// The private environment's file, which wins over the other: `http-client.private.env.json`.
    ///
    /// # Errors
    /// `invalid-import` when it is not UTF-8.
    pub fn private_environment(mut self, file: &[u8]) -> Result<Self> {
        self.private_environment = Some(text("the private environment", file)?);
        Ok(self)
    }

    /// Which environment counts, where a file has several.
    #[must_use]
    pub fn environment_name(mut self, name: impl Into<String>) -> Self {
        self.environment_name = Some(name.into());
        self
    }

    /// Postman's globals.
    ///
    /// # Errors
    /// `invalid-import` when it is not UTF-8.
    pub fn globals(mut self, file: &[u8]) -> Result<Self> {
        self.globals = Some(text("the globals", file)?);
        Ok(self)
    }

    /// AWS's config file, beside the credentials file.
    ///
    /// # Errors
    /// `invalid-import` when it is not UTF-8.
    pub fn config(mut self, file: &[u8]) -> Result<Self> {
        self.config = Some(text("the config file", file)?);
        Ok(self)
    }

    /// One more of Bruno's folder and collection files; nearest first.
    ///
    /// # Errors
    /// `invalid-import` when it is not UTF-8.
    pub fn parent(mut self, file: &[u8]) -> Result<Self> {
        self.parents.push(text("the parent", file)?);
        Ok(self)
    }

    /// What relative URLs are resolved against, where the input names no server.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// An environment variable of the process that the input would run in: `AWS_PROFILE`, say.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }
}

fn text(what: &str, file: &[u8]) -> Result<String> {
    let text = str::from_utf8(file)
        .map_err(|why| error::invalid(format!("byte {}", why.valid_up_to()), format!("{what} is not UTF-8")))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())
}

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beside")
            .field("environment", &self.environment.is_some())
            .field("private_environment", &self.private_environment.is_some())
            .field("environment_name", &self.environment_name)
            .field("globals", &self.globals.is_some())
            .field("config", &self.config.is_some())
            .field("parents", &self.parents.len())
            .field("base_url", &self.base_url.is_some())
            .field("variables", &self.variables.len())
            .finish()
    }
}
