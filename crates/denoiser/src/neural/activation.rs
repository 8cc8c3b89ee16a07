//! Smooth algebraic activation functions, and how they act on values and tangents.
//!
//! On the CPU one loop does everything in place; elsewhere the same formulas are tensor operations.

use std::ops::{Add, AddAssign, Mul, Sub};

use burn::tensor::{DType, Element, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// An activation function `f`: smooth, since the solver uses the network's second derivatives, and without exponentials.
///
/// With `r = 1/sqrt(1 + x²)` and `u = x r`:
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `f = x (1 + u)/2`, similar to the SiLU.
    #[default]
    AlgebraicSilu,
    /// `f = (x + sqrt(1 + x²))/2` (J. Barron, arXiv 2112.11687, with `b = 1`).
    Squareplus,
    /// The same minus 1/2, so that `f(0) = 0`.
    CentredSquareplus,
    /// `f = u`, similar to the hyperbolic tangent.
    AlgebraicSigmoid,
}

/// What the reverse pass needs from an activation: `f'(x)`, `[rows, width]`, and `f''(x) ẋ`, `[(1 + tangents) rows, width]`, whose first
/// `rows` rows are unused.
pub(super) struct Slopes {
    first: Tensor<2>,
    bend: Option<Tensor<2>>,
}

/// A number type of the host's loops.
pub(super) trait Real:
    Element + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + AddAssign
{
    const HALF: Self;
    const ONE: Self;
    const TWO: Self;
    const THREE: Self;
    fn inverse_square_root(self) -> Self;
}

macro_rules! real {
    ($number:ty) => {
        impl Real for $number {
            const HALF: Self = 0.5;
            const ONE: Self = 1.0;
            const TWO: Self = 2.0;
            const THREE: Self = 3.0;
            #[inline(always)]
            fn inverse_square_root(self) -> Self {
                1.0 / self.sqrt()
            }
        }
    };
}
real!(f32);
real!(f64);

/// `f, f', f''` at `x` for one kind, chosen at compile time so that the loops vectorise.
trait Curve {
    fn at<R: Real>(x: R) -> (R, R, R);
}
struct AlgebraicSilu;
struct Squareplus;
struct CentredSquareplus;
struct AlgebraicSigmoid;

impl Curve for AlgebraicSilu {
    #[inline(always)]
    fn at<R: Real>(x: R) -> (R, R, R) {
        let r = (R::ONE + x * x).inverse_square_root();
        let (u, rr) = (x * r, r * r);
        let first = R::HALF * (R::ONE + u + u * rr);
        (R::HALF * (x + x * u), first, R::HALF * rr * r * (R::TWO - R::THREE * u * u))
    }
}

impl Curve for Squareplus {
    #[inline(always)]
    fn at<R: Real>(x: R) -> (R, R, R) {
        let square = R::ONE + x * x;
        let r = square.inverse_square_root();
        (R::HALF * (x + square * r), R::HALF * (R::ONE + x * r), R::HALF * r * r * r)
    }
}

impl Curve for CentredSquareplus {
    #[inline(always)]
    fn at<R: Real>(x: R) -> (R, R, R) {
        let (value, first, second) = Squareplus::at(x);
        (value - R::HALF, first, second)
    }
}

impl Curve for AlgebraicSigmoid {
    #[inline(always)]
    fn at<R: Real>(x: R) -> (R, R, R) {
        let r = (R::ONE + x * x).inverse_square_root();
        let cube = r * r * r;
        (x * r, cube, (R::ONE - R::TWO * R::TWO) * x * cube * r * r)
    }
}

impl Activation {
    /// `f`, `f'` and `f''` at `x`.
    #[must_use]
    pub fn derivatives(self, x: f64) -> (f64, f64, f64) {
        match self {
            Self::AlgebraicSilu => AlgebraicSilu::at(x),
            Self::Squareplus => Squareplus::at(x),
            Self::CentredSquareplus => CentredSquareplus::at(x),
            Self::AlgebraicSigmoid => AlgebraicSigmoid::at(x),
        }
    }

    /// One hidden layer's activation. `z` is `[(1 + tangents) rows, width]`, values first, before the bias `[1, width]` of the values;
    /// gives `f` and its tangents in the same order, plus `previous` for a residual layer, and the slopes for the reverse pass.
    pub(super) fn forward(
        self,
        z: Tensor<2>,
        bias: &Tensor<2>,
        rows: usize,
        previous: Option<Tensor<2>>,
        on_host: bool,
    ) -> (Tensor<2>, Slopes) {
        if !on_host {
            return self.forward_by_tensors(z, bias, rows, previous);
        }
        match z.dtype() {
            DType::F64 => self.forward_on_host::<f64>(z, bias, rows, previous),
            _ => self.forward_on_host::<f32>(z, bias, rows, previous),
        }
    }

    fn forward_on_host<R: Real>(
        self,
        z: Tensor<2>,
        bias: &Tensor<2>,
        rows: usize,
        previous: Option<Tensor<2>>,
    ) -> (Tensor<2>, Slopes) {
        let (device, [all, width]) = (z.device(), z.dims());
        let mut bend = z.into_data();
        let bias = bias.to_data();
        let mut out = vec![R::default(); all * width];
        let mut first = vec![R::default(); rows * width];
        {
            let z = slice_mut::<R>(&mut bend);
            let bias = slice::<R>(&bias);
            match self {
                Self::AlgebraicSilu => values_and_tangents::<AlgebraicSilu, R>(z, bias, &mut out, &mut first),
                Self::Squareplus => values_and_tangents::<Squareplus, R>(z, bias, &mut out, &mut first),
                Self::CentredSquareplus => {
                    values_and_tangents::<CentredSquareplus, R>(z, bias, &mut out, &mut first);
                }
                Self::AlgebraicSigmoid => {
                    values_and_tangents::<AlgebraicSigmoid, R>(z, bias, &mut out, &mut first);
                }
            }
        }
        if let Some(previous) = previous {
            let previous = previous.into_data();
            for (out, previous) in out.iter_mut().zip(slice::<R>(&previous)) {
                *out += *previous;
            }
        }
        let tensor = |values: Vec<R>, shape: [usize; 2]| {
            Tensor::from_data(TensorData::new(values, shape), (&device, R::dtype()))
        };
        let slopes = Slopes {
            first: tensor(first, [rows, width]),
            bend: (all > rows).then(|| Tensor::from_data(bend, (&device, R::dtype()))),
        };
        (tensor(out, [all, width]), slopes)
    }

    fn forward_by_tensors(
        self,
        z: Tensor<2>,
        bias: &Tensor<2>,
        rows: usize,
        previous: Option<Tensor<2>>,
    ) -> (Tensor<2>, Slopes) {
        let [all, width] = z.dims();
        let x = z.clone().narrow(0, 0, rows) + bias.clone();
        let r = (x.clone() * x.clone()).add_scalar(1.0).sqrt().recip();
        let u = x.clone() * r.clone();
        let cube = r.clone() * r.clone() * r.clone();
        let (value, first, second) = match self {
            Self::AlgebraicSilu => (
                (x.clone() + x * u.clone()).mul_scalar(0.5),
                (u.clone() + u.clone() * r.clone() * r).add_scalar(1.0).mul_scalar(0.5),
                cube * (u.clone() * u).mul_scalar(-3.0).add_scalar(2.0).mul_scalar(0.5),
            ),
            Self::Squareplus | Self::CentredSquareplus => {
                let shift = if self == Self::Squareplus { 0.0 } else { 0.5 };
                let value = (x + r.recip()).mul_scalar(0.5).sub_scalar(shift);
                (value, u.add_scalar(1.0).mul_scalar(0.5), cube.mul_scalar(0.5))
            }
            Self::AlgebraicSigmoid => {
                let second = (u.clone() * cube.clone() * r).mul_scalar(-3.0);
                (u, cube, second)
            }
        };
        let tangents = all / rows - 1;
        let (mut out, mut bend) = (value, None);
        if tangents > 0 {
            let moving = z.narrow(0, rows, all - rows).reshape([tangents, rows, width]);
            let stretched = moving.clone() * first.clone().unsqueeze::<3>();
            let bent = (moving * second.clone().unsqueeze::<3>()).reshape([all - rows, width]);
            out = Tensor::cat(vec![out, stretched.reshape([all - rows, width])], 0);
            bend = Some(Tensor::cat(vec![second, bent], 0));
        }
        if let Some(previous) = previous {
            out = out + previous;
        }
        (out, Slopes { first, bend })
    }
}

impl Slopes {
    /// The reverse pass through the activation, for `copies` cotangents at once: `[copies][1 + tangents][rows]` rows.
    /// `z̄ = h̄ f' + Σ_t ḣ̄_t f'' ẋ_t` and `ẋ̄_t = ḣ̄_t f'`.
    pub(super) fn backward(self, cotangents: Tensor<2>, on_host: bool) -> Tensor<2> {
        if !on_host {
            return self.backward_by_tensors(cotangents);
        }
        match cotangents.dtype() {
            DType::F64 => self.backward_on_host::<f64>(cotangents),
            _ => self.backward_on_host::<f32>(cotangents),
        }
    }

    fn backward_on_host<R: Real>(self, cotangents: Tensor<2>) -> Tensor<2> {
        let device = cotangents.device();
        let mut data = cotangents.into_data();
        let first = self.first.into_data();
        let bend = self.bend.map(Tensor::into_data);
        let first = slice::<R>(&first);
        let bend = bend.as_ref().map_or(&[][..], |bend| &slice::<R>(bend)[first.len()..]);
        let values = slice_mut::<R>(&mut data);
        with_wide_vectors(|| {
            for copy in values.chunks_exact_mut(first.len() + bend.len()) {
                let (value, tangents) = copy.split_at_mut(first.len());
                for (value, first) in value.iter_mut().zip(first) {
                    *value = *value * *first;
                }
                for (tangent, bend) in
                    tangents.chunks_exact_mut(first.len()).zip(bend.chunks_exact(first.len()))
                {
                    for (((tangent, bend), value), first) in
                        tangent.iter_mut().zip(bend).zip(value.iter_mut()).zip(first)
                    {
                        *value += *tangent * *bend;
                        *tangent = *tangent * *first;
                    }
                }
            }
        });
        Tensor::from_data(data, (&device, R::dtype()))
    }

    fn backward_by_tensors(self, cotangents: Tensor<2>) -> Tensor<2> {
        let ([rows, width], [all, _]) = (self.first.dims(), cotangents.dims());
        let Some(bend) = self.bend else {
            let copies = all / rows;
            let cotangents = cotangents.reshape([copies, rows, width]);
            return (cotangents * self.first.unsqueeze::<3>()).reshape([all, width]);
        };
        let blocks = bend.dims()[0] / rows;
        let copies = all / (blocks * rows);
        let cotangents = cotangents.reshape([copies, blocks, rows, width]);
        let moving = cotangents.clone().narrow(1, 1, blocks - 1);
        let bend = bend.narrow(0, rows, (blocks - 1) * rows).reshape([1, blocks - 1, rows, width]);
        let bent = (moving * bend).sum_dim(1);
        let stretched = cotangents * self.first.reshape([1, 1, rows, width]);
        let value = stretched.clone().narrow(1, 0, 1) + bent;
        Tensor::cat(vec![value, stretched.narrow(1, 1, blocks - 1)], 1).reshape([all, width])
    }
}

/// `z` becomes `f''(x) ẋ` in its tangent rows.
fn values_and_tangents<C: Curve, R: Real>(z: &mut [R], bias: &[R], out: &mut [R], first: &mut [R]) {
    let width = bias.len();
    let (z, moving) = z.split_at_mut(first.len());
    let (value, tangents) = out.split_at_mut(first.len());
    with_wide_vectors(|| {
        for ((z, value), first) in
            z.chunks_exact_mut(width).zip(value.chunks_exact_mut(width)).zip(first.chunks_exact_mut(width))
        {
            for (((z, bias), value), first) in z.iter_mut().zip(bias).zip(value).zip(first) {
                let (f, slope, curvature) = C::at(*z + *bias);
                (*value, *first, *z) = (f, slope, curvature);
            }
        }
        for (moving, out) in moving.chunks_exact_mut(first.len()).zip(tangents.chunks_exact_mut(first.len()))
        {
            for (((moving, out), first), second) in moving.iter_mut().zip(out).zip(&*first).zip(&*z) {
                *out = *moving * *first;
                *moving = *moving * *second;
            }
        }
    });
}

/// Runs loops with the widest vectors of the processor; the results are identical, since nothing is reassociated.
#[inline(always)]
pub(super) fn with_wide_vectors(loops: impl FnOnce()) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[target_feature(enable = "avx2")]
        fn run(loops: impl FnOnce()) {
            loops();
        }
        // SAFETY: the processor has AVX2.
        return unsafe { run(loops) };
    }
    loops();
}

fn slice<R: Real>(data: &TensorData) -> &[R] {
    data.as_slice().expect("the number type was asked for")
}

fn slice_mut<R: Real>(data: &mut TensorData) -> &mut [R] {
    data.as_mut_slice().expect("the number type was asked for")
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Distribution};

    use super::*;

    const ALL: [Activation; 4] = [
        Activation::AlgebraicSilu,
        Activation::Squareplus,
        Activation::CentredSquareplus,
        Activation::AlgebraicSigmoid,
    ];

    #[test]
    fn derivatives_match_central_differences() {
        let h = 1e-4;
        for activation in ALL {
            for x in [-30.0, -2.5, -0.3, 0.0, 0.4, 1.7, 12.0] {
                let (_, first, second) = activation.derivatives(x);
                let [plus, minus] = [x + h, x - h].map(|x| activation.derivatives(x));
                assert!((first - (plus.0 - minus.0) / (2.0 * h)).abs() < 1e-7, "{activation:?} at {x}");
                assert!((second - (plus.1 - minus.1) / (2.0 * h)).abs() < 1e-7, "{activation:?} at {x}");
            }
        }
    }

    #[test]
    fn the_hosts_loops_and_the_tensor_operations_agree() {
        let device = Device::flex();
        let random = |rows: usize| {
            let spread = Distribution::Normal(0.0, 1.5);
            Tensor::<2>::random([rows, 5], spread, (&device, DType::F64))
        };
        let (rows, copies) = (4, 3);
        for activation in ALL {
            for tangents in [0, 2] {
                let all = (1 + tangents) * rows;
                let (z, bias, previous, back) = (random(all), random(1), random(all), random(copies * all));
                let both = [true, false].map(|on_host| {
                    let previous = Some(previous.clone());
                    let (out, slopes) = activation.forward(z.clone(), &bias, rows, previous, on_host);
                    [out, slopes.backward(back.clone(), on_host)]
                });
                for (a, b) in both[0].iter().zip(&both[1]) {
                    let difference = (a.clone() - b.clone()).abs().max().into_scalar::<f64>();
                    assert!(difference < 1e-13, "{activation:?} with {tangents} tangents: {difference}");
                }
            }
        }
    }
}
