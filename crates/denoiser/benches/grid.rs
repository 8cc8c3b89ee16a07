//! Time of the grid denoiser's moments: 128 points of a curve on a 96 × 96 torus, one thread's share per point.

use std::f64::consts::TAU;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use geodyssey_denoiser::{Denoiser, GridDenoiser, QuadratureAxis, SpacetimePoint};
use nalgebra::DVector;

fn surface(x: &[f64]) -> f64 {
    20.0 * (x[0] - 0.5).cos() + 15.0 * (2.0 * x[1]).sin() + 10.0 * (x[0] + x[1]).cos()
}

/// A straight line over the barriers at one logSNR.
fn curve(log_snr: f64) -> Vec<SpacetimePoint> {
    (0..128)
        .map(|n| {
            let share = f64::from(n) / 127.0;
            SpacetimePoint { log_snr, y: vec![-2.5 + 3.5 * share, 2.7 - 3.1 * share] }
        })
        .collect()
}

fn moments(criterion: &mut Criterion) {
    let axis = QuadratureAxis { start: -TAU / 2.0, spacing: TAU / 96.0, count: 96, period: Some(TAU) };
    let axes = [axis.clone(), axis];
    let thermal_energy = 2.494_338_785;
    let continuous = GridDenoiser::continuous(&axes, thermal_energy, surface).expect("the axes are valid");
    let node = |index: usize| -TAU / 2.0 + index as f64 * TAU / 96.0;
    let rows: Vec<f64> = (0..96 * 96).map(|row| surface(&[node(row / 96), node(row % 96)])).collect();
    let points = GridDenoiser::point_masses(&axes, thermal_energy, &rows).expect("the rows are valid");

    let mut group = criterion.benchmark_group("grid");
    group.throughput(Throughput::Elements(128));
    for log_snr in [-4.0, 0.0, 4.0, 7.0] {
        let batch = curve(log_snr);
        let directions = vec![DVector::from_element(3, 0.3); batch.len()];
        group.bench_with_input(BenchmarkId::new("continuous moments", log_snr), &batch, |bencher, batch| {
            bencher.iter(|| continuous.moments(black_box(batch)));
        });
        group.bench_with_input(BenchmarkId::new("point-mass moments", log_snr), &batch, |bencher, batch| {
            bencher.iter(|| points.moments(black_box(batch)));
        });
        group.bench_with_input(BenchmarkId::new("third cumulants", log_snr), &batch, |bencher, batch| {
            bencher.iter(|| continuous.metric_derivatives(black_box(batch), &directions));
        });
        group.bench_with_input(BenchmarkId::new("energy moments", log_snr), &batch, |bencher, batch| {
            bencher.iter(|| continuous.energy_moments(black_box(batch)));
        });
    }
    group.finish();
}

criterion_group! { name = benches; config = Criterion::default().sample_size(10); targets = moments }
criterion_main!(benches);
