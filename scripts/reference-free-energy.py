#!/usr/bin/env python3
"""Free energy of alanine dipeptide over phi and psi by umbrella sampling with OpenMM, as a reference for metadynamics.

24 x 24 windows, harmonic in both torsions, on OpenMM's Reference platform; the windows are combined by WHAM
(Kumar et al., J. Comput. Chem. 13, 1011 (1992)) on 144 x 144 bins and summed to 36 x 36. Windows whose mean lies more than
0.3 rad from their centre stand on a ridge that they slid off, to one side only: they are not in equilibrium and would join
the two sides wrongly, so they are left out. The standard error is that of four blocks of time. Hydrogen masses are raised to 4 amu, which leaves configurational averages as they are.

    reference-free-energy.py sample OUT.npz [--rows A B] [--picoseconds T]     one share of the windows
    reference-free-energy.py combine OUT.csv SHARE.npz...                      WHAM and the table

Needs numpy and openmm. All shares together take about 20 minutes of one core.
"""
import argparse
import pathlib
import sys
import time

import numpy as np

WINDOWS = 24
FINE = 144
COARSE = 36
STIFFNESS = 150.0  # kJ/mol/rad^2
TEMPERATURE = 300.0  # K
TIME_STEP = 0.0025  # ps
SAMPLE_EVERY = 20  # steps
BLOCKS = 4
LARGEST_SLIDE = 0.3  # rad
LARGEST_ERROR = 1.5  # kJ/mol; bins that are known less well are left out
THERMAL_ENERGY = 8.31446261815324e-3 * TEMPERATURE
CENTRES = -np.pi + 2 * np.pi / WINDOWS * np.arange(WINDOWS)
SYSTEM = pathlib.Path(__file__).resolve().parent.parent / "systems" / "alanine-dipeptide"


def make_simulation():
    import openmm
    from openmm import app, unit

    pdb = app.PDBFile(str(SYSTEM / "topology.pdb"))
    system = openmm.XmlSerializer.deserialize((SYSTEM / "amber99sb-ildn.vacuum.xml").read_text())
    atoms = {(atom.residue.name, atom.name): atom.index for atom in pdb.topology.atoms()}
    for first, second in pdb.topology.bonds():
        if second.element.symbol == "H":
            first, second = second, first
        if first.element.symbol == "H":
            added = 4.0 - system.getParticleMass(first.index).value_in_unit(unit.dalton)
            system.setParticleMass(first.index, 4.0)
            heavy = system.getParticleMass(second.index).value_in_unit(unit.dalton)
            system.setParticleMass(second.index, heavy - added)
    phi = [atoms["ACE", "C"], atoms["ALA", "N"], atoms["ALA", "CA"], atoms["ALA", "C"]]
    psi = [atoms["ALA", "N"], atoms["ALA", "CA"], atoms["ALA", "C"], atoms["NME", "N"]]
    for name, torsion in (("phi0", phi), ("psi0", psi)):
        force = openmm.CustomTorsionForce(
            f"0.5*{STIFFNESS}*d^2; d=x-{2 * np.pi}*floor(x/{2 * np.pi}+0.5); x=theta-{name}"
        )
        force.addGlobalParameter(name, 0.0)
        force.addTorsion(*torsion, [])
        system.addForce(force)
    integrator = openmm.LangevinMiddleIntegrator(TEMPERATURE, 2.0, TIME_STEP)
    integrator.setRandomNumberSeed(1)
    simulation = app.Simulation(
        pdb.topology, system, integrator, openmm.Platform.getPlatformByName("Reference")
    )
    simulation.context.setPositions(pdb.positions)
    simulation.minimizeEnergy()
    return simulation, phi, psi


def dihedral(positions, indices):
    a, b, c, d = (positions[i] for i in indices)
    u, v, w = b - a, c - b, d - c
    n, m = np.cross(u, v), np.cross(v, w)
    return np.arctan2(np.linalg.norm(v) * u.dot(m), n.dot(m))


def sample(arguments):
    simulation, phi, psi = make_simulation()
    context, step = simulation.context, simulation.integrator.step
    frames = int(round(arguments.picoseconds / TIME_STEP / SAMPLE_EVERY))
    rows = range(*arguments.rows)
    result = np.empty((len(rows), WINDOWS, frames, 2))
    began = time.time()
    for number, row in enumerate(rows):
        columns = range(WINDOWS) if number % 2 == 0 else range(WINDOWS - 1, -1, -1)
        for column in columns:  # the windows follow one another like a snake: each starts from its neighbour
            context.setParameter("phi0", CENTRES[row])
            context.setParameter("psi0", CENTRES[column])
            step(20000 if number == 0 and column == 0 else 2000)
            for frame in range(frames):
                step(SAMPLE_EVERY)
                positions = np.array(context.getState(getPositions=True).getPositions(asNumpy=True)._value)
                result[number, column, frame] = dihedral(positions, phi), dihedral(positions, psi)
        print(f"row {row}: {time.time() - began:.0f} s", flush=True)
    if not np.isfinite(result).all():
        sys.exit("the simulation blew up")
    np.savez(arguments.out, rows=np.array(list(rows)), samples=result.astype(np.float32))


def wrap(angle):
    return angle - 2 * np.pi * np.round(angle / (2 * np.pi))


def stayed(samples):
    """Which windows stayed near their centres; `samples` is [row][column][frame][variable]."""
    centres = np.stack(np.meshgrid(CENTRES, CENTRES, indexing="ij"), axis=-1)
    slide = wrap(samples - centres[:, :, None, :]).mean(axis=2)
    return np.linalg.norm(slide, axis=-1) <= LARGEST_SLIDE


def wham(samples, used):
    """Unbiased probabilities of the fine bins from the windows that are `used`."""
    fine = -np.pi + 2 * np.pi / FINE * (np.arange(FINE) + 0.5)
    # The umbrella factorises over the two torsions: window (i, j) weighs bin (a, b) by K[i, a] K[j, b].
    kernel = np.exp(-0.5 * STIFFNESS / THERMAL_ENERGY * wrap(fine[None] - CENTRES[:, None]) ** 2)
    edges = np.linspace(-np.pi, np.pi, FINE + 1)
    flat = wrap(samples[used].reshape(-1, 2).astype(float))
    counts, _, _ = np.histogram2d(flat[:, 0], flat[:, 1], bins=[edges, edges])
    per_window = samples.shape[2] * used
    f = np.zeros((WINDOWS, WINDOWS))  # log of the inverse normaliser of each window
    for iteration in range(200000):
        density = counts / (kernel.T @ (per_window * np.exp(f)) @ kernel)
        density /= density.sum()
        updated = -np.log(kernel @ density @ kernel.T)
        updated -= updated[used].mean()
        change = np.abs(updated - f)[used].max()
        f = updated
        if change < 1e-7:
            break
    print(f"WHAM: {iteration + 1} iterations, last change {change:.1e}", flush=True)
    return density


def coarse_free_energy(samples, used):
    density = wham(samples, used)
    factor = FINE // COARSE
    p = density.reshape(COARSE, factor, COARSE, factor).sum(axis=(1, 3))
    with np.errstate(divide="ignore"):
        return -THERMAL_ENERGY * np.log(p / p.sum())


def combine(arguments):
    samples = None
    for share in arguments.shares:
        with np.load(share) as data:
            if samples is None:
                samples = np.full((WINDOWS, WINDOWS, *data["samples"].shape[2:]), np.nan, np.float32)
            samples[data["rows"]] = data["samples"]
    if not np.isfinite(samples).all():
        sys.exit("windows are missing")
    used = stayed(samples)
    print(f"{used.sum()} of {used.size} windows stayed within {LARGEST_SLIDE} rad", flush=True)
    free_energy = coarse_free_energy(samples, used)
    frames = samples.shape[2] // BLOCKS
    blocks = np.array(
        [
            coarse_free_energy(samples[:, :, block * frames : (block + 1) * frames], used)
            for block in range(BLOCKS)
        ]
    )
    with np.errstate(invalid="ignore"):
        error = blocks.std(axis=0, ddof=1) / np.sqrt(BLOCKS)
    free_energy -= free_energy.min()
    degrees = -180 + 360 / COARSE * (np.arange(COARSE) + 0.5)
    with open(arguments.out, "w") as out:
        out.write("phi_degree,psi_degree,free_energy_kj_mol,standard_error_kj_mol\n")
        for i, phi in enumerate(degrees):
            for j, psi in enumerate(degrees):
                if np.isfinite(free_energy[i, j]) and error[i, j] <= LARGEST_ERROR:
                    out.write(f"{phi:g},{psi:g},{free_energy[i, j]:.3f},{error[i, j]:.3f}\n")
    low = (free_energy < 40) & (error <= LARGEST_ERROR)
    print(f"{low.sum()} bins below 40 kJ/mol, standard error there {np.sqrt(np.nanmean(error[low] ** 2)):.3f} kJ/mol (RMS)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("sample")
    command.add_argument("out")
    command.add_argument("--rows", type=int, nargs=2, default=[0, WINDOWS])
    command.add_argument("--picoseconds", type=float, default=100.0)
    command.set_defaults(run=sample)
    command = commands.add_parser("combine")
    command.add_argument("out")
    command.add_argument("shares", nargs="+")
    command.set_defaults(run=combine)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
