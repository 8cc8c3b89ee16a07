//! The paths that a page holds, and which of a run's they are.

/// Most bytes of paths in a page, before they are written in base64: with NGL and the figures a page stays below 5 MiB.
pub const EMBEDDED_BYTES: usize = 1_900_000;
/// Frames are left out of a path as long as this many stay.
const LEAST_FRAMES: usize = 48;
/// Columns that every path has, those of the variables left out.
const FIXED_COLUMNS: usize = 6;

/// One path of the page: some of its frames.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PagePath {
    /// Name of its files, e.g. `path-0000`.
    pub name: String,
    /// Whether it arrived; none where that is not known.
    pub reached: Option<bool>,
    /// Its name with what is known of it as a whole: whether it arrived, how high it went, its work.
    pub label: String,
    /// Numbers of the frames in the trajectory.
    pub frames: Vec<usize>,
    /// Share of the geodesic's length at each frame.
    pub arc_share: Vec<f64>,
    /// logSNR at each frame.
    pub log_snr: Vec<f64>,
    /// Values of the variables, one entry a frame, in their units.
    pub variables: Vec<Vec<f64>>,
    /// Landscape energy in kJ/mol; may be empty.
    pub landscape_energy_kj_mol: Vec<f64>,
    /// All-atom potential energy in kJ/mol; may be empty.
    pub potential_energy_kj_mol: Vec<f64>,
    /// Work since the path's first frame in kJ/mol.
    pub work_kj_mol: Vec<f64>,
    /// Positions of the atoms in nm, one entry a frame; empty without a molecule.
    pub positions_nm: Vec<Vec<[f64; 3]>>,
    /// The frame of highest energy, counted in this page's frames.
    pub highest: usize,
}

impl PagePath {
    /// How it is listed: short enough for a narrow list, with what is unusual.
    pub(super) fn short_label(&self) -> String {
        let fate = if self.reached == Some(false) { " · not reached" } else { "" };
        format!("{}{fate}", self.name)
    }
}

/// Which paths and frames of a run its page holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Indices of the paths.
    pub paths: Vec<usize>,
    /// Of each path every so-manieth frame, and its last.
    pub stride: usize,
    /// Whether the atoms' positions have room.
    pub with_positions: bool,
}

impl Selection {
    /// The frames of a path that are taken.
    #[must_use]
    pub fn frames(&self, count: usize) -> Vec<usize> {
        let mut frames: Vec<usize> = (0..count).step_by(self.stride.max(1)).collect();
        if let Some(last) = count.checked_sub(1).filter(|last| frames.last() != Some(last)) {
            frames.push(last);
        }
        frames
    }
}

/// Chooses what has room in [`EMBEDDED_BYTES`]: frames are left out first, down to about 48 a path, then paths, as many of
/// each direction in proportion; where not one path fits, its atoms are left out.
///
/// `paths` holds for each whether it runs forward and how many frames it has.
#[must_use]
pub fn select_paths(paths: &[(bool, usize)], atoms: usize, variables: usize) -> Selection {
    let usable: Vec<usize> = (0..paths.len()).filter(|path| paths[*path].1 > 0).collect();
    let longest = usable.iter().map(|path| paths[*path].1).max().unwrap_or(0);
    let mut with_positions = atoms > 0;
    loop {
        let per_frame = 4 * (FIXED_COLUMNS + variables) + if with_positions { 6 * atoms } else { 0 };
        let bytes = |chosen: &[usize], stride: usize| -> usize {
            chosen.iter().map(|path| (paths[*path].1.div_ceil(stride) + 1) * per_frame).sum()
        };
        let mut stride = 1;
        while bytes(&usable, stride) > EMBEDDED_BYTES && longest.div_ceil(stride + 1) >= LEAST_FRAMES {
            stride += 1;
        }
        let of = |forward: bool| usable.iter().copied().filter(move |path| paths[*path].0 == forward);
        for percent in (1..=100).rev() {
            let take = |forward: bool| {
                let count = of(forward).count();
                of(forward).take((count * percent).div_ceil(100))
            };
            let chosen: Vec<usize> = take(true).chain(take(false)).collect();
            if bytes(&chosen, stride) <= EMBEDDED_BYTES {
                return Selection { paths: chosen, stride, with_positions };
            }
        }
        let one: Vec<usize> = usable.first().copied().into_iter().collect();
        if !with_positions || bytes(&one, stride) <= EMBEDDED_BYTES {
            return Selection { paths: one, stride, with_positions };
        }
        with_positions = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_run_is_held_whole() {
        let paths: Vec<(bool, usize)> = (0..64).map(|path| (path < 32, 128)).collect();
        let selection = select_paths(&paths, 22, 2);
        assert_eq!((selection.paths.len(), selection.stride, selection.with_positions), (64, 1, true));
    }

    #[test]
    fn larger_runs_lose_frames_then_paths_then_atoms() {
        let paths: Vec<(bool, usize)> = (0..64).map(|path| (path < 32, 128)).collect();
        let frames = select_paths(&paths, 50, 2);
        assert!(frames.paths.len() == 64 && frames.stride == 2, "{frames:?}");
        let fewer = select_paths(&paths, 600, 2);
        let forward = fewer.paths.iter().filter(|path| **path < 32).count();
        assert!(forward > 0 && forward * 2 == fewer.paths.len() && forward < 32, "{fewer:?}");
        let none = select_paths(&paths, 100_000, 2);
        assert!(!none.with_positions && none.paths.len() == 64, "{none:?}");
        let many: Vec<(bool, usize)> = (0..20_000).map(|_| (true, 512)).collect();
        let many = select_paths(&many, 0, 2);
        assert!(many.paths.len() > 100 && many.paths.len() < 20_000, "{many:?}");
    }

    #[test]
    fn the_last_frame_is_always_taken() {
        let selection = Selection { paths: vec![0], stride: 3, with_positions: true };
        assert_eq!(selection.frames(7), [0, 3, 6]);
        assert_eq!(selection.frames(8), [0, 3, 6, 7]);
        assert!(selection.frames(0).is_empty());
    }
}
