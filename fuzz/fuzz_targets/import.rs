//! Every reader of `countersign-import`: the first byte says which kind, or that the content is to show it. Nothing panics, and no
//! item that is listed is unknown.
#![no_main]

use countersign::ErrorKind;
use countersign_import::{Beside, Kind, Limits, Source, from_authorization, to_postman};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, input)) = data.split_first() else { return };
    // An Authorization value is an input of its own.
    let _ = to_postman(&from_authorization(input));
    let kind = Kind::all().nth(usize::from(*first));
    let Ok(source) = Source::read(input, kind, &Limits::default()) else { return };
    let beside = Beside::new().base_url("https://example.com/");
    let _ = source.import(None, &beside);
    for item in source.items().iter().take(20) {
        if let Err(why) = source.import(Some(&item.pointer), &beside) {
            assert_ne!(why.kind(), ErrorKind::UnknownItem, "{}", item.pointer);
        }
    }
    for scheme in source.schemes() {
        let _ = source.import(Some(&format!("scheme:{scheme}")), &beside);
    }
});
