"""Gradient and forward rules of tensor ops, one file for each subject of `theano.tensor`.

A file is imported when an op of one of its modules is first differentiated.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["HOMES", "register"]

#: Files of rules, and the modules below ``theano.tensor`` whose ops they are about.
HOMES: dict[str, tuple[str, ...]] = {
    "alloc": ("alloc",),
    "blas": ("blas",),
    "creation": ("creation",),
    "diagonal": ("diagonal",),
    "dimshuffle": ("dimshuffle", "rebroadcast"),
    "dot": ("blas", "dot"),
    "elemwise": ("elemwise",),
    "extra_ops": tuple(
        f"extra_ops.{name}" for name in ("counting", "cumulative", "diagonals", "layout", "positions", "repetition")
    ),
    "join": ("joining", "make_vector", "splitting", "tiling"),
    "nnet.crossentropy": ("nnet.crossentropy",),
    "nnet.prepend": ("nnet.prepend",),
    "nnet.softmax": ("nnet.softmax",),
    "partial_products": ("partial_products",),
    "permutation": ("nonzeros", "permutation"),
    "random": tuple(f"random.{name}" for name in ("draw", "from_uniform", "function", "mrg_ops")),
    "reduction": ("extrema", "reduction"),
    "reshape": ("reshape",),
    "shape": ("asserts", "shape", "type_other"),
    "sort": ("sort",),
    "subtensor": tuple(f"subtensor.{name}" for name in ("advanced", "basic", "increment", "rows")),
}


def register(registry: Any) -> None:
    """Announce the rows of tensor ops to the registry."""
    tables = [registry.table(name) for name in ("gradient", "forward", "batching")]
    for subject, homes in HOMES.items():
        load = _Loader(subject, registry)
        for home in homes:
            for table in tables:
                table.register_later(f"theano.tensor.{home}", load)


class _Loader:
    """Registers the rows of one file, once, whatever module asks first."""

    def __init__(self, subject: str, registry: Any) -> None:
        self.subject, self.registry, self.done = subject, registry, False

    def __call__(self) -> None:
        if not self.done:
            self.done = True  # before the work: what it registers may ask for it again
            import_module(f"{__name__}.{self.subject}").register(self.registry)
