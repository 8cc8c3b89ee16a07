#!/usr/bin/env python3
"""Root-mean-square difference of a run's landscape.csv (phi, psi in radian) from a reference table (36 x 36 bins, degrees).

    compare-free-energy.py RUN/landscape.csv [REFERENCE.csv]

The landscape is interpolated by a periodic cubic spline and integrated over each bin of the reference, so that bins of any
width may be compared. The two are aligned by their mean difference where the reference is below 40 kJ/mol. Needs numpy and
scipy.
"""
import pathlib
import sys

import numpy as np
from scipy.ndimage import map_coordinates

THERMAL_ENERGY = 8.31446261815324e-3 * 300.0
CEILING = 40.0
PARTS = 6  # points per bin and axis
REFERENCE = (
    pathlib.Path(__file__).resolve().parent.parent
    / "crates/landscape/tests/reference/alanine-dipeptide-vacuum-300K.csv"
)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    with open(sys.argv[1]) as landscape:
        header = landscape.readline().strip().split(",")
        table = np.genfromtxt(landscape, delimiter=",")
    count = int(round(np.sqrt(len(table))))
    energies = table[:, header.index("energy_kj_mol")].reshape(count, count)
    start = table[0, :2]
    reference = np.genfromtxt(sys.argv[2] if len(sys.argv) == 3 else REFERENCE, delimiter=",", names=True)
    width = 360.0 / 36
    offsets = width * ((np.arange(PARTS) + 0.5) / PARTS - 0.5)
    phi = reference["phi_degree"][:, None, None] + offsets[None, :, None] + 0 * offsets[None, None, :]
    psi = reference["psi_degree"][:, None, None] + 0 * offsets[None, :, None] + offsets[None, None, :]
    places = [(np.radians(angle) - first) / (2 * np.pi / count) for angle, first in zip((phi, psi), start)]
    fine = map_coordinates(energies, [place.ravel() % count for place in places], order=3, mode="grid-wrap")
    binned = -THERMAL_ENERGY * np.log(np.exp(-fine.reshape(phi.shape) / THERMAL_ENERGY).mean(axis=(1, 2)))
    exact, error = reference["free_energy_kj_mol"], reference["standard_error_kj_mol"]
    low = exact < CEILING
    difference = binned - exact
    difference -= difference[low].mean()
    print("reference_kj_mol  bins  rmse_kj_mol  largest_kj_mol  reference_error_kj_mol")
    for lower, upper in [(0, 10), (10, 20), (20, 30), (30, 40), (0, CEILING), (40, 50)]:
        chosen = (exact >= lower) & (exact < upper)
        rmse, stated = (np.sqrt(np.mean(x[chosen] ** 2)) for x in (difference, error))
        largest = np.abs(difference[chosen]).max()
        print(f"{lower:7g} – {upper:<6g} {chosen.sum():5d} {rmse:12.3f} {largest:15.2f} {stated:23.3f}")


if __name__ == "__main__":
    main()
