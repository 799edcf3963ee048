"""Warnings show the user's line, however deep in the library they arise."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import theano
from theano import tensor
from theano.configuration import change_flags


def _untested():
    with change_flags(compute_test_value="warn"):
        return tensor.dvector("x") + 1


def _wide():
    with change_flags(warn_float64="warn"):
        return tensor.exp(tensor.dvector("x"))


def _unused():
    x, y = tensor.dvectors("xy")
    return theano.function([x, y], x, on_unused_input="warn")


CASES = {
    "unused input": _unused,
    "disconnected input": lambda: tensor.grad(tensor.dscalar("x") * 2, tensor.dscalar("y"), disconnected_inputs="warn"),
    "softmax of a vector": lambda: tensor.nnet.softmax(tensor.dvector("x")),
    "softmax of ones": lambda: tensor.nnet.softmax(tensor.dcol("x")),
    "no test value": _untested,
    "float64": _wide,
    "set of updates": lambda: theano.function(
        [], [], updates={(s, s + 1) for s in (theano.shared(1.0), theano.shared(np.ones(2)))}
    ),
    "one step": lambda: theano.scan(
        lambda row: (row, theano.scan_module.until(row > 0)), tensor.dvector("x"), n_steps=1
    ),
}


@pytest.mark.parametrize("make", CASES.values(), ids=list(CASES))
def test_the_line_of_a_warning_is_the_users(make):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
    assert {warning.filename for warning in caught} == {__file__}
