"""Logarithm, exponential and the sine and cosine of a part of a turn, from operations that round correctly everywhere.

The native runtime has the same formulas (``runtime/exact.h``), so that a draw has the same bits however it is made. The
polynomials are minimax fits; errors stay within two units in the last place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["exp64", "log32", "log64", "turn32", "turn64"]

LOG32 = (
    -0.07859679311513901, 0.12881681323051453, -0.13128744065761566, 0.14181186258792877,
    -0.16624554991722107, 0.2000228613615036, -0.25000810623168945, 0.33333316445350647,
)  # fmt: skip
LOG64 = (
    0.1479750918722889, 0.1531390300332426, 0.18183569754316545, 0.2222219847557568,
    0.2857142874326846, 0.39999999999411057, 0.6666666666666735,
)  # fmt: skip
SIN32 = (-3.595450834836811e-05, 0.002490007085725665, -0.08074543625116348, 0.7853981852531433)
COS32 = (3.531333732098574e-06, -0.00032594200456514955, 0.015854327008128166, -0.3084251284599304)
SIN64 = (
    -2.02259163660992e-14, 6.948154149393826e-12, -1.757247420528062e-09, 3.133616889193132e-07,
    -3.65762041821471e-05, 0.0024903945701927163, -0.08074551218828079, 0.7853981633974483,
)  # fmt: skip
COS64 = (
    9.929060666488894e-16, -3.897906664552983e-13, 1.1501157467056476e-10, -2.4611369495329237e-08,
    3.5908604485882677e-06, -0.0003259918869273894, 0.015854344243815502, -0.30842513753404244,
)  # fmt: skip
EXP64 = (
    2.0927002573563894e-09, 2.5112346205213896e-08, 2.755723315834569e-07, 2.7557233936308208e-06,
    2.4801587373995825e-05, 0.0001984126989735472, 0.0013888888888858295, 0.008333333333316621,
    0.04166666666666673, 0.16666666666666685, 0.5,
)  # fmt: skip
LN2_HIGH, LN2_LOW = 0.6931467056274414, 4.7493250390316726e-07
LN2_HIGH_32, LN2_LOW_32 = 0.693115234375, 3.194618329871446e-05


def _horner(x: np.ndarray, coefficients: tuple[float, ...], dtype: Any) -> np.ndarray:
    """The polynomial, highest power first; every step rounds."""
    value = np.full(x.shape, coefficients[0], dtype)
    for c in coefficients[1:]:
        value *= x
        value += dtype(c)
    return value


def log32(x: np.ndarray) -> np.ndarray:
    """Logarithm of positive normal float32 numbers."""
    f4, shifted = np.float32, x.view("int32") - np.int32(0x3F3504F3)
    k = (shifted >> np.int32(23)).astype("float32")
    f = ((shifted & np.int32(0x7FFFFF)) + np.int32(0x3F3504F3)).view("float32") - f4(1)
    z = f * f
    y = f * (z * _horner(f, LOG32, f4))
    y = y + k * f4(LN2_LOW_32)
    y = y - f4(0.5) * z
    return (y + f) + k * f4(LN2_HIGH_32)


def log64(x: np.ndarray) -> np.ndarray:
    """Logarithm of positive normal float64 numbers."""
    u8 = np.uint64
    shifted = x.view("uint64") + u8(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)
    k = ((shifted >> u8(52)) | u8(0x4330000000000000)).view("float64") - (2.0**52 + 1023)
    f = ((shifted & u8(0xFFFFFFFFFFFFF)) + u8(0x3FE6A09E667F3BCD)).view("float64") - 1.0
    s = f / (2.0 + f)
    z = s * s
    half = 0.5 * f * f
    r = z * _horner(z, LOG64, np.float64)
    return k * LN2_HIGH - ((half - (s * (half + r) + k * LN2_LOW)) - f)


def exp64(x: np.ndarray) -> np.ndarray:
    """Exponential of float64 numbers; 0 below -708, and not for numbers above 709."""
    small = np.maximum(x, -708.0)
    k = np.rint(small * 1.4426950408889634)
    r = (small - k * LN2_HIGH) - k * LN2_LOW
    y = 1.0 + (r + r * r * _horner(r, EXP64, np.float64))
    scale = ((k.astype("int64") + 1023) << np.int64(52)).view("float64")
    return np.where(x < -708.0, 0.0, y * scale)


def _rotated(c: np.ndarray, s: np.ndarray, quarter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine after `quarter` quarter turns."""
    swap = (quarter & 1) != 0
    cosine, sine = np.where(swap, s, c), np.where(swap, c, s)
    return np.where(((quarter + 1) & 2) != 0, -cosine, cosine), np.where((quarter & 2) != 0, -sine, sine)


def turn32(word: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine of (`word` + 2**29) / 2**32 turns less an eighth, up to the last bits of the word."""
    t = (word << np.uint32(2)).view("int32").astype("float32") * np.float32(2.0**-31)
    q = t * t
    s = t * _horner(q, SIN32, np.float32)
    c = np.float32(1) + q * _horner(q, COS32, np.float32)
    return _rotated(c, s, (word >> np.uint32(30)).astype("int32"))


def turn64(high: np.ndarray, low: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine of a part of a turn that the two words tell."""
    t = (high << np.uint32(2)).view("int32").astype("float64") * 2.0**-31
    t = t + (low >> np.uint32(1)).astype("float64") * 2.0**-60
    q = t * t
    s = t * _horner(q, SIN64, np.float64)
    c = 1.0 + q * _horner(q, COS64, np.float64)
    return _rotated(c, s, (high >> np.uint32(30)).astype("int32"))
