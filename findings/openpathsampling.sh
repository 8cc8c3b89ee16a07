#!/bin/bash
# OpenPathSampling 1.6.0:
# (1) OpenMMEngine.apply_constraints(snapshot) returns the snapshot that it was given: the context is constrained, but the cached
#     snapshot is returned instead of the context's. RandomVelocities relies on it, and so gives velocities along rigid bonds: every
#     shooting point is too hot (for alanine dipeptide with rigid X-H bonds by 66/51: all momenta over the degrees of freedom).
# (2) Set operations of PeriodicCVDefinedVolume: [-180, -40) & [40, 180) with the period [-180, 180] is the whole circle instead of
#     empty, without an error, because -180 is wrapped to 180 and 180 to -180. With 179.9 in place of 180 it is empty.
# (3) n_frames_max of an engine limits each half of a two-way shot, not the trajectory.
# (4) RandomVelocities draws from numpy.random's global state, everything else from openpathsampling.default_rng(): seeding the latter
#     does not make two-way shooting repeatable.
# Seen on 2026-12-01 with Python 3.11.7, openpathsampling 1.6.0, OpenMM 8.6.1, numpy 2.4.6:
#   (1) apply_constraints returns the very snapshot that it was given
#   (1) along rigid bonds 4e-09 nm/ps from OpenMM, 1.61 from RandomVelocities
#   (1) instantaneous temperature of RandomVelocities at 300 K: 388 K
#   (2) members of [-180, -40) & [40, 180) among -100, 0, 100: [-100, 0, 100]
#   (2) the same with 179.9: EmptyVolume
#   (3) with n_frames_max = 30 a path of 52 frames is accepted
#   (4) velocities differ after the same seed of default_rng
# Exits with 1 if any of this changes. OPS_SITE names a folder where the packages are installed already.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -z "$OPS_SITE" ]; then
  OPS_SITE="$folder/site"
  python3 -m pip install -q --target "$OPS_SITE" openpathsampling==1.6.0 openmm==8.6.1 numpy==2.4.6 mdtraj
fi
PYTHONPATH="$OPS_SITE" python3 -W ignore - "$root/systems/alanine-dipeptide/topology.pdb" <<'PYTHON'
import sys

import numpy as np
import openmm
import openpathsampling as paths
from openmm import app, unit
from openpathsampling.engines import openmm as engines
from openpathsampling.engines import toy

as_seen = True


def check(text, seen):
    global as_seen
    as_seen = as_seen and bool(seen)
    print(("as seen: " if seen else "CHANGED: ") + text)


# (1)
pdb = app.PDBFile(sys.argv[1])
system = app.ForceField("amber99sbildn.xml").createSystem(pdb.topology, constraints=app.HBonds)
integrator = openmm.LangevinMiddleIntegrator(300, 1, 0.002)
engine = engines.Engine(
    engines.snapshot_from_pdb(sys.argv[1]).topology, system, integrator, options={"n_steps_per_frame": 5}
)
engine.initialize("Reference")
context = engine.simulation.context
context.setPositions(pdb.positions)
context.applyConstraints(1e-8)
context.setVelocitiesToTemperature(300, 1)
start = engine.current_snapshot


def along_bonds(snapshot):
    x, v, found = snapshot.coordinates._value, snapshot.velocities._value, []
    for number in range(system.getNumConstraints()):
        i, j, _ = system.getConstraintParameters(number)
        found.append((v[i] - v[j]) @ (x[i] - x[j]) / np.linalg.norm(x[i] - x[j]))
    return np.sqrt(np.mean(np.square(found)))


np.random.seed(1)
modifier = paths.RandomVelocities(beta=1 / (300 * unit.kelvin * unit.BOLTZMANN_CONSTANT_kB), engine=engine)
given = modifier(start)
check("(1) apply_constraints returns the very snapshot that it was given", engine.apply_constraints(given) is given)
drawn = [modifier(start) for _ in range(200)]
speed = np.mean([along_bonds(snapshot) for snapshot in drawn])
temperature = np.mean([snapshot.instantaneous_temperature.value_in_unit(unit.kelvin) for snapshot in drawn])
check(f"(1) along rigid bonds {along_bonds(start):.0e} nm/ps from OpenMM, {speed:.2f} from RandomVelocities", speed > 0.5)
check(f"(1) instantaneous temperature of RandomVelocities at 300 K: {temperature:.0f} K", temperature > 350)


# (2)
def snapshot(x, velocity=0.0):
    return toy.Snapshot(coordinates=np.array([[float(x)]]), velocities=np.array([[velocity]]), engine=particle)


particle = toy.Engine(
    {"integ": toy.LeapfrogVerletIntegrator(1.0), "n_steps_per_frame": 1, "n_frames_max": 30},
    toy.Topology(n_spatial=1, masses=[1.0], pes=toy.LinearSlope([0.0], 0.0)),
)
variable = paths.FunctionCV("x", lambda snapshot: snapshot.xyz[0][0])
a, b = (paths.PeriodicCVDefinedVolume(variable, *ends, -180, 180) for ends in ((-180, -40), (40, 180)))
inside = [x for x in (-100, 0, 100) if (a & b)(snapshot(x))]
check(f"(2) members of [-180, -40) & [40, 180) among -100, 0, 100: {inside}", inside == [-100, 0, 100])
a, b = (paths.PeriodicCVDefinedVolume(variable, *ends, -180, 180) for ends in ((-179.9, -40), (40, 179.9)))
check(f"(2) the same with 179.9: {type(a & b).__name__}", isinstance(a & b, paths.EmptyVolume))

# (3): a free particle crosses from x < 0 to x > 50 in steps of 1; shots from the middle return the same path.
ends = [paths.CVDefinedVolume(variable, *range_) for range_ in ((-1000, 0), (50, 1000))]
ensemble = paths.TPSNetwork(*ends).sampling_ensembles[0]
mover = paths.TwoWayShootingMover(ensemble, paths.UniformSelector(), paths.NoModification(), particle)
crossing = paths.Trajectory([snapshot(x + 0.5, 1.0) for x in range(-1, 51)])
samples = paths.SampleSet([paths.Sample(replica=0, trajectory=crossing, ensemble=ensemble)])
trials = [mover.move(samples).canonical for _ in range(100)]
accepted = [len(trial.trials[0].trajectory) for trial in trials if trial.accepted]
longest = max(accepted, default=0)
check(f"(3) with n_frames_max = 30 a path of {longest} frames is accepted", longest > 30)

# (4)
found = []
for _ in range(2):
    paths.default_rng().bit_generator.state = np.random.default_rng(1).bit_generator.state
    found.append(modifier(start).velocities._value)
check("(4) velocities differ after the same seed of default_rng", not np.array_equal(*found))
sys.exit(0 if as_seen else 1)
PYTHON
