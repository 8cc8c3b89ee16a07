//! Numbers beyond a fixed width of decimal digits, as the field writes them in PDB files.
//!
//! Hybrid-36 (R. Grosse-Kunstleve, cctbx): decimal as far as it goes, then base 36 with a capital first letter (`A000`
//! is 10000 in four columns), then the same in small letters.

/// Digits of base 36.
const BASE: i64 = 36;

/// The number in a field of four or five columns; none if it is not a number in either notation.
pub(crate) fn decode(field: &str) -> Option<i64> {
    let text = field.trim();
    let first = text.chars().next()?;
    let lower = first.is_ascii_lowercase();
    if !first.is_ascii_alphabetic() {
        return text.parse().ok();
    }
    let same_case =
        |c: char| c.is_ascii_digit() || c.is_ascii_alphabetic() && c.is_ascii_lowercase() == lower;
    if text.len() != field.len() || !(4..=5).contains(&text.len()) || !text.chars().all(same_case) {
        return None;
    }
    let value = i64::from_str_radix(text, 36).ok()?;
    let width = u32::try_from(text.len()).ok()?;
    let (first_letter, letters) = (10 * BASE.pow(width - 1), 26 * BASE.pow(width - 1));
    Some(value - first_letter + 10_i64.pow(width) + if lower { letters } else { 0 })
}

/// A number in that many columns (4 or 5), right-justified; none beyond the range (2,436,111 in four columns).
pub(crate) fn encode(value: i64, width: u32) -> Option<String> {
    let columns = width as usize;
    let decimal = value.to_string();
    if decimal.len() <= columns {
        return Some(format!("{value:>columns$}"));
    }
    let beyond = value.checked_sub(10_i64.pow(width)).filter(|beyond| *beyond >= 0)?;
    let (first_letter, letters) = (10 * BASE.pow(width - 1), 26 * BASE.pow(width - 1));
    let (rest, first_digit) = if beyond < letters { (beyond, b'A') } else { (beyond - letters, b'a') };
    if rest >= letters {
        return None;
    }
    let mut rest = rest + first_letter;
    let mut text = vec![0; columns];
    for slot in text.iter_mut().rev() {
        let digit = u8::try_from(rest % BASE).ok()?;
        *slot = if digit < 10 { b'0' + digit } else { first_digit + digit - 10 };
        rest /= BASE;
    }
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_published_tables() {
        // The tables at the definition of hybrid-36 (cctbx).
        for (width, value, text) in [
            (4, -999, "-999"),
            (4, 0, "   0"),
            (4, 9999, "9999"),
            (4, 10_000, "A000"),
            (4, 10_001, "A001"),
            (4, 10_009, "A009"),
            (4, 10_010, "A00A"),
            (4, 10_035, "A00Z"),
            (4, 10_036, "A010"),
            (4, 1_223_055, "ZZZZ"),
            (4, 1_223_056, "a000"),
            (4, 2_436_111, "zzzz"),
            (5, 99_999, "99999"),
            (5, 100_000, "A0000"),
            (5, 43_770_015, "ZZZZZ"),
            (5, 43_770_016, "a0000"),
            (5, 87_440_031, "zzzzz"),
        ] {
            assert_eq!(encode(value, width).as_deref(), Some(text));
            assert_eq!(decode(text), Some(value), "{text}");
        }
        assert_eq!(encode(2_436_112, 4), None);
        assert_eq!(encode(-1000, 4), None);
        for text in ["****", "A0", "A0z0", "", " A00"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
