/// One thing of an input that can be selected: a request, an operation, a folder, a host, a profile.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Item {
    /// The names on the way to it, its own last.
    pub path: Vec<String>,
    /// Where it is: `#/item/0/item/2`, `line 3`, `#1`.
    pub pointer: String,
    /// The indices on the way to it.
    pub indices: Vec<usize>,
    /// Another name that selects it: an `operationId`, `LOGIN@HOST`.
    pub id: Option<String>,
    /// Whether it only holds others.
    pub is_folder: bool,
    /// The method, where it has one.
    pub method: Option<String>,
    /// The URL, or the path template of an API description; without user info, and `{{name}}` left as it is.
    pub url: Option<String>,
    /// How it is authenticated, in the input's own words; none where nothing says so.
    pub auth: Option<String>,
    /// Where that is said, if not in the item itself: a place as in `pointer`.
    pub inherited_from: Option<String>,
}

impl Item {
    /// The path of names, as `--select` takes it: separated by `/`, with `\/` for a slash and `\\` for a backslash in a name.
    #[must_use]
    pub fn name(&self) -> String {
        let mut name = String::new();
        for (index, part) in self.path.iter().enumerate() {
            if index > 0 {
                name.push('/');
            }
            for character in part.chars() {
                if matches!(character, '/' | '\\') {
                    name.push('\\');
                }
                name.push(character);
            }
        }
        name
    }
}
