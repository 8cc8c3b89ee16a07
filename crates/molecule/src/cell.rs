//! Periodic cells.

/// Widths below this, nm, are not the cell of a molecule: files write zeros, or 1 Å, where they have none.
const SMALLEST_WIDTH_NM: f64 = 0.2;

/// A periodic cell: three edge vectors, nm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    vectors: [[f64; 3]; 3],
    /// Reciprocal vectors: `inverse[i] · vectors[j]` is 1 for `i = j` and 0 else.
    inverse: [[f64; 3]; 3],
}

impl Cell {
    /// The cell with these edges (rows, nm); none if they are not finite or span less than 0.2 nm in some direction, as the
    /// placeholders do that files hold in place of a cell (zeros, or edges of 1 Å).
    pub fn new(vectors: [[f64; 3]; 3]) -> Option<Self> {
        let [a, b, c] = vectors;
        let volume = dot(a, cross(b, c));
        let inverse = [cross(b, c), cross(c, a), cross(a, b)].map(|normal| normal.map(|x| x / volume));
        let widths = inverse.map(|normal| 1.0 / dot(normal, normal).sqrt());
        let sound = widths.iter().all(|width| width.is_finite() && *width >= SMALLEST_WIDTH_NM);
        sound.then_some(Self { vectors, inverse })
    }

    /// The cell with edges of these lengths (nm) and the angles α, β, γ (degrees) between the second and third, the first
    /// and third, and the first and second; none as for [`Cell::new`], or where no cell has such angles.
    pub fn from_lengths_and_angles(lengths: [f64; 3], angles: [f64; 3]) -> Option<Self> {
        let [a, b, c] = lengths;
        // The cosine of 90° would not be zero.
        let cosine = |degrees: f64| if degrees == 90.0 { 0.0 } else { degrees.to_radians().cos() };
        let [alpha, beta, gamma] = angles.map(cosine);
        let sine = (1.0 - gamma * gamma).sqrt();
        let y = (alpha - beta * gamma) / sine;
        let z = (1.0 - beta * beta - y * y).sqrt();
        Self::new([[a, 0.0, 0.0], [b * gamma, b * sine, 0.0], [c * beta, c * y, c * z]])
    }

    /// Its edges, nm, one per row.
    pub fn vectors(&self) -> [[f64; 3]; 3] {
        self.vectors
    }

    /// The shortest of all images of a displacement (nm).
    pub fn nearest_image(&self, displacement: [f64; 3]) -> [f64; 3] {
        let whole = self.inverse.map(|normal| dot(normal, displacement).round());
        let start = self.moved(displacement, whole.map(|n| -n));
        // In a skewed cell the image with the smallest coordinates need not be the shortest.
        let mut best = start;
        for code in 0..27 {
            let shift = [code / 9, code / 3 % 3, code % 3].map(|digit| f64::from(digit - 1));
            let image = self.moved(start, shift);
            if dot(image, image) < dot(best, best) {
                best = image;
            }
        }
        best
    }

    /// A position moved by whole edges.
    pub(crate) fn moved(&self, position: [f64; 3], edges: [f64; 3]) -> [f64; 3] {
        let [a, b, c] = self.vectors;
        [0, 1, 2].map(|axis| position[axis] + edges[0] * a[axis] + edges[1] * b[axis] + edges[2] * c[axis])
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_no_cells() {
        assert_eq!(Cell::new([[0.0; 3]; 3]), None);
        assert_eq!(Cell::from_lengths_and_angles([0.1; 3], [90.0; 3]), None);
        assert_eq!(Cell::from_lengths_and_angles([0.0; 3], [0.0; 3]), None);
        assert_eq!(Cell::from_lengths_and_angles([3.0; 3], [0.0; 3]), None);
        assert_eq!(Cell::from_lengths_and_angles([3.0; 3], [60.0, 60.0, 150.0]), None);
        assert_eq!(Cell::from_lengths_and_angles([f64::NAN; 3], [90.0; 3]), None);
    }

    #[test]
    fn the_nearest_image_is_the_shortest_of_many() {
        // A truncated octahedron, as GROMACS and AMBER write it, and a flat skewed cell.
        for (lengths, angles) in [
            ([3.0; 3], [109.471_219_0; 3]),
            ([2.0, 3.0, 2.5], [100.0, 70.0, 62.0]),
            ([1.0, 2.0, 3.0], [90.0; 3]),
        ] {
            let cell = Cell::from_lengths_and_angles(lengths, angles).unwrap();
            for seed in 0..200_u32 {
                let displacement = [1, 2, 3].map(|k| (f64::from(seed * k) * 12.989_8).sin() * 9.0);
                let shortest = (0..729)
                    .map(|code| {
                        let shift = [code / 81, code / 9 % 9, code % 9].map(|digit| f64::from(digit - 4));
                        let image = cell.moved(displacement, shift);
                        dot(image, image)
                    })
                    .fold(f64::INFINITY, f64::min);
                let found = cell.nearest_image(displacement);
                let found = dot(found, found);
                assert!(found <= shortest + 1e-9, "{lengths:?} {seed}: {found} {shortest}");
            }
        }
    }
}
