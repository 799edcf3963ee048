"""Samples: what an op is tried on, and the memory layouts in which the same values may arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theano.errors import explain
from theano.tensor.type import TensorType

__all__ = ["Sample", "as_sample", "empty_of", "layouts_of", "scalars_of"]


@dataclass(frozen=True)
class Sample:
    """Input arrays of an op and what must come out.

    Attributes
    ----------
    inputs : sequence of array_like
    expected : array_like, sequence of array_like, or callable
        One value for each output, from a source that is independent of the op. A callable gets the inputs; it is
        asked again for the empty and the 0-d forms of the sample.
    gradient : bool
        False where the op has a kink or an infinite slope.
    broadcastable : sequence of tuple of bool, optional
        Pattern of each input; by default dims of length 1 are broadcastable.

    Examples
    --------
    >>> Sample([[1.0, 2.0]], [2.0, 4.0]).variables()[0].type
    TensorType(float64, vector)
    """

    inputs: Sequence[Any]
    expected: Any
    gradient: bool = True
    broadcastable: Sequence[tuple[bool, ...]] | None = None

    @property
    def arrays(self) -> list[np.ndarray]:
        """The inputs as arrays."""
        return [np.asarray(x) for x in self.inputs]

    def variables(self) -> list[Any]:
        """A new variable for each input."""
        arrays = self.arrays
        patterns = self.broadcastable or [tuple(n == 1 for n in a.shape) for a in arrays]
        return [
            TensorType(str(a.dtype), pattern)(f"input{i}")
            for i, (a, pattern) in enumerate(zip(arrays, patterns, strict=True))
        ]

    def expected_values(self, arrays: Sequence[np.ndarray], count: int) -> list[Any]:
        """What must come out for `arrays`, as a list of `count` values."""
        found = self.expected(*arrays) if callable(self.expected) else self.expected
        if count == 1 and not (isinstance(found, (list, tuple)) and len(found) == 1 and np.ndim(found[0]) > 0):
            return [found]
        if len(found) != count:
            raise ValueError(
                explain(f"a sample of an op with {count} outputs", f"{len(found)} expected values", "give one for each")
            )
        return list(found)


def as_sample(given: Any) -> Sample:
    """`given`, a `Sample` or a pair (inputs, expected), as a sample."""
    return given if isinstance(given, Sample) else Sample(*given)


def _spread(a: np.ndarray) -> np.ndarray:
    """The same values, every second element of a larger array."""
    big = np.zeros([2 * n + 1 for n in a.shape], a.dtype)
    view = big[tuple(slice(1, None, 2) for _ in a.shape)]
    view[...] = a
    return view


def _backwards(a: np.ndarray) -> np.ndarray:
    """The same values with negative strides."""
    flip = (slice(None, None, -1),) * a.ndim
    return np.ascontiguousarray(a[flip])[flip]


def _read_only(a: np.ndarray) -> np.ndarray:
    copy = a.copy()
    copy.flags.writeable = False
    return copy


_LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Fortran": np.asfortranarray,
    "strided": _spread,
    "negative strides": _backwards,
    "read-only": _read_only,
}


def layouts_of(arrays: Sequence[np.ndarray]) -> Iterator[tuple[str, list[np.ndarray]]]:
    """The same values in each layout; then only the first input, so that operands differ in layout."""
    for name, change in _LAYOUTS.items():
        yield name, [change(a) if a.ndim else a for a in arrays]
    if len(arrays) > 1 and arrays[0].ndim > 1:
        yield "mixed", [np.asfortranarray(arrays[0]), *arrays[1:]]


def empty_of(sample: Sample) -> list[np.ndarray] | None:
    """The inputs without elements along their first axis, where that is not broadcastable; None if nothing changes."""
    types = [v.type for v in sample.variables()]
    cut = [a[:0] if a.ndim and not t.broadcastable[0] else a for a, t in zip(sample.arrays, types, strict=True)]
    return cut if any(a.size == 0 for a in cut) else None


def scalars_of(sample: Sample) -> Sample | None:
    """A 0-d sample made of the first elements, for elementwise ops; None if the sample is 0-d or empty already."""
    arrays = sample.arrays
    if all(a.ndim == 0 for a in arrays) or any(a.size == 0 for a in arrays):
        return None
    first = [np.asarray(a.flat[0], a.dtype) for a in arrays]
    if callable(sample.expected):
        return Sample(first, sample.expected, gradient=False)
    return Sample(first, np.asarray(sample.expected).flat[0], gradient=False)
