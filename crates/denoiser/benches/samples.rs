//! Time of the kernel denoiser on one core: one point over 50,000 samples in six variables, from little noise to much.

use std::f64::consts::TAU;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use geodyssey_denoiser::{Denoiser, KernelDenoiser, SampleSet, SpacetimePoint};
use nalgebra::DVector;

/// Clumps in six torsions.
fn torsions(count: usize) -> SampleSet {
    let roots = [2.0_f64, 3.0, 5.0, 7.0, 11.0, 13.0].map(f64::sqrt);
    let points: Vec<Vec<f64>> = (0..count)
        .map(|index| {
            let uniform = |k: usize, axis: usize| ((k + 1) as f64 * roots[axis]).fract();
            (0..6)
                .map(|axis| {
                    let spread = uniform(index, axis) + uniform(3 * index + 1, axis) - 1.0;
                    TAU * uniform(index % 5, axis) + 0.9 * spread
                })
                .collect()
        })
        .collect();
    SampleSet::new(&points, None, vec![Some(TAU); 6]).expect("the samples are valid")
}

fn kernel(criterion: &mut Criterion) {
    let samples = torsions(50_000);
    let start = samples.point(17).to_vec();
    let denoiser = KernelDenoiser::new(samples, vec![0.1; 6]).expect("the bandwidths are valid");
    let mut group = criterion.benchmark_group("kernel, 50000 samples, 6 torsions");
    for log_snr in [-5.0, -3.0, -1.0, -0.6, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0] {
        let deviation = (-0.5_f64 * log_snr).exp();
        let y: Vec<f64> = start.iter().enumerate().map(|(k, x)| x + deviation * (k as f64).sin()).collect();
        let batch = [SpacetimePoint { log_snr, y }];
        let direction = [DVector::from_element(7, 0.3)];
        group.bench_with_input(BenchmarkId::new("mean", log_snr), &batch, |bencher, batch| {
            bencher.iter(|| denoiser.expectation_parameters(black_box(batch)));
        });
        group.bench_with_input(BenchmarkId::new("moments", log_snr), &batch, |bencher, batch| {
            bencher.iter(|| denoiser.moments(black_box(batch)));
        });
        group.bench_with_input(BenchmarkId::new("third cumulants", log_snr), &batch, |bencher, batch| {
            bencher.iter(|| denoiser.metric_derivatives(black_box(batch), &direction));
        });
    }
    group.finish();
}

criterion_group! { name = benches; config = Criterion::default().sample_size(10); targets = kernel }
criterion_main!(benches);
