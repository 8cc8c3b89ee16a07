//! The minimum-energy path between two points: everywhere along it the gradient points along the path.
//!
//! Found by the simplified string method: images move down the gradient and are then spread out again at equal distances along
//! a curve through them (W. E, W. Ren and E. Vanden-Eijnden, J. Chem. Phys. 126, 164103 (2007)). The highest image is then
//! taken to the saddle by following the eigenvector of the lowest eigenvalue uphill and all others downhill (C. J. Cerjan and
//! W. H. Miller, J. Chem. Phys. 75, 2800 (1981)), so that the barrier does not depend on the number of images.

mod saddle;
mod string;

use crate::{Landscape, LandscapeError};
use saddle::saddle_near;
use string::{distance, redistributed, widest_gap};

/// Images move by at most this share of their distance in one iteration.
const LARGEST_STEP: f64 = 0.2;
/// Step down the gradient in units of the inverse of the largest curvature; 2 is the limit of stability.
const STEP_PER_CURVATURE: f64 = 0.5;
/// Iterations after which the curvatures are measured again.
const CURVATURE_INTERVAL: usize = 16;

/// Images that are relaxed from the first path; more are added when these stand still.
const FEW_IMAGES: usize = 128;
/// How many times as many images follow.
const REFINEMENT: usize = 4;

/// How a minimum-energy path is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StringMethod {
    /// Points on the path, both ends included; at least 3.
    pub images: usize,
    /// The path is found when no image moves by more than this share of the images' distance in one iteration.
    pub tolerance: f64,
    /// Largest number of iterations.
    pub max_iterations: usize,
}

impl Default for StringMethod {
    fn default() -> Self {
        Self { images: 128, tolerance: 1e-5, max_iterations: 20_000 }
    }
}

/// A minimum-energy path.
#[derive(Clone, Debug, PartialEq)]
pub struct MinimumEnergyPath {
    /// Its points from start to end on the universal cover, at equal distances on either side of the saddle.
    pub points: Vec<Vec<f64>>,
    /// `F` at each point, kJ/mol.
    pub energies_kj_mol: Vec<f64>,
    /// Index of the highest point.
    pub highest: usize,
    /// Whether the highest point is a saddle, where the gradient vanishes; else it is an end of the path, or where the images
    /// came highest.
    pub is_saddle: bool,
    /// Iterations of the string.
    pub iterations: usize,
    /// Whether the images stood still at the end, to the tolerance.
    pub converged: bool,
}

impl StringMethod {
    /// Relaxes a path, given by its points from the first end to the last; both ends stay where they are.
    ///
    /// An end that is not a minimum is joined to the valley by the way down from it. Images move by shares of their distance, so that
    /// many of them would take ever more iterations from far away: few are relaxed first, then four times as many on the path through
    /// these.
    ///
    /// # Errors
    /// Fewer than two points or three images, ends that are one point, points of another dimension, or a gradient that is not
    /// a number.
    pub fn relax(
        &self,
        landscape: &dyn Landscape,
        path: &[Vec<f64>],
    ) -> Result<MinimumEnergyPath, LandscapeError> {
        self.relax_unless(landscape, path, &|| false)
    }

    /// The same, asking before every iteration whether to stop.
    ///
    /// # Errors
    /// As [`StringMethod::relax`]; [`LandscapeError::Interrupted`] once the answer is yes.
    pub fn relax_unless(
        &self,
        landscape: &dyn Landscape,
        path: &[Vec<f64>],
        is_interrupted: &dyn Fn() -> bool,
    ) -> Result<MinimumEnergyPath, LandscapeError> {
        self.check(landscape, path)?;
        let mut images = path.to_vec();
        let mut count = self.images.min(FEW_IMAGES);
        let mut iterations = 0;
        loop {
            // Many images need not stand nearer to the valley than few do.
            let tolerance = self.tolerance * (count as f64 / FEW_IMAGES as f64).max(1.0);
            let max_iterations = self.max_iterations - iterations;
            let level = Self { images: count, tolerance, max_iterations };
            let (relaxed, taken, converged) = level.relax_once(landscape, &images, is_interrupted)?;
            images = relaxed;
            iterations += taken;
            if count == self.images {
                return Ok(finish(landscape, images, iterations, converged));
            }
            count = self.images.min(REFINEMENT * count);
        }
    }

    /// The images, the iterations that it took, and whether they stood still at the end.
    fn relax_once(
        &self,
        landscape: &dyn Landscape,
        path: &[Vec<f64>],
        is_interrupted: &dyn Fn() -> bool,
    ) -> Result<(Vec<Vec<f64>>, usize, bool), LandscapeError> {
        let mut images = redistributed(path, self.images);
        let mut steps = Vec::new();
        let (mut iterations, mut converged) = (0, false);
        while iterations < self.max_iterations && !converged {
            if is_interrupted() {
                return Err(LandscapeError::Interrupted);
            }
            if iterations % CURVATURE_INTERVAL == 0 {
                steps = self.steps(landscape, &images)?;
            }
            let spacing = widest_gap(&images);
            let mut moved = images.clone();
            for (image, step) in moved.iter_mut().zip(&steps).skip(1).take(self.images - 2) {
                descend(landscape, image, *step, LARGEST_STEP * spacing)?;
            }
            let moved = redistributed(&moved, self.images);
            let farthest = images.iter().zip(&moved).map(|(a, b)| distance(a, b)).fold(0.0, f64::max);
            converged = farthest <= self.tolerance * spacing;
            images = moved;
            iterations += 1;
        }
        Ok((images, iterations, converged))
    }

    fn check(&self, landscape: &dyn Landscape, path: &[Vec<f64>]) -> Result<(), LandscapeError> {
        let refused = |reason: String| Err(LandscapeError::Path(reason));
        if self.images < 3 {
            return refused(format!("a path needs at least 3 points, not {}", self.images));
        }
        let [first, .., last] = path else {
            return refused("two ends are needed".to_owned());
        };
        if let Some(point) = path
            .iter()
            .find(|point| point.len() != landscape.dimension() || point.iter().any(|x| !x.is_finite()))
        {
            return refused(format!("{point:?} is not a point of these variables"));
        }
        if distance(first, last) == 0.0 {
            return refused("its two ends coincide".to_owned());
        }
        Ok(())
    }

    /// Length of a step down the gradient, for each image: the inverse of the largest curvature there.
    fn steps(&self, landscape: &dyn Landscape, images: &[Vec<f64>]) -> Result<Vec<f64>, LandscapeError> {
        let scale = widest_gap(images);
        images
            .iter()
            .map(|image| {
                let curvature = saddle::hessian(landscape, image, 1e-2 * scale).norm();
                if curvature.is_finite() {
                    Ok(STEP_PER_CURVATURE / curvature.max(f64::MIN_POSITIVE))
                } else {
                    Err(not_a_number(image))
                }
            })
            .collect()
    }
}

/// Moves an image down the gradient, no farther than `most`.
fn descend(landscape: &dyn Landscape, image: &mut [f64], step: f64, most: f64) -> Result<(), LandscapeError> {
    let mut gradient = vec![0.0; image.len()];
    landscape.energy_gradient(image, &mut gradient);
    let slope = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    if !slope.is_finite() {
        return Err(not_a_number(image));
    }
    let step = if step * slope > most { most / slope } else { step };
    for (x, g) in image.iter_mut().zip(&gradient) {
        *x -= step * g;
    }
    Ok(())
}

fn not_a_number(point: &[f64]) -> LandscapeError {
    LandscapeError::Path(format!("the gradient at {point:?} is not a number"))
}

/// Takes the highest image to its saddle and spreads the others out on either side of it.
fn finish(
    landscape: &dyn Landscape,
    mut images: Vec<Vec<f64>>,
    iterations: usize,
    converged: bool,
) -> MinimumEnergyPath {
    let energies = |images: &[Vec<f64>]| -> Vec<f64> { images.iter().map(|x| landscape.energy(x)).collect() };
    let highest_of = |energies: &[f64]| {
        (0..energies.len()).fold(0, |best, image| if energies[image] > energies[best] { image } else { best })
    };
    let mut energies_kj_mol = energies(&images);
    let mut highest = highest_of(&energies_kj_mol);
    let inside = highest > 0 && highest + 1 < images.len();
    // A saddle farther than the neighbouring images is not this one's.
    let reach = 2.0 * widest_gap(&images);
    let saddle = inside.then(|| saddle_near(landscape, &images[highest], reach)).flatten();
    let is_saddle = saddle.is_some();
    if let Some(saddle) = saddle {
        images[highest] = saddle;
        let rising = redistributed(&images[..=highest], highest + 1);
        let falling = redistributed(&images[highest..], images.len() - highest);
        images = rising.into_iter().chain(falling.into_iter().skip(1)).collect();
        energies_kj_mol = energies(&images);
        highest = highest_of(&energies_kj_mol);
    }
    MinimumEnergyPath { points: images, energies_kj_mol, highest, is_saddle, iterations, converged }
}
