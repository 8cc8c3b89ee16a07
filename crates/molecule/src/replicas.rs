//! Vectors of many replicas of one molecule, stored so that every kernel vectorises over replicas.

/// Replicas that a kernel treats together: the width of one strip of lanes.
///
/// Eight doubles are two AVX2 registers or one AVX-512 register.
pub const LANES: usize = 8;

/// One Cartesian vector per atom and replica: positions (nm), velocities (nm/ps) or forces (kJ/mol/nm).
///
/// Stored as `[atom][xyz][replica]`, replica fastest. The number of replicas is padded to a multiple of
/// [`LANES`]; the padding holds copies of the last replica, so that kernels need no mask and never meet
/// a singular configuration there.
#[derive(Clone, Debug, PartialEq)]
pub struct Replicas {
    atoms: usize,
    replicas: usize,
    stride: usize,
    data: Vec<f64>,
}

impl Replicas {
    /// Zero vectors for `atoms` atoms in `replicas` replicas.
    pub fn zeros(atoms: usize, replicas: usize) -> Self {
        let stride = replicas.div_ceil(LANES) * LANES;
        Self { atoms, replicas, stride, data: vec![0.0; atoms * 3 * stride] }
    }

    /// `replicas` copies of one set of vectors, one `[x, y, z]` per atom.
    pub fn repeat(vectors: &[[f64; 3]], replicas: usize) -> Self {
        let mut result = Self::zeros(vectors.len(), replicas);
        for (atom, vector) in vectors.iter().enumerate() {
            for (axis, &value) in vector.iter().enumerate() {
                result.row_mut(atom, axis).fill(value);
            }
        }
        result
    }

    /// One replica per element of `frames`, each with one `[x, y, z]` per atom.
    ///
    /// # Panics
    /// If the frames differ in their number of atoms or there is none.
    pub fn from_frames<F: AsRef<[[f64; 3]]>>(frames: &[F]) -> Self {
        assert!(!frames.is_empty(), "a batch needs at least one replica");
        let mut result = Self::zeros(frames[0].as_ref().len(), frames.len());
        for (replica, frame) in frames.iter().enumerate() {
            result.set_replica(replica, frame.as_ref());
        }
        result
    }

    /// Number of atoms.
    pub fn atoms(&self) -> usize {
        self.atoms
    }

    /// Number of replicas, without padding.
    pub fn replicas(&self) -> usize {
        self.replicas
    }

    /// Number of replicas with padding: the length of every row, a multiple of [`LANES`].
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Values of all replicas (padding included) for one atom and one axis (0, 1, 2 for x, y, z).
    pub fn row(&self, atom: usize, axis: usize) -> &[f64] {
        let start = (atom * 3 + axis) * self.stride;
        &self.data[start..start + self.stride]
    }

    /// As [`Replicas::row`], to be written.
    pub fn row_mut(&mut self, atom: usize, axis: usize) -> &mut [f64] {
        let start = (atom * 3 + axis) * self.stride;
        &mut self.data[start..start + self.stride]
    }

    /// The vector of one atom in one replica.
    pub fn get(&self, atom: usize, replica: usize) -> [f64; 3] {
        [0, 1, 2].map(|axis| self.row(atom, axis)[replica])
    }

    /// All atoms of one replica.
    pub fn replica(&self, replica: usize) -> Vec<[f64; 3]> {
        (0..self.atoms).map(|atom| self.get(atom, replica)).collect()
    }

    /// Overwrites all atoms of one replica; the last replica is copied into the padding too.
    ///
    /// # Panics
    /// If the number of atoms differs.
    pub fn set_replica(&mut self, replica: usize, vectors: &[[f64; 3]]) {
        assert_eq!(vectors.len(), self.atoms, "number of atoms");
        let last = if replica + 1 == self.replicas { self.stride } else { replica + 1 };
        for (atom, vector) in vectors.iter().enumerate() {
            for (axis, &value) in vector.iter().enumerate() {
                self.row_mut(atom, axis)[replica..last].fill(value);
            }
        }
    }

    /// The raw values, `[atom][xyz][replica]`.
    pub fn as_slice(&self) -> &[f64] {
        &self.data
    }

    /// The raw values, to be written.
    pub fn as_mut_slice(&mut self) -> &mut [f64] {
        &mut self.data
    }

    /// Sets every value.
    pub fn fill(&mut self, value: f64) {
        self.data.fill(value);
    }
}
