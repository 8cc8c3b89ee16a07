//! Evaluations of energy and forces a second on one core, 64 replicas at once, in all and term by term.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use geodyssey_forcefield::{Potential, read_force_model};
use geodyssey_molecule::Replicas;

const REPLICAS: usize = 64;

fn evaluations(criterion: &mut Criterion) {
    let reference: serde_json::Value =
        serde_json::from_str(include_str!("../tests/reference/alanine-dipeptide.obc.json"))
            .expect("reference");
    let positions: Vec<[f64; 3]> =
        serde_json::from_value(reference["frames"][0]["positions_nm"].clone()).expect("positions");
    let positions = Replicas::repeat(&positions, REPLICAS);
    for (solvent, xml) in [
        ("vacuum", include_str!("../../../systems/alanine-dipeptide/amber99sb-ildn.vacuum.xml")),
        ("obc", include_str!("../../../systems/alanine-dipeptide/amber99sb-ildn.obc.xml")),
    ] {
        let force_field = read_force_model(xml).expect("a force model").force_field();
        let mut forces = Replicas::zeros(positions.atoms(), REPLICAS);
        let mut energies = vec![0.0; positions.stride()];
        let mut group = criterion.benchmark_group(format!("alanine-dipeptide.{solvent}"));
        group.throughput(Throughput::Elements(REPLICAS as u64));
        group.bench_function("total", |bencher| {
            bencher.iter(|| force_field.evaluate(&positions, &mut forces, &mut energies).expect("energies"));
        });
        for term in force_field.terms() {
            group.bench_function(term.name(), |bencher| {
                bencher.iter(|| {
                    forces.fill(0.0);
                    term.add(&positions, &mut forces, &mut energies);
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, evaluations);
criterion_main!(benches);
