"""Sampling methods shared by all sources of random variables."""

from __future__ import annotations

from typing import Any

from theano.errors import MethodNotDefined, explain
from theano.graph import Variable
from theano.tensor.permutation import permute_row_elements
from theano.tensor.random import laws

__all__ = ["RandomStreamsBase"]


class RandomStreamsBase:
    """Sampling methods; subclasses provide ``gen(law, *args, **kwargs)``, which supplies the state.

    Attributes
    ----------
    laws : module
        The laws as functions of a state.
    """

    laws: Any = laws

    def gen(self, op: Any, *args: Any, **kwargs: Any) -> Variable:
        """Draw from the law `op` with a state of this source."""
        raise MethodNotDefined(
            explain(
                f"draw from {type(self).__name__}",
                "it defines no gen",
                "use RandomStreams or define gen",
            )
        )

    def uniform(
        self, size: Any = None, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None, dtype: str | None = None
    ) -> Variable:
        """Uniform numbers in [low, high)."""
        return self.gen(self.laws.uniform, size, low, high, ndim=ndim, dtype=dtype)

    def normal(
        self, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None, dtype: str | None = None
    ) -> Variable:
        """Gaussian numbers with mean `avg` and deviation `std`."""
        return self.gen(self.laws.normal, size, avg, std, ndim=ndim, dtype=dtype)

    def binomial(
        self,
        size: Any = None,
        n: Any = 1,
        p: Any = 0.5,
        ndim: int | None = None,
        dtype: str = "int64",
        prob: Any = None,
    ) -> Variable:
        """Number of successes in `n` trials of probability `p`; `prob` is the old name of `p`."""
        return self.gen(self.laws.binomial, size, n, p, ndim=ndim, dtype=dtype, prob=prob)

    def random_integers(
        self, size: Any = None, low: Any = 0, high: Any = 1, ndim: int | None = None, dtype: str = "int64"
    ) -> Variable:
        """Integers in the closed range [low, high]."""
        return self.gen(self.laws.random_integers, size, low, high, ndim=ndim, dtype=dtype)

    def choice(
        self,
        size: Any = None,
        a: Any = 2,
        replace: Any = True,
        p: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
    ) -> Variable:
        """Elements of the vector `a` (or of ``range(a)``), with weights `p`."""
        return self.gen(self.laws.choice, size, a, replace, p, ndim=ndim, dtype=dtype)

    def poisson(self, size: Any = None, lam: Any = None, ndim: int | None = None, dtype: str = "int64") -> Variable:
        """Poisson counts of mean `lam` (default 1)."""
        return self.gen(self.laws.poisson, size, 1.0 if lam is None else lam, ndim=ndim, dtype=dtype)

    def permutation(self, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64") -> Variable:
        """Permutations of ``range(n)`` in a new last dimension."""
        return self.gen(self.laws.permutation, size, n, ndim=ndim, dtype=dtype)

    def multinomial(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = (0.5, 0.5),
        ndim: int | None = None,
        dtype: str = "int64",
    ) -> Variable:
        """Counts per category in a new last dimension."""
        return self.gen(self.laws.multinomial, size, n, pvals, ndim=ndim, dtype=dtype)

    def shuffle_row_elements(self, input: Variable) -> Variable:
        """`input` with its last dimension shuffled, each row by itself; the result has attribute `permutation`."""
        rows = [input.shape[i] for i in range(input.ndim - 1)]
        order = self.permutation(size=rows, n=input.shape[input.ndim - 1])
        shuffled = permute_row_elements(input, order)
        shuffled.permutation = order
        return shuffled
