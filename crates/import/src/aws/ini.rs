//! The form of AWS's files, as botocore reads them (Python's `configparser`).

use countersign::Result;

use crate::error;

/// A section, and where it begins.
pub(super) struct Section {
    pub(super) name: String,
    pub(super) line: usize,
    /// Names in lower case. An indented block below a name is none of ours, and left out.
    fields: Vec<(String, String)>,
}

impl Section {
    /// A field's value, if it is not empty.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(other, _)| other == name);
        field.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// The sections of a file. What `[DEFAULT]` says holds in all of them.
///
/// # Errors
/// `invalid-import` with the line, for what stands in no section, has no `=`, or stands there twice.
pub(super) fn read(text: &str) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    // How far the last field is indented: what is further in belongs to it.
    let mut field_indent = None;
    for (index, line) in text.lines().enumerate() {
        let invalid = |what: &str| error::invalid(format!("line {}", index + 1), what);
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        if field_indent.is_some_and(|field| indent > field) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')).map(|(name, _)| name) {
            if sections.iter().any(|section| section.name == name) {
                return Err(invalid("the section stands there twice"));
            }
            sections.push(Section { name: name.to_owned(), line: index + 1, fields: Vec::new() });
            field_indent = None;
            continue;
        }
        let section = sections.last_mut().ok_or_else(|| invalid("it stands in no section"))?;
        let (name, value) =
            trimmed.split_once(['=', ':']).ok_or_else(|| invalid("it is no section and no NAME = VALUE"))?;
        let name = name.trim().to_lowercase();
        if section.fields.iter().any(|(other, _)| *other == name) {
            return Err(invalid(&format!("{} stands there twice", error::quoted(&name))));
        }
        section.fields.push((name, value.trim().to_owned()));
        field_indent = Some(indent);
    }
    let (defaults, mut sections): (Vec<Section>, Vec<Section>) =
        sections.into_iter().partition(|section| section.name == "DEFAULT");
    for (name, value) in defaults.into_iter().flat_map(|defaults| defaults.fields) {
        for section in &mut sections {
            if section.field(&name).is_none() {
                section.fields.push((name.clone(), value.clone()));
            }
        }
    }
    Ok(sections)
}
