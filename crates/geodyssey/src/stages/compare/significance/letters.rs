//! Letters that show at a glance which rows of a table differ.

/// One string of letters per row: two rows share a letter exactly if `differ` does not hold for them.
///
/// The insert-and-absorb algorithm of H.-P. Piepho, J. Comput. Graph. Stat. 13, 456 (2004).
pub(crate) fn letters(rows: usize, differ: impl Fn(usize, usize) -> bool) -> Vec<String> {
    // Each column is a set of rows that do not differ, and gets one letter.
    let mut columns: Vec<Vec<bool>> = vec![vec![true; rows]];
    for first in 0..rows {
        for second in first + 1..rows {
            if !differ(first, second) {
                continue;
            }
            let (both, rest): (Vec<_>, Vec<_>) =
                columns.into_iter().partition(|column| column[first] && column[second]);
            columns = rest;
            for column in both {
                for dropped in [first, second] {
                    let mut smaller = column.clone();
                    smaller[dropped] = false;
                    columns.push(smaller);
                }
            }
            absorb(&mut columns);
        }
    }
    // The first row's letter comes first, whatever the order of the tests.
    columns.sort_by(|a, b| b.cmp(a));
    (0..rows)
        .map(|row| {
            columns.iter().zip(names()).filter(|(column, _)| column[row]).map(|(_, name)| name).collect()
        })
        .collect()
}

/// Removes columns that are part of another one.
fn absorb(columns: &mut Vec<Vec<bool>>) {
    let mut kept: Vec<Vec<bool>> = Vec::with_capacity(columns.len());
    columns.sort_by_key(|column| std::cmp::Reverse(column.iter().filter(|held| **held).count()));
    for column in columns.drain(..) {
        let within =
            |larger: &Vec<bool>| column.iter().zip(larger).all(|(held, in_larger)| !held || *in_larger);
        if !kept.iter().any(within) {
            kept.push(column);
        }
    }
    *columns = kept;
}

/// `a` to `z`, then with a prime each time the alphabet is used up.
fn names() -> impl Iterator<Item = String> {
    (0..).flat_map(|round: usize| ('a'..='z').map(move |letter| format!("{letter}{}", "'".repeat(round))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(a: &str, b: &str) -> bool {
        a.chars().any(|letter| b.contains(letter))
    }

    /// Every possible pattern of differences among five rows.
    #[test]
    fn rows_share_a_letter_just_where_they_do_not_differ() {
        let pairs: Vec<(usize, usize)> = (0..5).flat_map(|a| (a + 1..5).map(move |b| (a, b))).collect();
        for pattern in 0_u32..1 << pairs.len() {
            let differ = |a: usize, b: usize| {
                let pair = pairs.iter().position(|&known| known == (a, b)).expect("a pair");
                pattern >> pair & 1 == 1
            };
            let found = letters(5, differ);
            for &(a, b) in &pairs {
                assert_eq!(shared(&found[a], &found[b]), !differ(a, b), "{pattern:b} {found:?}");
            }
            assert!(found[0].starts_with('a'), "{found:?}");
        }
    }

    #[test]
    fn no_difference_needs_one_letter_and_all_differences_one_each() {
        assert_eq!(letters(3, |_, _| false), ["a", "a", "a"]);
        assert_eq!(letters(3, |_, _| true), ["a", "b", "c"]);
        assert_eq!(letters(3, |a, b| (a, b) == (0, 2)), ["a", "ab", "b"]);
        assert!(letters(0, |_, _| true).is_empty());
    }
}
