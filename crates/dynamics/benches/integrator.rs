//! What the integrator and its random numbers cost beside the forces: one batch of 16 replicas of 22 atoms.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use geodyssey_dynamics::{Bias, Engine as _, Langevin, NativeEngine, Replica};
use geodyssey_forcefield::{Potential, PotentialError};
use geodyssey_molecule::Replicas;
use geodyssey_statistics::RandomStream;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const ATOMS: usize = 22;
const REPLICAS: usize = 16;

/// One isotropic harmonic well for all: forces for next to nothing.
struct Well(Vec<f64>);

impl Potential for Well {
    fn masses(&self) -> &[f64] {
        &self.0
    }

    fn evaluate(
        &self,
        positions: &Replicas,
        forces: &mut Replicas,
        energies: &mut [f64],
    ) -> Result<(), PotentialError> {
        energies.fill(0.0);
        for (force, x) in forces.as_mut_slice().iter_mut().zip(positions.as_slice()) {
            *force = -100.0 * x;
        }
        Ok(())
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
    let potential = Well(vec![12.0; ATOMS]);
    let engine = NativeEngine::new(&potential, &[]).expect("masses are positive");
    let law = Langevin::new(0.001, 1.0, 2.5).expect("all positive");
    let replicas: Vec<Replica> =
        (0..REPLICAS as u32).map(|path| Replica::new(path, vec![[0.0; 3]; ATOMS], 2.5)).collect();
    let mut batch =
        engine.open(&replicas, law, RandomStream::new(1, "bench"), &Bias::None).expect("sizes fit");
    let mut group = criterion.benchmark_group("baoab");
    group.throughput(Throughput::Elements(REPLICAS as u64));
    group.bench_function("replica-steps of 22 atoms", |bencher| {
        bencher.iter(|| batch.advance(1).expect("a step"));
    });
    group.finish();
}

criterion_group!(benches, normals, integrator);
criterion_main!(benches);
