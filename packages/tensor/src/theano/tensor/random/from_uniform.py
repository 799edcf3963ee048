"""Choosing categories by given uniform numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import TensorType

__all__ = ["ChoiceFromUniform", "MultinomialFromUniform", "MultinomialWOReplacementFromUniform"]


class _FromUniform(Op):
    """Inputs (pvals, unis, n): `unis` has `n` numbers for each row of `pvals`, those of all rows side by side."""

    def make_node(self, pvals: Any, unis: Any, n: Any = 1) -> Apply:
        """A matrix with a row for each row of `pvals`."""
        pvals, unis, n = as_tensor_variable(pvals), as_tensor_variable(unis), as_tensor_variable(n)
        for name, v, ndim in (("pvals", pvals, 2), ("unis", unis, 1), ("n", n, 0)):
            if v.type.ndim != ndim:
                asked = f"{type(self).__name__}: {name} with {ndim} dimensions"
                raise NotImplementedError(explain(asked, f"got {v.type}", "reshape it"))
        dtype = pvals.type.dtype if self.odtype == "auto" else self.odtype  # type: ignore[attr-defined]
        return Apply(self, [pvals, unis, n], [TensorType(dtype, self._pattern(pvals))()])

    def _pattern(self, pvals: Any) -> tuple[bool, bool]:
        return (pvals.type.broadcastable[0], False)

    def _draws(self, pvals: np.ndarray, unis: np.ndarray, n: Any) -> np.ndarray:
        """The uniform numbers, (n, rows)."""
        if unis.size != len(pvals) * int(n):
            asked = f"{type(self).__name__}: {int(n)} uniform numbers for each of {len(pvals)} rows"
            raise ValueError(explain(asked, f"got {unis.size}", "give as many numbers"))
        return unis.reshape(int(n), len(pvals))

    def connection_pattern(self, node: Apply) -> list:
        """A count does not say how it depends on probabilities: asking for the gradient is an error, not zero."""
        return [[True], [True], [False]]


def _search(pvals: np.ndarray, u: np.ndarray) -> np.ndarray:
    """For each row the first category whose cumulative probability is above `u`; the last possible one if none is."""
    above = np.cumsum(pvals, axis=1, dtype=pvals.dtype) > u[:, None]
    last = pvals.shape[1] - 1 - np.argmax((pvals > 0)[:, ::-1], axis=1)
    return np.where(above.any(axis=1), np.argmax(above, axis=1), last)


class MultinomialFromUniform(_FromUniform):
    """How often each category comes in `n` draws for each row of `pvals`.

    Parameters
    ----------
    odtype : str
        Dtype of the counts; 'auto' is that of `pvals`.
    """

    __props__ = ("odtype",)

    def __init__(self, odtype: str) -> None:
        self.odtype = odtype

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        pvals, unis, n = inputs
        counts = np.zeros(pvals.shape, node.outputs[0].type.dtype)
        rows = np.arange(len(pvals))
        for u in self._draws(pvals, unis, n):
            if pvals.size:
                counts[rows, _search(pvals, u)] += 1
        output_storage[0][0] = counts

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]

    def _pattern(self, pvals: Any) -> tuple[bool, bool]:
        return pvals.type.broadcastable


class ChoiceFromUniform(_FromUniform):
    """`n` different categories for each row of `pvals`: a chosen one is taken out, the rest is normalized again.

    Parameters
    ----------
    odtype : str
        Dtype of the numbers of categories; 'auto' is int64.
    replace : bool
        Must be False.
    """

    __props__ = ("odtype", "replace")

    def __init__(self, odtype: str, replace: bool = False, *args: Any, **kwargs: Any) -> None:
        if replace:
            asked = f"{type(self).__name__} with replacement"
            raise NotImplementedError(explain(asked, "it takes out what it chooses", "use MultinomialFromUniform"))
        self.odtype = "int64" if odtype == "auto" else odtype
        self.replace = False

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        pvals, unis, n = inputs
        if int(n) > pvals.shape[1]:
            asked = f"{int(n)} different categories for each row"
            raise ValueError(explain(asked, f"pvals has {pvals.shape[1]}", "take fewer"))
        left, rows = pvals.copy(), np.arange(len(pvals))
        chosen = np.empty((len(pvals), int(n)), node.outputs[0].type.dtype)
        for i, u in enumerate(self._draws(pvals, unis, n)):
            at = _search(left, u)
            chosen[:, i] = at
            left[rows, at] = 0
            total = left.sum(axis=1, keepdims=True)
            left = np.divide(left, total, out=np.zeros_like(left), where=total > 0)
        output_storage[0][0] = chosen

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(shapes[0][0], node.inputs[2])]


class MultinomialWOReplacementFromUniform(ChoiceFromUniform):
    """Older name of `ChoiceFromUniform`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        import warnings  # lazy: for the old name alone

        name, new = "MultinomialWOReplacementFromUniform", "ChoiceFromUniform"
        warnings.warn(f"{name} is the old name of {new}; use that", DeprecationWarning, stacklevel=2)
        super().__init__(*args, **kwargs)
