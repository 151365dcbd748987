/// How much an input may ask for, before reading it ends with `limit-exceeded`.
///
/// ```
/// let mut limits = countersign_import::Limits::default();
/// limits.input = 1 << 20;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The input's size in bytes: 64 MiB.
    pub input: usize,
    /// How deep objects and lists may lie in each other: 128, which is also the most that JSON is read with.
    pub depth: usize,
    /// How many items an input may have: 200,000.
    pub items: usize,
    /// How many `$ref` may follow one another: 32.
    pub references: usize,
    /// How many events YAML aliases may replay: 100,000.
    pub replayed_events: usize,
    /// The size of one text in bytes once its variables have their values: 64 KiB.
    pub expanded: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input: 64 << 20,
            depth: 128,
            items: 200_000,
            references: 32,
            replayed_events: 100_000,
            expanded: 64 << 10,
        }
    }
}
