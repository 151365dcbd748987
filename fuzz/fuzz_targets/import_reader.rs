//! What the target of every reader does: nothing panics, and no item that is listed is unknown.

use countersign::ErrorKind;
use countersign_import::{Beside, Kind, Limits, Source};

/// Reads the input as of a kind. What follows its first zero byte lies beside it, as an environment, a parent or a config file.
pub(crate) fn read(kind: Kind, data: &[u8]) {
    let (input, file) = match data.iter().position(|byte| *byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[][..]),
    };
    let Ok(source) = Source::read(input, Some(kind), &Limits::default()) else { return };
    let mut besides = vec![Beside::new().base_url("https://example.com/")];
    if !file.is_empty() {
        let files = [Beside::environment, Beside::globals, Beside::parent, Beside::config, Beside::private_environment];
        besides.extend(files.into_iter().filter_map(|add| add(Beside::new(), file).ok()));
    }
    for beside in &besides {
        let _ = source.import(None, beside);
        for index in 0..source.items().len().min(20) {
            if let Err(why) = source.import(Some(&format!("#{index}")), beside) {
                assert_ne!(why.kind(), ErrorKind::UnknownItem, "#{index}");
            }
        }
        for scheme in source.schemes() {
            let _ = source.import(Some(&format!("scheme:{scheme}")), beside);
        }
    }
}
