"""Counting the calls of a function whose backend runs no Python on the way."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from theano.compile.callable import Function

__all__ = ["MeasuredFunction", "unmeasured"]


def unmeasured(function: Any) -> Any:
    """What a `MeasuredFunction` runs; any other function itself."""
    return function.inner if isinstance(function, MeasuredFunction) else function


class MeasuredFunction(Function):
    """A profiled function around another one: same maker, plan and storage; calls are counted and timed.

    Times of single nodes are not known, because the inner function does not stop between them.
    """

    stores_updates = True

    def __init__(self, inner: Any) -> None:
        super().__init__(inner.maker, inner.plan, inner.input_storage)
        self.inner = inner
        self.inner.profile = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.inner.trust_input != self.trust_input:
            self.inner.trust_input = self.trust_input
        start = perf_counter()
        try:
            return self.inner(*args, **kwargs)
        finally:
            self.profile.add_call(perf_counter() - start)

    @property
    def fn(self) -> Any:
        return self.inner.fn

    def free(self) -> None:
        self.inner.free()
