use std::collections::HashMap;

use countersign::{AuthConfig, Error, ErrorKind, Result};

use crate::{Note, Request, variables};

/// What an item of an input says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Imported {
    /// How its requests are authenticated: the first of `alternatives`, unless another was taken.
    pub auth: AuthConfig,
    /// Every way that the input offers, best first; at least one.
    pub alternatives: Vec<AuthConfig>,
    /// The item's own request, where the input has one.
    pub request: Option<Request>,
    /// The names in `{{name}}` of `auth` and `request`, which are still to fill; each once, in order.
    pub variables: Vec<String>,
    /// What was not carried over.
    pub notes: Vec<Note>,
}

impl Imported {
    /// `first` is the best way; `others` follow it.
    pub(crate) fn new(
        first: AuthConfig,
        others: impl IntoIterator<Item = AuthConfig>,
        request: Option<Request>,
        notes: Vec<Note>,
    ) -> Self {
        let variables = variables::named_in(&first, request.as_ref());
        let alternatives = std::iter::once(first.clone()).chain(others).collect();
        Self { auth: first, alternatives, request, variables, notes }
    }

    /// Takes another of the alternatives, by its index.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownItem`] when there are not that many.
    pub fn alternative(mut self, index: usize) -> Result<Self> {
        let Some(auth) = self.alternatives.get(index) else {
            let last = self.alternatives.len().saturating_sub(1);
            return Err(Error::new(
                ErrorKind::UnknownItem,
                format!("there is no alternative {index}: they are 0 to {last}"),
            ));
        };
        let auth = auth.clone();
        self.set_auth(auth);
        Ok(self)
    }

    /// Fills the variables of `auth` and `request` from the first of `scopes` that has each, as
    /// [`AuthConfig::resolve`] does.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] that names the first variable without a value.
    pub fn resolve(mut self, scopes: &[&HashMap<String, String>]) -> Result<Self> {
        let auth = self.auth.resolve(scopes)?;
        self.request = self.request.map(|request| request.resolve(scopes)).transpose()?;
        self.set_auth(auth);
        Ok(self)
    }

    pub(crate) fn set_auth(&mut self, auth: AuthConfig) {
        self.variables = variables::named_in(&auth, self.request.as_ref());
        self.auth = auth;
    }
}
