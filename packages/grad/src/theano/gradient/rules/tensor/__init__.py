"""Gradient and forward rules of tensor ops, one file for each file of `theano.tensor` that holds ops."""

from __future__ import annotations

from typing import Any

from theano.gradient.rules.tensor import (
    alloc,
    blas,
    creation,
    diagonal,
    dimshuffle,
    dot,
    elemwise,
    extra_ops,
    join,
    nnet,
    permutation,
    random,
    reduction,
    reshape,
    shape,
    sort,
    subtensor,
)

__all__ = ["register"]

SUBJECTS = (
    alloc, blas, creation, diagonal, dimshuffle, dot, elemwise, extra_ops, join, nnet, permutation, random, reduction,
    reshape, shape, sort, subtensor,
)  # fmt: skip


def register(registry: Any) -> None:
    """Add the rows of tensor ops to the registry."""
    for subject in SUBJECTS:
        subject.register(registry)
