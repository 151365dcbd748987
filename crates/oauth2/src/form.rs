use countersign_core::encode::push_percent;

/// A form that is being written (`application/x-www-form-urlencoded`; a space is `%20`, which every server decodes).
#[derive(Default)]
pub(crate) struct Form(String);

impl Form {
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        push_percent(&mut self.0, name);
        self.0.push('=');
        push_percent(&mut self.0, value);
    }

    pub(crate) fn push_some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.push(name, value);
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl From<Form> for String {
    fn from(form: Form) -> Self {
        form.0
    }
}
