//! Vectors of doubles, one element per replica, behind one trait; and the choice of instructions at run time.
//!
//! A kernel is written once, generic over [`Simd`]. [`dispatch`] runs it with the widest instructions that the
//! machine has. Every operation acts on each element separately, so that a replica's result does not depend on its neighbours.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod functions;
mod kernel;
mod operations;
mod portable;
mod vector;

pub(crate) use functions::{atan2, exp, ln, tanh};
pub(crate) use kernel::{Kernel, dispatch};
pub(crate) use operations::Simd;
pub(crate) use vector::Vector3;

#[cfg(test)]
pub(crate) mod tests {
    use geodyssey_molecule::LANES;

    pub(crate) use super::kernel::PORTABLE_ONLY;
    use super::*;
    use crate::block::Block;

    /// Applies a function of one vector to one value, by every set of instructions that this machine has.
    macro_rules! on_all {
        ($values:expr, $function:expr) => {{
            struct Apply<'a>(&'a [f64; LANES]);
            impl Kernel for Apply<'_> {
                #[inline(always)]
                fn run<V: Simd>(&self, block: &mut Block<'_>) {
                    for part in 0..LANES / V::WIDTH {
                        let result = $function(V::load(&self.0[part * V::WIDTH..]));
                        result.store(&mut block.energies[part * V::WIDTH..]);
                    }
                }
            }
            let run = |portable: bool| {
                let mut energies = [0.0; LANES];
                PORTABLE_ONLY.set(portable);
                dispatch(
                    &Apply($values),
                    &mut Block {
                        positions: &[],
                        forces: &mut [],
                        energies: &mut energies,
                        scratch: &mut Vec::new(),
                    },
                );
                PORTABLE_ONLY.set(false);
                energies
            };
            [run(true), run(false)]
        }};
    }

    /// Asserts `|found - exact| ≤ tolerance · max(|exact|, 1e-3)`.
    fn agree(found: [[f64; LANES]; 2], values: &[f64; LANES], exact: fn(f64) -> f64, tolerance: f64) {
        for results in found {
            for (&x, &result) in values.iter().zip(&results) {
                let expected = exact(x);
                let error = (result - expected).abs();
                assert!(error <= tolerance * expected.abs().max(1e-3), "{x}: {result} is not {expected}");
            }
        }
    }

    /// Eight values spread over [-1, 1] by an irrational rotation.
    fn spread(step: usize) -> [f64; LANES] {
        std::array::from_fn(|lane| 2.0 * ((step * LANES + lane) as f64 * 0.618_033_988_749_895).fract() - 1.0)
    }

    #[test]
    fn exponential_and_logarithm() {
        for step in 0..2000 {
            let values = spread(step).map(|x| x * 700.0);
            agree(on_all!(&values, exp), &values, f64::exp, 1e-13);
            let values = spread(step).map(|x| x * 3.0);
            agree(on_all!(&values, exp), &values, f64::exp, 1e-15);
            let values = spread(step).map(|x| (x * 50.0).exp());
            agree(on_all!(&values, ln), &values, f64::ln, 1e-15);
            let values = spread(step).map(|x| 1.0 + 0.01 * x);
            agree(on_all!(&values, ln), &values, f64::ln, 1e-13);
        }
        agree(on_all!(&[-1e300; LANES], exp), &[-1e300; LANES], |_| 0.0, 1e-300);
        assert!(on_all!(&[f64::NAN; LANES], exp).iter().flatten().all(|x| x.is_nan()));
        assert!(on_all!(&[f64::NAN; LANES], ln).iter().flatten().all(|x| x.is_nan()));
    }

    #[test]
    fn hyperbolic_tangent() {
        for step in 0..2000 {
            let values = spread(step).map(|x| x * 30.0);
            agree(on_all!(&values, tanh), &values, f64::tanh, 1e-12);
            // Near 1, where the Born radii need it.
            let values = spread(step).map(|x| x + 1.5);
            agree(on_all!(&values, tanh), &values, f64::tanh, 1e-15);
        }
    }

    #[test]
    fn arc_tangent_in_every_quadrant() {
        fn whole_turn<V: Simd>(angle: V) -> V {
            let mut angles = [0.0; LANES];
            angle.store(&mut angles);
            atan2(V::load(&angles.map(f64::sin)), V::load(&angles.map(f64::cos)))
        }
        for step in 0..2000 {
            let values = spread(step).map(|x| x * 3.1);
            agree(on_all!(&values, whole_turn), &values, |x| x.sin().atan2(x.cos()), 2e-14);
        }
        let axes = [0.0, 0.5, 1.0, -0.5, 0.25, -0.25, 0.75, -0.75].map(|x| x * std::f64::consts::PI);
        agree(on_all!(&axes, whole_turn), &axes, |x| x.sin().atan2(x.cos()), 1e-15);
    }
}
