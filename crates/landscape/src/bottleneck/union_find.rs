//! Connectivity on a torus, with windings.

/// Displacement in whole periods, one entry a variable (unused ones zero).
pub(super) type Image = [i32; 3];

fn add(a: Image, b: Image) -> Image {
    std::array::from_fn(|axis| a[axis] + b[axis])
}

fn subtract(a: Image, b: Image) -> Image {
    std::array::from_fn(|axis| a[axis] - b[axis])
}

/// Displacements that closed loops within one component make possible: the integer combinations of `basis`, which is in
/// echelon form (vector `k` starts with its entry `k`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lattice {
    basis: [Option<Image>; 3],
}

impl Lattice {
    fn insert(&mut self, mut vector: Image) {
        for column in 0..3 {
            if vector[column] == 0 {
                continue;
            }
            let Some(mut pivot) = self.basis[column] else {
                self.basis[column] = Some(vector);
                return;
            };
            while vector[column] != 0 {
                let quotient = pivot[column] / vector[column];
                let remainder = std::array::from_fn(|axis| pivot[axis] - quotient * vector[axis]);
                (pivot, vector) = (vector, remainder);
            }
            self.basis[column] = Some(pivot);
        }
    }

    fn contains(&self, mut vector: Image) -> bool {
        for column in 0..3 {
            if vector[column] == 0 {
                continue;
            }
            let Some(pivot) = self.basis[column] else { return false };
            if vector[column] % pivot[column] != 0 {
                return false;
            }
            let quotient = vector[column] / pivot[column];
            vector = std::array::from_fn(|axis| vector[axis] - quotient * pivot[axis]);
        }
        true
    }
}

/// A union-find structure over the nodes of one period that records in which image of a component each node lies.
///
/// Node `i` in image 0 is connected to its parent in image `offset[i]` (the potentials of weighted union-find).
pub(super) struct UnionFind {
    parent: Vec<u32>,
    size: Vec<u32>,
    offset: Vec<Image>,
    /// Loops of each component, by the index in `lattices` plus one; most components have none.
    lattice_of: Vec<u32>,
    lattices: Vec<Lattice>,
}

impl UnionFind {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            parent: (0..nodes as u32).collect(),
            size: vec![1; nodes],
            offset: vec![[0; 3]; nodes],
            lattice_of: vec![0; nodes],
            lattices: Vec::new(),
        }
    }

    /// Root of a node, and the root's image that the node in image 0 is connected to.
    pub(super) fn find(&mut self, node: u32) -> (u32, Image) {
        let (mut root, mut total) = (node, [0; 3]);
        while self.parent[root as usize] != root {
            total = add(total, self.offset[root as usize]);
            root = self.parent[root as usize];
        }
        // Point all nodes on the way at the root.
        let (mut current, mut rest) = (node, total);
        while self.parent[current as usize] != root && current != root {
            let next = self.parent[current as usize];
            let step = self.offset[current as usize];
            self.parent[current as usize] = root;
            self.offset[current as usize] = rest;
            rest = subtract(rest, step);
            current = next;
        }
        (root, total)
    }

    /// Notes that `a` in image 0 touches `b` in image `shift`.
    pub(super) fn connect(&mut self, a: u32, b: u32, shift: Image) {
        let ((root_a, image_a), (root_b, image_b)) = (self.find(a), self.find(b));
        // root_a in image 0 is connected to root_b in image `between`.
        let between = subtract(add(image_b, shift), image_a);
        if root_a == root_b {
            if between != [0; 3] {
                self.lattice_mut(root_a).insert(between);
            }
            return;
        }
        let (child, root, offset) = if self.size[root_a as usize] < self.size[root_b as usize] {
            (root_a, root_b, between)
        } else {
            (root_b, root_a, subtract([0; 3], between))
        };
        self.parent[child as usize] = root;
        self.offset[child as usize] = offset;
        self.size[root as usize] += self.size[child as usize];
        if self.lattice_of[child as usize] != 0 {
            let loops = self.lattices[self.lattice_of[child as usize] as usize - 1];
            for vector in loops.basis.into_iter().flatten() {
                self.lattice_mut(root).insert(vector);
            }
        }
    }

    /// Whether `a` in image 0 is connected to `b` in image `winding`.
    pub(super) fn connected(&mut self, a: u32, b: u32, winding: Image) -> bool {
        let ((root_a, image_a), (root_b, image_b)) = (self.find(a), self.find(b));
        if root_a != root_b {
            return false;
        }
        let between = subtract(add(image_b, winding), image_a);
        let lattice = self.lattice_of[root_a as usize];
        between == [0; 3] || (lattice != 0 && self.lattices[lattice as usize - 1].contains(between))
    }

    fn lattice_mut(&mut self, root: u32) -> &mut Lattice {
        if self.lattice_of[root as usize] == 0 {
            self.lattices.push(Lattice::default());
            self.lattice_of[root as usize] = self.lattices.len() as u32;
        }
        &mut self.lattices[self.lattice_of[root as usize] as usize - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_ring_knows_its_windings() {
        let mut ring = UnionFind::new(4);
        for node in 0..3 {
            ring.connect(node, node + 1, [0; 3]);
        }
        assert!(ring.connected(0, 3, [0; 3]) && !ring.connected(0, 3, [1, 0, 0]));
        ring.connect(3, 0, [2, 0, 0]);
        assert!(ring.connected(0, 3, [-2, 0, 0]) && ring.connected(1, 1, [4, 0, 0]));
        assert!(!ring.connected(1, 1, [1, 0, 0]) && !ring.connected(1, 1, [2, 1, 0]));
    }

    proptest! {
        /// Integer combinations of what was inserted are contained; with a determinant of ±1 everything is.
        #[test]
        fn lattices_contain_their_combinations(
            vectors in prop::collection::vec(prop::array::uniform3(-4i32..5), 1..5),
            factors in prop::collection::vec(-3i32..4, 5),
        ) {
            let mut lattice = Lattice::default();
            let mut sum = [0; 3];
            for (vector, factor) in vectors.iter().zip(&factors) {
                lattice.insert(*vector);
                sum = add(sum, vector.map(|entry| entry * factor));
            }
            prop_assert!(lattice.contains(sum));
            if vectors.len() == 1 {
                let vector = vectors[0];
                let doubled = Lattice { basis: { let mut l = Lattice::default(); l.insert(vector.map(|e| 2 * e)); l.basis } };
                prop_assert_eq!(doubled.contains(vector), vector == [0; 3]);
            }
        }
    }
}
