//! Which images of the end are considered.

use geodyssey_spacetime::windings;

/// Up to this many images within one turn are all solved: those of three periodic variables.
const ALL: usize = 27;
/// Of more, this many of the nearest are solved.
const NEAREST: usize = 9;
/// Variables that are turned at once among these.
const TURNED_AT_ONCE: usize = 2;

/// Windings within one turn: all of up to three periodic variables; of more, the nine to whose images of `end` the straight line
/// from `start` is shortest, among those of at most two turned variables.
pub(super) fn images(start: &[f64], end: &[f64], periods: &[Option<f64>]) -> Vec<Vec<i32>> {
    let periodic: Vec<usize> = (0..periods.len()).filter(|&axis| periods[axis].is_some()).collect();
    if 3_usize.checked_pow(periodic.len() as u32).is_some_and(|count| count <= ALL) {
        return windings(periods, 1);
    }
    let mut all = vec![vec![0; periods.len()]];
    for _ in 0..TURNED_AT_ONCE {
        // Each gets one more turned variable, after the last that is turned already, so that none comes twice.
        let longest = all.iter().map(|winding| turned(winding)).max().unwrap_or(0);
        let mut more = Vec::new();
        for winding in all.iter().filter(|winding| turned(winding) == longest) {
            let last = winding.iter().rposition(|turns| *turns != 0);
            for &axis in periodic.iter().filter(|&&axis| last.is_none_or(|last| axis > last)) {
                for turns in [-1, 1] {
                    let mut next = winding.clone();
                    next[axis] = turns;
                    more.push(next);
                }
            }
        }
        all.extend(more);
    }
    let distance = |winding: &Vec<i32>| -> f64 {
        let axes = start.iter().zip(end).zip(periods.iter().zip(winding));
        axes.map(|((a, b), (period, turns))| (b + period.unwrap_or(0.0) * f64::from(*turns) - a).powi(2))
            .sum()
    };
    all.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    all.truncate(NEAREST);
    all
}

fn turned(winding: &[i32]) -> usize {
    winding.iter().filter(|turns| **turns != 0).count()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    #[test]
    fn few_variables_have_all_their_images() {
        assert_eq!(images(&[0.0; 3], &[1.0; 3], &[Some(TAU); 3]).len(), 27);
        assert_eq!(images(&[0.0; 4], &[1.0; 4], &[Some(TAU), None, Some(TAU), None]).len(), 9);
    }

    /// From -3 to 3 the way through π is short, from -2 to 1.2 either way is about as long, the others hardly move.
    #[test]
    fn of_many_variables_the_nearest_images_are_taken() {
        let (start, end) = ([-3.0, 0.1, -2.0, 0.0, 0.0, 0.2], [3.0, 0.2, 1.2, 0.3, 0.0, 0.1]);
        let found = images(&start, &end, &[Some(TAU); 6]);
        assert_eq!(found.len(), 9);
        assert_eq!(found[..2], [[-1, 0, -1, 0, 0, 0], [-1, 0, 0, 0, 0, 0]]);
        let unique: std::collections::BTreeSet<_> = found.iter().collect();
        assert_eq!(unique.len(), 9);
    }
}
