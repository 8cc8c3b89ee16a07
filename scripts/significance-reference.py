#!/usr/bin/env python3
"""Numbers that the unit tests of the pairwise tests of `geodyssey compare` are held against; needs NumPy and SciPy."""

from itertools import combinations

import numpy as np
from scipy.stats import permutation_test, ttest_ind

NARROW = [41.2, 41.9, 42.1, 41.5, 42.4, 41.7]
WIDE = [39.0, 43.5, 45.1, 47.9, 44.2]
SHIFTED = [43.0, 43.9, 42.6, 44.1, 43.3, 42.2]


def two_sided(first, second, resamples, rng=None):
    """Share of the relabellings whose |t| of Welch is as large; infinitely many resamples are all relabellings."""

    def size(a, b, axis):
        return np.abs(ttest_ind(a, b, equal_var=False, axis=axis).statistic)

    test = permutation_test(
        (first, second), size, vectorized=True, n_resamples=resamples, alternative="greater", rng=rng
    )
    return test.pvalue


def wave(shift, scale, count):
    i = np.arange(count)
    return shift + scale * np.sin(1.7 * i) + 0.3 * np.cos(0.9 * i)


def splits(values, count):
    """(difference of means, squared standard error) of every relabelling; the observed one first."""
    values = np.asarray(values)
    for chosen in combinations(range(len(values)), count):
        mask = np.zeros(len(values), bool)
        mask[list(chosen)] = True
        a, b = values[mask], values[~mask]
        yield a.mean() - b.mean(), a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)


def strata(first, second):
    """Exact p value of the sum over two strata."""
    one, two = (list(splits(a + b, len(a))) for a, b in (first, second))
    t = np.array([abs(d + e) / np.sqrt(v + w) for d, v in one for e, w in two])
    return (t >= t[0] * (1 - 1e-10)).mean()


def holm(p):
    """Holm's correction, by its definition."""
    p = np.asarray(p)
    order = np.argsort(p)
    stepped = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order]).clip(max=1)
    corrected = np.empty(len(p))
    corrected[order] = stepped
    return corrected


print("narrow, wide     ", repr(two_sided(NARROW, WIDE, np.inf)))
print("narrow, shifted  ", repr(two_sided(NARROW, SHIFTED, np.inf)))
random = two_sided(wave(0, 1, 32), wave(0.47, 1, 30), 100_000, np.random.default_rng(1))
print("waves            ", repr(random))
forward = [7.1, 8.0, 7.7, 6.9], [8.4, 9.1, 8.8, 9.6]
backward = [-5.0, -5.9, -4.8, -5.5], [-3.9, -4.6, -4.1, -5.1]
print("two strata       ", repr(strata(forward, backward)))
print("Holm             ", holm([0.01, 0.04, 0.03, 0.005, 0.6]))
