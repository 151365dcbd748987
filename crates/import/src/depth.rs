//! How deep JSON lies. Parsers skip what they do not need without counting.
//!
//! Sixty-four bytes at once, each byte a bit of a word, as in Langdale and Lemire, "Parsing Gigabytes of JSON per Second"
//! (2019), section 3.1.

/// Whether objects and lists lie deeper in each other than `most`. Of what is not JSON it may say either.
pub(crate) fn is_deeper(text: &str, most: usize) -> bool {
    let (blocks, rest) = text.as_bytes().as_chunks::<64>();
    let mut last = [b' '; 64];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, 0_u64, false);
    for block in blocks.iter().chain([&last]) {
        let quotes = marks(block, 0, b'"') & !escaped(marks(block, 0, b'\\'), &mut is_escaped);
        let texts = parity(quotes) ^ in_text;
        in_text = 0_u64.wrapping_sub(texts >> 63);
        // A bracket and its brace differ in one bit, which is set in the brace.
        let opens = marks(block, 0x20, b'{') & !texts;
        let closes = marks(block, 0x20, b'}') & !texts;
        let (opened, closed) = (opens.count_ones() as usize, closes.count_ones() as usize);
        if depth + opened > most && deepest(opens, closes, depth) > most {
            return true;
        }
        depth = (depth + opened).saturating_sub(closed);
    }
    false
}

/// The bytes that are this one once the bits of `fold` are set, the first byte in the lowest bit.
fn marks(block: &[u8; 64], fold: u8, byte: u8) -> u64 {
    let is_it = block.map(|other| u8::from(other | fold == byte));
    let mut bits = 0;
    for (index, eight) in is_it.as_chunks::<8>().0.iter().enumerate() {
        // Eight times 0 or 1: the factor moves bit 8i to bit 56 + i.
        bits |= (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * index);
    }
    bits
}

/// The bytes that a backslash stands before. `is_escaped` goes on from one block to the next.
fn escaped(mut slashes: u64, is_escaped: &mut bool) -> u64 {
    let mut escaped = u64::from(*is_escaped);
    slashes &= !escaped;
    *is_escaped = false;
    while slashes != 0 {
        let slash = slashes & slashes.wrapping_neg();
        let next = slash << 1;
        *is_escaped |= next == 0;
        escaped |= next;
        slashes &= !(slash | next);
    }
    escaped
}

/// Each bit with all below it, added without carry: 1 from an opening quote up to before its closing one.
fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

fn deepest(opens: u64, closes: u64, mut depth: usize) -> usize {
    let mut deepest = depth;
    for at in 0..64 {
        depth = (depth + usize::from(opens >> at & 1 == 1)).saturating_sub(usize::from(closes >> at & 1 == 1));
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A text as deep as the number.
    fn json() -> impl Strategy<Value = (String, usize)> {
        let text = r#"("([a-z{}\[\]ü ]|\\\\|\\"|\\n)*"| *[0-9]{1,20})"#;
        text.prop_map(|text| (text, 0)).prop_recursive(12, 200, 4, |inner| {
            let list = prop::collection::vec(inner.clone(), 0..4).prop_map(|all| {
                let deepest = all.iter().map(|(_, depth)| *depth).max().unwrap_or_default();
                let texts: Vec<String> = all.into_iter().map(|(text, _)| text).collect();
                (format!("[{}]", texts.join(", ")), deepest + 1)
            });
            let object = (r#""([a-z\[{]|\\")*""#, inner)
                .prop_map(|(key, (text, depth))| (format!("{{{key}:{text}}}"), depth + 1));
            prop_oneof![list, object]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_depth_of_json_is_known((text, depth) in json()) {
            prop_assert!(!is_deeper(&text, depth), "{} {}", depth, text);
            prop_assert!(depth == 0 || is_deeper(&text, depth - 1), "{} {}", depth, text);
        }
    }
}
