//! What the integrator and its random numbers cost beside the forces: one batch of 16 replicas of 22 atoms.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use geodyssey_forcefield::Engine;
use geodyssey_molecule::Replicas;
use geodyssey_sampling::{Baoab, LangevinState, MolecularSystem, NoBias, RandomStream};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const ATOMS: usize = 22;
const REPLICAS: usize = 16;

/// One isotropic harmonic well for all: forces for next to nothing.
struct Well(Vec<f64>);

impl Engine for Well {
    fn masses(&self) -> &[f64] {
        &self.0
    }

    fn evaluate(&self, positions: &Replicas, forces: &mut Replicas, energies: &mut [f64]) {
        energies.fill(0.0);
        for (force, x) in forces.as_mut_slice().iter_mut().zip(positions.as_slice()) {
            *force = -100.0 * x;
        }
    }
}

fn normals(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("normals");
    let count = ATOMS * 3 * REPLICAS;
    group.throughput(Throughput::Elements(count as u64));
    let mut values = vec![0.0; count];
    let paths: Vec<u32> = (0..REPLICAS as u32).collect();
    let stream = RandomStream::new(1, "bench");
    let mut step = 0;
    group.bench_function("philox, box-muller", |bencher| {
        bencher.iter(|| {
            stream.fill_normals(step, &paths, &mut values);
            step += 1;
            black_box(&values);
        });
    });
    group.bench_function("chacha8, ziggurat, one stream a step and replica", |bencher| {
        bencher.iter(|| {
            for replica in 0..REPLICAS {
                let mut generator = ChaCha8Rng::from_seed([1; 32]);
                generator.set_stream(replica as u64);
                generator.set_word_pos(u128::from(step) << 10);
                for row in 0..ATOMS * 3 {
                    values[row * REPLICAS + replica] = StandardNormal.sample(&mut generator);
                }
            }
            step += 1;
            black_box(&values);
        });
    });
    group.finish();
}

fn integrator(criterion: &mut Criterion) {
    let engine = Well(vec![12.0; ATOMS]);
    let system = MolecularSystem::new(&engine, &[]).expect("masses are positive");
    let baoab = Baoab::new(0.001, 1.0, 2.5).expect("all positive");
    let stream = RandomStream::new(1, "bench");
    let paths: Vec<u32> = (0..REPLICAS as u32).collect();
    let mut state =
        LangevinState::new(&system, &NoBias, Replicas::zeros(ATOMS, REPLICAS), &paths).expect("sizes fit");
    let mut group = criterion.benchmark_group("baoab");
    group.throughput(Throughput::Elements(REPLICAS as u64));
    group.bench_function("replica-steps of 22 atoms", |bencher| {
        bencher.iter(|| baoab.step(&system, &NoBias, &stream, &mut state));
    });
    group.finish();
}

criterion_group!(benches, normals, integrator);
criterion_main!(benches);
