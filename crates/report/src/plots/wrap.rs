//! Polylines on axes that end or close: split at the boundary of a period, clipped elsewhere.

/// One axis of the drawn box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BoxAxis {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) periodic: bool,
}

impl BoxAxis {
    fn period(&self) -> f64 {
        self.upper - self.lower
    }

    /// The image of `value` inside the box, for periodic axes.
    pub(crate) fn wrap(&self, value: f64) -> f64 {
        if !self.periodic {
            return value;
        }
        let image = self.lower + (value - self.lower).rem_euclid(self.period());
        // rem_euclid may round up to the period itself.
        if image < self.upper { image } else { self.lower }
    }

    /// Difference of two values by the shortest way around.
    fn difference(&self, from: f64, to: f64) -> f64 {
        let difference = to - from;
        if self.periodic {
            difference - self.period() * (difference / self.period()).round()
        } else {
            difference
        }
    }
}

/// The pieces of a polyline that lie in the box.
///
/// On a periodic axis neighbouring points are joined by the shortest way around, whichever image
/// they are given in; a piece ends where the line leaves the box and the next starts at the opposite
/// side. On other axes the line is clipped. Points that are not finite interrupt it.
pub(crate) fn pieces_in_box(points: &[[f64; 2]], axes: [BoxAxis; 2]) -> Vec<Vec<[f64; 2]>> {
    let mut pieces: Vec<Vec<[f64; 2]>> = Vec::new();
    let mut previous: Option<[f64; 2]> = None;
    for &point in points {
        if !point.iter().all(|v| v.is_finite()) {
            previous = None;
            continue;
        }
        let wrapped = [axes[0].wrap(point[0]), axes[1].wrap(point[1])];
        if let Some(from) = previous {
            let to = [0, 1].map(|k| from[k] + axes[k].difference(from[k], wrapped[k]));
            add_segment(&mut pieces, from, to, axes);
        }
        previous = Some(wrapped);
    }
    pieces
}

/// Adds the straight line from a point in the (periodic) box to a point at most half a period away.
fn add_segment(pieces: &mut Vec<Vec<[f64; 2]>>, mut from: [f64; 2], mut to: [f64; 2], axes: [BoxAxis; 2]) {
    // At most one crossing of each axis' boundary.
    for _ in 0..=2 {
        let mut first: Option<(f64, usize, f64)> = None;
        for (k, axis) in axes.iter().enumerate().filter(|(_, a)| a.periodic) {
            let boundary = if to[k] >= axis.upper {
                axis.upper
            } else if to[k] < axis.lower {
                axis.lower
            } else {
                continue;
            };
            let share = ((boundary - from[k]) / (to[k] - from[k])).clamp(0.0, 1.0);
            if first.is_none_or(|(s, _, _)| share < s) {
                first = Some((share, k, boundary));
            }
        }
        let Some((share, k, boundary)) = first else {
            break;
        };
        let mut crossing = [0, 1].map(|i| from[i] + share * (to[i] - from[i]));
        crossing[k] = boundary;
        add_clipped(pieces, from, crossing, axes);
        let shift = if boundary == axes[k].upper { -axes[k].period() } else { axes[k].period() };
        from = crossing;
        from[k] += shift;
        to[k] += shift;
    }
    add_clipped(pieces, from, to, axes);
}

/// Liang and Barsky's clipping (ACM Trans. Graph. 3, 1, 1984) on the axes that are not periodic.
fn add_clipped(pieces: &mut Vec<Vec<[f64; 2]>>, from: [f64; 2], to: [f64; 2], axes: [BoxAxis; 2]) {
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (k, axis) in axes.iter().enumerate().filter(|(_, a)| !a.periodic) {
        let step = to[k] - from[k];
        for (direction, room) in [(-step, from[k] - axis.lower), (step, axis.upper - from[k])] {
            if direction == 0.0 {
                if room < 0.0 {
                    return;
                }
            } else if direction < 0.0 {
                enter = enter.max(room / direction);
            } else {
                leave = leave.min(room / direction);
            }
        }
    }
    if enter > leave {
        return;
    }
    let at = |share: f64| match share {
        0.0 => from,
        1.0 => to,
        _ => [0, 1].map(|k| from[k] + share * (to[k] - from[k])),
    };
    let (start, end) = (at(enter), at(leave));
    match pieces.last_mut() {
        Some(piece) if piece.last() == Some(&start) => piece.push(end),
        _ => pieces.push(vec![start, end]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TURN: BoxAxis = BoxAxis { lower: -180.0, upper: 180.0, periodic: true };
    const RANGE: BoxAxis = BoxAxis { lower: 0.0, upper: 1.0, periodic: false };

    fn length(pieces: &[Vec<[f64; 2]>]) -> f64 {
        let segment = |w: &[[f64; 2]]| (w[1][0] - w[0][0]).hypot(w[1][1] - w[0][1]);
        pieces.iter().flat_map(|p| p.windows(2)).map(segment).sum()
    }

    #[test]
    fn a_line_over_the_edge_comes_back_on_the_other_side() {
        let pieces = pieces_in_box(&[[170.0, 0.0], [-170.0, 20.0]], [TURN, TURN]);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0], [[170.0, 0.0], [180.0, 10.0]]);
        assert_eq!(pieces[1], [[-180.0, 10.0], [-170.0, 20.0]]);
    }

    #[test]
    fn a_line_through_a_corner_of_the_torus_gives_three_pieces() {
        let pieces = pieces_in_box(&[[170.0, 160.0], [-170.0, -170.0]], [TURN, TURN]);
        assert_eq!(pieces.len(), 3, "{pieces:?}");
        assert!((length(&pieces) - 20f64.hypot(30.0)).abs() < 1e-9);
    }

    #[test]
    fn a_line_out_of_a_bounded_box_is_cut() {
        let pieces = pieces_in_box(&[[0.5, 0.5], [0.5, 2.5], [0.5, 0.5]], [RANGE, RANGE]);
        assert_eq!(pieces, [vec![[0.5, 0.5], [0.5, 1.0]], vec![[0.5, 1.0], [0.5, 0.5]]].concat_if());
        assert!(pieces_in_box(&[[2.0, 0.0], [2.0, 1.0]], [RANGE, RANGE]).is_empty());
    }

    /// Pieces that touch may be kept as one; compare as one.
    trait ConcatIf {
        fn concat_if(self) -> Vec<Vec<[f64; 2]>>;
    }
    impl ConcatIf for [Vec<[f64; 2]>; 2] {
        fn concat_if(self) -> Vec<Vec<[f64; 2]>> {
            vec![vec![self[0][0], self[0][1], self[1][1]]]
        }
    }

    #[test]
    fn a_value_that_is_not_finite_interrupts_the_line() {
        let points = [[0.0, 0.0], [1.0, 1.0], [f64::NAN, 1.0], [2.0, 2.0], [3.0, 3.0]];
        assert_eq!(pieces_in_box(&points, [TURN, TURN]).len(), 2);
    }

    proptest! {
        /// On a torus nothing is lost, nothing crosses the figure, and images do not matter.
        #[test]
        fn pieces_stay_inside_and_keep_their_length(
            steps in prop::collection::vec((-170.0..170.0f64, -170.0..170.0f64), 1..20),
            turns in prop::collection::vec((-2i32..3, -2i32..3), 20),
        ) {
            let mut points = vec![[13.0, -77.0]];
            for (dx, dy) in &steps {
                let last = points[points.len() - 1];
                points.push([last[0] + dx, last[1] + dy]);
            }
            let images: Vec<[f64; 2]> = points
                .iter()
                .zip(&turns)
                .map(|(p, t)| [p[0] + 360.0 * f64::from(t.0), p[1] + 360.0 * f64::from(t.1)])
                .collect();
            let pieces = pieces_in_box(&points, [TURN, TURN]);
            let expected: f64 = steps.iter().map(|(dx, dy)| dx.hypot(*dy)).sum();
            prop_assert!((length(&pieces) - expected).abs() < 1e-6);
            prop_assert!((length(&pieces_in_box(&images, [TURN, TURN])) - expected).abs() < 1e-6);
            for point in pieces.iter().flatten() {
                prop_assert!(point.iter().all(|v| v.abs() <= 180.0 + 1e-9));
            }
        }
    }
}
