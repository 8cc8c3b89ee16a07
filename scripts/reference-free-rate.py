#!/usr/bin/env python3
"""Rates between two states of alanine dipeptide in vacuum from one long run without bias with OpenMM, as a reference for rates.

LangevinMiddle at 600 K, 1/ps, 1 fs on the Reference platform, looked at every 5 fs. The molecule belongs to the state that it
visited last; k_AB is the number of changes from A to B divided by the time that belonged to A. A transition path runs from the
last frame in A to the first frame in B. Each rate has two standard errors: that of a Poisson process, k / sqrt(n), and a jackknife
over 20 blocks of time.

    reference-free-rate.py OUT.json [--minutes T] [--temperature K] [--seed S]

CMMotionRemover is taken out; in vacuum it has no influence on torsions. Needs numpy and openmm.
"""

import argparse
import json
import math
import pathlib
import time

import numpy as np
import openmm
from openmm import app

FRICTION = 1.0  # 1/ps
TIME_STEP = 0.001  # ps
STEPS_PER_FRAME = 5
FRAME = TIME_STEP * STEPS_PER_FRAME  # ps
A = (-180.0, -40.0)  # phi, degrees
B = (40.0, 100.0)
EQUILIBRATION = 20.0  # ps
BLOCKS = 20
SYSTEM = pathlib.Path(__file__).resolve().parent.parent / "systems" / "alanine-dipeptide"


def load():
    pdb = app.PDBFile(str(SYSTEM / "c7eq.pdb"))
    system = openmm.XmlSerializer.deserialize((SYSTEM / "amber99sb-ildn.vacuum.xml").read_text())
    for index in reversed(range(system.getNumForces())):
        if isinstance(system.getForce(index), openmm.CMMotionRemover):
            system.removeForce(index)
    atoms = {(atom.residue.name, atom.name): atom.index for atom in pdb.topology.atoms()}
    return pdb, system, [atoms["ACE", "C"], atoms["ALA", "N"], atoms["ALA", "CA"], atoms["ALA", "C"]]


def dihedral(positions, indices):
    """Degrees; plain arithmetic, since NumPy takes longer for so few numbers."""
    (ax, ay, az), (bx, by, bz), (cx, cy, cz), (dx, dy, dz) = positions[indices].tolist()
    ux, uy, uz = bx - ax, by - ay, bz - az
    vx, vy, vz = cx - bx, cy - by, cz - bz
    wx, wy, wz = dx - cx, dy - cy, dz - cz
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    mx, my, mz = vy * wz - vz * wy, vz * wx - vx * wz, vx * wy - vy * wx
    length = math.sqrt(vx * vx + vy * vy + vz * vz)
    return math.degrees(math.atan2(length * (ux * mx + uy * my + uz * mz), nx * mx + ny * my + nz * mz))


def run(arguments):
    """phi of every frame, in degrees, and the CPU time."""
    pdb, system, phi = load()
    integrator = openmm.LangevinMiddleIntegrator(arguments.temperature, FRICTION, TIME_STEP)
    integrator.setRandomNumberSeed(arguments.seed)
    context = openmm.Context(system, integrator, openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(pdb.positions)
    context.setVelocitiesToTemperature(arguments.temperature, arguments.seed)
    integrator.step(round(EQUILIBRATION / TIME_STEP))
    values = []
    began = time.process_time()
    while time.process_time() - began < 60 * arguments.minutes:
        for _ in range(1000):
            integrator.step(STEPS_PER_FRAME)
            values.append(dihedral(context.getState(positions=True).getPositions(asNumpy=True)._value, phi))
    return np.array(values, dtype=np.float32), time.process_time() - began


def jackknife(counts, times):
    """Standard error of the sum of the counts over the sum of the times."""
    without = (counts.sum() - counts) / (times.sum() - times)
    return math.sqrt((len(counts) - 1) / len(counts) * ((without - without.mean()) ** 2).sum())


def analyse(values, arguments, cpu):
    state = np.zeros(len(values), dtype=int)  # 0 neither, 1 A, 2 B
    state[(values >= A[0]) & (values <= A[1])] = 1
    state[(values >= B[0]) & (values <= B[1])] = 2
    inside = np.flatnonzero(state)
    frames = np.arange(len(values))
    last = inside[np.maximum(np.searchsorted(inside, frames, side="right") - 1, 0)]
    belongs = np.where(frames < inside[0], 0, state[last])
    changes = np.flatnonzero(state[inside[1:]] != state[inside[:-1]])  # positions in `inside` of the last frame in a state
    starts, ends = inside[changes], inside[changes + 1]
    block = np.minimum(frames * BLOCKS // len(frames), BLOCKS - 1)
    rates, lengths, round_by_180 = {}, {}, {}
    for number, name in ((1, "AB"), (2, "BA")):
        mine = state[starts] == number
        counts = np.bincount(block[ends[mine]], minlength=BLOCKS)
        times = np.bincount(block[belongs == number], minlength=BLOCKS) * FRAME
        rates[name] = {"transitions": int(counts.sum()), "time_ps": round(float(times.sum()), 3)}
        if counts.sum() and (times < times.sum()).all():  # else the run is too short for a rate
            rate = counts.sum() / times.sum()
            rates[name] |= {
                "rate_per_ps": float(f"{rate:.6g}"),
                "poisson_error_per_ps": float(f"{rate / math.sqrt(counts.sum()):.3g}"),
                "block_error_per_ps": float(f"{jackknife(counts, times):.3g}"),
            }
        lengths[name] = (ends[mine] - starts[mine]).tolist()
        # Between the states phi lies either between -40 and 40 degrees or beyond 100.
        round_by_180[name] = sum(bool((values[a + 1 : b] > B[1]).any()) for a, b in zip(starts[mine], ends[mine]))
    every = np.array(lengths["AB"] + lengths["BA"])
    return {
        "what": "one run without bias, alanine dipeptide in vacuum",
        "openmm": openmm.version.version,
        "platform": "Reference",
        "temperature_k": arguments.temperature,
        "friction_per_ps": FRICTION,
        "time_step_fs": TIME_STEP * 1000,
        "frame_fs": FRAME * 1000,
        "state_a_phi_degrees": A,
        "state_b_phi_degrees": B,
        "seed": arguments.seed,
        "time_ps": round(len(values) * FRAME, 3),
        "share_inside_a": round(float((state == 1).mean()), 5),
        "share_inside_b": round(float((state == 2).mean()), 5),
        "rates": rates,
        "round_by_180": round_by_180,
        "mean_length_ps": round(float(every.mean() * FRAME), 5) if len(every) else None,
        "mean_length_error_ps": round(float(every.std(ddof=1) / math.sqrt(len(every)) * FRAME), 5) if len(every) > 1 else None,
        "lengths_in_frames": lengths,
        "cpu_s": round(cpu, 2),
        "steps_per_cpu_s": round(len(values) * STEPS_PER_FRAME / cpu),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--minutes", type=float, default=10.0, help="CPU time")
    parser.add_argument("--temperature", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    values, cpu = run(arguments)
    if not np.isfinite(values).all():
        raise SystemExit("the simulation blew up")
    result = analyse(values, arguments, cpu)
    text = json.dumps({key: value for key, value in result.items() if key != "lengths_in_frames"}, indent=1)
    text = text[:-2] + ',\n "lengths_in_frames": ' + json.dumps(result["lengths_in_frames"]) + "\n}\n"
    pathlib.Path(arguments.out).write_text(text)
    for name, rate in result["rates"].items():
        text = f"{name}: {rate['transitions']} transitions in {rate['time_ps']:.1f} ps"
        if "rate_per_ps" in rate:
            errors = rate["poisson_error_per_ps"], rate["block_error_per_ps"]
            text += f", {rate['rate_per_ps']:.5g} /ps, error {errors[0]:.2g} (Poisson), {errors[1]:.2g} (blocks)"
        print(text)
    print(f"{result['time_ps']:.0f} ps, {result['steps_per_cpu_s']} steps per CPU second")


if __name__ == "__main__":
    main()
