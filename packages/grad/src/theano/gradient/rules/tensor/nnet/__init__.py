"""Rules of the ops of `theano.tensor.nnet`."""

from __future__ import annotations

from typing import Any

from theano.gradient.rules.tensor.nnet import crossentropy, prepend, softmax

__all__ = ["register"]


def register(registry: Any) -> None:
    for subject in (crossentropy, prepend, softmax):
        subject.register(registry)
