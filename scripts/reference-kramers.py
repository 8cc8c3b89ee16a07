#!/usr/bin/env python3
"""Exact rate of underdamped Langevin dynamics over the barrier of V = x^4 - 2 x^2 (mass 1, minima at -1 and 1, barrier 1).

The rate constant from one well to the other is half the smallest non-zero eigenvalue of the Klein-Kramers operator

    dp/dt = -v dp/dx + V'(x) dp/dv + friction d/dv (v p + kT dp/dv)

With p = exp(-V/2kT) exp(-v^2/2kT) sum_n c_n(x) He_n(v/sqrt(kT))/sqrt(n!) it is Brinkman's hierarchy (H. Risken, The Fokker-Planck
Equation, 2nd ed., 10.1)

    dc_n/dt = -sqrt(n) D c_(n-1) + sqrt(n+1) D^T c_(n+1) - n friction c_n,    D = sqrt(kT) (d/dx + V'/2kT)

in which every c_n is expanded in Hermite functions of x, so that all matrix elements are exact. Mode n of v and mode m of x have the
parity (-1)^(n+m), and the slowest mode is odd: only the odd half is kept, which leaves out the eigenvalue 0. The rate is printed for
two sizes of the basis; their difference shows its convergence. For comparison:

    TST:               k = omega_0/2pi exp(-1/kT)
    Mel'nikov-Meshkov: k = kappa Y(d)^2/Y(2d) times that, kappa = sqrt(1 + (friction/2 omega_b)^2) - friction/2 omega_b,
                       d = friction S/kT with the action S = 8/3 of the orbit that starts and ends on the barrier in one well
                       (V. I. Mel'nikov and S. V. Meshkov, J. Chem. Phys. 85, 1018 (1986))

    reference-kramers.py [--kt KT...] [--friction FRICTION]

Needs numpy and scipy. What it printed (NumPy 2.4.6, SciPy 1.17.1; about 3 seconds):

    kT 0.07, friction 0.3, rate constants per unit of time
        exact,  80 functions of x and 100 of v 2.479848e-07
        exact, 120 functions of x and 150 of v 2.479850e-07
        Mel'nikov-Meshkov                      2.523425e-07
        TST                                    2.812926e-07
    kT 0.25, friction 0.3, rate constants per unit of time
        exact,  80 functions of x and 100 of v 4.511022e-03
        exact, 120 functions of x and 150 of v 4.511022e-03
        Mel'nikov-Meshkov                      4.961688e-03
        TST                                    8.244934e-03
"""
import argparse
import math

import numpy as np
import scipy.sparse as sparse
from scipy.integrate import quad
from scipy.sparse.linalg import eigs

BASES = ((80, 100), (120, 150))  # functions of x and of v
WIDTH = 0.19  # of the Hermite functions of x, at kT = 0.07; it grows with kT^(1/4), as a quartic's density does at high kT
OMEGA_WELL, OMEGA_BARRIER, ACTION = math.sqrt(8.0), 2.0, 8.0 / 3.0


def odd_half(kt, friction, of_x, of_v):
    """The operator of Brinkman's hierarchy on products of odd total parity."""
    margin = of_x + 4  # products of up to four x are exact before the matrix is cut to size
    root = np.sqrt(np.arange(1, margin))
    lower = sparse.diags(root, 1)
    width = WIDTH * (kt / 0.07) ** 0.25
    x = width * (lower + lower.T) / math.sqrt(2.0)
    derivative = (lower - lower.T) / (math.sqrt(2.0) * width)
    force = 4.0 * x @ x @ x - 4.0 * x
    d = (math.sqrt(kt) * (derivative + force / (2.0 * kt))).tocsr()[:of_x, :of_x]
    up = sparse.diags(np.sqrt(np.arange(1, of_v)), -1)  # from n - 1 to n
    loss = sparse.kron(sparse.diags(np.arange(of_v, dtype=float)), sparse.identity(of_x))
    operator = -sparse.kron(up, d) + sparse.kron(up.T, d.T) - friction * loss
    n, m = np.divmod(np.arange(of_x * of_v), of_x)
    odd = np.flatnonzero((n + m) % 2)
    return operator.tocsr()[odd][:, odd].tocsc()


def exact_rate(kt, friction, of_x, of_v):
    operator = odd_half(kt, friction, of_x, of_v)
    slowest = eigs(operator, k=3, sigma=0.0, which="LM", return_eigenvectors=False)
    slowest = slowest[np.argmin(abs(slowest))]
    assert abs(slowest.imag) < 1e-6 * abs(slowest.real) and slowest.real < 0.0, slowest
    return -0.5 * slowest.real


def tst_rate(kt):
    return OMEGA_WELL / (2.0 * math.pi) * math.exp(-1.0 / kt)


def melnikov_meshkov_rate(kt, friction):
    def depopulation(loss):
        def integrand(t):
            square = t * t + 0.25
            return math.log(-math.expm1(-loss * square)) / square

        return math.exp(quad(integrand, 0.0, math.inf, epsabs=1e-12, epsrel=1e-12, limit=500)[0] / math.pi)

    ratio = friction / (2.0 * OMEGA_BARRIER)
    loss = friction * ACTION / kt
    kappa = math.sqrt(1.0 + ratio * ratio) - ratio
    return kappa * depopulation(loss) ** 2 / depopulation(2.0 * loss) * tst_rate(kt)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kt", type=float, nargs="+", default=[0.07, 0.25])
    parser.add_argument("--friction", type=float, default=0.3)
    arguments = parser.parse_args()
    for kt in arguments.kt:
        print(f"kT {kt:g}, friction {arguments.friction:g}, rate constants per unit of time")
        for of_x, of_v in BASES:
            rate = exact_rate(kt, arguments.friction, of_x, of_v)
            print(f"    exact, {of_x:3} functions of x and {of_v} of v {rate:.6e}")
        print(f"    Mel'nikov-Meshkov                      {melnikov_meshkov_rate(kt, arguments.friction):.6e}")
        print(f"    TST                                    {tst_rate(kt):.6e}")


if __name__ == "__main__":
    main()
