#!/usr/bin/env python3
"""Compares the free paths of a run with those of an independent program.

    scripts/check-free-paths.py RUN REFERENCE.json

RUN is a directory that `geodyssey run configs/alanine-dipeptide-free.toml` wrote, REFERENCE.json the file of scripts/reference-free-paths.py:
the same molecule, states and move with OpenMM. Acceptance and mean length are compared with their errors, and the distributions of the length by
a two-sample Kolmogorov-Smirnov test with the effective sizes of both samples. Prints all of it; exits with 1 if a comparison is off by more than
4 standard errors or the test's p-value is below 0.001. Only the standard library is used.
"""

import csv
import json
import math
import sys
from pathlib import Path


def kolmogorov(statistic, sizes):
    """P-value of the two-sample statistic with effective sizes (Stephens' correction of the asymptotic distribution)."""
    size = math.sqrt(sizes[0] * sizes[1] / (sizes[0] + sizes[1]))
    x = (size + 0.12 + 0.11 / size) * statistic
    terms = [2 * (-1) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 101)]
    return min(1.0, max(0.0, sum(terms))) if x > 0.2 else 1.0


def distribution(values):
    """Cumulated shares by value."""
    values, shares = sorted(values), {}
    for index, value in enumerate(values):
        shares[value] = (index + 1) / len(values)
    return shares


def statistic(a, b):
    """Largest difference of the distributions of two samples."""
    a, b = distribution(a), distribution(b)
    largest, at_a, at_b = 0.0, 0.0, 0.0
    for value in sorted(set(a) | set(b)):
        at_a, at_b = a.get(value, at_a), b.get(value, at_b)
        largest = max(largest, abs(at_a - at_b))
    return largest


def main():
    run, reference = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    free = json.loads((run / "summary.json").read_text())["free_paths"]
    interval = free["frame_interval_ps"]
    with open(run / "free-paths.csv", newline="") as table:
        rows = [row for row in csv.DictReader(table) if float(row["weight"]) > 0]
    lengths = [round(float(row["length_ps"]) / interval) for row in rows]
    acceptance = sum(row["accepted"] == "1" for row in rows) / len(rows)
    # Successive trials share their shooting path, which makes the outcomes of a chain a little dependent: errors by chains.
    chains = {}
    for row in rows:
        chains.setdefault(row["chain"], []).append(row["accepted"] == "1")
    shares = [sum(chain) / len(chain) for chain in chains.values()]
    mean = sum(shares) / len(shares)
    error = math.sqrt(sum((share - mean) ** 2 for share in shares) / (len(shares) * (len(shares) - 1)))
    good = True

    def compare(name, own, other, decimals):
        nonlocal good
        apart = (own[0] - other[0]) / math.hypot(own[1], other[1])
        good &= abs(apart) < 4
        print(f"{name}: {own[0]:.{decimals}f} ± {own[1]:.{decimals}f}, reference {other[0]:.{decimals}f} ± {other[1]:.{decimals}f}: "
              f"{apart:+.1f} standard errors apart")

    of = lambda key: (reference[key]["value"], reference[key]["error"])
    compare("acceptance", (acceptance, error), of("acceptance"), 4)
    compare("mean length (ps)", (free["mean_length_ps"], free["mean_length_error_ps"]), of("mean_length_ps"), 4)
    found = statistic(lengths, reference["length_quantiles_in_frames"])
    sizes = (free["decorrelated"], reference["decorrelated"])
    p_value = kolmogorov(found, sizes)
    good &= p_value > 0.001
    print(f"distribution of the length: D = {found:.4f}, effective sizes {sizes[0]:.0f} and {sizes[1]}, p = {p_value:.3f}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
