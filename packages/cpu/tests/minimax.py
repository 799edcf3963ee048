"""Coefficients of smallest largest error, by Remez' exchange algorithm in decimal arithmetic."""

import decimal
import math
import struct
from decimal import Decimal

decimal.getcontext().prec = 60
LN2 = Decimal(2).ln()


def minimax(points, degree):
    """Coefficients of the polynomial p of `degree` with the least largest ``|p(x) - y| * w``, and that error.

    points : list of (x, y, w)
        Dense, in the order of x.
    """
    count = degree + 1
    chosen = [round((len(points) - 1) * (i + 0.5) / (count + 1)) for i in range(count + 1)]
    while True:
        rows = [[points[at][0] ** j for j in range(count)] + [(-1) ** i / points[at][2]] for i, at in enumerate(chosen)]
        *coefficients, error = _solved(rows, [points[at][1] for at in chosen])
        errors = [(horner(coefficients, x) - y) * w for x, y, w in points]
        extremes = _extremes(errors)
        while len(extremes) > count + 1:
            extremes.pop(0 if abs(errors[extremes[0]]) < abs(errors[extremes[-1]]) else -1)
        assert len(extremes) == count + 1
        worst = max(map(abs, errors))
        if extremes == chosen or worst <= abs(error) * Decimal("1.0001"):
            return coefficients, worst
        chosen = extremes


def horner(coefficients, x):
    """Value of a polynomial."""
    value = Decimal(0)
    for c in reversed(coefficients):
        value = value * x + c
    return value


def _extremes(errors):
    """Position of the largest error in each run of errors of one sign."""
    found = [0]
    for at, error in enumerate(errors):
        if error * errors[found[-1]] < 0:
            found.append(at)
        elif abs(error) > abs(errors[found[-1]]):
            found[-1] = at
    return found


def _solved(rows, right):
    """The solution of a system of linear equations, by Gauss' elimination."""
    table, n = [[*row, b] for row, b in zip(rows, right, strict=True)], len(right)
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(table[k][i]))
        table[i], table[pivot] = table[pivot], table[i]
        for k in range(i + 1, n):
            factor = table[k][i] / table[i][i]
            table[k] = [a - factor * b for a, b in zip(table[k], table[i], strict=True)]
    found = [Decimal(0)] * n
    for i in reversed(range(n)):
        found[i] = (table[i][n] - sum(table[i][j] * found[j] for j in range(i + 1, n))) / table[i][i]
    return found


def rounded(coefficients, dtype):
    """Coefficients as numbers of `dtype`."""
    if dtype == "float64":
        return tuple(map(float, coefficients))
    return tuple(struct.unpack("f", struct.pack("f", c))[0] for c in coefficients)


def between(low, high, count=600):
    """Points between `low` and `high`, denser towards the ends."""
    middle, radius = (low + high) / 2, (high - low) / 2
    return [middle - radius * Decimal(math.cos(math.pi * (i + 0.5) / count)) for i in range(count)]


MARGIN = Decimal("1.0005")
"""Reduction rounds: arguments lie a little outside their interval."""


def of_exp():
    """Q of exp(r) = 1 + r + r**2 (1/2 + r Q(r)), by the relative error of exp(r) - 1."""
    points = []
    for r in between(-LN2 / 2 * MARGIN, LN2 / 2 * MARGIN):
        less_one = r.exp() - 1
        points.append((r, (less_one - r - r * r / 2) / r**3, abs(r**3 / less_one)))
    return points


def of_log_by_quotient():
    """P of log(1 + c) = 2 s + s**3 P(s**2) with s = c / (2 + c), by its relative error."""
    root, points = Decimal(2).sqrt(), []
    for s in between(Decimal("1e-6"), (root - 1) / (root + 1) * MARGIN):
        value = ((1 + s) / (1 - s)).ln()
        points.append((s * s, (value - 2 * s) / s**3, s**3 / value))
    return points


def of_log():
    """P of log(1 + c) = c + c**2 (-1/2 + c P(c)), by its relative error."""
    points = []
    for c in between(Decimal("-.33334"), Decimal(".33334")):
        value = (1 + c).ln()
        points.append((c, (value - c + c * c / 2) / c**3, abs(c**3 / value)))
    return points
