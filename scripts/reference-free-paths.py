#!/usr/bin/env python3
"""Transition paths of alanine dipeptide in vacuum by two-way shooting with OpenMM, as a reference for unbiased paths.

Transition path sampling of flexible length: a frame is drawn uniformly from the N - 2 inner frames of the current path of N
frames, every atom gets a fresh Maxwell-Boltzmann velocity, and the molecule is integrated forwards and, with reversed velocities,
backwards until it enters a state. If the new path of N' frames joins the two states, it is accepted with probability
min(1, (N - 2) / (N' - 2)); a path from B to A is turned round. Paths longer than 2 ps are rejected. Lengths are counted from the
last frame in A to the first frame in B: N - 1 intervals of 5 fs.

Dynamics: LangevinMiddle, 300 K, 1/ps, 1 fs, Reference platform. Its velocities stand half a step before its positions, so that
both directions start with half a kick, which makes the scheme reversible. CMMotionRemover is taken out; in vacuum it has no
influence on torsions. The first path of each chain is shot from a structure minimised with phi held at 0 and psi at -30 degrees.

    reference-free-paths.py OUT.json [--minutes T] [--chains N] [--seed S]

The chains follow one another and share the time. Decorrelated paths are every k-th trial's, where k is twice the integrated
autocorrelation time of the path length, in trials (the lag 0 counts one half), rounded up. Errors are standard errors over blocks
of trials. Where a path crosses phi = 0 stays correlated about a hundred times longer than its length: paths use two channels, at psi
of about -45 and 50 degrees, and change between them rarely. The distribution of psi is known accordingly less well; its errors are
those between chains. Needs numpy and openmm.
"""

import argparse
import json
import math
import pathlib
import time

import numpy as np
import openmm
from openmm import app

TEMPERATURE = 300.0  # K
FRICTION = 1.0  # 1/ps
TIME_STEP = 0.001  # ps
STEPS_PER_FRAME = 5
FRAME = TIME_STEP * STEPS_PER_FRAME  # ps
LONGEST = 400  # intervals of 5 fs: 2 ps
A = (-180.0, -40.0)  # phi, degrees
B = (40.0, 100.0)
FIRST_PHI, FIRST_PSI = 0.0, -30.0  # degrees
RESTRAINT = 1000.0  # kJ/mol/rad^2
BURN_IN = 500  # trials of each chain that are left out
BLOCKS = 10  # per chain
BINS = 24
QUANTILES = 300
PSI_BETWEEN = 15.0  # degrees, between the two channels
GAS_CONSTANT = 8.31446261815324e-3  # kJ/mol/K
OUTCOMES = ("AB", "BA", "AA", "BB", "too_long")
SYSTEM = pathlib.Path(__file__).resolve().parent.parent / "systems" / "alanine-dipeptide"


def load():
    pdb = app.PDBFile(str(SYSTEM / "topology.pdb"))
    system = openmm.XmlSerializer.deserialize((SYSTEM / "amber99sb-ildn.vacuum.xml").read_text())
    for index in reversed(range(system.getNumForces())):
        if isinstance(system.getForce(index), openmm.CMMotionRemover):
            system.removeForce(index)
    if system.getNumConstraints():
        raise SystemExit("the velocities drawn here are wrong for a molecule with rigid bonds")
    atoms = {(atom.residue.name, atom.name): atom.index for atom in pdb.topology.atoms()}
    phi = [atoms["ACE", "C"], atoms["ALA", "N"], atoms["ALA", "CA"], atoms["ALA", "C"]]
    psi = [atoms["ALA", "N"], atoms["ALA", "CA"], atoms["ALA", "C"], atoms["NME", "N"]]
    return pdb, system, phi, psi


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


def state(phi):
    if A[0] <= phi <= A[1]:
        return "A"
    return "B" if B[0] <= phi <= B[1] else None


def held_structure(pdb, system, phi, psi):
    """A structure minimised with phi and psi held."""
    system = openmm.XmlSerializer.deserialize(openmm.XmlSerializer.serialize(system))
    force = openmm.CustomTorsionForce(
        f"0.5*{RESTRAINT}*d^2; d=x-{2 * np.pi}*floor(x/{2 * np.pi}+0.5); x=theta-centre"
    )
    force.addPerTorsionParameter("centre")
    force.addTorsion(*phi, [math.radians(FIRST_PHI)])
    force.addTorsion(*psi, [math.radians(FIRST_PSI)])
    system.addForce(force)
    integrator = openmm.VerletIntegrator(TIME_STEP)
    context = openmm.Context(system, integrator, openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(pdb.positions)
    openmm.LocalEnergyMinimizer.minimize(context)
    return context.getState(positions=True).getPositions(asNumpy=True)._value


class Chain:
    def __init__(self, seed):
        pdb, self.system, self.phi, self.psi = load()
        masses = [self.system.getParticleMass(i)._value for i in range(self.system.getNumParticles())]
        self.masses = np.array(masses)[:, None]
        self.spread = np.sqrt(GAS_CONSTANT * TEMPERATURE / self.masses)
        self.random = np.random.default_rng(seed)
        self.integrator = openmm.LangevinMiddleIntegrator(TEMPERATURE, FRICTION, TIME_STEP)
        self.integrator.setRandomNumberSeed(int(self.random.integers(1, 2**31 - 1)))
        self.context = openmm.Context(
            self.system, self.integrator, openmm.Platform.getPlatformByName("Reference")
        )
        self.steps = 0
        self.trials = 0
        held = held_structure(pdb, self.system, self.phi, self.psi)
        self.path = None
        while self.path is None:
            outcome, path = self.shoot(held)
            if outcome in ("AB", "BA"):
                self.path = path
        self.length, self.crossing = len(self.path) - 1, self.first_crossing(self.path)

    def leg(self, positions, velocities, most):
        """Frames after the first until a state is entered, and that state; None after `most` frames."""
        context, step, phi = self.context, self.integrator.step, self.phi
        context.setPositions(positions)
        context.setVelocities(velocities)
        frames = []
        while len(frames) < most:
            step(STEPS_PER_FRAME)
            frame = context.getState(positions=True).getPositions(asNumpy=True)._value
            frames.append(frame)
            entered = state(dihedral(frame, phi))
            if entered:
                self.steps += STEPS_PER_FRAME * len(frames)
                return frames, entered
        self.steps += STEPS_PER_FRAME * len(frames)
        return frames, None

    def shoot(self, positions):
        """Outcome and path, from A to B if it joins the two."""
        velocities = self.spread * self.random.standard_normal(positions.shape)
        self.context.setPositions(positions)
        forces = self.context.getState(forces=True).getForces(asNumpy=True)._value
        half_kick = 0.5 * TIME_STEP * forces / self.masses
        forwards, end = self.leg(positions, velocities - half_kick, LONGEST)
        if end is None:
            return "too_long", None
        backwards, start = self.leg(positions, -velocities - half_kick, LONGEST - len(forwards))
        if start is None:
            return "too_long", None
        path = None
        if start != end:
            path = backwards[::-1] + [positions] + forwards
            if start == "B":
                path.reverse()
        return start + end, path

    def first_crossing(self, path):
        """psi of the first frame with phi >= 0 on the way through 0; None if the path goes round by 180 degrees."""
        before = dihedral(path[0], self.phi)
        for frame in path[1:]:
            after = dihedral(frame, self.phi)
            if -90 < before < 0 <= after < 90:
                return dihedral(frame, self.psi)
            before = after
        return None

    def trial(self):
        """Outcome, whether it was accepted, and length and psi of the path that follows."""
        old = len(self.path)
        outcome, path = self.shoot(self.path[self.random.integers(1, old - 1)])
        accepted = path is not None and self.random.random() * (len(path) - 2) < old - 2
        if accepted:
            self.path = path
            self.length, self.crossing = len(path) - 1, self.first_crossing(path)
        self.trials += 1
        return OUTCOMES.index(outcome), accepted, self.length, np.nan if self.crossing is None else self.crossing


def inefficiency(series):
    """Twice the integrated autocorrelation time of several series with one mean: Geyer's initial positive sequence."""
    mean = np.concatenate(series).mean()
    covariance = np.zeros(max(len(values) for values in series))
    for values in series:
        size = 2 ** (2 * len(values) - 1).bit_length()
        power = np.abs(np.fft.rfft(values - mean, size)) ** 2
        covariance[: len(values)] += np.fft.irfft(power, size)[: len(values)]
    if covariance[0] == 0:
        return 1.0
    rho = covariance / covariance[0]
    pairs = rho[0 : len(rho) - 1 : 2] + rho[1::2][: len(rho[0 : len(rho) - 1 : 2])]
    stop = np.argmax(pairs <= 0) if (pairs <= 0).any() else len(pairs)
    return max(1.0, 2 * pairs[:stop].sum() - 1)


def blocks(chains, column, measure=np.mean):
    return np.array([measure(block) for chain in chains for block in np.array_split(chain[:, column], BLOCKS)])


def with_error(values):
    return {"value": round(float(values.mean()), 5), "error": round(float(values.std(ddof=1) / math.sqrt(len(values))), 5)}


def summary(chains, cost):
    """`chains`: rows of outcome, acceptance, length, psi."""
    every = np.concatenate(chains)
    lengths_inefficiency = inefficiency([chain[:, 2] for chain in chains])
    psis = [np.exp(1j * np.radians(chain[:, 3])) for chain in chains]
    psis = [np.where(np.isnan(psi), 0, psi) for psi in psis]
    k = math.ceil(lengths_inefficiency)
    kept = np.concatenate([chain[k // 2 :: k] for chain in chains])
    lengths = np.sort(kept[:, 2]).astype(int)
    positions = np.minimum(((np.arange(QUANTILES) + 0.5) / QUANTILES * len(lengths)).astype(int), len(lengths) - 1)
    edges = np.linspace(-180, 180, BINS + 1)
    # Per chain, since blocks are hardly longer than psi stays correlated.
    histograms = np.array([np.histogram(chain[:, 3], edges)[0] / len(chain) for chain in chains])
    between = histograms.std(axis=0, ddof=1) / math.sqrt(len(chains)) if len(chains) > 1 else np.full(BINS, np.nan)
    above = [chain[:, 3] > PSI_BETWEEN for chain in chains]
    share = float(np.concatenate(above).mean())
    above_inefficiency = inefficiency([values.astype(float) for values in above])
    return {
        "what": "two-way shooting with fresh velocities, flexible length, alanine dipeptide in vacuum",
        "openmm": openmm.version.version,
        "platform": "Reference",
        "temperature_k": TEMPERATURE,
        "friction_per_ps": FRICTION,
        "time_step_fs": TIME_STEP * 1000,
        "frame_fs": FRAME * 1000,
        "state_a_phi_degrees": A,
        "state_b_phi_degrees": B,
        "longest_ps": LONGEST * FRAME,
        "chains": len(chains),
        "left_out_per_chain": BURN_IN,
        "trials": len(every),
        "blocks": BLOCKS * len(chains),
        "acceptance": with_error(blocks(chains, 1)),
        "outcomes": {
            name: with_error(blocks(chains, 0, lambda block: np.mean(block == index)))
            for index, name in enumerate(OUTCOMES)
        },
        "mean_length_ps": with_error(blocks(chains, 2) * FRAME),
        "mean_length_ps_of_chains": [round(float(chain[:, 2].mean() * FRAME), 5) for chain in chains],
        "standard_deviation_length_ps": round(float(every[:, 2].std() * FRAME), 5),
        "quartiles_length_ps": [round(float(q) * FRAME, 4) for q in np.percentile(every[:, 2], [25, 50, 75])],
        "inefficiency_of_length_in_trials": round(lengths_inefficiency, 2),
        "inefficiency_of_cos_psi_in_trials": round(inefficiency([psi.real for psi in psis]), 2),
        "inefficiency_of_sin_psi_in_trials": round(inefficiency([psi.imag for psi in psis]), 2),
        "k": k,
        "decorrelated": len(kept),
        # Paths cross phi = 0 in two channels, and change between them rarely.
        "channel_psi_above_15_degrees": {
            "share": round(share, 5),
            "error": round(math.sqrt(share * (1 - share) * above_inefficiency / len(every)), 5),
            "inefficiency_in_trials": round(above_inefficiency, 1),
            "share_of_chains": [round(float(values.mean()), 5) for values in above],
        },
        "share_round_by_180": round(float(np.isnan(every[:, 3]).mean()), 5),
        "length_quantiles_in_frames": lengths[positions].tolist(),
        "psi_at_crossing": {
            "bin_edges_degrees": edges.tolist(),
            "share_of_trials": [round(float(share), 5) for share in histograms.mean(axis=0)],
            "error_between_chains": [round(float(error), 5) if np.isfinite(error) else None for error in between],
        },
        "cost": cost
        | {
            "steps_per_cpu_s": round(cost["steps"] / cost["cpu_s"]),
            "trials_per_cpu_s": round(cost["trials"] / cost["cpu_s"], 2),
            "decorrelated_per_cpu_s": round(cost["trials"] / lengths_inefficiency / cost["cpu_s"], 3),
        },
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--minutes", type=float, default=12.0, help="CPU time of all chains")
    parser.add_argument("--chains", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chains, cost = [], {"steps": 0, "trials": 0, "cpu_s": 0.0, "wall_s": 0.0}
    for number in range(arguments.chains):
        chain, rows = Chain([arguments.seed, number]), []
        for _ in range(BURN_IN):
            chain.trial()
        steps, wall, cpu = chain.steps, time.perf_counter(), time.process_time()
        while time.process_time() - cpu < 60 * arguments.minutes / arguments.chains or len(rows) < BLOCKS:
            rows.append(chain.trial())
        cost["cpu_s"] = round(cost["cpu_s"] + time.process_time() - cpu, 2)
        cost["wall_s"] = round(cost["wall_s"] + time.perf_counter() - wall, 2)
        cost["steps"] += chain.steps - steps
        cost["trials"] += len(rows)
        chains.append(np.array(rows, dtype=float))
        result = summary(chains, cost)
        pathlib.Path(arguments.out).write_text(json.dumps(result, indent=1) + "\n")
        length, acceptance = result["mean_length_ps"], result["acceptance"]
        print(
            f"{len(chains)} chains, {result['trials']} trials: acceptance {acceptance['value']:.4f} +- {acceptance['error']:.4f}, "
            f"length {length['value']:.4f} +- {length['error']:.4f} ps, k {result['k']}, {result['decorrelated']} decorrelated",
            flush=True,
        )


if __name__ == "__main__":
    main()
