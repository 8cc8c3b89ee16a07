#!/usr/bin/env python3
"""Two-way shooting of alanine dipeptide in vacuum: OpenPathSampling, a bare OpenMM loop and, if given, this program, timed.

    scripts/bench-free-paths.py [--seconds N] [--rounds N] [--mdtraj] [--cpu] [--geodyssey PROGRAM --configuration FILE]

Molecule, states, dynamics and move are those of reference-free-paths.py: unbiased paths of flexible length between phi in
[-180, -40] and [40, 100] degrees, 300 K, 1/ps, 1 fs, frames every 5 fs, a uniformly chosen inner frame, fresh velocities for all
atoms, both directions. OpenPathSampling runs a TPSNetwork of both directions, A to B and B to A, so that it accepts the same
trials; it stores nothing. phi is computed by the same function as in the bare loop; --mdtraj adds a contestant whose phi is an
MDTrajFunctionCV, as in the tutorials of OpenPathSampling. OpenMM computes on its Reference platform; --cpu adds its CPU platform
with one thread, which is slower for so few atoms.

The contestants take turns for several rounds, each for N seconds of CPU time, on one core. Decorrelated paths are trials divided by
twice the integrated autocorrelation time of the path length, in trials (the lag 0 counts one half). The bare loop and
OpenPathSampling make the same Markov chain, so that this time is estimated once, from all of their trials; fewer than some thousand
trials of the bare loop underestimate it. For this program `free_paths.decorrelated` of summary.json is taken, which is estimated in the same way,
and the time of its stage of free paths. Rates are per second
of CPU time. Needs numpy, openmm and openpathsampling.
"""

import argparse
import contextlib
import importlib.util
import io
import json
import math
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import openmm
from openmm import unit

HERE = pathlib.Path(__file__).resolve().parent
BURN_IN = 200  # trials

specification = importlib.util.spec_from_file_location("reference_free_paths", HERE / "reference-free-paths.py")
reference = importlib.util.module_from_spec(specification)
specification.loader.exec_module(reference)


class Bare:
    """The loop of reference-free-paths.py."""

    def __init__(self, seed):
        self.chain = reference.Chain(seed)

    def trial(self):
        """MD steps, whether accepted, path length in frames."""
        before = self.chain.steps
        _, accepted, length, _ = self.chain.trial()
        return self.chain.steps - before, accepted, length


class OpenPathSampling:
    def __init__(self, seed, platform="Reference", mdtraj_variable=False):
        import openpathsampling as paths
        from openpathsampling.engines import openmm as engines

        np.random.seed(seed)  # RandomVelocities draws from NumPy's global generator, all else from default_rng
        paths.default_rng().bit_generator.state = np.random.default_rng(seed).bit_generator.state
        path = reference.Chain(seed).path
        pdb, system, phi, _ = reference.load()
        integrator = openmm.LangevinMiddleIntegrator(reference.TEMPERATURE, reference.FRICTION, reference.TIME_STEP)
        integrator.setRandomNumberSeed(seed)
        topology = engines.snapshot_from_pdb(str(reference.SYSTEM / "topology.pdb")).topology
        engine = engines.Engine(
            topology,
            system,
            integrator,
            openmm_properties={"Threads": "1"} if platform == "CPU" else {},
            options={"n_steps_per_frame": reference.STEPS_PER_FRAME, "n_frames_max": reference.LONGEST + 1},
        )
        engine.initialize(platform)
        if mdtraj_variable:
            import mdtraj

            variable = paths.MDTrajFunctionCV("phi", mdtraj.compute_dihedrals, topology, indices=[phi])
            half_turn = math.pi
        else:
            variable = paths.CoordinateFunctionCV("phi", lambda snapshot: reference.dihedral(snapshot.xyz, phi))
            half_turn = 180.0
        a, b = (
            paths.PeriodicCVDefinedVolume(
                variable, low * half_turn / 180, high * half_turn / 180, -half_turn, half_turn
            ).named(name)
            for (low, high), name in ((reference.A, "A"), (reference.B, "B"))
        )
        network = paths.TPSNetwork.from_states_all_to_all([a, b])
        beta = 1.0 / (reference.TEMPERATURE * unit.kelvin * unit.BOLTZMANN_CONSTANT_kB)
        scheme = paths.MoveScheme(network)
        scheme.append(
            [
                paths.strategies.TwoWayShootingStrategy(
                    modifier=paths.RandomVelocities(beta=beta, engine=engine),
                    selector=paths.UniformSelector(),
                    engine=engine,
                ),
                paths.strategies.OrganizeByMoveGroupStrategy(),
            ]
        )
        box = np.array([side.value_in_unit(unit.nanometer) for side in system.getDefaultPeriodicBoxVectors()])
        trajectory = paths.Trajectory(
            [
                engines.Snapshot.construct(
                    coordinates=frame * unit.nanometer,
                    box_vectors=box * unit.nanometer,
                    velocities=np.zeros_like(frame) * unit.nanometer / unit.picosecond,
                    engine=engine,
                )
                for frame in path
            ]
        )
        with contextlib.redirect_stdout(io.StringIO()):
            first = scheme.initial_conditions_from_trajectories(trajectory)
        self.simulation = paths.PathSampling(storage=None, move_scheme=scheme, sample_set=first)
        self.simulation.output_stream = open(os.devnull, "w", encoding="utf-8")

    def trial(self):
        self.simulation.run(1)
        change = self.simulation.current_step.change.canonical
        steps = (len(change.trials[0].trajectory) - 1) * reference.STEPS_PER_FRAME
        return steps, change.accepted, len(self.simulation.sample_set[0].trajectory) - 1


class InProcess:
    """Runs trials of `contestant` for the CPU time of a round."""

    def __init__(self, contestant):
        self.contestant, self.rows, self.rounds = contestant, [], []
        for _ in range(BURN_IN):
            contestant.trial()

    def round(self, seconds):
        wall, cpu = time.perf_counter(), time.process_time()
        rows = []
        while time.process_time() - cpu < seconds:
            rows.append(self.contestant.trial())
        self.rounds.append(
            {
                "wall_s": time.perf_counter() - wall,
                "cpu_s": time.process_time() - cpu,
                "trials": len(rows),
                "steps": sum(row[0] for row in rows),
                "accepted": sum(row[1] for row in rows),
            }
        )
        self.rows += rows

    def lengths(self):
        return np.array([row[2] for row in self.rows], dtype=float)

    def mean_length(self):
        return self.lengths().mean() * reference.FRAME


class Geodyssey:
    """Runs the program on a configuration with one thread, and takes the time of its stage of free paths: the first paths, the trials and the
    files. The stages before it are run once, before the rounds; how long a round takes is up to the configuration."""

    def __init__(self, program, configuration, command, settings):
        self.program, self.configuration, self.command, self.settings = program, configuration, command, settings
        self.found, self.rounds = [], []
        self.folder = tempfile.TemporaryDirectory()
        self.run(1)

    def run(self, seed):
        out = os.path.join(self.folder.name, "run")
        command = [self.program, self.command, self.configuration, "--out", out, "--threads", "1"]
        # Another number of kept paths, so that the stage is computed anew and all before it is not.
        for setting in [*self.settings, f"paths.kept_paths={seed}"]:
            command += ["--set", setting]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
            found = json.load(file)["free_paths"]
        with open(os.path.join(out, "timings.json"), encoding="utf-8") as file:
            stages = {stage["stage"]: stage["seconds"] for stage in json.load(file)["stages"]}
        return found, stages["free-paths"]

    def round(self, _seconds):
        before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        found, seconds = self.run(len(self.rounds) + 2)
        wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        self.found.append(found)
        self.rounds.append(
            {
                "wall_s": seconds,
                # The stage's share of the processor's time is that of the whole command.
                "cpu_s": seconds * cpu / wall,
                "trials": found["trials"],
                "steps": found["energy_evaluations"],
                "accepted": found["acceptance"] * found["trials"],
            }
        )

    def decorrelated(self):
        return sum(found["decorrelated"] for found in self.found)

    def mean_length(self):
        trials = [found["trials"] for found in self.found]
        return sum(found["mean_length_ps"] * n for found, n in zip(self.found, trials)) / sum(trials)


def report(contestants):
    print(
        f"{'':34}{'trials/s':>10}{'(from':>9}{'to)':>9}{'steps/s':>11}{'acceptance':>12}{'length, ps':>12}"
        f"{'trials':>9}{'per decorrelated':>18}{'decorrelated/s':>16}{'wall/CPU':>10}"
    )
    inefficiency = reference.inefficiency([one.lengths() for one in contestants.values() if isinstance(one, InProcess)])
    for name, contestant in contestants.items():
        total = {key: sum(one[key] for one in contestant.rounds) for key in contestant.rounds[0]}
        rates = [one["trials"] / one["cpu_s"] for one in contestant.rounds]
        decorrelated = total["trials"] / inefficiency if isinstance(contestant, InProcess) else contestant.decorrelated()
        print(
            f"{name:34}{statistics.median(rates):10.1f}{min(rates):9.1f}{max(rates):9.1f}{total['steps'] / total['cpu_s']:11,.0f}"
            f"{total['accepted'] / total['trials']:12.3f}{contestant.mean_length():12.4f}{total['trials']:9}"
            f"{total['trials'] / decorrelated:18.1f}{decorrelated / total['cpu_s']:16.2f}{total['wall_s'] / total['cpu_s']:10.2f}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="CPU time of one round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mdtraj", action="store_true", help="also OpenPathSampling with phi from mdtraj")
    parser.add_argument("--cpu", action="store_true", help="also OpenPathSampling on OpenMM's CPU platform, one thread")
    parser.add_argument("--geodyssey", help="the program")
    parser.add_argument("--configuration", help="its configuration")
    parser.add_argument("--command", default="run", help="its subcommand")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="passed on to it")
    arguments = parser.parse_args()
    if bool(arguments.geodyssey) != bool(arguments.configuration):
        parser.error("--geodyssey and --configuration go together")

    import openpathsampling

    print(
        f"Python {sys.version.split()[0]}, OpenMM {openmm.version.version}, "
        f"OpenPathSampling {openpathsampling.version.version}, NumPy {np.__version__}"
    )
    contestants = {
        "OpenMM, bare loop": InProcess(Bare(arguments.seed)),
        "OpenPathSampling": InProcess(OpenPathSampling(arguments.seed)),
    }
    if arguments.mdtraj:
        contestants["OpenPathSampling, mdtraj's phi"] = InProcess(OpenPathSampling(arguments.seed, mdtraj_variable=True))
    if arguments.cpu:
        contestants["OpenPathSampling, CPU platform"] = InProcess(OpenPathSampling(arguments.seed, platform="CPU"))
    if arguments.geodyssey:
        contestants["geodyssey"] = Geodyssey(
            arguments.geodyssey, arguments.configuration, arguments.command, arguments.set
        )
    load = [os.getloadavg()[0]]
    for _ in range(arguments.rounds):
        for contestant in contestants.values():
            contestant.round(arguments.seconds)
            load.append(os.getloadavg()[0])
    report(contestants)
    print(f"load of the machine: {min(load):.1f} to {max(load):.1f} on {os.cpu_count()} cores")
    print(f"largest resident memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
