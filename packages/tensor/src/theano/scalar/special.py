"""Special functions: error function, gamma and Bessel families."""

from __future__ import annotations

from typing import Any

from theano.scalar.base import BinaryScalarOp, UnaryScalarOp
from theano.scalar.rules import upgrade_to_float, upgrade_to_float64, upgrade_to_float_no_complex

__all__ = [
    "I0",
    "I1",
    "J0",
    "J1",
    "Chi2SF",
    "Erf",
    "Erfc",
    "Erfcinv",
    "Erfcx",
    "Erfinv",
    "Gamma",
    "GammaInc",
    "GammaIncC",
    "GammaL",
    "GammaLn",
    "GammaU",
    "Iv",
    "Jv",
    "Psi",
    "TriGamma",
    "chi2sf",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammal",
    "gammaln",
    "gammau",
    "i0",
    "i1",
    "iv",
    "j0",
    "j1",
    "jv",
    "psi",
    "tri_gamma",
]  # fmt: skip


class Erf(UnaryScalarOp):
    """Error function."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.erf(x)


class Erfc(UnaryScalarOp):
    """1 - erf(x)."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.erfc(x)


class Erfcx(UnaryScalarOp):
    """exp(x * x) * erfc(x)."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.erfcx(x)


class Erfinv(UnaryScalarOp):
    """Inverse of erf."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.erfinv(x)


class Erfcinv(UnaryScalarOp):
    """Inverse of erfc."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.erfcinv(x)


class Gamma(UnaryScalarOp):
    """Gamma function."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.gamma(x)


class GammaLn(UnaryScalarOp):
    """log(|gamma(x)|)."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.gammaln(x)


class Psi(UnaryScalarOp):
    """Derivative of gammaln."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.psi(x)


class TriGamma(UnaryScalarOp):
    """Derivative of psi."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.tri_gamma(x)


class Chi2SF(BinaryScalarOp):
    """Chance that a chi-square variable with `degrees` degrees of freedom exceeds x."""

    def formula(self, k: Any, x: Any, degrees: Any) -> Any:
        return k.chi2sf(x, degrees)


class GammaInc(BinaryScalarOp):
    """Regularised lower incomplete gamma function P(a, x)."""

    def formula(self, k: Any, a: Any, x: Any) -> Any:
        return k.gammainc(a, x)


class GammaIncC(BinaryScalarOp):
    """Regularised upper incomplete gamma function Q(a, x)."""

    def formula(self, k: Any, a: Any, x: Any) -> Any:
        return k.gammaincc(a, x)


class GammaU(BinaryScalarOp):
    """Upper incomplete gamma function, not normalised."""

    def formula(self, k: Any, a: Any, x: Any) -> Any:
        return k.mul(k.gammaincc(a, x), k.gamma(a))


class GammaL(BinaryScalarOp):
    """Lower incomplete gamma function, not normalised."""

    def formula(self, k: Any, a: Any, x: Any) -> Any:
        return k.mul(k.gammainc(a, x), k.gamma(a))


class Jv(BinaryScalarOp):
    """Bessel function of the first kind of real order v."""

    def formula(self, k: Any, v: Any, x: Any) -> Any:
        return k.jv(v, x)


class J0(UnaryScalarOp):
    """Bessel function of the first kind of order 0."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.j0(x)


class J1(UnaryScalarOp):
    """Bessel function of the first kind of order 1."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.j1(x)


class Iv(BinaryScalarOp):
    """Modified Bessel function of the first kind of real order v."""

    def formula(self, k: Any, v: Any, x: Any) -> Any:
        return k.iv(v, x)


class I0(UnaryScalarOp):
    """Modified Bessel function of the first kind of order 0."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.i0(x)


class I1(UnaryScalarOp):
    """Modified Bessel function of the first kind of order 1."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.i1(x)


erf = Erf(upgrade_to_float, name="erf")
erfc = Erfc(upgrade_to_float_no_complex, name="erfc")
erfcx = Erfcx(upgrade_to_float_no_complex, name="erfcx")
erfinv = Erfinv(upgrade_to_float_no_complex, name="erfinv")
erfcinv = Erfcinv(upgrade_to_float_no_complex, name="erfcinv")
gamma = Gamma(upgrade_to_float, name="gamma")
gammaln = GammaLn(upgrade_to_float_no_complex, name="gammaln")
psi = Psi(upgrade_to_float, name="psi")
tri_gamma = TriGamma(upgrade_to_float_no_complex, name="tri_gamma")
chi2sf = Chi2SF(upgrade_to_float64, name="chi2sf")
gammainc = GammaInc(upgrade_to_float_no_complex, name="gammainc")
gammaincc = GammaIncC(upgrade_to_float_no_complex, name="gammaincc")
gammau = GammaU(upgrade_to_float_no_complex, name="gammau")
gammal = GammaL(upgrade_to_float_no_complex, name="gammal")
jv = Jv(upgrade_to_float_no_complex, name="jv")
j0 = J0(upgrade_to_float_no_complex, name="j0")
j1 = J1(upgrade_to_float_no_complex, name="j1")
iv = Iv(upgrade_to_float_no_complex, name="iv")
i0 = I0(upgrade_to_float_no_complex, name="i0")
i1 = I1(upgrade_to_float_no_complex, name="i1")
