//! AWS's shared credentials file and config file, and its variables, in botocore's order
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>).

mod ini;

use std::fmt;

use countersign::{AuthConfig, Result, Secret, aws_sigv4};

use self::ini::Section;
use crate::clues::{Clues, Notation};
use crate::reader::{Chosen, Input, Reader};
use crate::variables::Names;
use crate::{Beside, Imported, Item, error, select};

const KEY_ID: &str = "aws_access_key_id";

/// A section, and a field that only these files have.
pub(crate) fn recognise(clues: &Clues<'_>) -> bool {
    const FIELDS: [&str; 5] = ["aws_", "role_arn", "sso_", "credential_process", "source_profile"];
    let mut lines = clues.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let Some(first) = lines.next().filter(|_| clues.notation == Notation::Text) else { return false };
    let is_profile = |name: &str| name == "default" || name.starts_with("profile ");
    let section = first.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    section.is_some_and(is_profile)
        || (section.is_some() && lines.any(|line| FIELDS.iter().any(|field| line.starts_with(field))))
}

pub(crate) fn read<'a>(input: Input<'a>) -> Result<Box<dyn Reader + 'a>> {
    let sections = ini::read(input.text)?;
    let is_config = sections.iter().any(|section| profile_of(&section.name).is_some_and(|name| name != section.name));
    let profiles = if is_config { of_config(sections) } else { sections };
    if profiles.is_empty() {
        return Err(error::nothing_described("no profile is in it"));
    }
    let source_of =
        |profile: &Section| if is_config { Source::of(None, Some(profile)) } else { Source::of(Some(profile), None) };
    let item = |(index, profile): (usize, &Section)| Item {
        path: vec![profile.name.clone()],
        pointer: format!("line {}", profile.line),
        indices: vec![index],
        auth: source_of(profile).map(|source| source.in_words().to_owned()),
        ..Item::default()
    };
    let items = profiles.iter().enumerate().map(item).collect();
    Ok(Box::new(Profiles { items, profiles, is_config }))
}

/// The profile that a section of a config file describes: `default`, `profile NAME`.
fn profile_of(section: &str) -> Option<&str> {
    if section == "default" {
        return Some(section);
    }
    let name = section.strip_prefix("profile")?.trim_start_matches([' ', '\t']);
    let is_apart = name.len() < section.len() - "profile".len();
    let name = name.trim_end().trim_matches(['"', '\'']);
    (is_apart && !name.is_empty()).then_some(name)
}

/// A config file's profiles; its other sections are left out.
fn of_config(sections: Vec<Section>) -> Vec<Section> {
    let named = sections.into_iter().filter_map(|mut section| {
        section.name = profile_of(&section.name)?.to_owned();
        Some(section)
    });
    named.collect()
}

/// Where a profile's keys are from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Source {
    Keys,
    Role,
    Sso,
    Login,
    Process,
}

impl Source {
    /// The source that counts, where several are named.
    fn of(credentials: Option<&Section>, config: Option<&Section>) -> Option<Self> {
        let has = |name: &str| [credentials, config].into_iter().flatten().any(|section| section.field(name).is_some());
        let has_keys = |section: Option<&Section>| section.is_some_and(|section| section.field(KEY_ID).is_some());
        match () {
            () if has("role_arn") => Some(Self::Role),
            () if has("sso_account_id") || has("sso_role_name") || has("sso_session") => Some(Self::Sso),
            () if has_keys(credentials) => Some(Self::Keys),
            () if has("login_session") => Some(Self::Login),
            () if has("credential_process") => Some(Self::Process),
            () => has_keys(config).then_some(Self::Keys),
        }
    }

    /// Why it cannot be imported, if it cannot.
    fn obstacle(self) -> Option<&'static str> {
        match self {
            Self::Keys => None,
            Self::Role => Some("a role is assumed by asking AWS for it, which is not done"),
            Self::Sso => Some("a login by SSO asks AWS for credentials, which is not done"),
            Self::Login => Some("a login session asks AWS for credentials, which is not done"),
            Self::Process => Some("`credential_process` runs a command, which is not done"),
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Keys => "aws-sigv4",
            Self::Role => "role_arn",
            Self::Sso => "sso",
            Self::Login => "login_session",
            Self::Process => "credential_process",
        }
    }
}

struct Profiles {
    items: Vec<Item>,
    /// As long as `items`.
    profiles: Vec<Section>,
    is_config: bool,
}

impl fmt::Debug for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiles").field("items", &self.items).finish_non_exhaustive()
    }
}

impl Reader for Profiles {
    fn items(&self) -> &[Item] {
        &self.items
    }

    /// The variables, or the profile that they or the clients' rules name.
    fn has_root(&self) -> bool {
        true
    }

    fn import(&self, chosen: Chosen<'_>, beside: &Beside) -> Result<Imported> {
        let config = match &beside.config {
            Some(text) => of_config(ini::read(text)?),
            None => Vec::new(),
        };
        let files = Files { input: &self.profiles, is_config: self.is_config, config: &config };
        let variable = |name: &str| beside.variables.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(variable);
        let asked = match chosen {
            Chosen::Item(index) => self.profiles.get(index).map(|profile| profile.name.as_str()),
            Chosen::Root | Chosen::Scheme(_) => beside.environment_name.as_deref(),
        };
        let named = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"].into_iter().find_map(variable);
        let auth = match (asked, variable("AWS_ACCESS_KEY_ID")) {
            (Some(name), _) => files.profile(name, region)?,
            (None, Some(key_id)) => {
                let token = ["AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"].into_iter().find_map(variable);
                let region = region.or_else(|| files.region(named.unwrap_or("default")));
                signs_with(key_id, variable("AWS_SECRET_ACCESS_KEY"), token, region)
            }
            (None, None) => files.profile(files.usual(named)?, region)?,
        };
        Ok(Imported::new(auth, [], None, Vec::new()))
    }
}

/// Both files.
struct Files<'a> {
    input: &'a [Section],
    /// Whether the input is a config file, and no credentials file.
    is_config: bool,
    config: &'a [Section],
}

impl<'a> Files<'a> {
    /// What the credentials file and the config file say of a profile.
    fn find(&self, name: &str) -> (Option<&'a Section>, Option<&'a Section>) {
        let of = |file: &'a [Section]| file.iter().find(|profile| profile.name == name);
        if self.is_config {
            (None, of(self.input).or_else(|| of(self.config)))
        } else {
            (of(self.input), of(self.config))
        }
    }

    fn region(&self, name: &str) -> Option<&'a str> {
        let (credentials, config) = self.find(name);
        [credentials, config].into_iter().flatten().find_map(|section| section.field("region"))
    }

    /// The profile that is meant when none is asked for.
    fn usual<'n>(&self, named: Option<&'n str>) -> Result<&'n str>
    where
        'a: 'n,
    {
        match (named, self.find("default"), self.input) {
            (Some(name), ..) => Ok(name),
            (None, (None, None), [only]) => Ok(&only.name),
            (None, (None, None), several) => {
                let names = several.iter().map(|profile| profile.name.clone());
                Err(select::ambiguous("no profile is called \"default\"; select one", names))
            }
            _ => Ok("default"),
        }
    }

    fn profile(&self, name: &str, region: Option<&str>) -> Result<AuthConfig> {
        let (credentials, config) = self.find(name);
        let Some(first) = credentials.or(config) else {
            let names: Vec<String> = self.input.iter().map(|profile| profile.name.clone()).collect();
            return Err(select::unknown(name, &names));
        };
        let place = format!("profile {}", error::quoted(name));
        let source = Source::of(credentials, config)
            .ok_or_else(|| error::nothing_described(format!("{place}: it has no `{KEY_ID}`")))?;
        if let Some(obstacle) = source.obstacle() {
            return Err(error::unsupported(place, obstacle));
        }
        let keys = credentials.filter(|section| section.field(KEY_ID).is_some()).or(config).unwrap_or(first);
        let token = ["aws_security_token", "aws_session_token"].into_iter().find_map(|name| keys.field(name));
        let key_id = keys.field(KEY_ID).unwrap_or_default();
        let region = region.or_else(|| self.region(name));
        Ok(signs_with(key_id, keys.field("aws_secret_access_key"), token, region))
    }
}

fn signs_with(key_id: &str, secret: Option<&str>, token: Option<&str>, region: Option<&str>) -> AuthConfig {
    let secret = secret.map_or_else(|| Names::new().secret("aws", "secret_access_key"), Secret::from);
    let mut config = aws_sigv4::Config::new(key_id, secret);
    config.session_token = token.map(Secret::from);
    config.region = region.map(str::to_owned);
    AuthConfig::AwsSigv4(config)
}
