#!/usr/bin/env python3
"""Langevin steps of alanine dipeptide in vacuum, a second and core: this program's metadynamics beside OpenMM's Langevin integrator.

    scripts/bench-langevin.py target/release/geodyssey [--rounds N]

The two take turns, so that a machine whose speed drifts treats both alike; medians and the ratio are printed. Ours counts whole
steps of 64 walkers under the metadynamics bias on one thread; OpenMM's Reference platform integrates one molecule without a bias,
many steps a call (its CPU platform is far slower for so few atoms). Needs openmm.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import openmm
import openmm.app as app

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM = os.path.join(HERE, "..", "systems", "alanine-dipeptide")
CONFIG = os.path.join(HERE, "..", "configs", "alanine-dipeptide.toml")


def ours(program):
    with tempfile.TemporaryDirectory() as folder:
        times = ["filling_time_ps=10", "filling_limit_ps=10", "sampling_time_ps=20", "sampling_limit_ps=20"]
        settings = ["landscape." + setting for setting in times]
        command = [program, "landscape", CONFIG, "--threads", "1", "--out", os.path.join(folder, "run")]
        for setting in settings:
            command += ["--set", setting]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(os.path.join(folder, "run", "timings.json"), encoding="utf-8") as file:
            stages = json.load(file)["stages"]
        return next(stage["evaluations_per_second"] for stage in stages if stage["stage"] == "landscape")


def openmm_simulation(platform):
    with open(os.path.join(SYSTEM, "amber99sb-ildn.vacuum.xml"), encoding="utf-8") as file:
        system = openmm.XmlSerializer.deserialize(file.read())
    integrator = openmm.LangevinMiddleIntegrator(300.0, 2.0, 0.001)
    context = openmm.Context(system, integrator, openmm.Platform.getPlatformByName(platform))
    context.setPositions(app.PDBFile(os.path.join(SYSTEM, "c5.pdb")).positions)
    context.setVelocitiesToTemperature(300.0, 1)
    integrator.step(2000)
    return integrator, context  # the context must outlive the steps


def theirs(integrator, steps=100_000):
    started = time.perf_counter()
    integrator.step(steps)
    return steps / (time.perf_counter() - started)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    integrators = {f"OpenMM {platform}": openmm_simulation(platform) for platform in ("Reference",)}
    rates = {"geodyssey": []} | {name: [] for name in integrators}
    for _ in range(arguments.rounds):
        rates["geodyssey"].append(ours(arguments.program))
        for name, integrator in integrators.items():
            rates[name].append(theirs(integrator[0]))
    for name, values in rates.items():
        ratio = statistics.median(own / value for own, value in zip(rates["geodyssey"], values))
        print(f"{name:18} {statistics.median(values):12,.0f} steps/s  (from {min(values):,.0f} to {max(values):,.0f}); geodyssey / this: {ratio:.1f}")


if __name__ == "__main__":
    main()
