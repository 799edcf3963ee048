"""Classic path of `theano._asarray`."""

from __future__ import annotations

from theano.compat.arrays import _asarray

__all__ = ["_asarray"]
